#pragma once

// Where a save or a checkpoint is written before it is moved into place.

#include <string>
#include <utility>

#include "common/fs/file_system.h"

namespace heddle::api {

/// Removed in any case.
class Staging {
public:
    Staging(fs::FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
    ~Staging() { (void)files_.remove(path_); }
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    const std::string& path() const { return path_; }

private:
    fs::FileSystem& files_;
    std::string path_;
};

}  // namespace heddle::api
