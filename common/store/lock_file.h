#pragma once

// The file that keeps a second process out of a state directory.

#include <string>

#include "common/base/result.h"

namespace heddle::store {

class LockFile {
public:
    /// Takes the lock and writes this process's pid. Errors: Conflict naming the holder's pid.
    static Result<LockFile> take(const std::string& path);
    LockFile(LockFile&& other) noexcept;
    LockFile& operator=(LockFile&&) = delete;
    ~LockFile();

private:
    explicit LockFile(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace heddle::store
