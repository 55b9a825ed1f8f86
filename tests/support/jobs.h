#pragma once

// Running hand-made plans with a job runner.

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "client/driver/job_runner.h"
#include "tests/support/plans.h"

namespace heddle::test {

struct JobOutcome {
    std::map<rdd::Partition, rdd::Bytes> values;
    std::optional<driver::JobFailure> failure;
    bool delivered_twice = false;
};

inline JobOutcome run_job(driver::JobRunner& runner, const rdd::Plan& plan,
                          const rdd::RddNode& node, rdd::OperatorRef action) {
    JobOutcome outcome;
    driver::JobRequest request;
    request.plan = plan;
    request.rdd = node.id;
    request.action = std::move(action);
    request.partitions = all_partitions(node);
    request.description = "test job";
    request.on_result = [&outcome](rdd::Partition partition, rdd::Bytes value) -> Status {
        outcome.delivered_twice |= !outcome.values.emplace(partition, std::move(value)).second;
        return {};
    };
    outcome.failure = runner.wait(runner.submit(std::move(request)));
    return outcome;
}

/// All texts of all partitions, in the order of partitions.
inline std::vector<std::string> texts_of(const JobOutcome& outcome) {
    std::vector<std::string> all;
    for (const auto& [partition, value] : outcome.values) {
        for (std::string& text : collected_texts(value)) {
            all.push_back(std::move(text));
        }
    }
    return all;
}

}  // namespace heddle::test
