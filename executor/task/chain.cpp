// From nodes to running operators.
#include "executor/task/chain.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/log.h"
#include "common/blocks/unrolling.h"
#include "common/rdd/builtins.h"
#include "common/rdd/registry.h"
#include "executor/task/pipe.h"
#include "executor/task/sources.h"

namespace heddle::executor {

using blocks::BlockPtr;
using rdd::Batch;
using rdd::Dependency;
using rdd::DependencyKind;
using rdd::Flow;
using rdd::OperatorKind;
using rdd::Partition;
using rdd::RddNode;
using rdd::RecordFace;
using rdd::Sink;

namespace {

// Keeps a partition while it is computed, as long as there is memory for it. When memory ends, a
// partition that may lie on disk goes there, what was collected and what comes, and is read from
// there at the end. Of any other what was collected is pushed on, and the rest passes by.
class CachingSink final : public Sink {
public:
    CachingSink(const RecordFace& face, const rdd::RddNode& node, Partition partition,
                blocks::BlockStore& store, rdd::TaskScope& scope, bool in_memory, Sink& next)
        : face_(face),
          level_(node.storage),
          id_(rdd::BlockId::rdd(node.id, partition)),
          store_(store),
          scope_(scope),
          in_memory_(in_memory),
          next_(next),
          unrolling_(store.accountant(), node.id) {
        if (level_.deserialized) {
            typed_.emplace(face);
        } else {
            encoded_.emplace(face);
        }
    }

    Flow push(Batch& batch) override {
        if (passing_) {
            return next_.push(batch);
        }
        if (file_ != nullptr) {
            return write(batch);
        }
        if (typed_ && batch.movable) {
            typed_->append_moved(batch.rows, batch.count);
        } else if (typed_) {
            typed_->append(batch.rows, batch.count);
        } else {
            encoded_->append(batch.rows, nullptr, batch.count);
        }
        const std::int64_t memory = typed_ ? typed_->memory() : encoded_->memory();
        if (memory <= unrolling_.held() || (in_memory_ && unrolling_.grow_to(memory))) {
            return scope_.flow();
        }
        return level_.disk ? move_to_disk() : pass(finish());
    }
    /// The partition, in the store if there is room. Null: everything has been pushed on, now or
    /// before. Errors: it was written, and cannot be read.
    Result<BlockPtr> take() {
        if (file_ != nullptr) {
            if (const Status written = file_->flush(); !written) {
                give_up(written);
            }
        }
        if (passing_) {
            return BlockPtr();
        }
        if (file_ != nullptr) {
            return store_.keep(id_, *file_, level_);
        }
        BlockPtr block = finish();
        unrolling_.release();  // the store accounts for it from here on
        (void)store_.put(id_, block, level_);
        return block;
    }
    /// Memory is held that the task would have without us.
    bool in_the_way() const { return unrolling_.held() > 0; }

private:
    BlockPtr finish() { return typed_ ? typed_->finish() : encoded_->finish(); }

    Flow move_to_disk() {
        const BlockPtr block = finish();
        auto file = store_.begin_file(id_, face_);
        if (!file) {
            log::warning("a partition cannot go to disk",
                         {{"block", to_string(id_)}, {"reason", file.error().message}});
            return pass(block);
        }
        file_ = std::move(file).value();
        const auto flow =
            blocks::read_block(*block, face_, [this](Batch& batch) { return push(batch); });
        if (passing_) {
            held_.push_back(block);
        } else {
            unrolling_.release();
        }
        return flow ? *flow : fail(flow.error());
    }

    Flow write(Batch& batch) {
        const Status written = file_->append(batch.rows, batch.count);
        return written ? scope_.flow() : give_up(written);
    }

    // The disk is full: what is there is pushed on, and what is not.
    Flow give_up(const Status& why) {
        log::warning("a partition cannot go to disk",
                     {{"block", to_string(id_)}, {"reason", why.error().message}});
        const auto written = file_->written();
        if (!written) {
            return fail(written.error());
        }
        const BlockPtr rest = file_->rest();
        return *written == nullptr || pass(*written) == Flow::Continue ? pass(rest) : Flow::Stop;
    }

    // Records that cannot be read must not be missing without a word.
    Flow fail(const Error& why) {
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::ExceptionFailure;
        failure.message = why.message;
        scope_.fail(std::move(failure));
        return Flow::Stop;
    }

    // The block stays until the task ends: pushed rows may be pointed at.
    Flow pass(const BlockPtr& block) {
        passing_ = true;
        if (block == nullptr) {
            return scope_.flow();
        }
        held_.push_back(block);
        const auto flow =
            blocks::read_block(*block, face_, [this](Batch& batch) { return next_.push(batch); });
        return flow ? *flow : fail(flow.error());
    }

    const RecordFace& face_;
    const rdd::StorageLevel level_;
    const rdd::BlockId id_;
    blocks::BlockStore& store_;
    rdd::TaskScope& scope_;
    const bool in_memory_;
    Sink& next_;
    std::optional<blocks::TypedBlockBuilder> typed_;
    std::optional<blocks::BlockBuilder> encoded_;
    blocks::Unrolling unrolling_;
    std::unique_ptr<blocks::BlockFile> file_;
    bool passing_ = false;
    std::vector<BlockPtr> held_;
};

}  // namespace

namespace {

// Beside what works through the record face alone, what runs programs.
const rdd::OperatorEntry* builtin_entry(const rdd::OperatorRef& op) {
    static const rdd::OperatorEntry pipe = [] {
        rdd::OperatorEntry entry;
        entry.make_operator = make_pipe;
        return entry;
    }();
    return op.name == rdd::builtin::kPipe && op.version == rdd::kBuiltinVersion
               ? &pipe
               : rdd::find_builtin(op);
}

}  // namespace

std::string operation_name(const RddNode& node) {
    std::string name = node.name;
    if (!node.callsite.empty()) {
        name += " at " + node.callsite;
    }
    return name + " (RDD " + std::to_string(node.id.value) + ")";
}

void Chain::fail(const std::string& operation, std::string message, bool final) {
    rdd::TaskFailure failure;
    failure.kind = rdd::FailureKind::ExceptionFailure;
    failure.operation = operation;
    failure.message = std::move(message);
    failure.final = final;
    scope_.fail(std::move(failure));
}

const rdd::OperatorEntry* Chain::entry_of(const rdd::OperatorRef& op,
                                          const std::string& operation) {
    switch (op.kind) {
        case OperatorKind::Registered: {
            const auto entry = rdd::find_registered(op);
            if (!entry) {
                fail(operation, entry.error().message, true);
                return nullptr;
            }
            return *entry;
        }
        case OperatorKind::Builtin: {
            const rdd::OperatorEntry* entry = builtin_entry(op);
            if (entry == nullptr) {
                fail(operation,
                     "this executor has no builtin operator '" + op.name + "' version " +
                         std::to_string(op.version),
                     true);
            }
            return entry;
        }
        case OperatorKind::None:
            fail(operation, "the node has no operator", true);
            return nullptr;
        case OperatorKind::Python:
            fail(operation, "Python operators are not supported in this version", true);
            return nullptr;
    }
    CHECK(false);
}

const RecordFace* Chain::face_of(const rdd::RecordType& type, const std::string& operation) {
    const auto face = rdd::find_face(type);
    if (!face) {
        fail(operation, face.error().message, true);
        return nullptr;
    }
    return *face;
}

void Chain::run(rdd::RddId id, Partition partition, Sink& sink) {
    if (scope_.stopped()) {
        return;
    }
    const RddNode* node = stage_.find(id);
    CHECK(node != nullptr);  // the decoder checked the stage
    if (partition < 0 || partition >= node->partitions) {
        fail(operation_name(*node), "there is no partition " + std::to_string(partition), true);
        return;
    }
    if (node->storage.is_none()) {
        compute(*node, partition, sink);
    } else {
        run_cached(*node, partition, sink);
    }
}

void Chain::run_cached(const RddNode& node, Partition partition, Sink& sink) {
    const std::string operation = operation_name(node);
    const RecordFace* face = face_of(node.record, operation);
    if (face == nullptr) {
        return;
    }
    const auto id = rdd::BlockId::rdd(node.id, partition);
    BlockPtr block = environment_.store.get(id);
    if (block == nullptr) {
        block = environment_.fetch_cached(id);
    }
    if (block == nullptr && !keep_in_memory_ && !node.storage.disk) {
        compute(node, partition, sink);
        return;
    }
    if (block == nullptr) {
        const auto caching =
            std::make_shared<CachingSink>(*face, node, partition, environment_.store, scope_,
                                          keep_in_memory_ && node.storage.memory, sink);
        compute(node, partition, *caching);
        if (scope_.stopped()) {
            in_the_way_ = in_the_way_ || caching->in_the_way();
            return;
        }
        auto taken = caching->take();
        if (!taken) {
            fail(operation, taken.error().message, false);
            return;
        }
        block = std::move(taken).value();
        if (block == nullptr) {
            in_the_way_ = in_the_way_ || caching->in_the_way();
            keep_.push_back(caching);
            return;
        }
    }
    push_block(block, *face, operation, sink);
}

void Chain::push_block(const BlockPtr& block, const RecordFace& face, const std::string& operation,
                       Sink& sink) {
    keep_.push_back(block);
    const auto flow = blocks::read_block(*block, face, [&](Batch& batch) {
        return sink.push(batch) == Flow::Stop ? Flow::Stop : scope_.flow();
    });
    if (!flow) {
        fail(operation, flow.error().message, false);
    }
}

void Chain::compute(const RddNode& node, Partition partition, Sink& sink) {
    if (node.dependencies.empty()) {
        run_source_node(node, partition, sink);
        return;
    }
    if (node.op.kind == OperatorKind::None) {  // a union, or records straight from a shuffle
        for (const Dependency& dependency : node.dependencies) {
            run_input(node, dependency, partition, sink);
        }
        return;
    }
    rdd::OperatorInit init{scope_, node.op.payload, operation_name(node), partition, nullptr};
    const rdd::OperatorEntry* entry = entry_of(node.op, init.operation);
    init.face = face_of(node.record, init.operation);
    if (entry == nullptr || init.face == nullptr) {
        return;
    }
    if (entry->make_operator != nullptr) {
        if (auto made = entry->make_operator(init, sink); made != nullptr) {
            // It stays until the task ends: what it has pushed may show bytes of its arena, and a
            // join or a whole-partition function further on still reads those when it closes.
            const std::shared_ptr<rdd::Operator> op = std::move(made);
            keep_.push_back(op);
            for (const Dependency& dependency : node.dependencies) {
                run_input(node, dependency, partition, *op);
            }
            if (!scope_.stopped()) {
                (void)op->close();
            }
            return;
        }
    } else if (entry->make_head != nullptr) {
        if (const auto head = entry->make_head(init, sink); head != nullptr) {
            for (std::size_t i = 0; i < node.dependencies.size(); ++i) {
                run_input(node, node.dependencies[i], partition, head->input(i));
            }
            if (!scope_.stopped()) {
                (void)head->close();
            }
            return;
        }
    }
    fail(init.operation, "its operator cannot be built from what the plan says", true);
}

void Chain::run_source_node(const RddNode& node, Partition partition, Sink& sink) {
    const std::string operation = operation_name(node);
    const RecordFace* face = face_of(node.record, operation);
    if (face == nullptr) {
        return;
    }
    const auto& sources = scope_.task().sources;
    const auto source = std::find_if(sources.begin(), sources.end(), [&](const auto& candidate) {
        return candidate.rdd == node.id && candidate.partition == partition;
    });
    if (source == sources.end()) {
        fail(operation, "the task came without this partition's source", true);
        return;
    }
    const SourceInit init{scope_, environment_.files, keep_, *face, operation};
    if (!run_source(node.op, source->payload, init, sink)) {
        fail(operation, "this executor has no source '" + node.op.name + "'", true);
    }
}

void Chain::run_input(const RddNode& node, const Dependency& dependency, Partition partition,
                      Sink& sink) {
    if (dependency.kind == DependencyKind::Shuffle) {
        read_shuffle(node, dependency, partition, sink);
    } else if (const auto parent = rdd::parent_partition(dependency, partition)) {
        run(dependency.parent, *parent, sink);
    }
}

void Chain::read_shuffle(const RddNode& node, const Dependency& dependency, Partition partition,
                         Sink& sink) {
    const std::string operation = operation_name(node);
    const RecordFace* face = face_of(dependency.record, operation);
    if (face == nullptr) {
        return;
    }
    rdd::TaskMetrics& metrics = scope_.metrics();
    const auto input = environment_.open_shuffle(dependency.shuffle, partition);
    BlockPtr block;
    rdd::TaskFailure failure;
    while (!scope_.stopped()) {
        block = nullptr;
        switch (input->next(block, failure)) {
            case ShuffleBlocks::Answer::End:
                return;
            case ShuffleBlocks::Answer::Failed:
                scope_.fail(failure);
                return;
            case ShuffleBlocks::Answer::Block:
                break;
        }
        if (block == nullptr) {
            continue;
        }
        metrics.shuffle_records_read += static_cast<std::int64_t>(block->records());
        // Of both kinds the bytes of the blocks, however packed they came: all that is read
        // together is all that was written.
        const auto bytes = static_cast<std::int64_t>(block->bytes());
        if (input->last_fetched()) {
            metrics.shuffle_remote_blocks_fetched += 1;
            metrics.shuffle_remote_bytes_read += bytes;
        } else {
            metrics.shuffle_local_blocks_fetched += 1;
            metrics.shuffle_local_bytes_read += bytes;
        }
        if (dependency.combine.kind != OperatorKind::None) {
            // A count from elsewhere is believed as far as its bytes can be true.
            sink.expect_distinct(std::min<std::uint64_t>(block->records(), block->bytes()));
        }
        push_block(block, *face, operation, sink);
    }
}

}  // namespace heddle::executor
