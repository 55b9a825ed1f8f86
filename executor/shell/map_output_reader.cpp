// Reading map output in map order, ahead of the reader where it comes from elsewhere.
#include "executor/shell/map_output_reader.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace heddle::executor {

namespace {

// Spark's 48 MB under way, in requests of a fifth, so that several executors send at once.
constexpr std::uint64_t kFlightBytes = 48U << 20U;
constexpr std::uint64_t kRequestBytes = kFlightBytes / 5;
// Blocks of this executor that are looked up at a time.
constexpr std::size_t kLookUp = 256;

std::uint64_t size_of(const rdd::MapOutput& output, rdd::Partition reduce) {
    const auto index = static_cast<std::size_t>(reduce);
    return index < output.sizes.size() ? output.sizes[index] : 0;
}

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
    std::optional<std::uint64_t> last_fetched() const override { return std::nullopt; }

private:
    rdd::ShuffleId shuffle_;
    rdd::Partition reduce_;
};

class MapOutputReader final : public ShuffleBlocks {
public:
    MapOutputReader(std::shared_ptr<const rdd::MapOutputTable> table, rdd::Partition reduce,
                    rdd::ExecutorId self, const blocks::ShuffleStore& store, BlockSource* source,
                    const std::atomic<bool>& cancelled)
        : table_(std::move(table)),
          reduce_(reduce),
          self_(self),
          store_(store),
          cancelled_(cancelled) {
        if (source != nullptr) {
            elsewhere_.emplace(*table_, reduce, self, *source);
        }
    }

    Answer next(blocks::BlockPtr& block, rdd::TaskFailure& failure) override {
        fetched_.reset();
        block = nullptr;
        if (at_ == table_->outputs.size()) {
            return Answer::End;
        }
        const std::size_t map = at_++;
        const rdd::MapOutput& output = table_->outputs[map];
        if (size_of(output, reduce_) == 0) {
            return Answer::Block;
        }
        return output.executor == self_ ? take_here(map, block, failure)
                                        : take_elsewhere(map, block, failure);
    }
    std::optional<std::uint64_t> last_fetched() const override { return fetched_; }

private:
    Answer fail(std::size_t map, rdd::TaskFailure& failure, std::string message) const {
        failure = fetch_failure(table_->shuffle, static_cast<rdd::Partition>(map), reduce_,
                                &table_->outputs[map], std::move(message));
        return Answer::Failed;
    }

    Answer take_here(std::size_t map, blocks::BlockPtr& block, rdd::TaskFailure& failure) {
        if (next_here_ == here_.size()) {
            look_up(map);
        }
        blocks::ShuffleStore::Found& found = here_[next_here_++];
        block = std::move(found.block);
        return found.known ? Answer::Block : fail(map, failure, "the executor has lost it");
    }

    // Many at a time: each look takes the store's lock, for which all task threads compete.
    void look_up(std::size_t map) {
        std::vector<rdd::TaskId> tasks;
        for (; map < table_->outputs.size() && tasks.size() < kLookUp; ++map) {
            const rdd::MapOutput& output = table_->outputs[map];
            if (output.executor == self_ && size_of(output, reduce_) != 0) {
                tasks.push_back(output.map_task);
            }
        }
        here_ = store_.get(table_->shuffle, reduce_, tasks);
        next_here_ = 0;
    }

    Answer take_elsewhere(std::size_t map, blocks::BlockPtr& block, rdd::TaskFailure& failure) {
        if (!elsewhere_) {
            return fail(map, failure, "there is no way to another executor");
        }
        Result<FetchAhead::Fetched> answer = elsewhere_->take(map, cancelled_);
        if (!answer) {
            return fail(map, failure, answer.error().message);
        }
        if (answer->block == nullptr) {
            return fail(map, failure, "the executor does not have it any more");
        }
        block = std::move(answer->block);
        fetched_ = answer->bytes;
        return Answer::Block;
    }

    std::shared_ptr<const rdd::MapOutputTable> table_;  // shared by all readers of the executor
    rdd::Partition reduce_;
    rdd::ExecutorId self_;
    const blocks::ShuffleStore& store_;
    const std::atomic<bool>& cancelled_;
    std::size_t at_ = 0;
    std::vector<blocks::ShuffleStore::Found> here_;  // of this executor, in map order
    std::size_t next_here_ = 0;
    std::optional<FetchAhead> elsewhere_;
    std::optional<std::uint64_t> fetched_;
};

}  // namespace

// Asks for what follows, in map order, as far as the limit allows: at least for one block.
void FetchAhead::ask() {
    std::map<rdd::ExecutorId, Request> open;
    for (; asked_ < table_.outputs.size(); ++asked_) {
        const rdd::MapOutput& output = table_.outputs[asked_];
        const std::uint64_t size = size_of(output, reduce_);
        if (size == 0 || output.executor == self_) {
            continue;
        }
        if (under_way_ != 0 && under_way_ + size > kFlightBytes) {
            break;
        }
        under_way_ += size;
        Request& request = open[output.executor];
        request.blocks.push_back(rdd::BlockId::shuffle(table_.shuffle, output.map_task, reduce_));
        request.sizes.push_back(size);
        request.size += size;
        if (request.size >= kRequestBytes || request.blocks.size() == rdd::kBlocksPerRequest) {
            send(output.executor, std::exchange(request, {}));
        }
    }
    for (auto& [from, request] : open) {
        if (!request.blocks.empty()) {
            send(from, std::move(request));
        }
    }
}

void FetchAhead::send(rdd::ExecutorId from, Request request) {
    request.pending = source_.fetch(from, request.blocks);
    requests_[from].push_back(std::move(request));
}

// The first request of `from` came damaged, and it matters whose block that is: the map task that
// is named runs again.
void FetchAhead::ask_one_by_one(rdd::ExecutorId from) {
    std::deque<Request>& requests = requests_[from];
    const Request together = std::move(requests.front());
    requests.pop_front();
    for (std::size_t i = together.blocks.size(); i-- > 0;) {
        Request alone;
        alone.blocks = {together.blocks[i]};
        alone.sizes = {together.sizes[i]};
        alone.size = together.sizes[i];
        alone.pending = source_.fetch(from, alone.blocks);
        requests.push_front(std::move(alone));
    }
}

// A block's part of what was sent for all goes by its size; the parts add up to the whole.
FetchAhead::Fetched FetchAhead::next_of(Request& request) {
    request.before += request.sizes[request.next];
    const std::uint64_t told = request.before == request.size
                                   ? request.answer->bytes  // else `before` is below kRequestBytes
                                   : request.answer->bytes * request.before / request.size;
    Fetched fetched{std::move(request.answer->blocks[request.next]), told - request.counted};
    request.counted = told;
    ++request.next;
    return fetched;
}

Result<FetchAhead::Fetched> FetchAhead::take(std::size_t map, const std::atomic<bool>& cancelled) {
    if (map >= asked_ || under_way_ <= kFlightBytes / 2) {
        asked_ = std::max(asked_, map);
        ask();
    }
    const rdd::ExecutorId from = table_.outputs[map].executor;
    std::deque<Request>& requests = requests_[from];
    CHECK(!requests.empty());
    if (!requests.front().answer) {
        Request& first = requests.front();
        auto answer = source_.take(*first.pending, from, first.blocks, cancelled);
        if (!answer && answer.error().code == ErrorCode::DataLoss && first.blocks.size() > 1) {
            ask_one_by_one(from);
            answer =
                source_.take(*requests.front().pending, from, requests.front().blocks, cancelled);
        }
        TRY(requests.front().answer, std::move(answer));
        requests.front().pending = nullptr;
    }
    Request& request = requests.front();
    Fetched fetched = next_of(request);
    if (request.next == request.blocks.size()) {
        under_way_ -= request.size;
        requests.pop_front();
    }
    return fetched;
}

std::unique_ptr<ShuffleBlocks> make_map_output_reader(
    rdd::ShuffleId shuffle, std::shared_ptr<const rdd::MapOutputTable> table, rdd::Partition reduce,
    rdd::ExecutorId self, const blocks::ShuffleStore& store, BlockSource* source,
    const std::atomic<bool>& cancelled) {
    if (table == nullptr) {
        return std::make_unique<UnknownShuffle>(shuffle, reduce);
    }
    return std::make_unique<MapOutputReader>(std::move(table), reduce, self, store, source,
                                             cancelled);
}

}  // namespace heddle::executor
