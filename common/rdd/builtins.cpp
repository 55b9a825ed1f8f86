// Actions over any record type, and the table of builtin operators.
#include "common/rdd/builtins.h"

#include <algorithm>
#include <vector>

#include "common/base/prng.h"
#include "common/rdd/sort.h"

namespace heddle::rdd {

namespace {

class CountAction final : public Action {
public:
    Flow push(Batch& batch) override {
        count_ += batch.count;
        return Flow::Continue;
    }
    Bytes result() override {
        ByteWriter out;
        out.number(count_);
        return out.take();
    }

private:
    std::uint64_t count_ = 0;
};

class DrainAction final : public Action {
public:
    Flow push(Batch&) override { return Flow::Continue; }
    Bytes result() override { return {}; }
};

class CollectAction final : public Action {
public:
    CollectAction(const OperatorInit& init, std::uint64_t limit)
        : face_(*init.face), budget_(init.scope, init.operation), limit_(limit) {}
    ~CollectAction() override { budget_.release(reserved_); }

    Flow push(Batch& batch) override {
        const auto n =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(batch.count, limit_ - count_));
        face_.encode(batch.rows, nullptr, n, writer_);
        count_ += n;
        if (const auto held = static_cast<std::int64_t>(writer_.capacity()); held > reserved_) {
            const std::int64_t more = held - reserved_;
            reserved_ = held;
            if (!budget_.reserve(more)) {
                return Flow::Stop;
            }
        }
        return count_ < limit_ ? Flow::Continue : Flow::Stop;
    }
    Bytes result() override {
        ByteWriter out;
        out.count(count_);
        out.raw(writer_.view().data(), writer_.size());
        return out.take();
    }

private:
    const RecordFace& face_;
    OperatorBudget budget_;
    std::uint64_t limit_;
    std::uint64_t count_ = 0;
    std::int64_t reserved_ = 0;
    ByteWriter writer_;
};

// A uniform sample by reservoir: encoded records, since rows do not outlive a push.
class SampleAction final : public Action {
public:
    SampleAction(const OperatorInit& init, std::uint64_t size, std::uint64_t seed)
        : face_(*init.face),
          budget_(init.scope, init.operation),
          size_(size),
          prng_(seed ^ static_cast<std::uint64_t>(init.partition)) {}

    ~SampleAction() override { budget_.release(reserved_); }

    Flow push(Batch& batch) override {
        for (std::uint32_t i = 0; i < batch.count; ++i, ++seen_) {
            if (sample_.size() < size_) {
                sample_.push_back(encoded(batch, i));
                bytes_ += static_cast<std::int64_t>(sample_.back().size());
            } else if (const std::uint64_t at = prng_.below(seen_ + 1); at < size_) {
                bytes_ -= static_cast<std::int64_t>(sample_[at].size());
                sample_[at] = encoded(batch, i);
                bytes_ += static_cast<std::int64_t>(sample_[at].size());
            }
        }
        // Twice: result() copies the records.
        const std::int64_t held =
            2 * bytes_ + static_cast<std::int64_t>(sample_.capacity() * sizeof(Bytes));
        if (const std::int64_t more = held - reserved_; more > 0) {
            reserved_ = held;
            if (!budget_.reserve(more)) {
                return Flow::Stop;
            }
        }
        return Flow::Continue;
    }
    Bytes result() override {
        ByteWriter out;
        out.number(seen_);
        out.count(sample_.size());
        for (const Bytes& record : sample_) {
            out.raw(record.data(), record.size());
        }
        return out.take();
    }

private:
    Bytes encoded(const Batch& batch, std::uint32_t row) const {
        ByteWriter out;
        face_.encode(batch.rows, &row, 1, out);
        return out.take();
    }

    const RecordFace& face_;
    OperatorBudget budget_;
    std::int64_t reserved_ = 0;
    std::int64_t bytes_ = 0;  // of the records in sample_
    std::uint64_t size_;
    Prng prng_;
    std::uint64_t seen_ = 0;
    std::vector<Bytes> sample_;
};

std::unique_ptr<Action> make_take(const OperatorInit& init) {
    ByteReader in(init.payload);
    const auto limit = in.number<std::uint64_t>();
    if (!in.status("take")) {
        return nullptr;
    }
    return std::make_unique<CollectAction>(init, limit);
}

std::unique_ptr<Action> make_sample(const OperatorInit& init) {
    ByteReader in(init.payload);
    const auto size = in.number<std::uint64_t>();
    const auto seed = in.number<std::uint64_t>();
    if (!in.status("sample")) {
        return nullptr;
    }
    return std::make_unique<SampleAction>(init, size, seed);
}

OperatorEntry action_entry(MakeAction make) {
    OperatorEntry entry;
    entry.make_action = make;
    return entry;
}

struct Builtin {
    std::string_view name;
    OperatorEntry entry;
};

const std::vector<Builtin>& builtins() {
    static const std::vector<Builtin> table = [] {
        OperatorEntry sort;
        sort.make_operator = make_sort;
        return std::vector<Builtin>{
            {builtin::kSort, sort},
            {builtin::kCount, action_entry([](const OperatorInit&) -> std::unique_ptr<Action> {
                 return std::make_unique<CountAction>();
             })},
            {builtin::kDrain, action_entry([](const OperatorInit&) -> std::unique_ptr<Action> {
                 return std::make_unique<DrainAction>();
             })},
            {builtin::kCollect,
             action_entry([](const OperatorInit& init) -> std::unique_ptr<Action> {
                 return std::make_unique<CollectAction>(init, UINT64_MAX);
             })},
            {builtin::kTake, action_entry(make_take)},
            {builtin::kSample, action_entry(make_sample)},
        };
    }();
    return table;
}

}  // namespace

OperatorRef builtin_operator(std::string_view name, Bytes payload) {
    OperatorRef op;
    op.kind = OperatorKind::Builtin;
    op.name = name;
    op.version = kBuiltinVersion;
    op.payload = std::move(payload);
    return op;
}

RecordType text_record() {
    RecordType type;
    type.kind = OperatorKind::Builtin;
    type.name = "text";
    return type;
}

const OperatorEntry* find_builtin(const OperatorRef& op) {
    if (op.kind != OperatorKind::Builtin || op.version != kBuiltinVersion) {
        return nullptr;
    }
    const auto it = std::find_if(builtins().begin(), builtins().end(),
                                 [&](const Builtin& entry) { return entry.name == op.name; });
    return it == builtins().end() ? nullptr : &it->entry;
}

}  // namespace heddle::rdd
