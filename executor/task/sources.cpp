// Text files and the records of parallelize.
#include "executor/task/sources.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "common/fs/compression.h"
#include "common/rdd/builtins.h"
#include "common/rdd/row_buffer.h"
#include "executor/task/checkpoint.h"
#include "executor/task/input_file.h"

namespace heddle::executor {

using rdd::Batch;
using rdd::Flow;
using rdd::kBatchRecords;
using rdd::TextSplit;

namespace {

// memmem looks at one byte at a time for so short a needle; a blank line is the common one. Null:
// it is not there.
const char* find_two(const char* begin, const char* end, char first, char second) {
    using Lane = signed char __attribute__((vector_size(16)));
    const Lane firsts = Lane{} + static_cast<signed char>(first);
    const Lane seconds = Lane{} + static_cast<signed char>(second);
    const char* at = begin;
    for (; end - at > 16; at += 16) {
        Lane here;
        Lane next;
        std::memcpy(&here, at, 16);
        std::memcpy(&next, at + 1, 16);
        const auto hits = (here == firsts) & (next == seconds);
        std::array<std::uint64_t, 2> halves;
        std::memcpy(halves.data(), &hits, 16);
        if ((halves[0] | halves[1]) != 0) {
            break;
        }
    }
    for (; end - at > 1; ++at) {
        if (at[0] == first && at[1] == second) {
            return at;
        }
    }
    return nullptr;
}

// Of streams: little at first, for those who want only the first lines; then more at a time.
constexpr std::uint64_t kPieceFirst = std::uint64_t{256} << 10;
constexpr std::uint64_t kPieceMost = std::uint64_t{8} << 20;
constexpr std::uint64_t kPieceBeyond = std::uint64_t{64} << 10;
constexpr std::uint64_t kLeadBytes = 4096;

std::size_t find_delimiter(std::string_view text, std::string_view delimiter, std::size_t from) {
    if (from >= text.size()) {
        return std::string_view::npos;
    }
    const char* const begin = text.data() + from;
    const void* hit = nullptr;
    if (delimiter.size() == 1) {
        hit = std::memchr(begin, delimiter[0], text.size() - from);
    } else if (delimiter.size() == 2) {
        hit = find_two(begin, text.data() + text.size(), delimiter[0], delimiter[1]);
    } else {
        hit = ::memmem(begin, text.size() - from, delimiter.data(), delimiter.size());
    }
    return hit == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(hit) - text.data());
}

// The start of the earliest occurrence in the chain of overlapping occurrences that reaches over
// `begin`, or `begin`. A scan from the start of the text always takes the first of such a chain,
// because no earlier match can cover it; so scanning from there agrees with scanning from the
// start.
std::size_t synchronise(std::string_view text, std::string_view delimiter, std::size_t begin) {
    const std::size_t reach = delimiter.size() - 1;
    std::size_t at = begin;
    for (bool moved = true; moved;) {
        moved = false;
        for (std::size_t start = at - std::min(at, reach); start < at; ++start) {
            if (text.substr(start, delimiter.size()) == delimiter) {
                at = start;
                moved = true;
                break;
            }
        }
    }
    return at;
}

// Collects text views and pushes them by the batch.
class TextPusher {
public:
    TextPusher(const SourceInit& init, rdd::Sink& sink) : init_(init), sink_(sink) {}

    Flow add(std::string_view record) {
        rows_[count_++] = record;
        return count_ == kBatchRecords ? flush() : Flow::Continue;
    }
    Flow flush() {
        if (count_ == 0) {
            return init_.scope.flow();
        }
        Batch batch;
        batch.count = count_;
        batch.rows = rows_.data();
        batch.face = &init_.face;
        batch.movable = true;
        init_.scope.metrics().input_records_read += count_;
        count_ = 0;
        return sink_.push(batch) == Flow::Stop ? Flow::Stop : init_.scope.flow();
    }

private:
    const SourceInit& init_;
    rdd::Sink& sink_;
    std::uint32_t count_ = 0;
    std::array<std::string_view, kBatchRecords> rows_;
};

void push_records(std::string_view text, const TextSplit& split, const SourceInit& init,
                  rdd::Sink& sink) {
    TextPusher pusher(init, sink);
    std::size_t at = first_record(text, split.delimiter, split.begin);
    while (at < split.end && at < text.size()) {
        const std::size_t hit = find_delimiter(text, split.delimiter, at);
        std::string_view record = text.substr(at, hit == std::string_view::npos ? hit : hit - at);
        at = hit == std::string_view::npos ? text.size() : hit + split.delimiter.size();
        if (split.strip_return && record.ends_with('\r')) {
            record.remove_suffix(1);
        }
        if (pusher.add(record) == Flow::Stop) {
            return;
        }
    }
    (void)pusher.flush();
}

// Where to begin reading so that the first record of a split is found as from the start of the
// file: far enough in front of it that no chain of overlapping delimiters reaches back further.
// Nothing: the task has failed.
std::optional<std::uint64_t> read_start(const ListedFile& file, const TextSplit& split,
                                        const SourceInit& init) {
    const std::uint64_t length = split.delimiter.size();
    for (std::uint64_t lead = kLeadBytes + length;; lead *= 4) {
        if (lead >= split.begin || length == 1) {
            return split.begin - std::min(split.begin, length == 1 ? 1 : lead);
        }
        const auto text = read_range(file, split.begin - lead, lead, init);
        if (!text) {
            return std::nullopt;
        }
        if (synchronise(*text, split.delimiter, text->size() - length) >= length) {
            return split.begin - lead;
        }
    }
}

// The records of a stream, piece by piece.
class StreamedRecords {
public:
    /// `split` counts from the stream's first byte.
    StreamedRecords(StreamedText& stream, const TextSplit& split, const SourceInit& init,
                    rdd::Sink& sink)
        : stream_(stream), split_(split), init_(init), pusher_(init, sink) {}

    Status push() {
        std::uint64_t at = 0;
        while (true) {
            at = first_record(text_, split_.delimiter, split_.begin);
            if (at < text_.size() || at >= split_.end || ended_) {
                break;
            }
            TRY(read_on(0));
        }
        const std::uint64_t length = split_.delimiter.size();
        std::uint64_t looked = at;  // no delimiter begins between `at` and here
        while (at < split_.end && !init_.scope.stopped() &&
               !(ended_ && at >= base_ + text_.size())) {
            const std::size_t hit = find_delimiter(text_, split_.delimiter, looked - base_);
            if (hit == std::string_view::npos && !ended_) {
                const std::uint64_t end = base_ + text_.size();
                looked = std::max(at, end - std::min(end, length - 1));
                TRY(read_on(at));
                continue;
            }
            const std::size_t begin = at - base_;
            if (give(text_.substr(begin, hit == std::string_view::npos ? hit : hit - begin)) ==
                Flow::Stop) {
                return {};
            }
            at = hit == std::string_view::npos ? base_ + text_.size() : base_ + hit + length;
            looked = at;
        }
        (void)pusher_.flush();
        return {};
    }
    /// The stream was read to its end.
    bool ended() const { return ended_; }

private:
    Flow give(std::string_view record) {
        if (split_.strip_return && record.ends_with('\r')) {
            record.remove_suffix(1);
        }
        return pusher_.add(record);
    }
    // The next piece; the text then begins at `keep`. A record may reach beyond its split: from
    // there on a little at a time.
    Status read_on(std::uint64_t keep) {
        const bool beyond = stream_.size() >= split_.end;
        std::uint64_t& piece = beyond ? piece_beyond_ : piece_;
        const std::uint64_t left = beyond ? piece : split_.end - stream_.size();
        TRY(const bool more, stream_.read_on(static_cast<std::size_t>(std::min(left, piece))));
        ended_ = !more;
        piece = std::min(piece * 2, kPieceMost);
        TRY(text_, stream_.from(keep));
        base_ = keep;
        return {};
    }

    StreamedText& stream_;
    const TextSplit& split_;
    const SourceInit& init_;
    TextPusher pusher_;
    std::string_view text_;
    std::uint64_t base_ = 0;  // where it begins
    std::uint64_t piece_ = kPieceFirst;
    std::uint64_t piece_beyond_ = kPieceBeyond;
    bool ended_ = false;
};

void run_streamed_text(const ListedFile& file, TextSplit split, fs::Codec codec,
                       const SourceInit& init, rdd::Sink& sink) {
    std::uint64_t start = 0;
    if (codec != fs::Codec::None) {
        split.end = UINT64_MAX;
    } else if (const auto found = read_start(file, split, init)) {
        start = *found;
        split.begin -= start;
        split.end -= start;
    } else {
        return;
    }
    auto source = init.files.open(file.path, start, file.version);
    if (!source) {
        fail_input(init, file.path, explain(file, init, source.error()));
        return;
    }
    StreamedText stream(fs::decompress(codec, std::move(source).value(), file.path), init);
    StreamedRecords records(stream, split, init, sink);
    Status status = records.push();
    if (status && records.ended() && codec == fs::Codec::None &&
        start + stream.size() != file.size && !init.scope.stopped()) {
        status = has_changed(file, start + stream.size());
    }
    if (!status) {
        fail_input(init, file.path, explain(file, init, status.error()));
    }
}

void run_text(std::string_view payload, const SourceInit& init, rdd::Sink& sink) {
    const auto split = rdd::decode_text_split(payload);
    if (!split) {
        fail_input(init, "", split.error());
        return;
    }
    const ListedFile file{split->path, split->file_size, split->version};
    init.scope.metrics().input_bytes_read += static_cast<std::int64_t>(split->end - split->begin);
    const fs::Codec codec = fs::codec_of(split->path);
    if (codec != fs::Codec::None || !init.files.maps(split->path)) {
        run_streamed_text(file, *split, codec, init, sink);
        return;
    }
    // A record may reach far beyond its split, so the view goes to the end of the file; only pages
    // that are touched are read.
    if (const auto text = read_range(file, 0, file.size, init)) {
        push_records(*text, *split, init, sink);
    }
}

void run_whole_files(std::string_view payload, const SourceInit& init, rdd::Sink& sink) {
    rdd::ByteReader in(payload);
    TextPusher pusher(init, sink);
    const bool decompressed = in.boolean();
    for (std::size_t left = in.count_of(1); left > 0; --left) {
        const std::string_view path = in.text();
        const auto size = in.number<std::uint64_t>();
        const std::string_view version = in.text();
        if (in.failed()) {
            break;
        }
        const ListedFile listed{std::string(path), size, std::string(version)};
        const auto text =
            decompressed ? read_text(listed, init) : read_range(listed, 0, size, init);
        if (!text) {
            return;
        }
        init.scope.metrics().input_bytes_read += static_cast<std::int64_t>(size);
        if (pusher.add(path) == Flow::Stop || pusher.add(*text) == Flow::Stop) {
            return;
        }
    }
    if (in.failed()) {
        fail_input(init, "",
                   {ErrorCode::DataLoss, "the files of this partition cannot be decoded"});
        return;
    }
    (void)pusher.flush();
}

void run_fixed_records(std::string_view payload, const SourceInit& init, rdd::Sink& sink) {
    rdd::ByteReader in(payload);
    const std::string path(in.text());
    const auto size = in.number<std::uint64_t>();
    const std::string version(in.text());
    const auto length = in.number<std::uint64_t>();
    const auto first = in.number<std::uint64_t>();
    const auto count = in.number<std::uint64_t>();
    if (!in.status("records") || length == 0 || first > size / length ||
        count > size / length - first) {
        fail_input(init, path, {ErrorCode::DataLoss, "this partition cannot be decoded"});
        return;
    }
    const auto text = read_range({path, size, version}, first * length, count * length, init);
    if (!text) {
        return;
    }
    init.scope.metrics().input_bytes_read += static_cast<std::int64_t>(count * length);
    TextPusher pusher(init, sink);
    for (std::uint64_t i = 0; i < count; ++i) {
        if (pusher.add(text->substr(i * length, length)) == Flow::Stop) {
            return;
        }
    }
    (void)pusher.flush();
}

void run_parallelize(std::string_view payload, const SourceInit& init, rdd::Sink& sink) {
    // The payload belongs to the task description, which outlives the task: views may point into
    // it.
    rdd::ByteReader in(payload);
    std::uint64_t left = in.count();
    rdd::RowBuffer rows(init.face, kBatchRecords);
    while (left > 0 && !in.failed() && !init.scope.stopped()) {
        const auto want = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, kBatchRecords));
        rows.added(init.face.decode(in, rows.rows(), want));
        left -= rows.count();
        if (rows.count() != want) {
            break;
        }
        Batch batch = rows.batch();
        const Flow flow = sink.push(batch);
        rows.clear();
        if (flow == Flow::Stop) {
            return;
        }
    }
    if (in.failed() || (left == 0 && in.left() != 0)) {
        fail_input(init, "",
                   {ErrorCode::DataLoss, "the records of this partition cannot be decoded"});
    }
}

}  // namespace

std::size_t first_record(std::string_view text, std::string_view delimiter, std::size_t begin) {
    if (begin == 0 || begin >= text.size()) {
        return std::min(begin, text.size());
    }
    // The delimiter that ends the record before may end exactly at `begin`, so look from there.
    std::size_t at = synchronise(text, delimiter, begin - std::min(begin, delimiter.size()));
    while (true) {
        const std::size_t hit = find_delimiter(text, delimiter, at);
        if (hit == std::string_view::npos) {
            return text.size();
        }
        at = hit + delimiter.size();
        if (at >= begin) {
            return at;
        }
    }
}

bool run_source(const rdd::OperatorRef& op, std::string_view payload, const SourceInit& init,
                rdd::Sink& sink) {
    if (op.kind != rdd::OperatorKind::Builtin || op.version != rdd::kBuiltinVersion) {
        return false;
    }
    if (op.name == rdd::builtin::kTextRecords) {
        run_text(payload, init, sink);
        return true;
    }
    if (op.name == rdd::builtin::kCheckpoint) {
        run_checkpoint(payload, init, sink);
        return true;
    }
    if (op.name == rdd::builtin::kLocalCheckpoint) {
        run_lost_checkpoint(payload, init);
        return true;
    }
    if (op.name == rdd::builtin::kWholeFiles) {
        run_whole_files(payload, init, sink);
        return true;
    }
    if (op.name == rdd::builtin::kFixedRecords) {
        run_fixed_records(payload, init, sink);
        return true;
    }
    if (op.name == rdd::builtin::kParallelize) {
        run_parallelize(payload, init, sink);
        return true;
    }
    return false;
}

}  // namespace heddle::executor
