#pragma once

// The refusal that all places have in common.

#include <string>

#include "common/base/result.h"

namespace heddle::fs {

/// What is at `path` is not of the version that is meant.
inline Error written_again(const std::string& path) {
    return {ErrorCode::Conflict,
            "'" + path +
                "' has changed since it was listed: it was written again; define the RDD again"};
}

}  // namespace heddle::fs
