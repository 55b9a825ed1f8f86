#pragma once

// Files of a simulated cluster, which all nodes and drivers see at once. Outputs go by the protocol
// that has renames, as on a local disk or HDFS.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/fs/file_system.h"

namespace heddle::test {

class MemoryFiles final : public fs::FileSystem {
public:
    Result<fs::FileInfo> stat(const std::string& path) override;
    Result<std::vector<fs::FileInfo>> list(const std::string& folder) override;
    Result<std::unique_ptr<fs::FileView>> view(const std::string& path, std::uint64_t offset,
                                               std::uint64_t size,
                                               const std::string& version) override;
    Result<std::unique_ptr<fs::FileReader>> open(const std::string& path, std::uint64_t offset,
                                                 const std::string& version) override;
    bool maps(const std::string&) override { return false; }
    Result<std::unique_ptr<fs::FileWriter>> create(const std::string& path) override;
    Status make_folders(const std::string& path) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status remove(const std::string& path) override;

private:
    std::map<std::string, std::string> files_;  // path -> contents
    std::set<std::string> folders_;
};

/// The lines of a file; empty when it is not there.
std::vector<std::string> lines_of(fs::FileSystem& files, const std::string& path);

}  // namespace heddle::test
