#include "tests/support/rdd_world/unordered_jobs.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "common/rdd/operator.h"
#include "common/rdd/registry.h"
#include "common/rdd/scope.h"
#include "tests/support/plans.h"

namespace heddle::test {

namespace {

// Turns the records of a partition round by the task's number: the same records, in an order that
// another attempt does not repeat.
class TurnRound final : public rdd::Operator {
public:
    TurnRound(const rdd::OperatorInit& init, rdd::Sink& next)
        : next_(next), face_(init.face), turn_(init.scope.task().task.value) {}

    rdd::Flow push(rdd::Batch& batch) override {
        const auto* rows = static_cast<const std::string_view*>(batch.rows);
        for (std::uint32_t i = 0; i < batch.count; ++i) {
            kept_.emplace_back(rows[i]);
        }
        return rdd::Flow::Continue;
    }
    rdd::Flow close() override {
        if (kept_.empty()) {
            return rdd::Flow::Continue;
        }
        std::rotate(kept_.begin(),
                    kept_.begin() + static_cast<std::ptrdiff_t>(
                                        static_cast<std::size_t>(turn_ * 7) % kept_.size()),
                    kept_.end());
        std::vector<std::string_view> views(kept_.begin(), kept_.end());
        rdd::Batch batch;
        batch.count = static_cast<std::uint32_t>(views.size());
        batch.rows = views.data();
        batch.face = face_;
        return next_.push(batch);
    }

private:
    rdd::Sink& next_;
    const rdd::RecordFace* face_;
    std::int64_t turn_;
    std::vector<std::string> kept_;  // until the task ends: views point into it
};

std::uint32_t turn_round_ordinal() {
    static const std::uint32_t ordinal = [] {
        rdd::OperatorEntry entry;
        entry.type_name = "TurnRound";
        entry.make_operator = [](const rdd::OperatorInit& init,
                                 rdd::Sink& next) -> std::unique_ptr<rdd::Operator> {
            return std::make_unique<TurnRound>(init, next);
        };
        return rdd::register_entry(entry);
    }();
    return ordinal;
}

// Passes records on after all tasks of the stage have said how many they have, and have waited for
// each other once more.
class Meet final : public rdd::Operator {
public:
    Meet(const rdd::OperatorInit& init, rdd::Sink& next) : init_(init), next_(next) {}

    rdd::Flow push(rdd::Batch& batch) override {
        rows_ += batch.count;
        return next_.push(batch);
    }
    rdd::Flow close() override {
        const rdd::Bytes own = std::to_string(init_.partition) + ":" + std::to_string(rows_);
        rdd::BarrierMember* const others = init_.scope.barrier();
        const auto said = others == nullptr
                              ? Result<rdd::BarrierMessages>(Error{ErrorCode::Internal, "alone"})
                              : others->sync(true, own);
        if (!said) {
            return fail(said.error().message, false);
        }
        const std::vector<rdd::Bytes>& all = **said;
        bool right = all.size() == others->addresses().size() &&
                     all.at(static_cast<std::size_t>(init_.partition)) == own;
        for (std::size_t i = 0; i < all.size(); ++i) {
            right = right && all[i].starts_with(std::to_string(i) + ":");
        }
        if (!right) {
            return fail("the others were not heard as they should be", true);
        }
        const auto again = others->sync(false, {});
        return again ? rdd::Flow::Continue : fail(again.error().message, false);
    }

private:
    rdd::Flow fail(const std::string& why, bool final) {
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::ExceptionFailure;
        failure.message = why;
        failure.final = final;
        init_.scope.fail(std::move(failure));
        return rdd::Flow::Stop;
    }
    rdd::OperatorInit init_;
    rdd::Sink& next_;
    std::uint64_t rows_ = 0;
};

rdd::RddNode meeting(std::int32_t id, const rdd::RddNode& parent) {
    static const std::uint32_t ordinal = [] {
        rdd::OperatorEntry entry;
        entry.type_name = "Meet";
        entry.make_operator = [](const rdd::OperatorInit& init,
                                 rdd::Sink& next) -> std::unique_ptr<rdd::Operator> {
            return std::make_unique<Meet>(init, next);
        };
        return rdd::register_entry(entry);
    }();
    rdd::RddNode node = sorted(id, parent);
    node.name = "meet";
    node.op = rdd::registered_operator(ordinal, "meet", {});
    node.determinism = parent.determinism;
    node.barrier = true;
    return node;
}

constexpr std::string_view kShared = "a value that takes several chunks of a few bytes each";
constexpr std::uint64_t kChunk = 8;

// Adds the number of rows that come by to the accumulator that has the number of the node.
class CountRows final : public rdd::Operator {
public:
    CountRows(const rdd::OperatorInit& init, rdd::Sink& next) : next_(next) {
        rdd::ByteReader in(init.payload);
        const rdd::AccumulatorId id{in.number<std::int64_t>()};
        const rdd::BroadcastRef ref{rdd::BroadcastId{in.number<std::int64_t>()},
                                    in.number<std::uint64_t>(), in.number<std::uint64_t>()};
        const auto value = init.scope.broadcasts()->read(ref, rdd::text_face());
        if (!value || *static_cast<const std::string_view*>(value->get()) != kShared) {
            rdd::TaskFailure failure;
            failure.kind = rdd::FailureKind::ExceptionFailure;
            failure.message = "a broadcast value is not what it was: " +
                              (value ? "other bytes" : value.error().message);
            failure.final = true;
            init.scope.fail(std::move(failure));
        }
        auto part = std::make_unique<Part>();
        part_ = part.get();
        init.scope.accumulators().add(id, "", std::move(part));
    }
    rdd::Flow push(rdd::Batch& batch) override {
        part_->rows += batch.count;
        return next_.push(batch);
    }
    rdd::Flow close() override { return rdd::Flow::Continue; }

private:
    struct Part final : rdd::AccumulatorPart {
        std::int64_t rows = 0;
        rdd::Bytes encoded() const override { return std::to_string(rows); }
        std::string text() const override { return {}; }
    };
    rdd::Sink& next_;
    Part* part_;
};

rdd::RddNode counted(std::int32_t id, const rdd::RddNode& parent, const rdd::BroadcastRef& ref) {
    static const std::uint32_t ordinal = [] {
        rdd::OperatorEntry entry;
        entry.type_name = "CountRows";
        entry.make_operator = [](const rdd::OperatorInit& init,
                                 rdd::Sink& next) -> std::unique_ptr<rdd::Operator> {
            return std::make_unique<CountRows>(init, next);
        };
        return rdd::register_entry(entry);
    }();
    rdd::RddNode node = sorted(id, parent);
    node.name = "count_rows";
    rdd::ByteWriter payload;
    payload.number<std::int64_t>(id);
    payload.number(ref.id.value);
    payload.number(ref.bytes);
    payload.number(ref.chunk_bytes);
    node.op = rdd::registered_operator(ordinal, "count_rows", payload.take());
    node.determinism = parent.determinism;
    return node;
}

rdd::RddNode turned(std::int32_t id, const rdd::RddNode& parent) {
    rdd::RddNode node = sorted(id, parent);
    node.name = "turn_round";
    node.op = rdd::registered_operator(turn_round_ordinal(), "turn_round", {});
    node.determinism = rdd::Determinism::Unordered;
    return node;
}

}  // namespace

// Rows dealt out by hash, turned round (so that their order is another one each time), dealt out by
// position, persisted, and dealt out again: two jobs share the shuffles, and a third one is
// independent of them.
UnorderedJobs draw_unordered_jobs(Prng& prng) {
    UnorderedJobs jobs;
    const auto texts = distinct_texts(static_cast<std::int32_t>(prng.between(3, 6)), 40);
    for (const auto& part : texts) {
        jobs.expected.insert(jobs.expected.end(), part.begin(), part.end());
    }
    std::sort(jobs.expected.begin(), jobs.expected.end());
    const rdd::RddNode source = text_source(0, texts);
    const rdd::RddNode hashed = shuffled(1, source, 0, kBarrierTasks);
    const rdd::RddNode turn = turned(2, hashed);
    rdd::RddNode dealt = shuffled(3, turn, 1, 5, rdd::PartitionerKind::RoundRobin);
    dealt.determinism = rdd::Determinism::Indeterminate;
    rdd::RddNode kept = sorted(4, dealt);
    kept.determinism = rdd::Determinism::Indeterminate;
    if (prng.chance(1, 2)) {
        kept.storage =
            texts.size() % 2 == 0 ? rdd::kMemoryOnly : rdd::replicated(rdd::kMemoryOnly, 2);
    }
    const rdd::RddNode again = shuffled(5, kept, 2, 3);
    jobs.broadcasts = std::make_shared<blocks::BroadcastStore>();
    rdd::ByteWriter value;
    value.text(kShared);
    jobs.broadcast = jobs.broadcasts->add(value.take(), kChunk);
    jobs.roots = {counted(6, again, jobs.broadcast), counted(7, kept, jobs.broadcast),
                  counted(8, hashed, jobs.broadcast)};
    jobs.plan = plan_of(
        {source, hashed, turn, dealt, kept, again, jobs.roots[0], jobs.roots[1], jobs.roots[2]});
    return jobs;
}

void add_barrier_jobs(UnorderedJobs& jobs) {
    const rdd::RddNode& hashed = *jobs.plan.find(rdd::RddId{1});
    const rdd::RddNode met = meeting(9, hashed);
    const rdd::RddNode dealt = shuffled(10, met, 3, 3);
    for (rdd::RddNode node : {met, dealt}) {
        jobs.plan.nodes.push_back(std::move(node));
    }
    for (const rdd::RddNode& root :
         {counted(11, met, jobs.broadcast), counted(12, dealt, jobs.broadcast)}) {
        jobs.roots.push_back(root);
        jobs.plan.nodes.push_back(root);
    }
}

}  // namespace heddle::test
