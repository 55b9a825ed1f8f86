// Messages between driver and executors as bytes.
#include <utility>

#include "common/rdd/executor_protocol.h"
#include "common/rdd/map_sizes.h"

namespace heddle::rdd {

namespace {

// The kind is the alternative's position: both sides run one runtime version, which the first
// message of a connection checks.
void write_block_id(ByteWriter& out, const BlockId& id) {
    out.number(id.kind);
    out.number(id.first);
    out.number(id.second);
    out.number(id.third);
}

BlockId read_block_id(ByteReader& in) {
    BlockId id;
    id.kind = in.enumerator(BlockId::Kind::TaskResult);
    id.first = in.number<std::int64_t>();
    id.second = in.number<std::int64_t>();
    id.third = in.number<std::int64_t>();
    return id;
}

// Nested values keep their own codecs, each with a length in front.
template <typename T, typename Decode>
void read_nested(ByteReader& in, T& out, const Decode& decode) {
    Result<T> value = decode(in.text());
    if (!value) {
        in.fail();
        return;
    }
    out = std::move(value).value();
}

void write(ByteWriter& out, const ExecutorWelcome& m) {
    out.number(m.executor.value);
    out.text(m.application);
    out.number(m.heartbeat_interval.microseconds);
    out.count(m.files.size());
    for (const auto& [name, value] : m.files) {
        out.text(name);
        out.text(value);
    }
    out.number(m.transfer.codec);
    out.number<std::uint8_t>(m.transfer.shuffle ? 1 : 0);
    out.number<std::uint8_t>(m.transfer.broadcast ? 1 : 0);
    out.number<std::uint8_t>(m.transfer.cached ? 1 : 0);
    out.number<std::uint8_t>(m.transfer.same_host ? 1 : 0);
    out.number(m.transfer.fetch_retries);
    out.number(m.transfer.fetch_retry_wait.microseconds);
    out.number(m.transfer.direct_result_max);
}
void read(ByteReader& in, ExecutorWelcome& m) {
    m.executor.value = in.number<std::int32_t>();
    m.application = in.text();
    m.heartbeat_interval.microseconds = in.number<std::int64_t>();
    for (std::size_t left = in.count_of(2); left > 0; --left) {
        const std::string_view name = in.text();
        m.files.emplace(name, in.text());
    }
    m.transfer.codec = in.enumerator(BlockCodec::Zstd);
    m.transfer.shuffle = in.boolean();
    m.transfer.broadcast = in.boolean();
    m.transfer.cached = in.boolean();
    m.transfer.same_host = in.boolean();
    m.transfer.fetch_retries = in.number<std::int32_t>();
    m.transfer.fetch_retry_wait.microseconds = in.number<std::int64_t>();
    m.transfer.direct_result_max = in.number<std::int64_t>();
}

void write(ByteWriter& out, const ExecutorRefused& m) {
    out.text(m.reason);
}
void read(ByteReader& in, ExecutorRefused& m) {
    m.reason = in.text();
}

void write(ByteWriter& out, const PeerJoined& m) {
    out.number(m.executor.value);
    out.text(m.address);
    out.number(m.port);
}
void read(ByteReader& in, PeerJoined& m) {
    m.executor.value = in.number<std::int32_t>();
    m.address = in.text();
    m.port = in.number<std::int32_t>();
}

void write(ByteWriter& out, const PeerLost& m) {
    out.number(m.executor.value);
}
void read(ByteReader& in, PeerLost& m) {
    m.executor.value = in.number<std::int32_t>();
}

void write(ByteWriter& out, const StageBegin& m) {
    out.number(m.stage.value);
    out.text(encode(*m.plan));
}
void read(ByteReader& in, StageBegin& m) {
    m.stage.value = in.number<std::int32_t>();
    StagePlan plan;
    read_nested(in, plan, decode_stage_plan);
    m.plan = std::make_shared<const StagePlan>(std::move(plan));
}

void write(ByteWriter& out, const StageEnd& m) {
    out.number(m.stage.value);
}
void read(ByteReader& in, StageEnd& m) {
    m.stage.value = in.number<std::int32_t>();
}

void write(ByteWriter& out, const MapOutputsKnown& m) {
    out.number(m.table->shuffle.value);
    out.number(m.table->version);
    out.count(m.table->outputs.size());
    for (const MapOutput& output : m.table->outputs) {
        out.number(output.map_task.value);
        out.number(output.executor.value);
        write_map_sizes(out, output.sizes);
    }
}
void read(ByteReader& in, MapOutputsKnown& m) {
    MapOutputTable table;
    table.shuffle.value = in.number<std::int32_t>();
    table.version = in.number<std::int64_t>();
    table.outputs.resize(in.count_of(13));
    for (MapOutput& output : table.outputs) {
        output.map_task.value = in.number<std::int64_t>();
        output.executor.value = in.number<std::int32_t>();
        read_map_sizes(in, output.sizes);
    }
    m.table = std::make_shared<const MapOutputTable>(std::move(table));
}

void write(ByteWriter& out, const TaskLaunch& m) {
    out.text(encode(m.task));
    out.count(m.cached.size());
    for (const CachedAt& cached : m.cached) {
        write_block_id(out, cached.block);
        out.number(cached.executor.value);
    }
    out.count(m.gang.size());
    for (const std::string& address : m.gang) {
        out.text(address);
    }
}
void read(ByteReader& in, TaskLaunch& m) {
    read_nested(in, m.task, decode_task_description);
    m.cached.resize(in.count_of(29));
    for (CachedAt& cached : m.cached) {
        cached.block = read_block_id(in);
        cached.executor.value = in.number<std::int32_t>();
    }
    m.gang.resize(in.count_of(1));
    for (std::string& address : m.gang) {
        address = in.text();
    }
}

void write(ByteWriter& out, const TaskCancel& m) {
    out.number(m.task.value);
}
void read(ByteReader& in, TaskCancel& m) {
    m.task.value = in.number<std::int64_t>();
}

void write(ByteWriter& out, const TaskAbandon& m) {
    out.number(m.task.value);
}
void read(ByteReader& in, TaskAbandon& m) {
    m.task.value = in.number<std::int64_t>();
}

void write(ByteWriter& out, const ResultWanted& m) {
    out.number(m.task.value);
    out.number(m.from);
    out.number(m.size);
}
void read(ByteReader& in, ResultWanted& m) {
    m.task.value = in.number<std::int64_t>();
    m.from = in.number<std::uint64_t>();
    m.size = in.number<std::uint64_t>();
}

void write(ByteWriter& out, const ResultDropped& m) {
    out.number(m.task.value);
}
void read(ByteReader& in, ResultDropped& m) {
    m.task.value = in.number<std::int64_t>();
}

void write(ByteWriter& out, const MemoryGrown& m) {
    out.number(m.memory);
}
void read(ByteReader& in, MemoryGrown& m) {
    m.memory = in.number<std::int64_t>();
}

void write(ByteWriter& out, const ResultPiece& m) {
    out.number(m.task.value);
    out.number(m.from);
    out.text(m.bytes);
}
void read(ByteReader& in, ResultPiece& m) {
    m.task.value = in.number<std::int64_t>();
    m.from = in.number<std::uint64_t>();
    m.bytes = in.text();
}

void write(ByteWriter& out, const DropRdd& m) {
    out.number(m.rdd.value);
    out.number(m.order);
}
void read(ByteReader& in, DropRdd& m) {
    m.rdd.value = in.number<std::int32_t>();
    m.order = in.number<std::int64_t>();
}

void write(ByteWriter& out, const DropShuffle& m) {
    out.number(m.shuffle.value);
}
void read(ByteReader& in, DropShuffle& m) {
    m.shuffle.value = in.number<std::int32_t>();
}

void write(ByteWriter& out, const BroadcastHeld& m) {
    out.number(m.broadcast.value);
    out.number(m.chunk);
    out.number(m.executor.value);
}
void read(ByteReader& in, BroadcastHeld& m) {
    m.broadcast.value = in.number<std::int64_t>();
    m.chunk = in.number<std::int64_t>();
    m.executor.value = in.number<std::int32_t>();
}

void write(ByteWriter& out, const DropBroadcast& m) {
    out.number(m.broadcast.value);
}
void read(ByteReader& in, DropBroadcast& m) {
    m.broadcast.value = in.number<std::int64_t>();
}

void write(ByteWriter& out, const BroadcastKept& m) {
    out.number(m.broadcast.value);
    out.number(m.chunk);
}
void read(ByteReader& in, BroadcastKept& m) {
    m.broadcast.value = in.number<std::int64_t>();
    m.chunk = in.number<std::int64_t>();
}

void write(ByteWriter&, const ExecutorStop&) {}
void read(ByteReader&, ExecutorStop&) {}

void write(ByteWriter& out, const KeepReplica& m) {
    out.number(m.order);
    write_block_id(out, m.block);
    write(out, m.level);
    out.number(m.from.value);
}
void read(ByteReader& in, KeepReplica& m) {
    m.order = in.number<std::int64_t>();
    m.block = read_block_id(in);
    read(in, m.level);
    m.from.value = in.number<std::int32_t>();
}

void write(ByteWriter& out, const KeepMapOutput& m) {
    out.number(m.order);
    out.number(m.shuffle.value);
    out.number(m.map_task.value);
    out.count(m.sizes.size());
    for (const std::uint64_t size : m.sizes) {
        out.count(size);
    }
    out.number(m.from.value);
}
void read(ByteReader& in, KeepMapOutput& m) {
    m.order = in.number<std::int64_t>();
    m.shuffle.value = in.number<std::int32_t>();
    m.map_task.value = in.number<std::int64_t>();
    m.sizes.resize(in.count_of(1));
    for (std::uint64_t& size : m.sizes) {
        size = in.count();
    }
    m.from.value = in.number<std::int32_t>();
}

void write(ByteWriter& out, const BarrierAnswer& m) {
    out.number(m.task.value);
    out.number(m.epoch);
    out.count(m.messages == nullptr ? 0 : m.messages->size());
    for (std::size_t i = 0; m.messages != nullptr && i < m.messages->size(); ++i) {
        out.text((*m.messages)[i]);
    }
    out.text(m.error);
}
void read(ByteReader& in, BarrierAnswer& m) {
    m.task.value = in.number<std::int64_t>();
    m.epoch = in.number<std::int32_t>();
    auto messages = std::make_shared<std::vector<Bytes>>(in.count_of(1));
    for (Bytes& message : *messages) {
        message = in.text();
    }
    m.messages = std::move(messages);
    m.error = in.text();
}

void write(ByteWriter& out, const BarrierRequest& m) {
    out.number(m.task.value);
    out.number(m.epoch);
    out.number<std::uint8_t>(m.gather ? 1 : 0);
    out.text(m.message);
}
void read(ByteReader& in, BarrierRequest& m) {
    m.task.value = in.number<std::int64_t>();
    m.epoch = in.number<std::int32_t>();
    m.gather = in.boolean();
    m.message = in.text();
}

void write(ByteWriter& out, const MapOutputKept& m) {
    out.number(m.order);
    out.number<std::uint8_t>(m.kept ? 1 : 0);
}
void read(ByteReader& in, MapOutputKept& m) {
    m.order = in.number<std::int64_t>();
    m.kept = in.boolean();
}

void write(ByteWriter& out, const ReplicaAnswer& m) {
    out.number(m.order);
    write_block_id(out, m.block.block);
    out.number(m.block.memory);
    out.number(m.block.disk);
}
void read(ByteReader& in, ReplicaAnswer& m) {
    m.order = in.number<std::int64_t>();
    m.block.block = read_block_id(in);
    m.block.memory = in.number<std::int64_t>();
    m.block.disk = in.number<std::int64_t>();
}

void write(ByteWriter& out, const ExecutorHello& m) {
    out.text(encode(m.program));
    out.text(m.host);
    out.text(m.container);
    out.text(m.address);
    out.number(m.port);
    out.number(m.slots);
    out.number(m.memory);
    out.number(m.pid);
}
void read(ByteReader& in, ExecutorHello& m) {
    read_nested(in, m.program, decode_program_identity);
    m.host = in.text();
    m.container = in.text();
    m.address = in.text();
    m.port = in.number<std::int32_t>();
    m.slots = in.number<std::int32_t>();
    m.memory = in.number<std::int64_t>();
    m.pid = in.number<std::int64_t>();
}

void write(ByteWriter& out, const TaskDone& m) {
    out.text(encode(m.result));
}
void read(ByteReader& in, TaskDone& m) {
    read_nested(in, m.result, decode_task_result);
}

void write(ByteWriter& out, const RddDropped& m) {
    out.number(m.rdd.value);
    out.number(m.order);
}
void read(ByteReader& in, RddDropped& m) {
    m.rdd.value = in.number<std::int32_t>();
    m.order = in.number<std::int64_t>();
}

void write(ByteWriter& out, const ExecutorHeartbeat& m) {
    out.count(m.blocks.size());
    for (const BlockUpdate& update : m.blocks) {
        write_block_id(out, update.block);
        out.number(update.memory);
        out.number(update.disk);
    }
    out.number(m.storage_used);
    out.number(m.execution_used);
    out.number(m.shuffle_memory);
    out.number(m.shuffle_disk);
}
void read(ByteReader& in, ExecutorHeartbeat& m) {
    m.blocks.resize(in.count_of(41));
    for (BlockUpdate& update : m.blocks) {
        update.block = read_block_id(in);
        update.memory = in.number<std::int64_t>();
        update.disk = in.number<std::int64_t>();
    }
    m.storage_used = in.number<std::int64_t>();
    m.execution_used = in.number<std::int64_t>();
    m.shuffle_memory = in.number<std::int64_t>();
    m.shuffle_disk = in.number<std::int64_t>();
}

template <typename Variant>
Bytes encode_variant(const Variant& message) {
    ByteWriter out;
    out.number(static_cast<std::uint8_t>(message.index()));
    std::visit([&](const auto& m) { write(out, m); }, message);
    return out.take();
}

template <typename Variant, std::size_t I = 0>
void read_alternative(ByteReader& in, std::size_t index, Variant& message) {
    if constexpr (I == std::variant_size_v<Variant>) {
        in.fail();
    } else if (index == I) {
        read(in, message.template emplace<I>());
    } else {
        read_alternative<Variant, I + 1>(in, index, message);
    }
}

template <typename Variant>
Result<Variant> decode_variant(std::string_view bytes, const char* what) {
    ByteReader in(bytes);
    Variant message;
    read_alternative(in, in.number<std::uint8_t>(), message);
    TRY(in.status(what));
    return message;
}

}  // namespace

Bytes encode(const ToExecutor& message) {
    return encode_variant(message);
}

Bytes encode(const FromExecutor& message) {
    return encode_variant(message);
}

Result<ToExecutor> decode_to_executor(std::string_view bytes) {
    return decode_variant<ToExecutor>(bytes, "message to an executor");
}

Result<FromExecutor> decode_from_executor(std::string_view bytes) {
    return decode_variant<FromExecutor>(bytes, "message from an executor");
}

void append_message(ByteWriter& frame, std::string_view message) {
    frame.text(message);
}

Result<std::vector<std::string_view>> split_messages(std::string_view frame) {
    ByteReader in(frame);
    std::vector<std::string_view> messages;
    while (!in.failed() && in.left() > 0) {
        messages.push_back(in.text());
    }
    TRY(in.status("frame of messages"));
    return messages;
}

}  // namespace heddle::rdd
