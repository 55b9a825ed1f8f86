#pragma once

// The end of an output, whatever becomes of it.

#include <string>
#include <utility>
#include <vector>

#include "common/base/random_word.h"
#include "common/fs/file_system.h"

namespace heddle::api {

/// What was not committed goes in any case.
class OutputEnd {
public:
    OutputEnd(fs::FileSystem& files, std::string place) : files_(files), place_(std::move(place)) {}
    ~OutputEnd() { files_.end_output(place_, left_); }
    OutputEnd(const OutputEnd&) = delete;
    OutputEnd& operator=(const OutputEnd&) = delete;

    /// A part that waits; its name does not matter here.
    void add(std::string token) { left_.push_back({{}, std::move(token)}); }
    void committed() { left_.clear(); }

private:
    fs::FileSystem& files_;
    std::string place_;
    std::vector<fs::OutputPart> left_;
};

/// For begin_output(): a driver that is cut off from the resource manager may go on writing beside
/// the one that was started in its place, and both have the application's id and the same RDDs.
inline std::string output_owner(const std::string& what) {
    return what + "-" + random_word();
}

}  // namespace heddle::api
