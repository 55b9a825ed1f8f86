#include "tests/support/rdd_world/job_book.h"

#include <algorithm>
#include <utility>

#include "common/rdd/builtins.h"
#include "tests/support/plans.h"

namespace heddle::test {

driver::JobSubmitted JobBook::submit(const UnorderedJobs& jobs, std::size_t root) {
    const rdd::JobId id{submitted()};
    jobs_[id].expected = jobs.expected;
    jobs_[id].root = jobs.roots[root].id;
    driver::JobSubmitted event;
    event.job = id;
    event.plan = std::make_shared<const rdd::Plan>(jobs.plan);
    event.rdd = jobs.roots[root].id;
    event.action = rdd::builtin_operator(rdd::builtin::kCollect);
    event.partitions = all_partitions(jobs.roots[root]);
    event.description = "job " + std::to_string(id.value);
    return event;
}

std::string JobBook::take(const driver::DeliverResult& result) {
    Job& job = jobs_.at(result.job);
    if (job.ended || !job.delivered.insert(result.partition).second) {
        return "a result was delivered twice, or after the end of its job";
    }
    for (std::string& text : collected_texts(result.value)) {
        job.found.push_back(std::move(text));
        ++job.rows;
    }
    return {};
}

std::string JobBook::take(const driver::EndJob& end) {
    Job& job = jobs_.at(end.job);
    const std::string name = "job " + std::to_string(end.job.value);
    if (std::exchange(job.ended, true)) {
        return name + " ended twice";
    }
    ++ended_;
    if (end.error) {
        ++failed_;
        return end.error->code == ErrorCode::DataLoss ? ""
                                                      : name + " failed: " + end.error->message;
    }
    std::sort(job.found.begin(), job.found.end());
    if (job.found != job.expected) {
        return name + " gave " + std::to_string(job.found.size()) +
               " rows that are not the expected " + std::to_string(job.expected.size());
    }
    return {};
}

void JobBook::take(const driver::MergeAccumulators& merge) {
    for (const rdd::AccumulatorUpdate& update : merge.updates) {
        counted_[update.id.value] += std::stoul(update.part);
    }
}

std::string JobBook::counts() const {
    std::map<std::int64_t, std::size_t> delivered;
    for (const auto& [id, job] : jobs_) {
        delivered[job.root.value] += job.rows;
    }
    for (const auto& [root, rows] : delivered) {
        const auto it = counted_.find(root);
        const std::size_t counted = it == counted_.end() ? 0 : it->second;
        if (counted != rows) {
            return "accumulator " + std::to_string(root) + " counted " + std::to_string(counted) +
                   " rows of the " + std::to_string(rows) + " that were delivered";
        }
    }
    return {};
}

std::string JobBook::open() const {
    for (const auto& [id, job] : jobs_) {
        if (!job.ended) {
            return "job " + std::to_string(id.value);
        }
    }
    return {};
}

}  // namespace heddle::test
