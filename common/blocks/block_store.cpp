// Cached partitions in memory and on disk.
#include "common/base/check.h"
#include "common/base/log.h"
#include "common/blocks/file_io.h"
#include "common/blocks/store.h"

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
    const BlockPtr plain = encoded(block);
    const BlockImage image = image_of(*plain);
    Status status = make_folder(folder_);
    if (status.ok()) {
        status = blocks::write_file(path_of(id), image.parts);
    }
    if (!status) {
        log::warning("cannot keep a block on disk",
                     {{"block", to_string(id)}, {"reason", status.error().message}});
        return 0;
    }
    return static_cast<std::int64_t>(image.size);
}

bool BlockStore::put(const BlockId& id, const BlockPtr& block, const StorageLevel& level) {
    if (contains(id)) {
        return true;
    }
    Entry entry;
    entry.level = level;
    entry.size = block->memory();
    if (level.memory && accountant_.acquire_storage(entry.size)) {
        entry.memory = block;
    } else if (level.disk) {
        entry.disk = write_file(id, block);
    }
    if (!entry.memory && entry.disk == 0) {
        return false;
    }
    const std::lock_guard lock(mutex_);
    const auto [it, inserted] = entries_.try_emplace(id, entry);
    if (!inserted) {  // another task computed the same partition at the same time
        if (entry.memory) {
            accountant_.release_storage(entry.size);
        }
        return true;
    }
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
        auto block = parse_block((*file)->bytes(), *file);
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
    std::vector<BlockId> ids;
    {
        const std::lock_guard lock(mutex_);
        for (auto it = entries_.lower_bound(BlockId::rdd(rdd, 0));
             it != entries_.end() && it->first.kind == BlockId::Kind::Rdd &&
             it->first.first == rdd.value;
             ++it) {
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

void BlockStore::evict(std::int64_t bytes) {
    while (bytes > 0) {
        BlockId id;
        BlockPtr block;
        bool to_disk = false;
        {
            const std::lock_guard lock(mutex_);
            if (recency_.empty()) {
                return;
            }
            id = recency_.front();
            recency_.pop_front();
            Entry& entry = entries_.at(id);
            entry.evicting = true;  // readers may still have it; it is off the list of candidates
            block = entry.memory;
            to_disk = entry.level.disk && entry.disk == 0;
        }
        const std::int64_t written = to_disk ? write_file(id, block) : 0;
        bytes -= settle_eviction(id, block, written);
    }
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
