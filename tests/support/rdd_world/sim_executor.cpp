#include "tests/support/rdd_world/sim_executor.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/blocks/block_message.h"
#include "common/rdd/barrier.h"
#include "executor/shell/map_output_reader.h"
#include "executor/task/task_body.h"

namespace heddle::test {

namespace {

constexpr std::int64_t kMemory = std::int64_t{64} << 20;
constexpr std::uint64_t kDamage = 200;  // one message in so many

// What other executors hold, in messages as a socket carries them: some come damaged.
class SimSource final : public executor::BlockSource {
public:
    SimSource(Peers& peers, Prng& prng) : peers_(peers), prng_(prng) {}

    std::unique_ptr<Pending> fetch(rdd::ExecutorId from,
                                   std::vector<rdd::BlockId> wanted) override {
        class Asked final : public Pending {
        public:
            Asked(SimSource& source, rdd::ExecutorId from, std::vector<rdd::BlockId> wanted)
                : source_(source), from_(from), wanted_(std::move(wanted)) {}
            Result<Answer> take(const std::atomic<bool>&) override {
                return source_.answer(from_, wanted_);
            }

        private:
            SimSource& source_;
            rdd::ExecutorId from_;
            std::vector<rdd::BlockId> wanted_;
        };
        return std::make_unique<Asked>(*this, from, std::move(wanted));
    }

private:
    Result<Answer> answer(rdd::ExecutorId from, const std::vector<rdd::BlockId>& wanted) {
        SimExecutor* holder = peers_.find(from);
        if (holder == nullptr) {
            return Error{ErrorCode::Unavailable, "the executor is lost"};
        }
        std::vector<blocks::BlockPtr> found;
        for (const rdd::BlockId& id : wanted) {
            found.push_back(holder->map_output().get(id));
        }
        const blocks::BlockMessage message(found, rdd::BlockCodec::None);
        const auto bytes = std::make_shared<rdd::Bytes>();
        for (const std::string_view part : message.parts()) {
            bytes->append(part);
        }
        if (prng_.chance(1, kDamage)) {
            bytes->back() = static_cast<char>(bytes->back() ^ 1);
        }
        TRY(auto blocks, blocks::parse_message(*bytes, bytes, wanted.size()));
        return Answer{std::move(blocks), bytes->size()};
    }

    Peers& peers_;
    Prng& prng_;
};

// The reader of a real executor, which notes what fails.
class SimBlocks final : public executor::ShuffleBlocks {
public:
    SimBlocks(SimExecutor& self, Peers& peers, Prng& prng,
              std::shared_ptr<const rdd::MapOutputTable> table, rdd::ShuffleId shuffle,
              rdd::Partition reduce, const std::atomic<bool>& cancelled)
        : peers_(peers),
          source_(peers, prng),
          table_(table),
          reduce_(reduce),
          reader_(executor::make_map_output_reader(shuffle, std::move(table), reduce, self.id(),
                                                   self.map_output(), &source_, cancelled)) {}

    Answer next(blocks::BlockPtr& block, rdd::TaskFailure& failure) override {
        const Answer answer = reader_->next(block, failure);
        if (answer == Answer::Failed) {
            peers_.fetch_failed();
        } else if (answer == Answer::Block && block != nullptr && !may_read(at_)) {
            block = nullptr;
        }
        ++at_;
        return answer;
    }
    std::optional<std::uint64_t> last_fetched() const override { return reader_->last_fetched(); }

private:
    bool may_read(std::size_t map) const {
        const rdd::MapOutput& output = table_->outputs[map];
        return peers_.may_read(output.executor,
                               rdd::BlockId::shuffle(table_->shuffle, output.map_task, reduce_));
    }

    Peers& peers_;
    SimSource source_;
    std::shared_ptr<const rdd::MapOutputTable> table_;  // shared as in an executor
    rdd::Partition reduce_;
    std::unique_ptr<executor::ShuffleBlocks> reader_;
    std::size_t at_ = 0;
};

// Says again what was answered before. The first wait beyond that leaves the body.
class SimMember final : public rdd::BarrierMember {
public:
    SimMember(const executor::StartTask& task, const std::vector<rdd::BarrierAnswer>& answers)
        : task_(task), answers_(answers) {}

    Result<rdd::BarrierMessages> sync(bool gather, rdd::Bytes message) override {
        const auto epoch = static_cast<std::size_t>(epoch_++);
        if (epoch < answers_.size() && answers_[epoch].error.empty()) {
            return answers_[epoch].messages;
        }
        if (epoch < answers_.size()) {
            return Error{ErrorCode::Conflict, answers_[epoch].error};
        }
        if (!request_) {
            request_ = {task_.launch.task.task, static_cast<std::int32_t>(epoch), gather,
                        std::move(message)};
        }
        return Error{ErrorCode::Cancelled, "left to wait"};
    }
    const std::vector<std::string>& addresses() const override { return task_.launch.gang; }
    std::int32_t epoch() const override { return epoch_; }
    const std::optional<rdd::BarrierRequest>& request() const { return request_; }

private:
    const executor::StartTask& task_;
    const std::vector<rdd::BarrierAnswer>& answers_;
    std::int32_t epoch_ = 0;
    std::optional<rdd::BarrierRequest> request_;
};

class SimInput final : public executor::TaskEnvironment {
public:
    SimInput(SimExecutor& self, Peers& peers, blocks::Accountant& memory,
             fs::FileSystem& file_system, Prng& prng, const executor::StartTask& task,
             const std::atomic<bool>& cancelled, SimMember& member)
        : TaskEnvironment(self.cached(), self.map_output(), memory, file_system),
          self_(self),
          peers_(peers),
          prng_(prng),
          task_(task),
          cancelled_(cancelled),
          member_(member) {}

    rdd::BarrierMember* barrier() override {
        return task_.launch.gang.empty() ? nullptr : &member_;
    }

    std::unique_ptr<executor::ShuffleBlocks> open_shuffle(rdd::ShuffleId shuffle,
                                                          rdd::Partition reduce) override {
        const auto it = task_.tables.find(shuffle);
        return std::make_unique<SimBlocks>(self_, peers_, prng_,
                                           it == task_.tables.end() ? nullptr : it->second, shuffle,
                                           reduce, cancelled_);
    }
    blocks::BlockPtr fetch_cached(const rdd::BlockId& id) override {
        for (const rdd::CachedAt& cached : task_.launch.cached) {
            SimExecutor* holder = cached.block == id ? peers_.find(cached.executor) : nullptr;
            blocks::BlockPtr block =
                holder == nullptr || holder == &self_ ? nullptr : holder->cached().get(id);
            if (block != nullptr) {
                peers_.cached_from_peer();
                return block;
            }
        }
        return nullptr;
    }
    Result<blocks::BlockPtr> fetch_broadcast(const rdd::BlockId& id) override {
        if (const auto at =
                self_.broadcasts().holder(rdd::BroadcastId{id.first}, id.second, self_.id())) {
            SimExecutor* holder = peers_.find(*at);
            blocks::BlockPtr block = holder == nullptr ? nullptr : holder->cached().get(id);
            if (block != nullptr) {
                peers_.chunk_from_peer();
                return block;
            }
        }
        return peers_.broadcast(id);
    }
    void broadcast_kept(rdd::BroadcastId id, std::int64_t chunk) override {
        self_.broadcast_kept(id, chunk);
    }
    std::size_t broadcast_start() const override {
        return static_cast<std::size_t>(self_.id().value);
    }
    executor::BroadcastDesk& broadcasts() override { return self_.broadcasts(); }

private:
    SimExecutor& self_;
    Peers& peers_;
    Prng& prng_;
    const executor::StartTask& task_;
    const std::atomic<bool>& cancelled_;
    SimMember& member_;
};

}  // namespace

SimExecutor::SimExecutor(Surroundings surroundings, std::int32_t slots)
    : around_(std::move(surroundings)),
      slots_(slots),
      books_(slots),
      accountant_(kMemory),
      cached_(accountant_, "/nonexistent/cached"),
      map_output_(accountant_, "/nonexistent/shuffle") {}

void SimExecutor::hear(const rdd::ToExecutor& message) {
    if (alive_) {
        step(executor::DriverSaid{message});
    }
}

void SimExecutor::step(const executor::Event& event) {
    executor::Effects effects;
    books_.step(event, effects);
    books_.check();
    for (executor::Effect& effect : effects) {
        if (auto* start_task = std::get_if<executor::StartTask>(&effect)) {
            start(std::move(*start_task));
        } else if (const auto* stop = std::get_if<executor::StopTask>(&effect)) {
            Begun& begun = *begun_.at(stop->task);
            begun.cancelled = true;
            if (deaf_ && around_.prng.chance(1, 3)) {
                begun.deaf = true;
                ++deaf_runs_;
                around_.note("deaf " + std::to_string(stop->task.value));
            } else if (std::exchange(begun.waits, false)) {
                go_on(stop->task);
            }
        } else if (auto* passed = std::get_if<executor::PassBarrier>(&effect)) {
            Begun& begun = *begun_.at(passed->answer.task);
            if (begun.waits && std::cmp_equal(passed->answer.epoch, begun.answers.size())) {
                barriers_ += passed->answer.error.empty() ? 1 : 0;
                begun.waits = false;
                begun.answers.push_back(std::move(passed->answer));
                go_on(begun.start.launch.task.task);
            }
        } else if (std::holds_alternative<executor::GrowMemory>(effect)) {
            grown_ = true;
        } else if (const auto* abandon = std::get_if<executor::AbandonTask>(&effect)) {
            leave_behind(abandon->task);
        } else if (const auto* wanted = std::get_if<executor::SendResult>(&effect)) {
            send_piece(wanted->wanted);
        } else if (const auto* forgotten = std::get_if<executor::ForgetResult>(&effect)) {
            results_.erase(forgotten->task);
        } else if (auto* tell = std::get_if<executor::TellDriver>(&effect)) {
            around_.tell(std::move(tell->message));
        } else if (const auto* drop = std::get_if<executor::ForgetRdd>(&effect)) {
            cached_.drop_rdd(drop->rdd);
        } else if (const auto* shuffle = std::get_if<executor::ForgetShuffle>(&effect)) {
            map_output_.drop(shuffle->shuffle);
        } else if (const auto* broadcast = std::get_if<executor::ForgetBroadcast>(&effect)) {
            desk_.forget(broadcast->broadcast);
            cached_.drop_broadcast(broadcast->broadcast);
        } else if (const auto* know = std::get_if<executor::KnowHolder>(&effect)) {
            desk_.hold(know->held);
        } else if (const auto* lose = std::get_if<executor::LosePeer>(&effect)) {
            desk_.lose(lose->executor);
        } else if (const auto* quit = std::get_if<executor::Quit>(&effect)) {
            around_.quit(!quit->reason.empty());
        } else if (const auto* fetch = std::get_if<executor::FetchReplica>(&effect)) {
            keep_replica(fetch->order);
        } else if (const auto* output = std::get_if<executor::FetchMapOutput>(&effect)) {
            keep_map_output(output->order);
        }
    }
}

void SimExecutor::leave_behind(rdd::TaskId task) {
    begun_.erase(task);
    rdd::TaskResult result;
    result.task = task;
    result.failure.emplace();
    result.failure->kind = rdd::FailureKind::TaskKilled;
    step(executor::TaskEnded{std::move(result)});
}

void SimExecutor::send_piece(const rdd::ResultWanted& wanted) {
    rdd::ResultPiece piece{wanted.task, wanted.from, {}};
    const auto it = results_.find(wanted.task);
    if (it != results_.end() && !around_.prng.chance(1, 10)) {
        // Less than was asked for, so that there are pieces.
        piece.bytes = it->second.substr(wanted.from, std::max<std::uint64_t>(wanted.size / 2, 1));
    }
    around_.tell(std::move(piece));
}

// The copy comes some time later; until then the RDD may be dropped, or the holder be gone.
void SimExecutor::keep_replica(const rdd::KeepReplica& order) {
    cached_.expect(order.block);
    around_.timeline.after(
        microseconds(around_.prng.between(200, 20'000)), [self = shared_from_this(), order] {
            if (!self->alive_) {
                return;
            }
            SimExecutor* holder = self->around_.peers.find(order.from);
            const blocks::BlockPtr block =
                holder == nullptr ? nullptr : holder->cached().get(order.block);
            self->around_.tell(rdd::ReplicaAnswer{
                order.order, self->cached_.put_expected(order.block, block, order.level)});
        });
}

void SimExecutor::keep_map_output(const rdd::KeepMapOutput& order) {
    map_output_.expect(order.shuffle, order.map_task);
    around_.timeline.after(
        microseconds(around_.prng.between(200, 20'000)), [self = shared_from_this(), order] {
            if (!self->alive_) {
                return;
            }
            SimExecutor* holder = self->around_.peers.find(order.from);
            bool there = holder != nullptr;
            std::vector<blocks::BlockPtr> blocks(order.sizes.size());
            for (std::size_t reduce = 0; there && reduce < blocks.size(); ++reduce) {
                const auto id = rdd::BlockId::shuffle(order.shuffle, order.map_task,
                                                      static_cast<rdd::Partition>(reduce));
                blocks[reduce] = holder->map_output().get(id, &there);
            }
            if (there &&
                self->map_output_.put_expected(order.shuffle, order.map_task, std::move(blocks))) {
                self->outputs_.emplace_back(order.shuffle, order.map_task);
                self->around_.tell(rdd::MapOutputKept{order.order, true});
                return;
            }
            self->map_output_.expect_no_more(order.shuffle, order.map_task);
            self->around_.tell(rdd::MapOutputKept{order.order, false});
        });
}

void SimExecutor::start(executor::StartTask start) {
    const rdd::TaskId task = start.launch.task.task;
    auto begun = std::make_unique<Begun>();
    begun->start = std::move(start);
    begun_[task] = std::move(begun);
    go_on(task);
}

// The body runs when its time has passed.
void SimExecutor::go_on(rdd::TaskId task) {
    const Duration time = microseconds(around_.prng.between(500, 40'000) * slowness_);
    around_.timeline.after(time, [self = shared_from_this(), task] {
        const auto it = self->begun_.find(task);
        if (self->alive_ && it != self->begun_.end() && !it->second->deaf) {
            self->run(task);
        }
    });
}

void SimExecutor::run(rdd::TaskId task) {
    Begun& begun = *begun_.at(task);
    const executor::StartTask& start = begun.start;
    SimMember member(start, begun.answers);
    SimInput input(*this, around_.peers, accountant_, around_.files, around_.prng, start,
                   begun.cancelled, member);
    rdd::TaskResult result;
    if (broken_) {
        ++broken_runs_;
        result.task = task;
        result.failure.emplace();
        result.failure->kind = rdd::FailureKind::ExceptionFailure;
        result.failure->message = "nothing works on this node";
    } else if (hungry_ && (begun_.size() > 1 || (starving_ && !grown_)) &&
               start.launch.gang.empty() && start.launch.task.partition % 3 == 1) {
        ++hungry_runs_;
        result.task = task;
        result.failure.emplace();
        result.failure->kind = rdd::FailureKind::ExceptionFailure;
        result.failure->message = "out of memory beside others";
        result.failure->out_of_memory = true;
    } else {
        result = executor::run_task(*start.plan, start.launch.task, input, begun.cancelled);
    }
    begun.blocks.insert(begun.blocks.end(), result.blocks.begin(), result.blocks.end());
    if (member.request() && !begun.cancelled) {
        begun.waits = true;
        around_.note("wait " + std::to_string(task.value) + " on " + rdd::to_string(id_));
        around_.tell(*member.request());
        return;
    }
    result.blocks = std::move(begun.blocks);
    if (result.map) {
        outputs_.emplace_back(start.plan->shuffle.shuffle, result.map->map_task);
    }
    around_.note("ran " + std::to_string(result.task.value) + " on " + rdd::to_string(id_) +
                 (result.ok() ? "" : " " + rdd::describe(*result.failure)));
    begun_.erase(task);
    if (parks_ && result.ok() && !result.value.empty()) {
        ++parked_runs_;
        result.parked = result.value.size();
        results_[task] = std::exchange(result.value, {});
    }
    step(executor::TaskEnded{std::move(result)});
}

rdd::ExecutorHeartbeat SimExecutor::heartbeat() {
    rdd::ExecutorHeartbeat beat;
    beat.blocks = cached_.take_updates();
    return beat;
}

bool SimExecutor::lose_map_output() {
    if (outputs_.empty()) {
        return false;
    }
    const auto& [shuffle, task] = outputs_[around_.prng.below(outputs_.size())];
    around_.note("lose output of task " + std::to_string(task.value));
    map_output_.drop_map(shuffle, task);
    return true;
}

}  // namespace heddle::test
