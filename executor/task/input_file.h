#pragma once

// Files of an input as tasks read them: as they were when they were listed, or an error that says
// what has changed.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/scratch_file.h"
#include "executor/task/sources.h"

namespace heddle::executor {

struct ListedFile {
    std::string path;
    std::uint64_t size = 0;
    std::string version;  // FileInfo's
};

/// Fails the task. What is damaged or has changed stays so: such a task is not tried again.
void fail_input(const SourceInit& init, const std::string& input, const Error& error);

/// That the file has `size` bytes now: Conflict.
Error has_changed(const ListedFile& file, std::uint64_t size);

/// `error` of reading `file`, or a better one where its size is another now.
Error explain(const ListedFile& file, const SourceInit& init, const Error& error);

/// Bytes [offset, offset + size), kept until the task ends. Nothing: the task has failed.
std::optional<std::string_view> read_range(const ListedFile& file, std::uint64_t offset,
                                           std::uint64_t size, const SourceInit& init);

/// All of it, decompressed as its suffix says.
std::optional<std::string_view> read_text(const ListedFile& file, const SourceInit& init);

// Text that is read from front to back and cannot be mapped where it is, because it is far away or
// compressed. It goes through an unnamed scratch file whose pages the system may write out, since
// records are views that live as long as the task. Positions count from the first byte read.
class StreamedText {
public:
    /// Both must outlive it.
    StreamedText(std::unique_ptr<fs::FileReader> source, const SourceInit& init)
        : source_(std::move(source)), init_(init) {}

    /// Reads on, at most `size` bytes. False: that was the end.
    Result<bool> read_on(std::size_t size);
    /// What was read, from `begin` on; kept until the task ends.
    Result<std::string_view> from(std::uint64_t begin);
    std::uint64_t size() const { return file_ ? file_->size() : 0; }

private:
    std::unique_ptr<fs::FileReader> source_;
    const SourceInit& init_;
    std::optional<GrowingFile> file_;
    std::string buffer_;
};

}  // namespace heddle::executor
