// Starting, finding and ending processes.

#include "client/rmctl/process.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

namespace heddle::rmctl {
namespace {

using namespace heddle::literals;

class ProcessTest : public testing::Test {
protected:
    ProcessTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "rmctl-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
    }
    ~ProcessTest() override {
        EXPECT_TRUE(stop_processes(processes_of(folder_, "RMCTL_TEST"), 0_s).ok());
        std::filesystem::remove_all(folder_);
    }

    ProcessKey start(const std::string& script) {
        auto started =
            spawn_detached({"/bin/sh", "-c", script}, folder_ + "/log", {{"RMCTL_TEST", folder_}});
        EXPECT_TRUE(started.ok());
        return *started;
    }

    std::string folder_;
};

TEST_F(ProcessTest, RunsInASessionOfItsOwnAndLogs) {
    const ProcessKey process = start("echo out; echo err >&2; exec sleep 100");
    EXPECT_TRUE(is_alive(process));
    EXPECT_EQ(getsid(process.pid), process.pid);
    for (int i = 0; i < 500 && tail_of(folder_ + "/log", 9) != "out\nerr\n"; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(tail_of(folder_ + "/log", 9), "out\nerr\n");
    EXPECT_EQ(tail_of(folder_ + "/log", 1), "err\n");
}

TEST_F(ProcessTest, EndsTheStubbornToo) {
    const ProcessKey willing = start("exec sleep 100");
    const ProcessKey stubborn = start("trap '' TERM; echo ready; while :; do sleep 1; done");
    for (int i = 0; i < 500 && tail_of(folder_ + "/log", 9).empty(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(stop_processes({willing, stubborn}, 100_ms).ok());
    EXPECT_FALSE(is_alive(willing));
    EXPECT_FALSE(is_alive(stubborn));
}

TEST_F(ProcessTest, FindsChildrenByTheMarkTheyInherit) {
    const ProcessKey parent = start("sleep 100 & sleep 100");
    std::size_t found = 0;
    for (int i = 0; i < 500 && found < 3; ++i) {
        found = processes_of(folder_, "RMCTL_TEST").size();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(found, 3U);
    EXPECT_TRUE(is_alive(parent));
}

TEST_F(ProcessTest, IsNotMistakenForAnotherWithItsPid) {
    const ProcessKey process = start("exec sleep 100");
    ProcessKey other = process;
    other.start_ticks += 1;
    EXPECT_FALSE(is_alive(other));
    EXPECT_TRUE(stop_processes({other}, 0_s).ok());
    EXPECT_TRUE(is_alive(process));
}

TEST_F(ProcessTest, ReportsHowAChildEnded) {
    const ProcessKey process = start("exit 6");
    int status = 0;
    for (int i = 0; i < 500 && status == 0; ++i) {
        status = reap(process);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 6);
}

}  // namespace
}  // namespace heddle::rmctl
