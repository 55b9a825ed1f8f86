#pragma once

// What a task is told of the output that it writes a part of.

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/rdd/bytes.h"
#include "common/rdd/ids.h"

namespace heddle::rdd {

// The payload of the builtin actions that save: what FileSystem::begin_output() gave.
struct SaveTarget {
    std::string place;
    std::string suffix;  // of the files' names; it says how they are compressed: ".gz"

    friend bool operator==(const SaveTarget&, const SaveTarget&) = default;
};

Bytes encode(const SaveTarget& target);
/// Errors: DataLoss.
Result<SaveTarget> decode_save_target(std::string_view bytes);

/// "part-00007"
std::string part_name(Partition partition);

}  // namespace heddle::rdd
