// Rows are collected in chunks and never moved again until they leave; what is sorted are pairs of
// a key prefix and a position, so that most comparisons touch no row.
#include "common/rdd/sort.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "common/rdd/row_buffer.h"

namespace heddle::rdd {

namespace {

constexpr std::size_t kChunkRows = 8192;

class SortOperator final : public Operator {
public:
    SortOperator(const OperatorInit& init, Sink& next, bool ascending)
        : face_(*init.face),
          budget_(init.scope, init.operation),
          arena_(&budget_),
          next_(next),
          ascending_(ascending) {}
    ~SortOperator() override { budget_.release(reserved_); }

    Flow push(Batch& batch) override {
        std::uint32_t done = 0;
        while (done < batch.count) {
            if (chunks_.empty() || chunks_.back().room() == 0) {
                const auto bytes =
                    static_cast<std::int64_t>(kChunkRows * (face_.size + 2 * sizeof(Item)));
                reserved_ += bytes;
                if (!budget_.reserve(bytes)) {
                    return Flow::Stop;
                }
                chunks_.emplace_back(face_, kChunkRows);
            }
            RowBuffer& chunk = chunks_.back();
            const auto n =
                static_cast<std::uint32_t>(std::min<std::size_t>(chunk.room(), batch.count - done));
            void* const out = chunk.next();
            if (batch.movable) {
                face_.own_moved(face_.row(batch.rows, done), n, out, arena_);
            } else {
                face_.own(face_.row(batch.rows, done), n, out, arena_);
            }
            chunk.added(n);
            if (const std::size_t heap = face_.heap_size(out, n); heap != 0) {
                reserved_ += static_cast<std::int64_t>(heap);
                if (!budget_.reserve(static_cast<std::int64_t>(heap))) {
                    return Flow::Stop;
                }
            }
            done += n;
        }
        return budget_.scope().flow();
    }

    Flow close() override {
        std::vector<Item> items = make_items();
        std::sort(items.begin(), items.end(), [this](const Item& a, const Item& b) {
            if (a.prefix != b.prefix) {
                return (a.prefix < b.prefix) == ascending_;
            }
            const int order = face_.compare(row(a.position), row(b.position));
            return order != 0 ? (order < 0) == ascending_ : a.position < b.position;
        });
        RowBuffer out(face_, kBatchRecords);
        for (const Item& item : items) {
            face_.copy(row(item.position), 1, out.next());
            out.added(1);
            if (out.room() == 0) {
                Batch batch = out.batch();
                const Flow flow = next_.push(batch);
                out.clear();
                if (flow == Flow::Stop) {
                    return flow;
                }
            }
        }
        chunks_.clear();
        budget_.release(std::exchange(reserved_, 0));
        Batch batch = out.batch();
        return out.count() == 0 ? Flow::Continue : next_.push(batch);
    }

private:
    struct Item {
        std::uint64_t prefix;
        std::uint64_t position;
    };

    const void* row(std::uint64_t position) const {
        return face_.row(chunks_[position / kChunkRows].rows(), position % kChunkRows);
    }

    std::vector<Item> make_items() const {
        std::vector<Item> items;
        items.reserve(chunks_.size() * kChunkRows);
        std::vector<std::uint64_t> prefixes(kChunkRows, 0);
        for (const RowBuffer& chunk : chunks_) {
            if (face_.prefix != nullptr) {
                face_.prefix(chunk.rows(), chunk.count(), prefixes.data());
            }
            for (std::uint32_t i = 0; i < chunk.count(); ++i) {
                items.push_back({prefixes[i], items.size()});
            }
        }
        return items;
    }

    const RecordFace& face_;
    OperatorBudget budget_;
    Arena arena_;
    Sink& next_;
    bool ascending_;
    std::int64_t reserved_ = 0;
    std::deque<RowBuffer> chunks_;
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
