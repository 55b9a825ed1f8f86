// Files that the program gives to its tasks.
#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/rdd/file_name.h"
#include "tests/unit/client/api/local_context.h"

namespace heddle {
namespace {

using test::has;
using test::message_of;
namespace disk = std::filesystem;

TEST(FileNames, LeadNowhereElse) {
    EXPECT_TRUE(rdd::is_path_within("a/b..c/.d"));
    for (const char* path : {"", "/a", "a/", "a//b", "..", "a/../b", "./a"}) {
        EXPECT_FALSE(rdd::is_path_within(path)) << path;
    }
}

std::string content_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class SharedFiles : public ::testing::Test {
protected:
    SharedFiles()
        : folder_(disk::temp_directory_path() /
                  ("heddle-shared-files-" + std::to_string(::getpid()))),
          context_(test::threads(2)) {
        disk::create_directories(folder_ / "conf/deep");
        write("cities.csv", "1,Riga\n");
        write("conf/a", "A");
        write("conf/deep/b", std::string(std::size_t{9} << 20, 'b'));  // several chunks
    }
    ~SharedFiles() override { disk::remove_all(folder_); }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    template <typename F>
    auto in_tasks(F function) {
        return context_.parallelize(std::vector<int>{1, 2, 3, 4}, 4).map(function).collect();
    }

    disk::path folder_;
    Context context_;
};

TEST_F(SharedFiles, AreFoundByTheirNameInTasks) {
    const auto read = [](int) { return content_of(FilesOnTasks::get("cities.csv")); };
    const std::string early = message_of<JobFailed>([&] { (void)in_tasks(read); });
    EXPECT_TRUE(has(early, "no file 'cities.csv' was added") && has(early, "add_file")) << early;
    context_.add_file(path("cities.csv"));
    disk::remove(path("cities.csv"));  // it was read when it was added
    EXPECT_EQ(in_tasks(read), (std::vector<std::string>(4, "1,Riga\n")));
    // Once per executor: the same file for all tasks, below the root, and not the original.
    const auto paths = in_tasks([](int) { return FilesOnTasks::get("cities.csv"); });
    EXPECT_EQ(paths.front(), paths.back());
    EXPECT_NE(paths.front(), path("cities.csv"));
    EXPECT_EQ(in_tasks([](int) { return FilesOnTasks::get_root_directory(); }).front(),
              disk::path(paths.front()).parent_path().string());
    EXPECT_EQ(context_.list_files(), std::vector<std::string>{path("cities.csv")});
    context_.stop();
    EXPECT_FALSE(disk::exists(paths.front()));  // it goes with the executor
}

TEST_F(SharedFiles, AFolderComesWithAllThatIsInIt) {
    const std::string refused = message_of<UsageError>([&] { context_.add_file(path("conf")); });
    EXPECT_TRUE(has(refused, "is a folder") && has(refused, "recursive")) << refused;
    context_.add_file(path("conf"), true);
    const auto sizes = in_tasks([](int) {
        const std::string root = FilesOnTasks::get("conf");
        return content_of(root + "/a").size() * 100'000'000 + content_of(root + "/deep/b").size();
    });
    EXPECT_EQ(sizes, (std::vector<std::size_t>(4, 100'000'000 + (std::size_t{9} << 20))));
}

TEST_F(SharedFiles, MapStagesHaveThem) {
    context_.add_file(path("cities.csv"));
    const auto rows =
        context_.parallelize(std::vector<int>{1, 2}, 2)
            .map([](int x) { return std::pair(content_of(FilesOnTasks::get("cities.csv")), x); })
            .reduce_by_key([](int a, int b) { return a + b; }, 1);
    EXPECT_EQ(rows.collect(), (std::vector<std::pair<std::string, int>>{{"1,Riga\n", 3}}));
}

TEST_F(SharedFiles, RefusalsNameTheFile) {
    const std::string gone = message_of<UsageError>([&] { context_.add_file(path("nowhere")); });
    EXPECT_TRUE(has(gone, "add_file") && has(gone, path("nowhere"))) << gone;
    context_.add_file(path("conf/a"));
    context_.add_file(path("conf/a"));  // the first time counts
    EXPECT_EQ(context_.list_files().size(), 1U);
    write("a", "another");
    const std::string twice = message_of<UsageError>([&] { context_.add_file(path("a")); });
    EXPECT_TRUE(has(twice, path("conf/a")) && has(twice, "another name")) << twice;
    const std::string other = message_of<JobFailed>(
        [&] { (void)in_tasks([](int) { return FilesOnTasks::get("b").size(); }); });
    EXPECT_TRUE(has(other, "there are 'a'")) << other;
    EXPECT_TRUE(has(message_of<UsageError>([] { (void)FilesOnTasks::get("a"); }),
                    "no task runs on this thread"));
    write("empty", "");
    context_.add_file(path("empty"));
    EXPECT_EQ(in_tasks([](int) { return content_of(FilesOnTasks::get("empty")).size(); }).front(),
              0U);
}

}  // namespace
}  // namespace heddle
