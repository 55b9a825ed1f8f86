#pragma once

// The figures of one run, or of two side by side, for people and as JSON. The same findings give
// the same text, byte for byte: no clock, no locale.

#include <optional>
#include <string>
#include <vector>

#include "resourcemanager/simulator/measures.h"

namespace heddle::simulator {

struct NamedFindings {
    std::string name;  // of the mode
    Findings findings;
};

/// One column for each run; with two, what the second is to the first.
std::string report_table(const std::vector<NamedFindings>& runs, bool with_samples);

/// An array of runs, each with `figures` (keys end in their unit: _us, _thousandths) and `samples`.
std::string report_json(const std::vector<NamedFindings>& runs);

/// "1.25 s", "340 us", "2 h 05 min".
std::string human_duration(std::int64_t microseconds);

}  // namespace heddle::simulator
