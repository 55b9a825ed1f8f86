// How long a node takes from the start order to the report that the process runs, with an artifact
// of 27 MB that is in the cache, compared with an order that needs none.
//
//   node_launch_bench [LAUNCHES]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/net/digest.h"
#include "tests/integration/nodeagent/fake_manager.h"

namespace heddle::node {

namespace {

constexpr std::size_t kProgramBytes = 27u << 20;

struct Times {
    double p50 = 0;
    double p99 = 0;
};

Times measure(FakeManager& manager, std::int64_t first, int launches,
              const std::vector<Artifact>& artifacts) {
    std::vector<double> times;
    for (std::int64_t number = first; number < first + launches; ++number) {
        ContainerStart order = manager.order(number, {artifacts.empty() ? "/bin/true" : "program"});
        order.spec.artifacts = artifacts;
        const auto begin = std::chrono::steady_clock::now();
        manager.start(order);
        manager.wait_report(order.container, [](const ContainerReport& report) {
            return report.phase >= ContainerPhase::Running;
        });
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - begin;
        times.push_back(took.count());
        manager.wait_end(order.container);
    }
    std::sort(times.begin(), times.end());
    return {times[times.size() / 2], times[times.size() * 99 / 100]};
}

}  // namespace

int run(int launches) {
    FakeManager manager;
    const TemporaryDirectory temporary;
    const AgentProcess agent(manager, temporary.path());
    manager.wait_registered();
    std::string program = "#!/bin/sh\nexit\n";
    program.resize(kProgramBytes, '#');
    const std::string digest = net::sha256_hex(program);
    manager.put_artifact(digest, program);
    const std::vector<Artifact> artifacts = {
        {"program", "heddle:sha256/" + digest, "", program.size(), true}};
    const Times cold = measure(manager, 1, 1, artifacts);
    const Times none = measure(manager, 100'000, launches, {});
    const Times warm = measure(manager, 200'000, launches, artifacts);
    std::printf("first launch, 27 MB fetched        %7.2f ms\n", cold.p50);
    std::printf("launch without artifacts, p50 p99  %7.2f %7.2f ms\n", none.p50, none.p99);
    std::printf("launch with 27 MB cached, p50 p99  %7.2f %7.2f ms  (ratio %.2f)\n", warm.p50,
                warm.p99, warm.p50 / none.p50);
    return 0;
}

}  // namespace heddle::node

int main(int argc, char** argv) {
    return heddle::node::run(argc > 1 ? std::max(1, std::atoi(argv[1])) : 100);
}
