#pragma once

// What a driver was asked and what it answered: each partition once, nothing after the end, and the
// expected records or a reason. What a job saves is committed when the job has succeeded.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/driver/core/effect.h"
#include "client/driver/core/event.h"
#include "common/fs/file_system.h"
#include "tests/support/rdd_world/unordered_jobs.h"

namespace heddle::test {

class JobBook {
public:
    /// The event that submits root number `root` as the next job.
    driver::JobSubmitted submit(const UnorderedJobs& jobs, std::size_t root);
    /// One that saves what it computes in `target`, as the program does: in a place that is
    /// `owner`'s alone. `files` outlive the book.
    driver::JobSubmitted submit_save(const UnorderedJobs& jobs, std::size_t root,
                                     fs::FileSystem& files, const std::string& target,
                                     const std::string& owner);

    /// Each returns what is wrong with it; empty: nothing. A job that cannot be repeated may fail
    /// with DataLoss.
    std::string take(const driver::DeliverResult& result);
    std::string take(const driver::EndJob& end);
    /// What tasks of last stages counted.
    void take(const driver::MergeAccumulators& merge);
    /// Whether each row that was delivered was counted once, and nothing else; of jobs that failed,
    /// too. Empty: it was.
    std::string counts() const;

    std::int32_t submitted() const { return static_cast<std::int32_t>(jobs_.size()); }
    std::int32_t ended() const { return ended_; }
    std::int32_t failed() const { return failed_; }
    /// The first job that has not ended; empty: all have.
    std::string open() const;

private:
    struct Job {
        rdd::RddId root;
        std::vector<std::string> expected;  // sorted
        std::vector<std::string> found;
        std::size_t rows = 0;  // delivered
        std::set<rdd::Partition> delivered;
        bool ended = false;
        // Of jobs that save:
        fs::FileSystem* files = nullptr;
        std::string target;
        std::string place;
        std::map<rdd::Partition, std::string> tokens;
    };
    static std::string commit(Job& job);

    std::map<rdd::JobId, Job> jobs_;
    std::map<std::int64_t, std::size_t> counted_;  // rows by accumulator, which is a root
    std::int32_t ended_ = 0;
    std::int32_t failed_ = 0;
};

/// What is wrong with the output of a first root that was saved in `folder`: whether each part is
/// there once, with the mark, and all rows. Empty: nothing.
std::string wrong_output(fs::FileSystem& files, const std::string& folder,
                         const UnorderedJobs& jobs);

}  // namespace heddle::test
