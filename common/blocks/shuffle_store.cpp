// Map output in memory, or in one file per map task when memory is short.
#include <utility>

#include "common/base/check.h"
#include "common/base/scratch_file.h"
#include "common/blocks/received.h"
#include "common/blocks/store.h"

namespace heddle::blocks {

using rdd::BlockId;
using rdd::ShuffleId;
using rdd::TaskId;

ShuffleStore::ShuffleStore(Accountant& accountant, std::string folder)
    : accountant_(accountant), folder_(std::move(folder)) {}

ShuffleStore::~ShuffleStore() {
    for (auto& [shuffle, outputs] : outputs_) {
        for (auto& [map_task, output] : outputs) {
            forget(output);
        }
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
                                                   std::vector<BlockPtr> blocks,
                                                   std::int64_t memory) {
    Output output;
    output.blocks = std::move(blocks);
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
    // A task that was started twice wrote the same again; then nothing is taken from `output`.
    if (!outputs_[shuffle].try_emplace(map_task, std::move(output)).second) {
        forget(output);
    }
}

Status ShuffleStore::put(ShuffleId shuffle, TaskId map_task, std::vector<BlockPtr> blocks) {
    std::int64_t memory = 0;
    for (const BlockPtr& block : blocks) {
        memory += block ? block->memory() : 0;
    }
    TRY(Output output, take_in(shuffle, map_task, std::move(blocks), memory));
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
    std::int64_t memory = 0;
    for (const BlockPtr& block : blocks) {
        memory += block ? received_memory(*block) : 0;
    }
    Result<Output> output = take_in(shuffle, map_task, std::move(blocks), memory);
    const std::lock_guard lock(mutex_);
    const bool wanted = expected_.erase({shuffle, map_task}) != 0;
    if (!output) {
        return false;
    }
    insert(shuffle, map_task, std::move(output).value());
    if (!wanted) {
        erase(shuffle, map_task);
    }
    return wanted;
}

ShuffleStore::Found ShuffleStore::find(const Outputs& outputs, TaskId map_task,
                                       std::int64_t reduce) {
    const auto it = outputs.find(map_task);
    if (it == outputs.end() || reduce < 0 ||
        std::cmp_greater_equal(reduce, it->second.blocks.size())) {
        return {};
    }
    return {it->second.blocks[static_cast<std::size_t>(reduce)], true};
}

BlockPtr ShuffleStore::get(const BlockId& id, bool* known) const {
    CHECK(id.kind == BlockId::Kind::Shuffle);
    const std::lock_guard lock(mutex_);
    const auto it = outputs_.find(ShuffleId{static_cast<std::int32_t>(id.first)});
    const Found found =
        it == outputs_.end() ? Found{} : find(it->second, TaskId{id.second}, id.third);
    if (known != nullptr) {
        *known = found.known;
    }
    return found.block;
}

std::vector<ShuffleStore::Found> ShuffleStore::get(ShuffleId shuffle, rdd::Partition reduce,
                                                   std::span<const TaskId> map_tasks) const {
    std::vector<Found> found(map_tasks.size());
    const std::lock_guard lock(mutex_);
    if (const auto it = outputs_.find(shuffle); it != outputs_.end()) {
        for (std::size_t i = 0; i < map_tasks.size(); ++i) {
            found[i] = find(it->second, map_tasks[i], reduce);
        }
    }
    return found;
}

void ShuffleStore::drop(ShuffleId shuffle) {
    const std::lock_guard lock(mutex_);
    std::erase_if(expected_, [shuffle](const auto& key) { return key.first == shuffle; });
    const auto it = outputs_.find(shuffle);
    if (it != outputs_.end()) {
        for (auto& [map_task, output] : it->second) {
            forget(output);
        }
        outputs_.erase(it);
    }
}

void ShuffleStore::drop_map(ShuffleId shuffle, TaskId map_task) {
    const std::lock_guard lock(mutex_);
    erase(shuffle, map_task);
}

// Under the mutex.
void ShuffleStore::erase(ShuffleId shuffle, TaskId map_task) {
    const auto it = outputs_.find(shuffle);
    if (it == outputs_.end()) {
        return;
    }
    if (const auto at = it->second.find(map_task); at != it->second.end()) {
        forget(at->second);
        it->second.erase(at);
    }
    if (it->second.empty()) {
        outputs_.erase(it);
    }
}

ShuffleStore::Totals ShuffleStore::totals() const {
    const std::lock_guard lock(mutex_);
    return totals_;
}

}  // namespace heddle::blocks
