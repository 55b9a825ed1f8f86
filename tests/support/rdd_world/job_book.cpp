#include "tests/support/rdd_world/job_book.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/rdd/builtins.h"
#include "common/rdd/save_target.h"
#include "tests/support/plans.h"
#include "tests/support/rdd_world/memory_files.h"

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

driver::JobSubmitted JobBook::submit_save(const UnorderedJobs& jobs, std::size_t root,
                                          fs::FileSystem& files, const std::string& target,
                                          const std::string& owner) {
    driver::JobSubmitted event = submit(jobs, root);
    Job& job = jobs_.at(event.job);
    job.files = &files;
    job.target = target;
    job.place = files.begin_output(target, owner).value();
    event.action =
        rdd::builtin_operator(rdd::builtin::kSaveText, rdd::encode(rdd::SaveTarget{job.place, ""}));
    return event;
}

std::string JobBook::commit(Job& job) {
    std::vector<fs::OutputPart> parts;
    for (const auto& [partition, token] : job.tokens) {
        parts.push_back({rdd::part_name(partition), token});
    }
    const Status done = job.files->commit_output(job.place, job.target, parts, {"_SUCCESS", ""});
    // The driver of an attempt that was given up may have been first.
    return done || done.error().code == ErrorCode::AlreadyExists ? std::string()
                                                                 : done.error().message;
}

std::string JobBook::take(const driver::DeliverResult& result) {
    Job& job = jobs_.at(result.job);
    if (job.ended || !job.delivered.insert(result.partition).second) {
        return "a result was delivered twice, or after the end of its job";
    }
    if (job.files != nullptr) {
        job.tokens[result.partition] = result.value;
    }
    for (std::string& text : job.files == nullptr ? collected_texts(result.value)
                                                  : lines_of(*job.files, result.value)) {
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
        if (job.files != nullptr) {
            job.files->end_output(job.place, {});
        }
        ++failed_;
        return end.error->code == ErrorCode::DataLoss ? ""
                                                      : name + " failed: " + end.error->message;
    }
    std::sort(job.found.begin(), job.found.end());
    if (job.found != job.expected) {
        return name + " gave " + std::to_string(job.found.size()) +
               " rows that are not the expected " + std::to_string(job.expected.size());
    }
    if (job.files != nullptr) {
        const std::string wrong = commit(job);
        job.files->end_output(job.place, {});
        return wrong.empty() ? wrong : name + " could not commit: " + wrong;
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

std::string wrong_output(fs::FileSystem& files, const std::string& folder,
                         const UnorderedJobs& jobs) {
    std::vector<std::string> rows;
    std::vector<std::string> names;
    const auto listed = files.list(folder);
    for (const fs::FileInfo& file : listed ? *listed : std::vector<fs::FileInfo>()) {
        names.push_back(file.path.substr(folder.size() + 1));
        std::ranges::move(lines_of(files, file.path), std::back_inserter(rows));
    }
    std::ranges::sort(rows);
    std::vector<std::string> wanted{"_SUCCESS"};
    for (rdd::Partition p = 0; p < jobs.roots.front().partitions; ++p) {
        wanted.push_back(rdd::part_name(p));
    }
    return names == wanted && rows == jobs.expected
               ? std::string()
               : folder + " has " + std::to_string(names.size()) + " files with " +
                     std::to_string(rows.size()) + " rows, not the expected " +
                     std::to_string(jobs.expected.size());
}

}  // namespace heddle::test
