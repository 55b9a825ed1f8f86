// Looking at programs before they are submitted.

#include "client/rmctl/program.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace heddle::rmctl {
namespace {

class ProgramTest : public testing::Test {
protected:
    ProgramTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "rmctl-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
    }
    ~ProgramTest() override { std::filesystem::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& text, unsigned mode) {
        const std::string path = folder_ + "/" + name;
        std::ofstream(path) << text;
        chmod(path.c_str(), mode);
        return path;
    }

    std::string folder_;
};

TEST_F(ProgramTest, IsFoundAlongPathAndByItsPath) {
    EXPECT_TRUE(find_program("sh").ok());
    EXPECT_EQ(*find_program("/bin/sh"), "/bin/sh");
}

TEST_F(ProgramTest, ErrorsSayWhatIsWrongWithIt) {
    const auto missing = find_program(folder_ + "/nothing");
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
    const auto plain = find_program(write("data", "x", 0600));
    ASSERT_FALSE(plain.ok());
    EXPECT_EQ(plain.error().code, ErrorCode::PermissionDenied);
    EXPECT_NE(plain.error().message.find("chmod +x"), std::string::npos);
    const auto unknown = find_program("no-such-program-anywhere");
    ASSERT_FALSE(unknown.ok());
    EXPECT_NE(unknown.error().message.find("PATH"), std::string::npos);
}

TEST_F(ProgramTest, ScriptIsNoElfFile) {
    const auto script = inspect_program(write("script", "#!/bin/sh\n", 0700));
    ASSERT_TRUE(script.ok());
    EXPECT_FALSE(script->elf);
    EXPECT_FALSE(script->runtime_version.has_value());
}

TEST_F(ProgramTest, OrdinaryProgramIsDynamicAndNotOurs) {
    const auto shell = inspect_program("/bin/sh");
    ASSERT_TRUE(shell.ok());
    EXPECT_TRUE(shell->elf);
    EXPECT_TRUE(shell->dynamic);
    EXPECT_FALSE(shell->runtime_version.has_value());
}

TEST_F(ProgramTest, ANameThatLiesHereButIsNotExecutableIsHinted) {
    write("nx", "x", 0600);
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(std::filesystem::path(folder_));
    const auto found = find_program("nx");
    std::filesystem::current_path(before);
    ASSERT_FALSE(found.ok());
    EXPECT_NE(found.error().message.find("chmod +x nx"), std::string::npos)
        << found.error().message;
}

TEST_F(ProgramTest, DamagedElfFileIsRefused) {
    std::string header("\177ELF\2\1\1", 7);
    header.resize(64, '\xff');
    EXPECT_FALSE(inspect_program(write("broken", header, 0700)).ok());
}

TEST_F(ProgramTest, ShipsLibrariesOutsideTheBaseSystem) {
    const auto none = shared_objects_to_ship("/bin/true");
    ASSERT_TRUE(none.ok());
    for (const std::string& path : *none) {
        EXPECT_EQ(path.find("libc.so"), std::string::npos);
    }
    // This test links more than the C++ runtime when it is built with other shared libraries; in
    // any case what is named exists.
    const auto own = shared_objects_to_ship("/proc/self/exe");
    ASSERT_TRUE(own.ok());
    for (const std::string& path : *own) {
        EXPECT_TRUE(std::filesystem::exists(path)) << path;
        EXPECT_EQ(path.find("libstdc++"), std::string::npos);
    }
}

}  // namespace
}  // namespace heddle::rmctl
