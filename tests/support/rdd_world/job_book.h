#pragma once

// What a driver was asked and what it answered: each partition once, nothing after the end, and the
// expected records or a reason.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/driver/core/effect.h"
#include "client/driver/core/event.h"
#include "tests/support/rdd_world/unordered_jobs.h"

namespace heddle::test {

class JobBook {
public:
    /// The event that submits root number `root` as the next job.
    driver::JobSubmitted submit(const UnorderedJobs& jobs, std::size_t root);

    /// Each returns what is wrong with it; empty: nothing. A job that cannot be repeated may fail
    /// with DataLoss.
    std::string take(const driver::DeliverResult& result);
    std::string take(const driver::EndJob& end);

    std::int32_t submitted() const { return static_cast<std::int32_t>(jobs_.size()); }
    std::int32_t ended() const { return ended_; }
    std::int32_t failed() const { return failed_; }
    /// The first job that has not ended; empty: all have.
    std::string open() const;

private:
    struct Job {
        std::vector<std::string> expected;  // sorted
        std::vector<std::string> found;
        std::set<rdd::Partition> delivered;
        bool ended = false;
    };

    std::map<rdd::JobId, Job> jobs_;
    std::int32_t ended_ = 0;
    std::int32_t failed_ = 0;
};

}  // namespace heddle::test
