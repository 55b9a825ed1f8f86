// Map output in memory, or in one file per map task when memory is short.
#include "common/base/check.h"
#include "common/base/scratch_file.h"
#include "common/blocks/store.h"

namespace heddle::blocks {

using rdd::BlockId;
using rdd::ShuffleId;
using rdd::TaskId;

ShuffleStore::ShuffleStore(Accountant& accountant, std::string folder)
    : accountant_(accountant), folder_(std::move(folder)) {}

ShuffleStore::~ShuffleStore() {
    for (auto& [key, output] : outputs_) {
        forget(output);
    }
    remove_folder(folder_);
}

void ShuffleStore::forget(Output& output) {
    if (output.memory != 0) {
        accountant_.release_storage(output.memory);
    }
    if (!output.file.empty()) {
        remove_file(output.file);  // readers keep their mapping
    }
    totals_.memory -= output.memory;
    totals_.disk -= output.disk;
    totals_.outputs -= 1;
}

// Writes all blocks to one file and replaces them by views of it.
Status ShuffleStore::spill(ShuffleId shuffle, TaskId map_task, Output& output) {
    TRY(make_folder(folder_));
    // The number makes the name unique: a task that was started twice must not write into the file
    // that readers of the first have mapped.
    const std::string path = folder_ + "/shuffle_" + std::to_string(shuffle.value) + "_" +
                             std::to_string(map_task.value) + "_" + std::to_string(next_file_++) +
                             ".data";
    std::vector<BlockImage> images;
    std::vector<std::string_view> parts;
    images.reserve(output.blocks.size());
    for (BlockPtr& block : output.blocks) {
        if (block) {
            block = encoded(block);
            images.push_back(image_of(*block));
            parts.insert(parts.end(), images.back().parts.begin(), images.back().parts.end());
            output.disk += static_cast<std::int64_t>(images.back().size);
        }
    }
    TRY(write_file(path, parts));
    output.file = path;
    TRY(const std::shared_ptr<const MappedFile> file, map_file(path));
    std::uint64_t offset = 0;
    std::size_t next = 0;
    for (BlockPtr& block : output.blocks) {
        if (block) {
            const std::uint64_t size = images[next++].size;
            TRY(block, parse_block(file->bytes().substr(offset, size), file));
            offset += size;
        }
    }
    return {};
}

// In memory, or in a file; in the books not yet.
Result<ShuffleStore::Output> ShuffleStore::take_in(ShuffleId shuffle, TaskId map_task,
                                                   std::vector<BlockPtr> blocks) {
    Output output;
    output.blocks = std::move(blocks);
    std::int64_t memory = 0;
    for (const BlockPtr& block : output.blocks) {
        memory += block ? block->memory() : 0;
    }
    if (accountant_.acquire_storage(memory, false)) {
        output.memory = memory;
    } else if (Status status = spill(shuffle, map_task, output); !status) {
        if (!output.file.empty()) {
            remove_file(output.file);
        }
        return status.error();
    }
    return output;
}

// Under the mutex.
void ShuffleStore::insert(ShuffleId shuffle, TaskId map_task, Output output) {
    totals_.memory += output.memory;
    totals_.disk += output.disk;
    totals_.outputs += 1;
    const std::pair key{shuffle, map_task};
    if (outputs_.contains(key)) {  // a task that was started twice wrote the same again
        forget(output);
        return;
    }
    outputs_.emplace(key, std::move(output));
}

Status ShuffleStore::put(ShuffleId shuffle, TaskId map_task, std::vector<BlockPtr> blocks) {
    TRY(Output output, take_in(shuffle, map_task, std::move(blocks)));
    const std::lock_guard lock(mutex_);
    insert(shuffle, map_task, std::move(output));
    return {};
}

void ShuffleStore::expect(ShuffleId shuffle, TaskId map_task) {
    const std::lock_guard lock(mutex_);
    expected_.emplace(shuffle, map_task);
}

void ShuffleStore::expect_no_more(ShuffleId shuffle, TaskId map_task) {
    const std::lock_guard lock(mutex_);
    expected_.erase({shuffle, map_task});
}

bool ShuffleStore::put_expected(ShuffleId shuffle, TaskId map_task, std::vector<BlockPtr> blocks) {
    Result<Output> output = take_in(shuffle, map_task, std::move(blocks));
    const std::lock_guard lock(mutex_);
    const bool wanted = expected_.erase({shuffle, map_task}) != 0;
    if (!output) {
        return false;
    }
    insert(shuffle, map_task, std::move(output).value());
    if (!wanted) {
        const auto it = outputs_.find({shuffle, map_task});
        forget(it->second);
        outputs_.erase(it);
    }
    return wanted;
}

BlockPtr ShuffleStore::get(const BlockId& id, bool* known) const {
    CHECK(id.kind == BlockId::Kind::Shuffle);
    const std::lock_guard lock(mutex_);
    const auto it =
        outputs_.find({ShuffleId{static_cast<std::int32_t>(id.first)}, TaskId{id.second}});
    const bool found = it != outputs_.end() && id.third >= 0 &&
                       static_cast<std::size_t>(id.third) < it->second.blocks.size();
    if (known != nullptr) {
        *known = found;
    }
    return found ? it->second.blocks[static_cast<std::size_t>(id.third)] : nullptr;
}

void ShuffleStore::drop(ShuffleId shuffle) {
    const std::lock_guard lock(mutex_);
    std::erase_if(expected_, [shuffle](const auto& key) { return key.first == shuffle; });
    auto it = outputs_.lower_bound({shuffle, TaskId{INT64_MIN}});
    while (it != outputs_.end() && it->first.first == shuffle) {
        forget(it->second);
        it = outputs_.erase(it);
    }
}

void ShuffleStore::drop_map(ShuffleId shuffle, TaskId map_task) {
    const std::lock_guard lock(mutex_);
    const auto it = outputs_.find({shuffle, map_task});
    if (it != outputs_.end()) {
        forget(it->second);
        outputs_.erase(it);
    }
}

ShuffleStore::Totals ShuffleStore::totals() const {
    const std::lock_guard lock(mutex_);
    return totals_;
}

}  // namespace heddle::blocks
