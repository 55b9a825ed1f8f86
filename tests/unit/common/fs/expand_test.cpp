// What a pattern means where files are far away: each question may fail, and costs a request.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/fs/file_system.h"
#include "tests/unit/common/fs/no_files.h"

namespace heddle::fs {
namespace {

// Files in folders below "s3a://b"; one of them may not answer.
class FarFiles final : public test::NoFiles {
public:
    explicit FarFiles(std::vector<std::string> paths) : paths_(std::move(paths)) {}

    Result<FileInfo> stat(const std::string& path) override {
        ++stats;
        if (path == broken) {
            return Error{code, "GET " + path + ": no answer"};
        }
        for (const std::string& one : paths_) {
            if (one == path || one.starts_with(path + "/")) {
                return FileInfo{path, 7, one != path, "v"};
            }
        }
        return NoFiles::stat(path);
    }
    Result<std::vector<FileInfo>> list(const std::string& folder) override {
        const std::string head = folder.ends_with('/') ? folder : folder + "/";
        std::map<std::string, FileInfo> found;
        for (const std::string& one : paths_) {
            if (one.starts_with(head)) {
                const std::size_t slash = one.find('/', head.size());
                const std::string path = one.substr(0, slash);
                found[path] = {path, 7, slash != std::string::npos, "listed"};
            }
        }
        std::vector<FileInfo> entries;
        for (const auto& [path, info] : found) {
            entries.push_back(info);
        }
        return entries;
    }

    std::string broken;
    ErrorCode code = ErrorCode::Unavailable;
    int stats = 0;

private:
    std::vector<std::string> paths_;
};

std::string names(FileSystem& files, std::string_view pattern) {
    const auto found = expand(files, pattern, "/");
    if (!found) {
        return found.error().message;
    }
    std::string text;
    for (const FileInfo& file : *found) {
        text += (text.empty() ? "" : " ") + file.path.substr(8);
    }
    return text;
}

TEST(Expand, AFileThatDoesNotAnswerIsNotLeftOut) {
    FarFiles files({"s3a://b/day=1/x.csv", "s3a://b/day=2/x.csv", "s3a://b/day=3/y.csv"});
    EXPECT_EQ(names(files, "s3a://b/day=*/x.csv"), "day=1/x.csv day=2/x.csv");
    files.broken = "s3a://b/day=2/x.csv";
    for (const ErrorCode code : {ErrorCode::Unavailable, ErrorCode::Timeout, ErrorCode::Internal,
                                 ErrorCode::PermissionDenied}) {
        files.code = code;
        EXPECT_EQ(names(files, "s3a://b/day=*/x.csv"), "GET s3a://b/day=2/x.csv: no answer");
    }
    files.code = ErrorCode::NotFound;
    EXPECT_EQ(names(files, "s3a://b/day=*/x.csv"), "day=1/x.csv");
}

TEST(Expand, WhatAListSaysIsNotAskedAgain) {
    std::vector<std::string> paths;
    for (int i = 100; i < 200; ++i) {
        paths.push_back("s3a://b/logs/" + std::to_string(i) + ".gz");
    }
    FarFiles files(paths);
    const auto found = expand(files, "s3a://b/logs/*.gz", "/");
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(found->size(), 100U);
    EXPECT_EQ(found->front().version, "listed");
    EXPECT_EQ(found->front().size, 7U);
    EXPECT_LE(files.stats, 2);  // whether the pattern is a name
}

TEST(Expand, HadoopsShortFormIsSaidInFull) {
    FarFiles files({});
    EXPECT_EQ(names(files, "hdfs:/data/x"),
              "no file matches 'hdfs:/data/x', which is a local path; write 'hdfs:///data/x'");
    EXPECT_EQ(in_full("s3a:/bucket/x"), "s3a://bucket/x");
    EXPECT_EQ(in_full("s3a://bucket/x"), "");
    EXPECT_EQ(in_full("data:/x"), "");
}

}  // namespace
}  // namespace heddle::fs
