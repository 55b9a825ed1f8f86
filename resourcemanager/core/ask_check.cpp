#include "resourcemanager/core/ask_check.h"

#include <algorithm>

namespace heddle::rm {
namespace {

std::optional<std::string> wrong_size(const Resource& size) {
    if (size.memory_mib <= 0 || size.vcores <= 0 || size.any_negative()) {
        return "memory and vcores must be positive and other resources not negative, in " +
               to_string(size);
    }
    const bool huge = size.memory_mib > kAskAmountMax || size.vcores > kAskAmountMax ||
                      std::ranges::any_of(size.named.entries(), [](const auto& entry) {
                          return entry.count > kAskAmountMax;
                      });
    if (huge) {
        return "asked " + to_string(size) + "; one container has at most " +
               std::to_string(kAskAmountMax) + " of a resource";
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> wrong_ask(const Ask& ask) {
    if (ask.id <= 0) {
        return "its id is " + std::to_string(ask.id) +
               "; number asks from 1 (0 is the master's own container)";
    }
    if (ask.count < 0 || ask.count > kAskCountMax) {
        return "its count is " + std::to_string(ask.count) + "; write a number from 0 to " +
               std::to_string(kAskCountMax);
    }
    if (const std::size_t places = ask.nodes.size() + ask.racks.size(); places > kAskPlacesMax) {
        return "it names " + std::to_string(places) + " nodes and racks, and at most " +
               std::to_string(kAskPlacesMax) +
               " are taken; name those that matter most and relax its locality";
    }
    return wrong_size(ask.size);
}

}  // namespace heddle::rm
