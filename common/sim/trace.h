#pragma once

// What happened in a run, as lines. The digest is over all lines, so two runs of one seed can be
// compared without keeping them; the last lines are kept to be shown when a run fails.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "common/base/time.h"

namespace heddle::sim {

class Trace {
public:
    explicit Trace(std::size_t lines_kept = 200) : lines_kept_(lines_kept) {}

    void add(TimePoint now, const std::string& line);

    std::uint64_t digest() const { return digest_; }
    std::uint64_t lines() const { return lines_; }
    /// The lines that are still kept, with their time in front.
    std::string tail() const;

private:
    std::size_t lines_kept_;
    std::uint64_t digest_ = 1469598103934665603ULL;
    std::uint64_t lines_ = 0;
    std::deque<std::string> kept_;
};

}  // namespace heddle::sim
