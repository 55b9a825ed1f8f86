#pragma once

// A range of a file that was fetched.

#include <string>
#include <string_view>
#include <utility>

#include "common/fs/file_system.h"

namespace heddle::fs {

class MemoryView final : public FileView {
public:
    explicit MemoryView(std::string bytes) : bytes_(std::move(bytes)) {}
    std::string_view bytes() const override { return bytes_; }

private:
    std::string bytes_;
};

}  // namespace heddle::fs
