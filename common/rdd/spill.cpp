// Frames of encoded rows in a file without a name.
#include "common/rdd/spill.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "common/rdd/hash.h"

namespace heddle::rdd {

namespace {

struct FrameHead {
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    std::uint64_t sum = 0;  // of the bytes
};

}  // namespace

Result<std::unique_ptr<SpillFile>> SpillFile::create(const std::string& folder,
                                                     const RecordFace& face) {
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    std::string path = folder + "/spill-XXXXXX";
    const int file = ::mkostemp(path.data(), O_CLOEXEC);
    if (file < 0) {
        return errno_error("cannot create a file to spill to in " + folder);
    }
    ::unlink(path.c_str());
    return std::unique_ptr<SpillFile>(new SpillFile(file, face));
}

SpillFile::~SpillFile() {
    for (const std::string_view mapping : mappings_) {
        ::munmap(const_cast<char*>(mapping.data()), mapping.size());
    }
    ::close(file_);
}

Status SpillFile::append(const void* rows, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
        face_.encode(face_.row(rows, i), nullptr, 1, buffer_);
        ++buffered_;
        if (buffer_.size() >= kSpillFrameBytes) {
            TRY(flush());
        }
    }
    return {};
}

Status SpillFile::flush() {
    if (buffered_ == 0) {
        return {};
    }
    const FrameHead head{buffer_.size(), buffered_, hash_text(buffer_.view())};
    Bytes out(sizeof(head) + buffer_.size(), '\0');
    std::memcpy(out.data(), &head, sizeof(head));
    std::memcpy(out.data() + sizeof(head), buffer_.view().data(), buffer_.size());
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t n = ::pwrite(file_, out.data() + done, out.size() - done,
                                   static_cast<off_t>(written_ + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return errno_error("cannot spill");
        }
        done += static_cast<std::size_t>(n);
    }
    written_ += out.size();
    run_.records += buffered_;
    buffered_ = 0;
    buffer_.clear();
    return {};
}

Result<SpillRun> SpillFile::end_run() {
    TRY(flush());
    run_.end = written_;
    const SpillRun run = run_;
    run_ = {written_, written_, 0};
    return run;
}

Result<std::string_view> SpillFile::mapped() {
    if (mappings_.empty() || mappings_.back().size() < written_) {
        void* const data = ::mmap(nullptr, written_, PROT_READ, MAP_PRIVATE, file_, 0);
        if (data == MAP_FAILED) {
            return errno_error("cannot map what was spilled");
        }
        mappings_.emplace_back(static_cast<const char*>(data), written_);
    }
    return mappings_.back();
}

Status SpillFile::Reader::next(std::unique_ptr<RowBuffer>& rows) {
    rows.reset();
    if (run_.begin >= run_.end) {
        return {};
    }
    if (bytes_.empty()) {
        TRY(bytes_, file_.mapped());
    }
    FrameHead head;
    std::memcpy(&head, bytes_.data() + run_.begin, sizeof(head));
    run_.begin += sizeof(head);
    const std::string_view frame = bytes_.substr(run_.begin, head.bytes);
    if (head.bytes > run_.end - run_.begin || hash_text(frame) != head.sum) {
        return Error{ErrorCode::DataLoss, "what was spilled is damaged"};
    }
    run_.begin += head.bytes;
    rows = std::make_unique<RowBuffer>(file_.face_, static_cast<std::size_t>(head.records));
    ByteReader in(frame);
    rows->added(file_.face_.decode(in, rows->rows(), static_cast<std::uint32_t>(head.records)));
    return in.status("what was spilled");
}

}  // namespace heddle::rdd
