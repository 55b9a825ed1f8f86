// Text files and the records of parallelize.
#include "executor/task/sources.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "common/rdd/builtins.h"
#include "common/rdd/row_buffer.h"
#include "executor/task/checkpoint.h"

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

void fail_input(rdd::TaskScope& scope, const std::string& operation, const std::string& input,
                std::string message) {
    rdd::TaskFailure failure;
    failure.kind = rdd::FailureKind::ExceptionFailure;
    failure.operation = operation;
    failure.input = input;
    failure.message = std::move(message);
    scope.fail(std::move(failure));
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

std::string describe(const TextSplit& split) {
    return split.path + ":" + std::to_string(split.begin) + "+" +
           std::to_string(split.end - split.begin);
}

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

void run_text(std::string_view payload, const SourceInit& init, rdd::Sink& sink) {
    const auto split = rdd::decode_text_split(payload);
    if (!split) {
        fail_input(init.scope, init.operation, "", split.error().message);
        return;
    }
    // A record may reach far beyond its split, so the view goes to the end of the file; only pages
    // that are touched are read.
    auto view = init.files.view(split->path, 0, split->file_size);
    if (!view) {
        fail_input(init.scope, init.operation, describe(*split), view.error().message);
        return;
    }
    const std::shared_ptr<const fs::FileView> file = std::move(view).value();
    init.keep.push_back(file);
    if (file->bytes().size() != split->file_size) {
        fail_input(init.scope, init.operation, describe(*split),
                   "the file has changed: it had " + std::to_string(split->file_size) +
                       " bytes when the RDD was defined and has " +
                       std::to_string(file->bytes().size()) + " now");
        return;
    }
    init.scope.metrics().input_bytes_read += static_cast<std::int64_t>(split->end - split->begin);
    push_records(file->bytes(), *split, init, sink);
}

// The whole of a file that had `size` bytes when it was listed, kept until the task ends. Null: the
// task has failed.
std::shared_ptr<const fs::FileView> whole_view(const std::string& path, std::uint64_t size,
                                               const SourceInit& init) {
    auto view = init.files.view(path, 0, size + 1);  // one more shows that it has grown
    if (!view) {
        fail_input(init.scope, init.operation, path, view.error().message);
        return nullptr;
    }
    const std::shared_ptr<const fs::FileView> file = std::move(view).value();
    init.keep.push_back(file);
    if (file->bytes().size() != size) {
        fail_input(
            init.scope, init.operation, path,
            "the file has changed: it had " + std::to_string(size) +
                " bytes when the RDD was defined and has " +
                (file->bytes().size() > size ? "more" : std::to_string(file->bytes().size())) +
                " now");
        return nullptr;
    }
    return file;
}

void run_whole_files(std::string_view payload, const SourceInit& init, rdd::Sink& sink) {
    rdd::ByteReader in(payload);
    TextPusher pusher(init, sink);
    for (std::size_t left = in.count_of(1); left > 0; --left) {
        const std::string_view path = in.text();
        const auto size = in.number<std::uint64_t>();
        if (in.failed()) {
            break;
        }
        const auto file = whole_view(std::string(path), size, init);
        if (file == nullptr) {
            return;
        }
        init.scope.metrics().input_bytes_read += static_cast<std::int64_t>(size);
        if (pusher.add(path) == Flow::Stop || pusher.add(file->bytes()) == Flow::Stop) {
            return;
        }
    }
    if (in.failed()) {
        fail_input(init.scope, init.operation, "", "the files of this partition cannot be decoded");
        return;
    }
    (void)pusher.flush();
}

void run_fixed_records(std::string_view payload, const SourceInit& init, rdd::Sink& sink) {
    rdd::ByteReader in(payload);
    const std::string path(in.text());
    const auto size = in.number<std::uint64_t>();
    const auto length = in.number<std::uint64_t>();
    const auto first = in.number<std::uint64_t>();
    const auto count = in.number<std::uint64_t>();
    if (!in.status("records") || length == 0 || first > size / length ||
        count > size / length - first) {
        fail_input(init.scope, init.operation, path, "this partition cannot be decoded");
        return;
    }
    const auto file = whole_view(path, size, init);
    if (file == nullptr) {
        return;
    }
    init.scope.metrics().input_bytes_read += static_cast<std::int64_t>(count * length);
    TextPusher pusher(init, sink);
    for (std::uint64_t i = first; i < first + count; ++i) {
        if (pusher.add(file->bytes().substr(i * length, length)) == Flow::Stop) {
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
        fail_input(init.scope, init.operation, "",
                   "the records of this partition cannot be decoded");
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
