#pragma once

// The manager's figures in the Prometheus text format: base units, `_total` on counters, no
// application, user or job in a label.

#include <atomic>
#include <cstdint>
#include <string>

#include "common/store/store.h"
#include "resourcemanager/core/views.h"

namespace heddle::rm {

class Metrics {
public:
    void count_request() { requests_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> requests_{0};
};

struct MetricsInput {
    const View& view;
    store::Figures store;
    std::uint64_t http_requests = 0;
    std::uint64_t http_connections = 0;
    std::uint64_t stream_clients = 0;
    std::uint64_t core_steps = 0;
    std::uint64_t daemon_connections = 0;
    std::uint64_t artifact_bytes = 0;
};

std::string metrics_text(const MetricsInput& input);

}  // namespace heddle::rm
