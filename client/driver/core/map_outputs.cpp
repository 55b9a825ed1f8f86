// Which output stands for which map partition.
#include "client/driver/core/map_outputs.h"

#include <numeric>
#include <utility>

#include "common/base/check.h"

namespace heddle::driver {

void MapOutputs::add(rdd::ShuffleId shuffle, std::int32_t map_partitions) {
    const auto [it, added] = shuffles_.try_emplace(shuffle);
    if (added) {
        it->second.table.shuffle = shuffle;
        it->second.table.outputs.resize(static_cast<std::size_t>(map_partitions));
        changed(it->second);
    }
}

void MapOutputs::changed(Shuffle& shuffle) {
    shuffle.table.version = ++versions_;
    shuffle.published = nullptr;
}

bool MapOutputs::put(rdd::ShuffleId shuffle, rdd::Partition map, rdd::ExecutorId executor,
                     rdd::MapStatus status) {
    Shuffle& found = shuffles_.at(shuffle);
    rdd::MapOutput& output = found.table.outputs.at(static_cast<std::size_t>(map));
    if (output.present()) {
        return false;
    }
    output = {status.map_task, executor, std::move(status.sizes)};
    ++found.present;
    changed(found);
    return true;
}

bool MapOutputs::move(rdd::ShuffleId shuffle, rdd::Partition map, rdd::TaskId task,
                      rdd::ExecutorId from, rdd::ExecutorId to) {
    if (holder(shuffle, map, task) != from) {
        return false;
    }
    Shuffle& found = shuffles_.at(shuffle);
    found.table.outputs[static_cast<std::size_t>(map)].executor = to;
    changed(found);
    return true;
}

const rdd::MapOutput* MapOutputs::find(rdd::ShuffleId shuffle, rdd::Partition map) const {
    const auto it = shuffles_.find(shuffle);
    if (it == shuffles_.end() || map < 0 ||
        static_cast<std::size_t>(map) >= it->second.table.outputs.size()) {
        return nullptr;
    }
    const rdd::MapOutput& output = it->second.table.outputs[static_cast<std::size_t>(map)];
    return output.present() ? &output : nullptr;
}

std::vector<std::pair<rdd::ShuffleId, rdd::Partition>> MapOutputs::held_by(
    rdd::ExecutorId executor) const {
    std::vector<std::pair<rdd::ShuffleId, rdd::Partition>> found;
    for (const auto& [id, shuffle] : shuffles_) {
        rdd::Partition map = 0;
        for (const rdd::MapOutput& output : shuffle.table.outputs) {
            if (output.present() && output.executor == executor) {
                found.emplace_back(id, map);
            }
            ++map;
        }
    }
    return found;
}

rdd::ExecutorId MapOutputs::holder(rdd::ShuffleId shuffle, rdd::Partition map,
                                   rdd::TaskId task) const {
    const rdd::MapOutput* output = find(shuffle, map);
    return output != nullptr && output->map_task == task ? output->executor : rdd::kNoExecutor;
}

bool MapOutputs::unregister(rdd::ShuffleId shuffle, rdd::Partition map, rdd::TaskId task) {
    if (holder(shuffle, map, task) == rdd::kNoExecutor) {
        return false;
    }
    Shuffle& found = shuffles_.at(shuffle);
    found.table.outputs[static_cast<std::size_t>(map)] = {};
    --found.present;
    changed(found);
    return true;
}

void MapOutputs::unregister_all(rdd::ShuffleId shuffle) {
    Shuffle& found = shuffles_.at(shuffle);
    if (found.present == 0) {
        return;
    }
    for (rdd::MapOutput& output : found.table.outputs) {
        output = {};
    }
    found.present = 0;
    changed(found);
}

std::vector<rdd::ShuffleId> MapOutputs::executor_lost(rdd::ExecutorId executor) {
    std::vector<rdd::ShuffleId> losers;
    for (auto& [id, shuffle] : shuffles_) {
        const std::size_t before = shuffle.present;
        for (rdd::MapOutput& output : shuffle.table.outputs) {
            if (output.present() && output.executor == executor) {
                output = {};
                --shuffle.present;
            }
        }
        if (shuffle.present != before) {
            changed(shuffle);
            losers.push_back(id);
        }
    }
    return losers;
}

bool MapOutputs::complete(rdd::ShuffleId shuffle) const {
    const auto it = shuffles_.find(shuffle);
    return it != shuffles_.end() && it->second.present == it->second.table.outputs.size();
}

bool MapOutputs::any(rdd::ShuffleId shuffle) const {
    const auto it = shuffles_.find(shuffle);
    return it != shuffles_.end() && it->second.present > 0;
}

std::int64_t MapOutputs::bytes(rdd::ShuffleId shuffle) const {
    const auto it = shuffles_.find(shuffle);
    std::uint64_t sum = 0;
    if (it != shuffles_.end()) {
        for (const rdd::MapOutput& output : it->second.table.outputs) {
            sum = std::accumulate(output.sizes.begin(), output.sizes.end(), sum);
        }
    }
    return static_cast<std::int64_t>(sum);
}

std::map<rdd::ExecutorId, std::uint64_t> MapOutputs::bytes_for(rdd::ShuffleId shuffle,
                                                               rdd::Partition reduce) const {
    std::map<rdd::ExecutorId, std::uint64_t> found;
    const auto it = shuffles_.find(shuffle);
    if (it == shuffles_.end()) {
        return found;
    }
    for (const rdd::MapOutput& output : it->second.table.outputs) {
        if (output.present() && std::cmp_less(reduce, output.sizes.size())) {
            found[output.executor] += output.sizes[static_cast<std::size_t>(reduce)];
        }
    }
    return found;
}

std::size_t MapOutputs::maps(rdd::ShuffleId shuffle) const {
    const auto it = shuffles_.find(shuffle);
    return it == shuffles_.end() ? 0 : it->second.table.outputs.size();
}

bool MapOutputs::has(rdd::ShuffleId shuffle, rdd::Partition map) const {
    return shuffles_.at(shuffle).table.outputs.at(static_cast<std::size_t>(map)).present();
}

std::set<rdd::ExecutorId> MapOutputs::holders() const {
    std::set<rdd::ExecutorId> found;
    for (const auto& [id, shuffle] : shuffles_) {
        for (const rdd::MapOutput& output : shuffle.table.outputs) {
            if (output.present()) {
                found.insert(output.executor);
            }
        }
    }
    return found;
}

std::vector<rdd::Partition> MapOutputs::missing(rdd::ShuffleId shuffle) const {
    std::vector<rdd::Partition> partitions;
    const Shuffle& found = shuffles_.at(shuffle);
    for (std::size_t i = 0; i < found.table.outputs.size(); ++i) {
        if (!found.table.outputs[i].present()) {
            partitions.push_back(static_cast<rdd::Partition>(i));
        }
    }
    return partitions;
}

std::int64_t MapOutputs::version(rdd::ShuffleId shuffle) const {
    const auto it = shuffles_.find(shuffle);
    return it == shuffles_.end() ? 0 : it->second.table.version;
}

std::shared_ptr<const rdd::MapOutputTable> MapOutputs::table(rdd::ShuffleId shuffle) {
    CHECK(complete(shuffle));
    Shuffle& found = shuffles_.at(shuffle);
    if (found.published == nullptr) {
        found.published = std::make_shared<const rdd::MapOutputTable>(found.table);
    }
    return found.published;
}

void MapOutputs::check() const {
    for (const auto& [id, shuffle] : shuffles_) {
        std::size_t present = 0;
        for (const rdd::MapOutput& output : shuffle.table.outputs) {
            present += output.present() ? 1 : 0;
            CHECK(output.present() == (output.executor != rdd::kNoExecutor));
        }
        CHECK(present == shuffle.present);
        CHECK(shuffle.published == nullptr || shuffle.published->version == shuffle.table.version);
    }
}

}  // namespace heddle::driver
