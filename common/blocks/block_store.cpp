// Cached partitions in memory and on disk.
#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/scratch_file.h"
#include "common/blocks/received.h"
#include "common/blocks/store.h"
#include "common/blocks/victims.h"

namespace heddle::blocks {

using rdd::BlockId;
using rdd::BlockUpdate;
using rdd::StorageLevel;

BlockStore::BlockStore(Accountant& accountant, std::string folder)
    : accountant_(accountant), folder_(std::move(folder)) {}

BlockStore::~BlockStore() {
    for (const auto& [id, entry] : entries_) {
        if (entry.disk != 0) {
            remove_file(path_of(id));
        }
        if (entry.memory) {
            accountant_.release_storage(entry.size);
        }
    }
    remove_folder(folder_);
}

std::string BlockStore::path_of(const BlockId& id) const {
    return folder_ + "/" + to_string(id);
}

void BlockStore::note(const BlockId& id, std::int64_t memory, std::int64_t disk) {
    updates_.push_back({id, memory, disk});
}

// Bytes written; 0: it did not work, and that is all a cache needs to know.
std::int64_t BlockStore::write_file(const BlockId& id, const BlockPtr& block) {
    const auto written = [&]() -> Result<std::uint64_t> {
        TRY(make_folder(folder_));
        if (!block->typed()) {
            const BlockImage image = image_of(*block);
            TRY(heddle::write_file(path_of(id), image.parts));
            return image.size;
        }
        TRY(const std::unique_ptr<BlockFile> file, begin_file(id, *block->face()));
        TRY(file->append(*block));
        TRY(file->flush());
        TRY(rename_file(file->file_.path(), path_of(id)));
        file->kept_ = true;
        return file->size();
    }();
    if (!written) {
        log::warning("cannot keep a block on disk",
                     {{"block", to_string(id)}, {"reason", written.error().message}});
        return 0;
    }
    return static_cast<std::int64_t>(*written);
}

BlockFile::BlockFile(GrowingFile file, const rdd::RecordFace& face)
    : file_(std::move(file)), builder_(face) {}

BlockFile::~BlockFile() {
    if (!kept_) {
        remove_file(file_.path());  // readers keep their mapping
    }
}

Status BlockFile::append(const void* rows, std::uint32_t count) {
    builder_.append(rows, nullptr, count);
    return std::cmp_less(builder_.memory(), kSegmentBytes) ? Status() : flush();
}

Status BlockFile::append(const Block& block) {
    CHECK(block.typed());
    for (const rdd::RowArray& chunk : block.chunks()) {
        for (std::size_t done = 0; done < chunk.count; done += rdd::kBatchRecords) {
            TRY(append(block.face()->row(chunk.rows, done), rdd::batch_size(chunk.count - done)));
        }
    }
    return {};
}

Status BlockFile::flush() {
    if (builder_.records() == 0 && size() != 0) {
        return {};
    }
    BlockPtr piece = builder_.finish();
    const BlockImage image = image_of(*piece);
    Status status = file_.append(image.parts);
    if (!status) {
        failed_ = std::move(piece);
    }
    return status;
}

Result<BlockPtr> BlockFile::written() const {
    if (size() == 0) {
        return BlockPtr();
    }
    TRY(auto file, map_file(file_.path()));
    return parse_blocks(file->bytes().substr(0, size()), file);
}

BlockPtr BlockFile::rest() {
    return std::exchange(failed_, nullptr);
}

Result<std::unique_ptr<BlockFile>> BlockStore::begin_file(const BlockId& id,
                                                          const rdd::RecordFace& face) {
    TRY(make_folder(folder_));
    // The number makes the name unique: two tasks may compute the partition at the same time.
    TRY(GrowingFile file, GrowingFile::create(path_of(id) + "." + std::to_string(next_file_++)));
    return std::make_unique<BlockFile>(std::move(file), face);
}

Result<BlockPtr> BlockStore::keep(const BlockId& id, BlockFile& file, const StorageLevel& level) {
    TRY(BlockPtr block, file.written());
    if (contains(id)) {
        return block;
    }
    TRY(rename_file(file.file_.path(), path_of(id)));
    file.kept_ = true;
    const auto size = static_cast<std::int64_t>(file.size());
    const std::lock_guard lock(mutex_);
    // Another task may have put the same partition in the meantime: then its entry owns the file,
    // too, which goes with it.
    Entry& entry = entries_[id];
    if (entry.memory == nullptr) {
        entry.level = level;
    } else {
        entry.level.disk = true;
    }
    entry.disk = size;
    note(id, entry.memory == nullptr ? 0 : entry.size, entry.disk);
    return block;
}

namespace {

// Never 0: that would tell the driver that it is gone.
std::int64_t memory_of(const Block& block) {
    return std::max<std::int64_t>(received_memory(block), 1);
}

}  // namespace

bool BlockStore::put(const BlockId& id, const BlockPtr& block, const StorageLevel& level) {
    return contains(id) || insert(id, block, level, false);
}

void BlockStore::expect(const BlockId& id) {
    const std::lock_guard lock(mutex_);
    expected_.insert(id);
}

BlockUpdate BlockStore::put_expected(const BlockId& id, const BlockPtr& block,
                                     const StorageLevel& level) {
    if (block != nullptr && !contains(id)) {
        (void)insert(id, block, level, true);
    }
    const std::lock_guard lock(mutex_);
    expected_.erase(id);
    const auto it = entries_.find(id);
    if (it == entries_.end()) {
        return {id, 0, 0};
    }
    return {id, it->second.memory ? it->second.size : 0, it->second.disk};
}

// `expected`: only if nobody has dropped the RDD since expect(), which the lock decides: what is
// dropped must not come back, since it may be another set of records by then.
bool BlockStore::insert(const BlockId& id, const BlockPtr& block, const StorageLevel& level,
                        bool expected) {
    Entry entry;
    entry.level = level;
    entry.size = memory_of(*block);
    const rdd::RddId for_rdd = id.kind == BlockId::Kind::Rdd
                                   ? rdd::RddId{static_cast<std::int32_t>(id.first)}
                                   : Accountant::kNoRdd;
    if (level.memory && accountant_.acquire_storage(entry.size, true, for_rdd)) {
        entry.memory = block;
    } else if (level.disk) {
        entry.disk = write_file(id, block);
    }
    if (!entry.memory && entry.disk == 0) {
        return false;
    }
    const std::lock_guard lock(mutex_);
    const bool unwanted = expected && !expected_.contains(id);
    const auto there = entries_.find(id);
    if (unwanted || there != entries_.end()) {  // or another task computed it at the same time
        if (entry.memory) {
            accountant_.release_storage(entry.size);
        }
        if (entry.disk != 0 && there == entries_.end()) {
            remove_file(path_of(id));
        }
        return !unwanted;
    }
    const auto it = entries_.emplace(id, entry).first;
    if (entry.memory) {
        it->second.recency = recency_.insert(recency_.end(), id);
    }
    note(id, entry.memory ? entry.size : 0, entry.disk);
    return true;
}

BlockPtr BlockStore::get(const BlockId& id) {
    {
        const std::lock_guard lock(mutex_);
        const auto it = entries_.find(id);
        if (it == entries_.end()) {
            return nullptr;
        }
        if (it->second.memory) {
            if (!it->second.evicting) {
                recency_.splice(recency_.end(), recency_, it->second.recency);
            }
            return it->second.memory;
        }
    }
    auto file = map_file(path_of(id));
    if (file) {
        auto block = parse_blocks((*file)->bytes(), *file);
        if (block) {
            return std::move(block).value();
        }
        log::warning("a block on disk is damaged",
                     {{"block", to_string(id)}, {"reason", block.error().message}});
    }
    drop(id);
    return nullptr;
}

bool BlockStore::contains(const BlockId& id) const {
    const std::lock_guard lock(mutex_);
    return entries_.contains(id);
}

void BlockStore::drop(const BlockId& id) {
    const std::lock_guard lock(mutex_);
    const auto it = entries_.find(id);
    if (it == entries_.end()) {
        return;
    }
    if (it->second.memory) {
        accountant_.release_storage(it->second.size);
        if (!it->second.evicting) {
            recency_.erase(it->second.recency);
        }
    }
    if (it->second.disk != 0) {
        remove_file(path_of(id));
    }
    entries_.erase(it);
    note(id, 0, 0);
}

void BlockStore::drop_rdd(rdd::RddId rdd) {
    drop_all(BlockId::Kind::Rdd, rdd.value);
}

void BlockStore::drop_broadcast(rdd::BroadcastId broadcast) {
    drop_all(BlockId::Kind::Broadcast, broadcast.value);
}

void BlockStore::drop_all(BlockId::Kind kind, std::int64_t first) {
    std::vector<BlockId> ids;
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(expected_,
                      [&](const BlockId& id) { return id.kind == kind && id.first == first; });
        for (auto it = entries_.lower_bound({kind, first, 0, 0});
             it != entries_.end() && it->first.kind == kind && it->first.first == first; ++it) {
            ids.push_back(it->first);
        }
    }
    for (const BlockId& id : ids) {
        drop(id);
    }
}

std::vector<BlockUpdate> BlockStore::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<BlockUpdate> blocks;
    blocks.reserve(entries_.size());
    for (const auto& [id, entry] : entries_) {
        blocks.push_back({id, entry.memory ? entry.size : 0, entry.disk});
    }
    return blocks;
}

std::vector<BlockUpdate> BlockStore::take_updates() {
    const std::lock_guard lock(mutex_);
    return std::exchange(updates_, {});
}

void BlockStore::evict(std::int64_t bytes, rdd::RddId spared) {
    std::vector<BlockId> victims;
    {
        const std::lock_guard lock(mutex_);
        victims = choose_victims(
            recency_, [this](const BlockId& id) { return entries_.at(id).size; }, bytes, spared);
    }
    for (const BlockId& id : victims) {
        if (bytes <= 0) {
            return;
        }
        bytes -= evict_one(id);
    }
}

// Bytes that are free now; 0: somebody else has taken it away meanwhile.
std::int64_t BlockStore::evict_one(const BlockId& id) {
    BlockPtr block;
    bool to_disk = false;
    {
        const std::lock_guard lock(mutex_);
        const auto it = entries_.find(id);
        if (it == entries_.end() || !it->second.memory || it->second.evicting) {
            return 0;
        }
        Entry& entry = it->second;
        recency_.erase(entry.recency);
        entry.evicting = true;  // readers may still have it; it is off the list of candidates
        block = entry.memory;
        to_disk = entry.level.disk && entry.disk == 0;
    }
    return settle_eviction(id, block, to_disk ? write_file(id, block) : 0);
}

// The books after the file is written. The block may have been dropped, and even put again,
// meanwhile.
std::int64_t BlockStore::settle_eviction(const BlockId& id, const BlockPtr& block,
                                         std::int64_t written) {
    const std::lock_guard lock(mutex_);
    const auto it = entries_.find(id);
    if (it == entries_.end() || it->second.memory != block) {
        if (written != 0 && (it == entries_.end() || it->second.disk == 0)) {
            remove_file(path_of(id));
        }
        return 0;
    }
    Entry& entry = it->second;
    const std::int64_t freed = entry.size;
    accountant_.release_storage(freed);
    entry.memory = nullptr;
    entry.evicting = false;
    entry.disk += written;
    note(id, 0, entry.disk);
    if (entry.disk == 0) {
        entries_.erase(it);
    }
    return freed;
}

}  // namespace heddle::blocks
