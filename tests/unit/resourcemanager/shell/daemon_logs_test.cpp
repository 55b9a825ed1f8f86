#include "resourcemanager/shell/daemon_logs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace heddle::rm {
namespace {

namespace fs = std::filesystem;

class DaemonLogs : public testing::Test {
protected:
    DaemonLogs() {
        char pattern[] = "/tmp/heddle-daemon-logs-XXXXXX";
        root_ = ::mkdtemp(pattern);
        fs::create_directories(root_ + "/logs/below");
        std::ofstream(root_ + "/secret") << "token";
        std::ofstream(root_ + "/logs/scheduler-1.log") << "start\n";
        std::ofstream(root_ + "/logs/.hidden") << "x";
        std::ofstream(root_ + "/logs/below/deep") << "x";
        fs::create_symlink(root_ + "/secret", root_ + "/logs/link");
    }
    ~DaemonLogs() override { fs::remove_all(root_); }
    std::string folder() const { return root_ + "/logs"; }

    std::string root_;
};

TEST_F(DaemonLogs, ListsRegularFilesOfPlainNames) {
    const auto logs = list_daemon_logs(folder());
    ASSERT_EQ(logs.size(), 1U);
    EXPECT_EQ(logs[0].name, "scheduler-1.log");
    EXPECT_EQ(logs[0].size, 6U);
    EXPECT_GT(logs[0].modified.milliseconds, 0);
    EXPECT_TRUE(list_daemon_logs(root_ + "/none").empty());
}

TEST_F(DaemonLogs, OpensNothingElse) {
    EXPECT_EQ(open_daemon_log(folder(), "scheduler-1.log")->size, 6U);
    for (const char* name : {"", ".", "..", "../secret", "link", "below", "below/deep", ".hidden",
                             "/etc/passwd", "gone"}) {
        const auto log = open_daemon_log(folder(), name);
        ASSERT_FALSE(log.ok()) << name;
        EXPECT_EQ(log.error().code, ErrorCode::NotFound) << name;
    }
}

}  // namespace
}  // namespace heddle::rm
