#pragma once

// A driver's core in a test: virtual time, what it orders as a trace, answers by the number of the
// launch.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/driver/core/driver.h"
#include "tests/support/plans.h"

namespace heddle::driver {

class Core {
public:
    explicit Core(Config config = {}) : driver_(config) {}

    void tell(const Event& event) {
        Effects effects;
        driver_.step(now_, event, effects);
        driver_.check();
        for (Effect& effect : effects) {
            if (auto* send = std::get_if<Send>(&effect)) {
                if (const auto* begin = std::get_if<rdd::StageBegin>(&send->message)) {
                    begun_.push_back(begin->plan);
                } else if (auto* launch = std::get_if<rdd::TaskLaunch>(&send->message)) {
                    launched_.push_back({send->executor, launch->task});
                    gangs_.push_back(launch->gang);
                    trace_ += "run " + std::to_string(launch->task.stage.value) + "/" +
                              std::to_string(launch->task.partition) + " on " +
                              rdd::to_string(send->executor) + "\n";
                } else if (const auto* table = std::get_if<rdd::MapOutputsKnown>(&send->message)) {
                    trace_ +=
                        "outputs of shuffle " + std::to_string(table->table->shuffle.value) + "\n";
                } else if (const auto* held = std::get_if<rdd::BroadcastHeld>(&send->message)) {
                    trace_ += "tell " + rdd::to_string(send->executor) + ": chunk " +
                              std::to_string(held->chunk) + " is on " +
                              rdd::to_string(held->executor) + "\n";
                } else if (const auto* copy = std::get_if<rdd::KeepReplica>(&send->message)) {
                    copies_.push_back({send->executor, *copy});
                    trace_ += "copy " + rdd::to_string(copy->block) + " from " +
                              rdd::to_string(copy->from) + " to " + rdd::to_string(send->executor) +
                              "\n";
                } else if (const auto* move = std::get_if<rdd::KeepMapOutput>(&send->message)) {
                    moves_.push_back({send->executor, *move});
                    trace_ += "move output of task " + std::to_string(move->map_task.value) +
                              " from " + rdd::to_string(move->from) + " to " +
                              rdd::to_string(send->executor) + "\n";
                } else if (const auto* cancel = std::get_if<rdd::TaskCancel>(&send->message)) {
                    cancelled_.push_back(cancel->task);
                } else if (const auto* answer = std::get_if<rdd::BarrierAnswer>(&send->message)) {
                    answers_.push_back(*answer);
                } else if (const auto* drop = std::get_if<rdd::DropRdd>(&send->message)) {
                    drops_.push_back({send->executor, *drop});
                } else if (const auto* abandon = std::get_if<rdd::TaskAbandon>(&send->message)) {
                    abandoned_.push_back(abandon->task);
                } else if (const auto* wanted = std::get_if<rdd::ResultWanted>(&send->message)) {
                    wanted_results_.push_back(*wanted);
                    trace_ += "ask " + rdd::to_string(send->executor) + " for result of " +
                              std::to_string(wanted->task.value) + " from " +
                              std::to_string(wanted->from) + "\n";
                } else if (const auto* grown = std::get_if<rdd::MemoryGrown>(&send->message)) {
                    trace_ += "memory of " + rdd::to_string(send->executor) + ": " +
                              std::to_string(grown->memory) + "\n";
                } else if (const auto* forget = std::get_if<rdd::ResultDropped>(&send->message)) {
                    trace_ += "drop result of " + std::to_string(forget->task.value) + "\n";
                } else if (std::holds_alternative<rdd::DropBroadcast>(send->message)) {
                    trace_ += "drop broadcast on " + rdd::to_string(send->executor) + "\n";
                }
            } else if (const auto* result = std::get_if<DeliverResult>(&effect)) {
                trace_ += "result " + std::to_string(result->partition) + "\n";
            } else if (const auto* merge = std::get_if<MergeAccumulators>(&effect)) {
                for (const rdd::AccumulatorUpdate& update : merge->updates) {
                    trace_ += "add " + update.part + "\n";
                }
            } else if (const auto* end = std::get_if<EndJob>(&effect)) {
                trace_ += "end " + std::to_string(end->job.value) + "\n";
                error_ = end->error;
            } else if (const auto* drop = std::get_if<DropExecutor>(&effect)) {
                dropped_.push_back(drop->executor);
            } else if (const auto* want = std::get_if<WantExecutors>(&effect)) {
                wanted_.push_back(want->count);
                released_.insert(released_.end(), want->released.begin(), want->released.end());
            } else if (const auto* grow = std::get_if<GrowExecutor>(&effect)) {
                trace_ += "grow " + rdd::to_string(grow->executor) + "\n";
            } else if (const auto* avoid = std::get_if<AvoidNodes>(&effect)) {
                avoided_ = avoid->nodes;
            } else if (auto* happened = std::get_if<Happened>(&effect)) {
                happened_.push_back(std::move(happened->what));
            }
        }
    }
    void advance(Duration by) {
        now_ = now_ + by;
        tell(Tick{});
    }
    void add_executor(std::int32_t id, const std::string& host, std::int32_t slots = 1,
                      const std::string& rack = "") {
        ExecutorRegistered event;
        event.rack = rack;
        event.executor = rdd::ExecutorId{id};
        event.host = host;
        event.address = "10.0.0." + std::to_string(id);
        event.slots = slots;
        event.memory = 1000;
        event.port = 1;
        tell(event);
    }
    void submit(std::int32_t id, const rdd::Plan& plan, const rdd::RddNode& node) {
        JobSubmitted event;
        event.job = rdd::JobId{id};
        event.plan = std::make_shared<const rdd::Plan>(plan);
        event.rdd = node.id;
        event.partitions = test::all_partitions(node);
        tell(event);
    }
    // Answers the launch number `index`; map tasks with as many sizes as there are reducers.
    void succeed(std::size_t index, std::size_t reducers = 0, const std::string& adds = "") {
        rdd::TaskResult result;
        if (!adds.empty()) {
            result.accumulators = {{rdd::AccumulatorId{7}, "rows", adds, adds}};
        }
        result.task = launched_.at(index).task.task;
        if (reducers > 0) {
            result.map = rdd::MapStatus{result.task, launched_[index].task.partition, "",
                                        std::vector<std::uint64_t>(reducers, 10)};
        }
        tell(ExecutorSaid{launched_[index].executor, rdd::TaskDone{result}});
    }
    // Its value waits at its executor.
    void park(std::size_t index, std::uint64_t size) {
        rdd::TaskResult result;
        result.task = launched_.at(index).task.task;
        result.parked = size;
        tell(ExecutorSaid{launched_[index].executor, rdd::TaskDone{result}});
    }
    // What the driver asked for last; nothing: it is gone.
    void send_piece(bool there = true) {
        const rdd::ResultWanted wanted = wanted_results_.back();
        rdd::ResultPiece piece{wanted.task, wanted.from, {}};
        if (there) {
            piece.bytes.assign(wanted.size, 'x');
        }
        for (const Launched& launch : launched_) {
            if (launch.task.task == wanted.task) {
                tell(ExecutorSaid{launch.executor, piece});
                return;
            }
        }
    }
    void fail(std::size_t index, rdd::TaskFailure failure) {
        rdd::TaskResult result;
        result.task = launched_.at(index).task.task;
        result.failure = std::move(failure);
        tell(ExecutorSaid{launched_[index].executor, rdd::TaskDone{result}});
    }
    std::string trace() { return std::exchange(trace_, {}); }

    struct Launched {
        rdd::ExecutorId executor;
        rdd::TaskDescription task;
    };
    struct Copy {
        rdd::ExecutorId executor;
        rdd::KeepReplica message;
    };
    struct Move {
        rdd::ExecutorId executor;
        rdd::KeepMapOutput message;
    };
    struct Drop {
        rdd::ExecutorId executor;
        rdd::DropRdd message;
    };
    TimePoint now_;
    Driver driver_;
    std::vector<Launched> launched_;
    std::vector<Copy> copies_;
    std::vector<Move> moves_;
    std::vector<Drop> drops_;
    std::vector<std::vector<std::string>> gangs_;  // by launch
    std::vector<rdd::TaskId> cancelled_;
    std::vector<rdd::BarrierAnswer> answers_;  // to tasks that waited for others
    std::vector<rdd::TaskId> abandoned_;
    std::vector<rdd::ResultWanted> wanted_results_;
    std::vector<rdd::ExecutorId> dropped_;
    std::vector<std::int32_t> wanted_;
    std::vector<rdd::ExecutorId> released_;
    std::vector<std::string> avoided_;
    std::vector<Happening> happened_;
    std::vector<std::shared_ptr<const rdd::StagePlan>> begun_;  // stages, as executors were told
    std::string trace_;
    std::optional<JobError> error_;
};

inline rdd::RddNode source_of(std::int32_t partitions, const std::string& host = "") {
    rdd::RddNode node = test::text_source(0, test::distinct_texts(partitions, 1));
    if (!host.empty()) {
        for (rdd::SourcePartition& partition : node.sources) {
            partition.hosts = {host};
        }
    }
    return node;
}

}  // namespace heddle::driver
