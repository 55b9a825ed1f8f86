// Rows stay where they are if they may, else they are collected in chunks; either way they are not
// moved again until they leave. What is sorted are pairs of a key prefix and the row's place, so
// that most comparisons touch no row. When memory is refused, what is held goes to disk as a sorted
// run, and in the end the runs are merged.
#include "common/rdd/sort.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "common/rdd/row_buffer.h"
#include "common/rdd/scope.h"
#include "common/rdd/sort_items.h"
#include "common/rdd/spill.h"

namespace heddle::rdd {

namespace {

// Rows in a chunk: a power of two, and no more than fit in half a megabyte.
constexpr std::uint32_t kChunkBits = 13;
constexpr std::size_t kChunkBytes = std::size_t{512} << 10;
// Rows that own memory are taken over in small steps: what is refused in the middle of a step is
// held until its end.
constexpr std::uint32_t kStepRows = 16;
// An item, and its place while items are sorted.
constexpr std::size_t kItemBytes = 2 * sizeof(SortItem);
constexpr std::size_t kAhead = 16;  // rows whose memory is asked for before they are copied
constexpr std::size_t kLine = 64;

class SortOperator final : public Operator {
public:
    SortOperator(const OperatorInit& init, Sink& next, bool ascending)
        : face_(*init.face),
          budget_(init.scope, init.operation),
          arena_(std::make_unique<Arena>(&budget_)),
          next_(next),
          ascending_(ascending),
          step_(face_.views || !face_.trivial ? kStepRows : kBatchRecords) {
        while (bits_ > 4 && (face_.size + kItemBytes) << bits_ > kChunkBytes) {
            --bits_;
        }
    }

    Flow push(Batch& batch) override {
        return batch.stable && !batch.movable && !face_.views ? keep_places(batch)
                                                              : take_rows(batch);
    }

    Flow close() override {
        if (file_ == nullptr) {
            return push_sorted();
        }
        if (!items_.empty() && !spill()) {
            return Flow::Stop;
        }
        return merge_runs() ? budget_.scope().flow() : Flow::Stop;
    }

private:
    // A run that is being merged: its rows in hand, and where among them it is.
    struct Head {
        Head(SpillFile& file, SpillFile::Stream run) : reader(file, run) {}
        SpillFile::Reader reader;
        std::unique_ptr<RowBuffer> rows;
        std::uint32_t at = 0;
        std::int64_t reserved = 0;
    };
    using Heads = std::vector<std::unique_ptr<Head>>;

    std::size_t chunk_rows() const { return std::size_t{1} << bits_; }

    // Rows that stay until the task ends are not copied.
    Flow keep_places(const Batch& batch) {
        const auto bytes = static_cast<std::int64_t>(batch.count * kItemBytes);
        if (!budget_.try_reserve(bytes)) {
            if ((!items_.empty() && !spill()) || !budget_.insist(bytes)) {
                return Flow::Stop;
            }
        }
        reserved_ += bytes;
        add_items(batch.rows, batch.count);
        return budget_.scope().flow();
    }

    Flow take_rows(Batch& batch) {
        std::uint32_t done = 0;
        while (done < batch.count) {
            if ((chunks_.empty() || chunks_.back()->room() == 0) && !add_chunk()) {
                return Flow::Stop;
            }
            RowBuffer& chunk = *chunks_.back();
            const auto n = static_cast<std::uint32_t>(
                std::min<std::size_t>({chunk.room(), batch.count - done, step_}));
            void* const out = chunk.next();
            if (batch.movable) {
                face_.own_moved(face_.row(batch.rows, done), n, out, *arena_);
            } else {
                face_.own(face_.row(batch.rows, done), n, out, *arena_);
            }
            chunk.added(n);
            add_items(out, n);
            if (const std::size_t heap = face_.heap_size(out, n); heap != 0) {
                reserved_ += static_cast<std::int64_t>(heap);
                budget_.reserve(static_cast<std::int64_t>(heap));
            }
            if (budget_.over() > 0 && !spill()) {
                return Flow::Stop;
            }
            done += n;
        }
        return budget_.scope().flow();
    }

    bool add_chunk() {
        const auto bytes = static_cast<std::int64_t>(chunk_rows() * (face_.size + kItemBytes));
        if (!budget_.try_reserve(bytes)) {
            // What is held makes room; where nothing is, the task is told why it cannot go on.
            if ((!items_.empty() && !spill()) || !budget_.insist(bytes)) {
                return false;
            }
        }
        reserved_ += bytes;
        chunks_.push_back(std::make_unique<RowBuffer>(face_, chunk_rows()));
        return true;
    }

    void add_items(const void* rows, std::uint32_t count) {
        prefixes_.resize(std::max<std::size_t>(prefixes_.size(), count));  // zero without a prefix
        if (face_.prefix != nullptr) {
            face_.prefix(rows, count, prefixes_.data());
        }
        for (std::uint32_t i = 0; i < count; ++i) {
            items_.push_back({ascending_ ? prefixes_[i] : ~prefixes_[i], face_.row(rows, i)});
        }
    }

    void sort() {
        sort_items(items_, [this](const SortItem& a, const SortItem& b) {
            if (a.prefix != b.prefix) {
                return a.prefix < b.prefix;
            }
            const int order = face_.compare(a.row, b.row);
            return order != 0 && (order < 0) == ascending_;
        });
    }

    // Everything was in memory.
    Flow push_sorted() {
        sort();
        RowBuffer out(face_, kBatchRecords);
        for (std::size_t i = 0; i < items_.size(); ++i) {
            if (i + kAhead < items_.size()) {
                fetch_ahead(items_[i + kAhead].row);
            }
            face_.copy(items_[i].row, 1, out.next());
            out.added(1);
            if (out.room() == 0 && pass(out) == Flow::Stop) {
                return Flow::Stop;
            }
        }
        drop_rows(false);
        return pass(out);
    }

    // Rows are read in another order than they lie in.
    void fetch_ahead(const void* row) const {
        const auto* line = static_cast<const char*>(row);
        __builtin_prefetch(line);
        if (face_.size > kLine / 2) {
            __builtin_prefetch(line + std::min<std::size_t>(face_.size, 2 * kLine) - 1);
        }
    }

    Flow pass(RowBuffer& out) {
        if (out.count() == 0) {
            return budget_.scope().flow();
        }
        Batch batch = out.batch();
        const Flow flow = next_.push(batch);
        out.clear();
        return flow;
    }

    // With `arena` false the arena stays: rows that were pushed show it.
    void drop_rows(bool arena) {
        chunks_.clear();
        items_ = {};
        budget_.release(std::exchange(reserved_, 0));
        if (arena) {
            arena_ = std::make_unique<Arena>(&budget_);
        }
    }

    // What is held becomes a run on disk.
    bool spill() {
        if (file_ == nullptr) {
            auto made = SpillFile::create(budget_.scope().spill_folder(), face_);
            if (!made) {
                return budget_.fail(made.error());
            }
            file_ = std::move(made).value();
        }
        const std::uint64_t before = file_->size();
        const SpillFile::Stream run = file_->add_streams(1);
        sort();
        for (const SortItem& item : items_) {
            if (!keep(run, item.row)) {
                return false;
            }
        }
        if (const Status status = file_->end(run); !status) {
            return budget_.fail(status.error());
        }
        runs_.push_back(run);
        TaskMetrics& metrics = budget_.scope().metrics();
        metrics.disk_bytes_spilled += static_cast<std::int64_t>(file_->size() - before);
        metrics.memory_bytes_spilled += reserved_ + static_cast<std::int64_t>(arena_->capacity());
        const std::int64_t over = budget_.over();  // of the last step alone
        drop_rows(true);
        if (over > 0 && !budget_.insist(over)) {
            return false;
        }
        budget_.release(over);
        return true;
    }

    // The next rows of a run; none: it is over.
    Result<std::unique_ptr<RowBuffer>> next_rows(Head& head) {
        head.at = 0;
        budget_.release(std::exchange(head.reserved, 0));
        std::unique_ptr<RowBuffer> rows;
        TRY(head.reader.next(rows));
        return rows;
    }
    std::int64_t memory_of(const std::unique_ptr<RowBuffer>& rows) const {
        return rows == nullptr
                   ? 0
                   : static_cast<std::int64_t>(rows->count() * face_.size +
                                               face_.heap_size(rows->rows(), rows->count()));
    }

    // As many of the first runs as memory has room for, at least two. Empty: the task has failed.
    Heads open_runs() {
        Heads heads;
        for (const SpillFile::Stream run : runs_) {
            auto head = std::make_unique<Head>(*file_, run);
            auto rows = next_rows(*head);
            if (!rows) {
                budget_.fail(rows.error());
                return {};
            }
            head->rows = std::move(rows).value();
            const std::int64_t bytes = memory_of(head->rows);
            if (!budget_.try_reserve(bytes)) {
                if (heads.size() >= 2) {
                    break;
                }
                if (!budget_.insist(bytes)) {
                    return {};
                }
            }
            head->reserved = bytes;
            heads.push_back(std::move(head));
        }
        return heads;
    }

    // Merges runs until none is left: into the next sink when these are all there are, else into a
    // run that takes their place. Equal keys keep the order of the runs, which is that of arrival.
    bool merge_runs() {
        while (!runs_.empty()) {
            Heads heads = open_runs();
            if (heads.empty()) {
                return false;
            }
            const std::size_t merged = heads.size();
            RowBuffer out(face_, kBatchRecords);
            const bool last = merged == runs_.size();
            const SpillFile::Stream run = last ? 0 : file_->add_streams(1);
            if (!merge(heads, [&](const void* from) {
                    return last ? send(out, from) : keep(run, from);
                })) {
                return false;
            }
            runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(merged));
            if (last) {
                return pass(out) == Flow::Continue;
            }
            if (const Status status = file_->end(run); !status) {
                return budget_.fail(status.error());
            }
            runs_.insert(runs_.begin(), run);
        }
        return true;
    }

    bool send(RowBuffer& out, const void* from) {
        face_.copy(from, 1, out.next());
        out.added(1);
        return out.room() > 0 || pass(out) == Flow::Continue;
    }
    bool keep(SpillFile::Stream run, const void* from) {
        const Status status = file_->append(run, from, nullptr, 1);
        return status ? true : budget_.fail(status.error());
    }

    // A heap of runs by their first rows. `take` answers whether to go on.
    template <typename Take>
    bool merge(Heads& heads, const Take& take) {
        std::vector<std::size_t> order(heads.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        const auto later = [&](std::size_t a, std::size_t b) {
            const int compared = face_.compare(front(*heads[a]), front(*heads[b]));
            return compared != 0 ? (compared > 0) == ascending_ : a > b;
        };
        std::make_heap(order.begin(), order.end(), later);
        while (!order.empty()) {
            std::pop_heap(order.begin(), order.end(), later);
            Head& head = *heads[order.back()];
            if (!take(front(head))) {
                return false;
            }
            if (++head.at == head.rows->count()) {
                auto rows = next_rows(head);
                if (!rows) {
                    return budget_.fail(rows.error());
                }
                head.rows = std::move(rows).value();
                head.reserved = memory_of(head.rows);
                if (!budget_.try_reserve(head.reserved) && !budget_.insist(head.reserved)) {
                    return false;
                }
                if (head.rows == nullptr) {
                    order.pop_back();
                    continue;
                }
            }
            std::push_heap(order.begin(), order.end(), later);
        }
        return true;
    }
    const void* front(const Head& head) const { return face_.row(head.rows->rows(), head.at); }

    const RecordFace& face_;
    SpillingBudget budget_;
    std::unique_ptr<Arena> arena_;
    Sink& next_;
    bool ascending_;
    std::uint32_t step_;
    std::uint32_t bits_ = kChunkBits;
    std::int64_t reserved_ = 0;
    std::vector<std::unique_ptr<RowBuffer>> chunks_;  // a RowBuffer does not move
    std::vector<SortItem> items_;                     // of all rows that are held, as they came
    std::vector<std::uint64_t> prefixes_;             // of one push
    std::unique_ptr<SpillFile> file_;  // null: everything fits. Rows that were pushed may show it
    std::vector<SpillFile::Stream> runs_;
};

}  // namespace

std::unique_ptr<Operator> make_sort(const OperatorInit& init, Sink& next) {
    ByteReader in(init.payload);
    const bool ascending = in.boolean();
    if (!in.status("sort") || init.face->compare == nullptr) {
        return nullptr;
    }
    return std::make_unique<SortOperator>(init, next, ascending);
}

}  // namespace heddle::rdd
