#pragma once

// Which nodes have a part of a file, for tasks that are to run beside it.

#include <cstdint>
#include <string>
#include <vector>

#include "common/fs/file_system.h"

namespace heddle::api {

class InputPlaces {
public:
    /// A file system that does not answer is as good as one that does not know: `answers`, which
    /// the files of one input share, is false from then on, and nothing more is asked.
    InputPlaces(fs::FileSystem& files, const fs::FileInfo& file, bool& answers);

    /// Those with the most bytes of [begin, end), the most first; at most three, as blocks mostly
    /// have copies.
    std::vector<std::string> hosts(std::uint64_t begin, std::uint64_t end) const;

private:
    std::vector<fs::BlockPlace> places_;
};

}  // namespace heddle::api
