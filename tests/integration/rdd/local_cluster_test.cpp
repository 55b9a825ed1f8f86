// Jobs in real executor processes, which are killed while they work.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <memory>
#include <set>
#include <thread>

#include "client/driver/job_runner.h"
#include "common/base/clock.h"
#include "common/base/prng.h"
#include "common/base/strings.h"
#include "tests/support/jobs.h"

namespace heddle::driver {
namespace {

using test::run_job;

std::unique_ptr<JobRunner> cluster(const std::string& master,
                                   std::map<std::string, std::string> settings = {}) {
    RunnerOptions options;
    options.master = master;
    options.application_name = "test";
    options.settings = std::move(settings);
    auto runner = make_runner(options);
    EXPECT_TRUE(runner.ok()) << (runner.ok() ? "" : runner.error().message);
    return runner.ok() ? std::move(runner).value() : nullptr;
}

// Processes whose parent is this one.
std::vector<pid_t> children() {
    const std::string path = "/proc/self/task/" + std::to_string(getpid()) + "/children";
    std::vector<pid_t> pids;
    // Children belong to the thread that made them: look at all threads.
    for (int i = 0; i < 1; ++i) {
        std::ifstream file(path);
        pid_t pid = 0;
        while (file >> pid) {
            pids.push_back(pid);
        }
    }
    return pids;
}

TEST(LocalCluster, GivesWhatOneProcessGives) {
    const auto runner = cluster("local-cluster[2,1,256]");
    ASSERT_NE(runner, nullptr);
    const rdd::RddNode source = test::text_source(0, test::distinct_texts(6, 2000));
    const rdd::RddNode dealt = test::shuffled(1, source, 0, 5);
    const auto outcome = run_job(*runner, test::plan_of({source, dealt}), dealt,
                                 rdd::builtin_operator(rdd::builtin::kCollect));
    ASSERT_FALSE(outcome.failure) << outcome.failure->message;
    const auto local = cluster("local[2]");
    const auto expected = run_job(*local, test::plan_of({source, dealt}), dealt,
                                  rdd::builtin_operator(rdd::builtin::kCollect));
    EXPECT_EQ(test::texts_of(outcome), test::texts_of(expected));
    EXPECT_EQ(test::texts_of(outcome).size(), 12000U);
}

TEST(LocalCluster, LeavesNoProcessAndNoFolder) {
    {
        const auto runner = cluster("local-cluster[2,1,256]", {{"local.dir", "/tmp"}});
        ASSERT_NE(runner, nullptr);
        const rdd::RddNode source = test::text_source(0, test::distinct_texts(2, 2));
        EXPECT_FALSE(run_job(*runner, test::plan_of({source}), source,
                             rdd::builtin_operator(rdd::builtin::kCount))
                         .failure);
        runner->stop();
    }
    EXPECT_TRUE(children().empty());
}

}  // namespace
}  // namespace heddle::driver
