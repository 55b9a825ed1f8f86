// Reading input files whole, in ranges and as streams.
#include "executor/task/input_file.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "common/fs/compression.h"

namespace heddle::executor {

namespace {

constexpr std::size_t kPieceBytes = std::size_t{8} << 20;
constexpr std::size_t kReadBytes = std::size_t{4} << 20;  // between two looks at the task's end

std::string scratch_folder(const rdd::TaskScope& scope) {
    if (!scope.spill_folder().empty()) {
        return scope.spill_folder();
    }
    std::error_code code;
    return std::filesystem::temp_directory_path(code).string();
}

Error has_vanished(const ListedFile& file, const Error& error) {
    return {ErrorCode::NotFound, "the file is gone: it had " + std::to_string(file.size) +
                                     " bytes when the RDD was defined (" + error.message + ")"};
}

// Up to `most` bytes of a stream in one piece.
std::optional<std::string_view> read_stream(const ListedFile& file, fs::Codec codec,
                                            std::uint64_t offset, std::uint64_t most,
                                            const SourceInit& init) {
    auto source = init.files.open(file.path, offset, file.version);
    if (!source) {
        fail_input(init, file.path, explain(file, init, source.error()));
        return std::nullopt;
    }
    StreamedText text(fs::decompress(codec, std::move(source).value(), file.path), init);
    while (text.size() < most && !init.scope.stopped()) {
        const auto more = text.read_on(
            static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, most - text.size())));
        if (!more) {
            fail_input(init, file.path, explain(file, init, more.error()));
            return std::nullopt;
        }
        if (!*more) {
            break;
        }
    }
    const auto bytes = text.from(0);
    if (!bytes) {
        fail_input(init, file.path, bytes.error());
        return std::nullopt;
    }
    return *bytes;
}

std::optional<std::string_view> map_range(const ListedFile& file, std::uint64_t offset,
                                          std::uint64_t size, const SourceInit& init) {
    // One more shows that the file has grown.
    const bool to_end = offset + size == file.size;
    auto view = init.files.view(file.path, offset, size + (to_end ? 1 : 0), file.version);
    if (!view) {
        fail_input(init, file.path, explain(file, init, view.error()));
        return std::nullopt;
    }
    const std::shared_ptr<const fs::FileView> range = std::move(view).value();
    init.keep.push_back(range);
    return range->bytes();
}

}  // namespace

void fail_input(const SourceInit& init, const std::string& input, const Error& error) {
    rdd::TaskFailure failure;
    failure.kind = rdd::FailureKind::ExceptionFailure;
    failure.operation = init.operation;
    failure.input = input;
    failure.message = error.message;
    // A local file that is not on this node may be on another.
    failure.final = error.code == ErrorCode::DataLoss || error.code == ErrorCode::Conflict ||
                    (error.code == ErrorCode::NotFound && !init.files.maps(input));
    init.scope.fail(std::move(failure));
}

Error has_changed(const ListedFile& file, std::uint64_t size) {
    return {ErrorCode::Conflict, "the file has changed: it had " + std::to_string(file.size) +
                                     " bytes when the RDD was defined and has " +
                                     std::to_string(size) + " now"};
}

Error explain(const ListedFile& file, const SourceInit& init, const Error& error) {
    if (error.code == ErrorCode::NotFound) {
        return has_vanished(file, error);
    }
    if (error.code == ErrorCode::Cancelled || error.code == ErrorCode::Unavailable) {
        return error;
    }
    const auto now = init.files.stat(file.path);
    if (!now || now->size == file.size) {
        return error;
    }
    return has_changed(file, now->size);
}

std::optional<std::string_view> read_range(const ListedFile& file, std::uint64_t offset,
                                           std::uint64_t size, const SourceInit& init) {
    const auto bytes = init.files.maps(file.path)
                           ? map_range(file, offset, size, init)
                           : read_stream(file, fs::Codec::None, offset, size, init);
    if (bytes && bytes->size() != size && !init.scope.stopped()) {
        fail_input(init, file.path, explain(file, init, has_changed(file, offset + bytes->size())));
        return std::nullopt;
    }
    return bytes;
}

std::optional<std::string_view> read_text(const ListedFile& file, const SourceInit& init) {
    const fs::Codec codec = fs::codec_of(file.path);
    return codec == fs::Codec::None ? read_range(file, 0, file.size, init)
                                    : read_stream(file, codec, 0, UINT64_MAX, init);
}

Result<bool> StreamedText::read_on(std::size_t size) {
    if (!file_) {
        TRY(GrowingFile file, GrowingFile::create_unnamed(scratch_folder(init_.scope)));
        file_.emplace(std::move(file));
    }
    buffer_.resize(std::min(size, kReadBytes));
    std::size_t done = 0;
    while (done < size && !init_.scope.stopped()) {
        TRY(const std::size_t got,
            source_->read(buffer_.data(), std::min(size - done, buffer_.size())));
        if (got == 0) {
            return done > 0;
        }
        const std::string_view part(buffer_.data(), got);
        TRY(file_->append({&part, 1}));
        done += got;
    }
    return done > 0;
}

Result<std::string_view> StreamedText::from(std::uint64_t begin) {
    if (begin >= size()) {
        return std::string_view();
    }
    static const auto page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const std::uint64_t page = begin - begin % page_size;  // what can be mapped begins there
    TRY(const auto mapped, file_->map(page));
    init_.keep.push_back(mapped);
    return mapped->bytes().substr(static_cast<std::size_t>(begin - page));
}

}  // namespace heddle::executor
