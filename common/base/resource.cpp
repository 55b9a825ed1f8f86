#include "common/base/resource.h"

namespace heddle {

std::string to_string(const Resource& resource) {
    std::string text = std::to_string(resource.memory_mib) + " MiB, " +
                       std::to_string(resource.vcores) +
                       (resource.vcores == 1 ? " vcore" : " vcores");
    for (const NamedCounts::Entry& entry : resource.named.entries()) {
        text += ", " + std::to_string(entry.count) + " " + entry.name;
    }
    return text;
}

}  // namespace heddle
