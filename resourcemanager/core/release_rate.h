#pragma once

// How often room becomes free: containers that ended in the last minutes, by size class. A class is
// what agrees in the powers of two below its memory and its vcores, so that there are few of them.

#include <array>
#include <cstdint>
#include <map>
#include <utility>

#include "common/base/resource.h"
#include "common/base/time.h"

namespace heddle::rm {

class ReleaseRate {
public:
    static constexpr Duration kWindow = seconds(300);

    /// A container of this size has ended. O(1) but for the search of its class.
    void note(TimePoint now, const Resource& size);

    /// Containers of the size's class, or of one that is larger in every dimension, that ended in
    /// the last kWindow.
    std::int64_t recent(TimePoint now, const Resource& size) const;

private:
    struct Minute {
        std::int64_t number = -1;
        std::int64_t count = 0;
    };
    static constexpr std::size_t kMinutes = 5;
    using Class = std::pair<std::int32_t, std::int32_t>;  // of memory, of vcores

    std::map<Class, std::array<Minute, kMinutes>> ended_;
};

}  // namespace heddle::rm
