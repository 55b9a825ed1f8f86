// The parts of one task.
#include "common/rdd/accumulators.h"

#include <utility>

namespace heddle::rdd {

AccumulatorPart* TaskAccumulators::find(AccumulatorId id) const {
    const auto it = parts_.find(id);
    return it == parts_.end() ? nullptr : it->second.part.get();
}

AccumulatorPart& TaskAccumulators::add(AccumulatorId id, std::string name,
                                       std::unique_ptr<AccumulatorPart> part) {
    Entry& entry = parts_[id];
    entry = {std::move(name), std::move(part)};
    return *entry.part;
}

std::vector<AccumulatorUpdate> TaskAccumulators::updates() const {
    std::vector<AccumulatorUpdate> updates;
    for (const auto& [id, entry] : parts_) {
        updates.push_back({id, entry.name, entry.name.empty() ? std::string() : entry.part->text(),
                           entry.part->encoded()});
    }
    return updates;
}

}  // namespace heddle::rdd
