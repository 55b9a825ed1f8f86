// Local files, and what a path in a program means.
#include "common/fs/file_system.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace heddle::fs {
namespace {

class LocalFiles : public ::testing::Test {
protected:
    LocalFiles()
        : root_(::testing::TempDir() + "heddle-fs-" + std::to_string(::getpid())),
          files_(make_local_file_system()) {
        std::filesystem::remove_all(root_);
        EXPECT_TRUE(files_->make_folders(root_ + "/in/sub").ok());
        for (const char* name : {"in/b.txt", "in/a.txt", "in/_hidden", "in/.dot", "in/sub/c.txt",
                                 "in/d.csv", "comma,name"}) {
            write(name, name);
        }
    }
    ~LocalFiles() override { std::filesystem::remove_all(root_); }

    void write(const std::string& name, std::string_view content) {
        auto file = files_->create(root_ + "/" + name);
        ASSERT_TRUE(file.ok());
        EXPECT_TRUE((*file)->write(content).ok());
        EXPECT_TRUE((*file)->close().ok());
    }
    std::string names(const std::string& pattern) {
        const auto found = expand(*files_, pattern, root_);
        if (!found) {
            return found.error().message;
        }
        std::string text;
        for (const FileInfo& file : *found) {
            text += (text.empty() ? "" : " ") + file.path.substr(root_.size() + 1);
        }
        return text;
    }

    std::string root_;
    std::unique_ptr<FileSystem> files_;
};

TEST_F(LocalFiles, FoldersGlobsBracesAndListsMeanFiles) {
    EXPECT_EQ(names(root_ + "/in"), "in/a.txt in/b.txt in/d.csv");
    EXPECT_EQ(names(root_ + "/in/*.txt"), "in/a.txt in/b.txt");
    EXPECT_EQ(names(root_ + "/in/{a,d}.*"), "in/a.txt in/d.csv");
    EXPECT_EQ(names(root_ + "/in/a.txt," + root_ + "/in/s*/[a-c].txt"), "in/a.txt in/sub/c.txt");
    EXPECT_EQ(names(root_ + "/comma,name"), "comma,name");
}

TEST_F(LocalFiles, AMissingFileIsNamed) {
    const std::string hint = "; check the path, and that this machine has it";
    EXPECT_EQ(names(root_ + "/in/nothing"), "no file matches '" + root_ + "/in/nothing'" + hint);
    EXPECT_EQ(names("in/nothing"), "no file matches 'in/nothing' in '" + root_ + "'" + hint);
    EXPECT_EQ(expand(*files_, root_ + "/in/*.zip", "/").error().code, ErrorCode::NotFound);
    EXPECT_EQ(expand(*files_, "a.txt,,b.txt", root_ + "/in").error().code, ErrorCode::NotFound);
    EXPECT_EQ(expand(*files_, "", root_).error().code, ErrorCode::NotFound);
    EXPECT_EQ(files_->view("gopher://x/y", 0, 1, {}).error().code, ErrorCode::Unsupported);
    for (const char* path : {"gopher://x/y", "gopher://x/*", "in/a.txt,gopher://x/y"}) {
        EXPECT_EQ(expand(*files_, path, root_).error().code, ErrorCode::Unsupported) << path;
    }
}

TEST_F(LocalFiles, WhatIsHiddenIsNotInAGlobEither) {
    EXPECT_EQ(names(root_ + "/in/*"), "in/a.txt in/b.txt in/d.csv in/sub/c.txt");
    EXPECT_EQ(names(root_ + "/in/[_a]*"), "in/a.txt");
    EXPECT_EQ(names(root_ + "/in/_hidden"), "in/_hidden");
    EXPECT_EQ(names(root_ + "/in/{_hidden,.dot}"), "in/.dot in/_hidden");
    EXPECT_EQ(names(root_ + "/in/_*").substr(0, 15), "no file matches");
}

TEST_F(LocalFiles, RelativePathsBeginInTheFolder) {
    EXPECT_EQ(names("in"), "in/a.txt in/b.txt in/d.csv");
    EXPECT_EQ(names("in/*.txt,file:in/d.csv"), names("in/*.txt,in/d.csv"));
    EXPECT_EQ(names("comma,name"), "comma,name");
    EXPECT_EQ(names("./in/../in/a.txt"), "./in/../in/a.txt");
    EXPECT_EQ(absolute("x", "/d"), "/d/x");
    EXPECT_EQ(absolute("file:x", "/"), "/x");
    EXPECT_EQ(absolute("file:///x", "/d"), "/x");
    EXPECT_EQ(absolute("s3://b/x", "/d"), "s3://b/x");
    EXPECT_EQ(first_relative("/a,file:/b,hdfs://c/d"), std::nullopt);
    EXPECT_EQ(first_relative("/a,{/b,c}/d"), "c/d");
    EXPECT_EQ(first_relative("a://b"), std::nullopt);
}

TEST_F(LocalFiles, ViewsAreRangesCutAtTheEnd) {
    write("data", std::string(10'000, 'x') + "end");
    EXPECT_EQ((*files_->view(root_ + "/data", 9'999, 3, {}))->bytes(), "xen");
    EXPECT_EQ((*files_->view(root_ + "/data", 10'000, 999, {}))->bytes(), "end");
    EXPECT_EQ((*files_->view(root_ + "/data", 99'999, 9, {}))->bytes(), "");
    EXPECT_FALSE(files_->view(root_ + "/in", 0, 9, {}).ok());
}

TEST_F(LocalFiles, AFileThatWasWrittenAgainIsNotTheListedOne) {
    write("data", "one");
    const auto listed = files_->stat(root_ + "/data");
    ASSERT_TRUE(listed.ok());
    EXPECT_TRUE(files_->view(listed->path, 0, 3, listed->version).ok());
    std::filesystem::last_write_time(
        root_ + "/data",
        std::filesystem::last_write_time(root_ + "/data") + std::chrono::seconds(1));
    const auto again = files_->view(listed->path, 0, 3, listed->version);
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, ErrorCode::Conflict);
    EXPECT_EQ(files_->open(listed->path, 0, listed->version).error().code, ErrorCode::Conflict);
    // A copy on another machine has its own times.
    EXPECT_TRUE(files_->view(listed->path, 0, 3, "other:1.2").ok());
}

TEST_F(LocalFiles, ReadersBeginAnywhere) {
    write("data", "0123456789");
    const auto reader = files_->open(root_ + "/data", 7, {});
    ASSERT_TRUE(reader.ok());
    char out[8];
    EXPECT_EQ(*(*reader)->read(out, 8), 3U);
    EXPECT_EQ(std::string_view(out, 3), "789");
    EXPECT_EQ(*(*reader)->read(out, 8), 0U);
}

TEST_F(LocalFiles, AnOutputIsThereWholeOrNotAtAll) {
    const auto place = files_->begin_output(root_ + "/out", "app");
    ASSERT_TRUE(place.ok());
    std::vector<std::string> tokens;
    for (const char* attempt : {"task-1", "task-2"}) {
        auto part = files_->create_part(*place, "part-00000", attempt);
        ASSERT_TRUE(part.ok());
        EXPECT_TRUE((*part)->write(attempt).ok());
        EXPECT_TRUE((*part)->close().ok());
        tokens.push_back((*part)->token());
    }
    EXPECT_EQ(names("out").substr(0, 15), "no file matches");
    EXPECT_TRUE(
        files_->commit_output(*place, root_ + "/out", {{"part-00000", tokens[1]}}, {"_SUCCESS", ""})
            .ok());
    files_->end_output(*place, {});
    EXPECT_EQ(names("out"), "out/part-00000");
    EXPECT_EQ((*files_->view(root_ + "/out/part-00000", 0, 99, {}))->bytes(), "task-2");
    EXPECT_TRUE(files_->stat(root_ + "/out/_SUCCESS").ok());
    EXPECT_FALSE(files_->stat(*place).ok());
}

TEST(Paths, HaveParentsAndSchemes) {
    EXPECT_EQ(parent_of("/a/b"), "/a");
    EXPECT_EQ(parent_of("/a"), "/");
    EXPECT_EQ(parent_of("s3a://bucket/a/b"), "s3a://bucket/a");
    EXPECT_EQ(parent_of("s3a://bucket/a"), "s3a://bucket/");
    EXPECT_EQ(parent_of("s3a://bucket"), "s3a://bucket");
    EXPECT_EQ(scheme_of("s3a://bucket/a"), "s3a");
    EXPECT_EQ(scheme_of("/a://b"), "");
}

TEST_F(LocalFiles, RenameNeverReplaces) {
    const Status status = files_->rename(root_ + "/in/a.txt", root_ + "/in/b.txt");
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::AlreadyExists);
    EXPECT_TRUE(files_->rename(root_ + "/in", root_ + "/out").ok());
    EXPECT_FALSE(files_->stat(root_ + "/in").ok());
    EXPECT_TRUE(files_->remove(root_ + "/out").ok());
    EXPECT_TRUE(files_->remove(root_ + "/out").ok());
}

}  // namespace
}  // namespace heddle::fs
