#include "tests/bench/scheduler/meter.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <numeric>

#include "common/base/check.h"

namespace heddle::rm::bench {

double now_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::int64_t resident_kib() {
    std::FILE* status = std::fopen("/proc/self/status", "r");
    CHECK(status != nullptr);
    std::array<char, 256> line{};
    long long kib = 0;
    while (std::fgets(line.data(), line.size(), status) != nullptr) {
        if (std::sscanf(line.data(), "VmRSS: %lld", &kib) == 1) {
            break;
        }
    }
    std::fclose(status);
    return kib;
}

double Meter::sum() const {
    return std::accumulate(values_.begin(), values_.end(), 0.0);
}

double Meter::at_percent(std::size_t percent) {
    if (values_.empty()) {
        return 0;
    }
    std::sort(values_.begin(), values_.end());
    return values_[std::min(values_.size() - 1, values_.size() * percent / 100)];
}

}  // namespace heddle::rm::bench
