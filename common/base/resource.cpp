#include "common/base/resource.h"

namespace heddle {

std::string to_string(const Resource& resource) {
    return std::to_string(resource.memory_mib) + " MiB, " + std::to_string(resource.vcores) +
           (resource.vcores == 1 ? " vcore" : " vcores");
}

}  // namespace heddle
