// The file that says where machines stand.

#include "resourcemanager/shell/topology.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace heddle::rm {
namespace {

class Topology : public testing::Test {
protected:
    void TearDown() override { std::filesystem::remove(path_); }

    Result<std::map<std::string, std::string>> read(const std::string& text) {
        std::ofstream(path_) << text;
        return read_topology(path_);
    }

    std::string path_ = testing::TempDir() + "heddle_topology_test";
};

TEST_F(Topology, HasOneHostALine) {
    const auto racks = read("# racks\n\nn1 /dc/a\n  n2\t/dc/b  \n");
    ASSERT_TRUE(racks.ok()) << racks.error().message;
    EXPECT_EQ(*racks, (std::map<std::string, std::string>{{"n1", "/dc/a"}, {"n2", "/dc/b"}}));
}

TEST_F(Topology, SaysWhichLineIsWrong) {
    for (const char* bad : {"n1", "n1 a", "n1 /a /b", "n1 /a\nn1 /b"}) {
        const auto racks = read(std::string("n0 /x\n") + bad);
        ASSERT_FALSE(racks.ok()) << bad;
        EXPECT_NE(racks.error().message.find(path_ + ":"), std::string::npos);
    }
    EXPECT_NE(read("n0 /x\nn1 a").error().message.find(":2: 'n1 a': write a host and its rack"),
              std::string::npos);
    EXPECT_EQ(read_topology("/nonexistent").error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace heddle::rm
