// Drivers and executors under faults: whatever is lost, the answers are those of a run without
// faults, no result is delivered twice, and everything ends. HEDDLE_SEED runs one seed alone.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "common/rdd/save_target.h"
#include "tests/simulation/driver/driver_world.h"
#include "tests/support/rdd_world/job_book.h"
#include "tests/support/rdd_world/memory_files.h"

namespace heddle::test {
namespace {

constexpr std::uint64_t kSeeds = 100;
constexpr std::uint64_t kSeedsForDefect = 200;

TEST(DriverSimulation, GivesTheRightAnswersWhateverIsLost) {
    const char* only = std::getenv("HEDDLE_SEED");
    const std::uint64_t first = only == nullptr ? 1 : std::strtoull(only, nullptr, 10);
    const std::uint64_t last = only == nullptr ? kSeeds : first;
    int crashes = 0;
    int fetch_failures = 0;
    int failed = 0;
    int from_driver = 0;
    int from_peers = 0;
    std::int64_t copies = 0;
    std::int64_t replicas = 0;
    int cached_from_peers = 0;
    int broken = 0;
    int replaced = 0;
    int given_back = 0;
    int retired = 0;
    int moved = 0;
    int barriers = 0;
    int out_of_memory = 0;
    int deaf = 0;
    int parked = 0;
    int grown = 0;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        const RunOutcome outcome = run_driver_world(seed, {});
        ASSERT_EQ(outcome.violation, "") << "seed " << seed << "\n" << outcome.tail;
        const RunOutcome again = run_driver_world(seed, {});
        ASSERT_EQ(outcome.digest, again.digest) << "seed " << seed << " leaves another trace";
        crashes += outcome.crashes;
        fetch_failures += outcome.fetch_failures;
        failed += outcome.failed_jobs;
        from_driver += outcome.chunks_of_driver;
        from_peers += outcome.chunks_of_peers;
        copies += outcome.copies;
        replicas += outcome.replicas;
        cached_from_peers += outcome.cached_from_peers;
        broken += outcome.failed_on_purpose;
        replaced += outcome.replaced;
        given_back += outcome.given_back;
        retired += outcome.retired;
        moved += outcome.moved;
        barriers += outcome.barriers;
        out_of_memory += outcome.out_of_memory;
        deaf += outcome.deaf;
        parked += outcome.parked;
        grown += outcome.grown;
    }
    RecordProperty("crashes", crashes);
    RecordProperty("fetch_failures", fetch_failures);
    RecordProperty("jobs_that_failed_with_a_reason", failed);
    std::printf(
        "%d crashes, %d fetch failures, %d jobs failed because they could not be repeated, %d "
        "chunks "
        "of broadcasts from the driver and %d from peers, %lld copies of slow tasks, %lld of "
        "cached "
        "partitions and %d reads of another executor's cache; %d tasks failed on a bad node, %d "
        "executors made way; %d times a task met all others of its barrier stage; %d "
        "executors were given back, %d ended as announced, %d "
        "map outputs were moved; %d tasks had too little memory beside others, %d did not end when "
        "they were told to; %d results were fetched, %d executors got more memory\n",
        crashes, fetch_failures, failed, from_driver, from_peers, static_cast<long long>(copies),
        static_cast<long long>(replicas), cached_from_peers, broken, replaced, barriers, given_back,
        retired, moved, out_of_memory, deaf, parked, grown);
    if (only == nullptr) {
        EXPECT_GT(copies, static_cast<int>(kSeeds)) << "slow tasks are not tried again";
        EXPECT_GT(replicas, static_cast<int>(kSeeds)) << "cached partitions are not copied";
        EXPECT_GT(cached_from_peers, 0);
        EXPECT_GT(broken, static_cast<int>(kSeeds)) << "no node is bad";
        EXPECT_GT(barriers, static_cast<int>(kSeeds)) << "no tasks of barrier stages meet";
        EXPECT_GT(moved, static_cast<int>(kSeeds)) << "map output stays where it is";
        EXPECT_GT(retired, static_cast<int>(kSeeds)) << "no executor ends as announced";
        EXPECT_GT(out_of_memory, static_cast<int>(kSeeds)) << "no task runs out of memory";
        EXPECT_GT(given_back, static_cast<int>(kSeeds)) << "no executor is ever given back";
        EXPECT_GT(grown, 10) << "no executor gets more memory";
        EXPECT_GT(deaf, 10) << "all tasks end when they are told to";
        EXPECT_GT(parked, static_cast<int>(kSeeds)) << "no result waits at its executor";
        EXPECT_GT(replaced, 0) << "no task is ever without a place";
        EXPECT_GT(from_peers, from_driver) << "executors ask each other before the driver";
        EXPECT_LT(failed, static_cast<int>(kSeeds) * 4) << "of 18 to 30 jobs a seed";
        EXPECT_GT(crashes, static_cast<int>(kSeeds)) << "the faults are too few to show anything";
        EXPECT_GT(fetch_failures, static_cast<int>(kSeeds));
    }
}

// The first seed that shows the defect; 0: none does.
std::uint64_t seed_that_shows(const Defects& defects) {
    for (std::uint64_t seed = 1; seed <= kSeedsForDefect; ++seed) {
        const RunOutcome outcome = run_driver_world(seed, defects);
        if (!outcome.violation.empty()) {
            std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                        outcome.violation.c_str());
            return seed;
        }
    }
    return 0;
}

TEST(JobBook, SeesAResultThatComesTwice) {
    Prng prng(1);
    const UnorderedJobs jobs = draw_unordered_jobs(prng);
    JobBook book;
    const rdd::JobId job = book.submit(jobs, 0).job;
    const driver::DeliverResult result{.job = job, .partition = 0, .value = {}};
    EXPECT_EQ(book.take(result), "");
    EXPECT_NE(book.take(result), "");
}

// Rows that do not come from a job, in an output of one.
TEST(JobBook, SeesAnOutputThatIsNotComplete) {
    Prng prng(1);
    UnorderedJobs jobs = draw_unordered_jobs(prng);
    jobs.expected.assign(static_cast<std::size_t>(jobs.roots[0].partitions), "row");
    MemoryFiles files;
    const auto save = [&](const std::string& owner, rdd::Partition without) {
        JobBook book;
        const driver::JobSubmitted event = book.submit_save(jobs, 0, files, "/out/" + owner, owner);
        const std::string place = "/out/._" + owner + "-" + owner;
        for (rdd::Partition p = 0; p < jobs.roots[0].partitions; ++p) {
            auto part = files.create_part(place, rdd::part_name(p), "task-1").value();
            EXPECT_TRUE(part->write("row\n").ok());
            if (p == without) {
                EXPECT_TRUE(files.remove(part->token()).ok());
            }
            EXPECT_EQ(book.take(driver::DeliverResult{event.job, p, part->token()}), "");
        }
        const std::string said = book.take(driver::EndJob{.job = event.job, .error = {}});
        return said + wrong_output(files, "/out/" + owner, jobs);
    };
    EXPECT_EQ(save("all", -1), "");
    EXPECT_NE(save("some", 0), "");
    EXPECT_TRUE(files.remove("/out/all/" + rdd::part_name(0)).ok());
    EXPECT_NE(wrong_output(files, "/out/all", jobs), "");
}

TEST(DriverSimulation, CatchesAReaderThatMovesRecordsOut) {
    Defects defects;
    defects.reader_moves_records = true;
    EXPECT_NE(seed_that_shows(defects), 0U);
}

TEST(DriverSimulation, CatchesARecomputedUnorderedStageThatIsIgnored) {
    Defects defects;
    defects.ignore_indeterminate_recompute = true;
    EXPECT_NE(seed_that_shows(defects), 0U);
}

}  // namespace
}  // namespace heddle::test
