#pragma once

// The end of an output, whatever becomes of it.

#include <string>
#include <utility>

#include "common/fs/file_system.h"

namespace heddle::api {

/// What was not committed goes in any case.
class OutputEnd {
public:
    OutputEnd(fs::FileSystem& files, std::string place) : files_(files), place_(std::move(place)) {}
    ~OutputEnd() { files_.end_output(place_); }
    OutputEnd(const OutputEnd&) = delete;
    OutputEnd& operator=(const OutputEnd&) = delete;

private:
    fs::FileSystem& files_;
    std::string place_;
};

}  // namespace heddle::api
