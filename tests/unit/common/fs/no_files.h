#pragma once

// A place that refuses everything: tests override what they want to be asked.

#include <memory>
#include <string>
#include <vector>

#include "common/fs/file_system.h"

namespace heddle::fs::test {

class NoFiles : public FileSystem {
public:
    Result<FileInfo> stat(const std::string& path) override { return refused(path); }
    Result<std::vector<FileInfo>> list(const std::string& folder) override {
        return refused(folder);
    }
    Result<std::unique_ptr<FileView>> view(const std::string& path, std::uint64_t, std::uint64_t,
                                           const std::string&) override {
        return refused(path);
    }
    Result<std::unique_ptr<FileReader>> open(const std::string& path, std::uint64_t,
                                             const std::string&) override {
        return refused(path);
    }
    bool maps(const std::string&) override { return false; }
    Result<std::unique_ptr<FileWriter>> create(const std::string& path) override {
        return refused(path);
    }
    Status make_folders(const std::string& path) override { return refused(path); }
    Status rename(const std::string& from, const std::string&) override { return refused(from); }
    Status remove(const std::string& path) override { return refused(path); }

private:
    static Error refused(const std::string& path) {
        return {ErrorCode::NotFound, "nothing at '" + path + "'"};
    }
};

}  // namespace heddle::fs::test
