// Fetching broadcast values.
#include "executor/task/broadcasts.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "common/base/scratch_file.h"
#include "common/base/strings.h"
#include "common/rdd/file_name.h"
#include "common/rdd/row_buffer.h"
#include "executor/task/task_body.h"

namespace heddle::executor {

namespace {

// Between tasks of one executor: whoever holds it fetches.
class Turn {
public:
    Turn(BroadcastDesk& desk, rdd::BroadcastId id) : desk_(desk), id_(id) { desk_.begin(id_); }
    ~Turn() { desk_.end(id_); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    BroadcastDesk& desk_;
    rdd::BroadcastId id_;
};

std::string name_of(const rdd::BroadcastRef& ref) {
    return "broadcast " + std::to_string(ref.id.value);
}

std::shared_ptr<const void> value_in(const blocks::BlockPtr& block, const rdd::RecordFace& face) {
    if (block == nullptr || block->face() != &face || block->chunks().empty()) {
        return nullptr;
    }
    return {block, block->chunks().front().rows};
}

}  // namespace

BroadcastDesk::~BroadcastDesk() {
    std::error_code
        ignored;  // a scratch folder: whoever cleans up after the executor takes it, too
    if (!folder_.empty()) {
        std::filesystem::remove_all(folder_, ignored);
    }
}

void BroadcastDesk::begin(rdd::BroadcastId id) {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return under_way_.count(id) == 0; });
    under_way_.insert(id);
}

void BroadcastDesk::end(rdd::BroadcastId id) {
    {
        const std::lock_guard lock(mutex_);
        under_way_.erase(id);
    }
    ended_.notify_all();
}

void BroadcastDesk::hold(const rdd::BroadcastHeld& held) {
    const std::lock_guard lock(mutex_);
    std::vector<rdd::ExecutorId>& holders = holders_[{held.broadcast, held.chunk}];
    if (std::find(holders.begin(), holders.end(), held.executor) == holders.end()) {
        holders.push_back(held.executor);
    }
}

void BroadcastDesk::lose(rdd::ExecutorId executor) {
    const std::lock_guard lock(mutex_);
    for (auto& [chunk, holders] : holders_) {
        std::erase(holders, executor);
    }
}

void BroadcastDesk::forget(rdd::BroadcastId id) {
    const std::lock_guard lock(mutex_);
    holders_.erase(holders_.lower_bound({id, INT64_MIN}), holders_.upper_bound({id, INT64_MAX}));
}

std::optional<rdd::ExecutorId> BroadcastDesk::holder(rdd::BroadcastId id, std::int64_t chunk,
                                                     rdd::ExecutorId self) const {
    const std::lock_guard lock(mutex_);
    const auto it = holders_.find({id, chunk});
    if (it == holders_.end() || it->second.empty()) {
        return std::nullopt;
    }
    const auto turn = static_cast<std::size_t>(self.value + chunk);
    return it->second[turn % it->second.size()];
}

Result<std::shared_ptr<const void>> TaskBroadcasts::read(const rdd::BroadcastRef& ref,
                                                         const rdd::RecordFace& face) {
    const rdd::BlockId id = rdd::BlockId::broadcast(ref.id);
    if (auto value = value_in(environment_.store.get(id), face)) {
        return value;
    }
    const auto size = static_cast<std::int64_t>(ref.bytes);
    {
        const Turn turn(environment_.broadcasts(), ref.id);
        if (auto value = value_in(environment_.store.get(id), face)) {
            return value;
        }
        if (reserve_now(size)) {
            return fetch(ref, face);
        }
    }
    // Whoever has the memory may be waiting for the turn: it is not kept while memory is waited
    // for.
    rdd::OperatorBudget budget(scope_, name_of(ref));
    if (!budget.reserve(size)) {
        budget.release(size);
        return Error{ErrorCode::Unavailable, scope_.failure()->message};
    }
    const Turn turn(environment_.broadcasts(), ref.id);
    if (auto value = value_in(environment_.store.get(id), face)) {
        budget.release(size);
        return value;
    }
    return fetch(ref, face);
}

bool TaskBroadcasts::reserve_now(std::int64_t bytes) {
    const blocks::TaskShare::Impatience impatience(memory_);
    return scope_.try_reserve(bytes);
}

// With the turn, and with memory for the encoded value, which is given back.
Result<std::shared_ptr<const void>> TaskBroadcasts::fetch(const rdd::BroadcastRef& ref,
                                                          const rdd::RecordFace& face) {
    rdd::Bytes value;
    const Status gathered = gather(ref, value);
    blocks::TypedBlockBuilder builder(face);
    Status decoded = gathered;
    if (gathered) {
        rdd::ByteReader in(value);
        rdd::RowBuffer row(face, 1);
        row.added(face.decode(in, row.rows(), 1));
        decoded = in.status(name_of(ref));
        if (decoded) {
            builder.append(row.rows(), 1);
        }
    }
    value = rdd::Bytes();
    scope_.release(static_cast<std::int64_t>(ref.bytes));
    TRY(decoded);
    const blocks::BlockPtr block = builder.finish();
    // Where there is no room for it, it lives as long as the tasks that read it now.
    (void)environment_.store.put(rdd::BlockId::broadcast(ref.id), block, rdd::kMemoryOnly);
    return value_in(block, face);
}

// Executors begin at different chunks, so that they have something to give to each other.
Status TaskBroadcasts::gather(const rdd::BroadcastRef& ref, rdd::Bytes& value) {
    value.resize(ref.bytes);
    const std::size_t count = ref.chunks();
    const std::size_t first = count == 0 ? 0 : environment_.broadcast_start() % count;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t chunk = (first + i) % count;
        TRY(const blocks::BlockPtr block, chunk_of(ref, chunk));
        std::size_t at = chunk * ref.chunk_bytes;
        if (at + block->bytes() > value.size()) {
            return Error{ErrorCode::DataLoss, name_of(ref) + ": a chunk is too long"};
        }
        for (const blocks::Segment& segment : block->segments()) {
            std::memcpy(value.data() + at, segment.data, segment.size);
            at += segment.size;
        }
        if (at != std::min<std::uint64_t>(ref.bytes, (chunk + 1) * ref.chunk_bytes)) {
            return Error{ErrorCode::DataLoss, name_of(ref) + ": a chunk is too short"};
        }
    }
    return {};
}

// From this executor, or brought here and kept for the others.
Result<blocks::BlockPtr> TaskBroadcasts::chunk_of(const rdd::BroadcastRef& ref, std::size_t chunk) {
    const auto id = rdd::BlockId::broadcast(ref.id, static_cast<std::int64_t>(chunk) + 1);
    blocks::BlockPtr block = environment_.store.get(id);
    if (block != nullptr) {
        return block;
    }
    TRY(block, environment_.fetch_broadcast(id));
    if (block == nullptr) {
        return Error{ErrorCode::NotFound, name_of(ref) +
                                              " was destroyed: a broadcast "
                                              "variable must not be used after "
                                              "destroy()"};
    }
    constexpr rdd::StorageLevel kChunks{true, true, false, 1};
    if (environment_.store.put(id, block, kChunks)) {
        environment_.broadcast_kept(ref.id, id.second);
    }
    return block;
}

const std::string& TaskBroadcasts::files_folder() const {
    return environment_.broadcasts().files_folder();
}

// A chunk at a time, so that a file of any size takes no more memory than that. It appears under
// its name when it is whole.
Status TaskBroadcasts::bring(const rdd::SharedFile& file) {
    const rdd::BroadcastRef& ref = file.content;
    if (files_folder().empty()) {
        return Error{ErrorCode::Unsupported, "this executor has no folder for files"};
    }
    if (!rdd::is_file_name(file.name) || (!file.path.empty() && !rdd::is_path_within(file.path))) {
        return Error{ErrorCode::InvalidArgument,
                     "'" + file.name + "/" + file.path + "' is not the name of an added file"};
    }
    const std::string target =
        files_folder() + "/" + file.name + (file.path.empty() ? "" : "/" + file.path);
    const Turn turn(environment_.broadcasts(), ref.id);
    std::error_code error;
    if (std::filesystem::exists(target, error)) {
        return {};
    }
    TRY(make_folder(target.substr(0, target.rfind('/'))));
    // Beside the folder, where no added file is.
    const std::string unfinished = files_folder() + ".unfinished-" + std::to_string(ref.id.value);
    {
        TRY(GrowingFile out, GrowingFile::create(unfinished));
        for (std::size_t chunk = 0; chunk < ref.chunks(); ++chunk) {
            TRY(const blocks::BlockPtr block, chunk_of(ref, chunk));
            std::vector<std::string_view> parts;
            for (const blocks::Segment& segment : block->segments()) {
                parts.emplace_back(segment.data, segment.size);
            }
            if (Status written = out.append(parts); !written) {
                remove_file(unfinished);
                return written;
            }
        }
        if (out.size() != ref.bytes) {
            remove_file(unfinished);
            return Error{ErrorCode::DataLoss, "file '" + file.name + "' came with " +
                                                  std::to_string(out.size()) +
                                                  " bytes instead of " + std::to_string(ref.bytes)};
        }
    }
    // As Spark does: programs are among what is added.
    std::filesystem::permissions(unfinished, std::filesystem::perms(0755), error);
    return rename_file(unfinished, target);
}

}  // namespace heddle::executor
