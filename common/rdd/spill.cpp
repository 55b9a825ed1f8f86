// Frames of encoded rows in a file without a name.
#include "common/rdd/spill.h"

#include <span>
#include <string_view>
#include <utility>

#include "common/rdd/hash.h"

namespace heddle::rdd {

Result<std::unique_ptr<SpillFile>> SpillFile::create(const std::string& folder,
                                                     const RecordFace& face) {
    TRY(GrowingFile file, GrowingFile::create_unnamed(folder));
    return std::unique_ptr<SpillFile>(new SpillFile(std::move(file), face));
}

SpillFile::Stream SpillFile::add_streams(std::uint32_t count) {
    const auto first = static_cast<Stream>(streams_.size());
    for (std::uint32_t i = 0; i < count; ++i) {
        streams_.emplace_back();
    }
    return first;
}

Status SpillFile::append(Stream stream, const void* rows, const std::uint32_t* selection,
                         std::uint32_t count) {
    Written& to = streams_[stream];
    for (std::uint32_t i = 0; i < count; ++i) {
        face_.encode(face_.row(rows, selection != nullptr ? selection[i] : i), nullptr, 1,
                     to.buffer);
        ++to.buffered;
        if (to.buffer.size() >= kSpillFrameBytes) {
            TRY(flush(to));
        }
    }
    return {};
}

Status SpillFile::flush(Written& stream) {
    if (stream.buffered == 0) {
        return {};
    }
    const std::string_view bytes = stream.buffer.view();
    const Frame frame{file_.size(), bytes.size(), hash_text(bytes), stream.buffered};
    TRY(file_.append(std::span<const std::string_view>(&bytes, 1)));
    stream.frames.push_back(frame);
    stream.records += stream.buffered;
    stream.buffered = 0;
    stream.buffer.clear();
    return {};
}

Status SpillFile::end(Stream stream) {
    Written& ended = streams_[stream];
    TRY(flush(ended));
    (void)ended.buffer.take();  // its memory
    return {};
}

Result<std::string_view> SpillFile::mapped() {
    if (mappings_.empty() || mappings_.back()->bytes().size() < file_.size()) {
        TRY(std::shared_ptr<const MappedFile> mapping, file_.map());
        mappings_.push_back(std::move(mapping));
    }
    return mappings_.back()->bytes();
}

Status SpillFile::Reader::next(std::unique_ptr<RowBuffer>& rows) {
    rows.reset();
    const std::vector<Frame>& frames = file_.streams_[stream_].frames;
    if (frame_ == frames.size()) {
        return {};
    }
    if (bytes_.empty()) {
        TRY(bytes_, file_.mapped());
    }
    const Frame frame = frames[frame_++];
    const std::string_view bytes = bytes_.substr(frame.begin, frame.bytes);
    if (hash_text(bytes) != frame.sum) {
        return Error{ErrorCode::DataLoss, "what was spilled is damaged"};
    }
    rows = std::make_unique<RowBuffer>(file_.face_, frame.records);
    ByteReader in(bytes);
    rows->added(file_.face_.decode(in, rows->rows(), frame.records));
    return in.status("what was spilled");
}

}  // namespace heddle::rdd
