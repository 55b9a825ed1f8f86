// Reading map output in map order, ahead of the reader where it comes from elsewhere.
#include "executor/shell/task_input.h"

#include <deque>
#include <utility>

namespace heddle::executor {

namespace {

// Requests under way for one reader: Spark's 48 MB, and a number that keeps small blocks coming.
constexpr std::uint64_t kFlightBytes = 48U << 20U;
constexpr std::size_t kFlightBlocks = 64;

rdd::TaskFailure fetch_failure(rdd::ShuffleId shuffle, rdd::Partition map, rdd::Partition reduce,
                               const rdd::MapOutput* output, std::string message) {
    rdd::TaskFailure failure;
    failure.kind = rdd::FailureKind::FetchFailed;
    failure.message = std::move(message);
    failure.shuffle = shuffle;
    failure.reduce = reduce;
    failure.map_index = map;
    failure.map_task = output == nullptr ? rdd::TaskId{-1} : output->map_task;
    failure.executor = output == nullptr ? std::string() : rdd::to_string(output->executor);
    return failure;
}

class UnknownShuffle final : public ShuffleBlocks {
public:
    UnknownShuffle(rdd::ShuffleId shuffle, rdd::Partition reduce)
        : shuffle_(shuffle), reduce_(reduce) {}
    Answer next(blocks::BlockPtr&, rdd::TaskFailure& failure) override {
        failure = fetch_failure(shuffle_, -1, reduce_, nullptr,
                                "the map output of the shuffle is not known to the executor");
        return Answer::Failed;
    }
    bool last_was_remote() const override { return false; }

private:
    rdd::ShuffleId shuffle_;
    rdd::Partition reduce_;
};

class MapOutputReader final : public ShuffleBlocks {
public:
    MapOutputReader(std::shared_ptr<const rdd::MapOutputTable> table, rdd::Partition reduce,
                    rdd::ExecutorId self, blocks::ShuffleStore& store, BlockSource* source,
                    const std::atomic<bool>& cancelled)
        : table_(std::move(table)),
          reduce_(reduce),
          self_(self),
          store_(store),
          source_(source),
          cancelled_(cancelled) {}

    Answer next(blocks::BlockPtr& block, rdd::TaskFailure& failure) override {
        remote_ = false;
        block = nullptr;
        if (at_ == table_->outputs.size()) {
            return Answer::End;
        }
        const std::size_t map = at_++;
        const rdd::MapOutput& output = table_->outputs[map];
        if (size_of(output) == 0) {
            return Answer::Block;
        }
        return output.executor == self_ ? take_here(map, block, failure)
                                        : take_remote(map, block, failure);
    }
    bool last_was_remote() const override { return remote_; }

private:
    struct Flight {
        std::size_t map = 0;
        std::uint64_t size = 0;
        std::unique_ptr<BlockSource::Pending> pending;
    };

    std::uint64_t size_of(const rdd::MapOutput& output) const {
        const auto index = static_cast<std::size_t>(reduce_);
        return index < output.sizes.size() ? output.sizes[index] : 0;
    }
    rdd::BlockId id_of(const rdd::MapOutput& output) const {
        return rdd::BlockId::shuffle(table_->shuffle, output.map_task, reduce_);
    }
    Answer fail(std::size_t map, rdd::TaskFailure& failure, std::string message) const {
        failure = fetch_failure(table_->shuffle, static_cast<rdd::Partition>(map), reduce_,
                                &table_->outputs[map], std::move(message));
        return Answer::Failed;
    }

    Answer take_here(std::size_t map, blocks::BlockPtr& block, rdd::TaskFailure& failure) const {
        bool known = false;
        block = store_.get(id_of(table_->outputs[map]), &known);
        return known ? Answer::Block : fail(map, failure, "the executor has lost it");
    }

    Answer take_remote(std::size_t map, blocks::BlockPtr& block, rdd::TaskFailure& failure) {
        if (source_ == nullptr) {
            return fail(map, failure, "there is no way to another executor");
        }
        fill_flight(map);
        Flight flight = std::move(flights_.front());
        flights_.pop_front();
        flight_bytes_ -= flight.size;
        auto answer = flight.pending->take(cancelled_);
        if (!answer) {
            return fail(map, failure, answer.error().message);
        }
        if (*answer == nullptr) {
            return fail(map, failure, "the executor does not have it any more");
        }
        block = std::move(answer).value();
        remote_ = true;
        return Answer::Block;
    }

    // Asks for `map` and what follows, in map order, as far as the limits allow.
    void fill_flight(std::size_t map) {
        asked_ = std::max(asked_, map);
        while (asked_ < table_->outputs.size()) {
            const rdd::MapOutput& output = table_->outputs[asked_];
            const std::uint64_t size = size_of(output);
            if (size == 0 || output.executor == self_) {
                ++asked_;
                continue;
            }
            if (!flights_.empty() &&
                (flight_bytes_ + size > kFlightBytes || flights_.size() >= kFlightBlocks)) {
                return;
            }
            flights_.push_back({asked_, size, source_->fetch(output.executor, id_of(output))});
            flight_bytes_ += size;
            ++asked_;
        }
    }

    std::shared_ptr<const rdd::MapOutputTable> table_;  // shared by all readers of the executor
    rdd::Partition reduce_;
    rdd::ExecutorId self_;
    blocks::ShuffleStore& store_;
    BlockSource* source_;
    const std::atomic<bool>& cancelled_;
    std::size_t at_ = 0;
    std::size_t asked_ = 0;
    std::deque<Flight> flights_;
    std::uint64_t flight_bytes_ = 0;
    bool remote_ = false;
};

}  // namespace

std::unique_ptr<ShuffleBlocks> TaskInput::open_shuffle(rdd::ShuffleId shuffle,
                                                       rdd::Partition reduce) {
    const auto it = task_.tables.find(shuffle);
    if (it == task_.tables.end()) {
        return std::make_unique<UnknownShuffle>(shuffle, reduce);
    }
    return std::make_unique<MapOutputReader>(it->second, reduce, self_, shuffles, source_,
                                             cancelled_);
}

blocks::BlockPtr TaskInput::fetch_cached(const rdd::BlockId& id) {
    if (source_ == nullptr) {
        return nullptr;
    }
    for (const rdd::CachedAt& cached : task_.launch.cached) {
        if (cached.block != id) {
            continue;
        }
        auto answer = source_->fetch(cached.executor, id)->take(cancelled_);
        if (answer && *answer != nullptr) {
            return std::move(answer).value();
        }
    }
    return nullptr;  // nobody has it any more: it is computed
}

Result<blocks::BlockPtr> TaskInput::fetch_broadcast(const rdd::BlockId& id) {
    if (driver_ != nullptr) {
        return driver_->get(id);
    }
    if (source_ == nullptr) {
        return Error{ErrorCode::Unavailable, "there is no way to the driver"};
    }
    if (const auto holder = desk_->holder(rdd::BroadcastId{id.first}, id.second, self_)) {
        auto answer = source_->fetch(*holder, id)->take(cancelled_);
        if (answer && *answer != nullptr) {
            return answer;
        }
    }
    return source_->fetch(rdd::kNoExecutor, id)->take(cancelled_);
}

}  // namespace heddle::executor
