// An executor's books, the messages between it and the driver, and the check of programs.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/blocks/store.h"
#include "common/rdd/executor_frames.h"
#include "common/rdd/executor_protocol.h"
#include "executor/core/executor.h"
#include "executor/shell/parked_results.h"
#include "executor/shell/program_check.h"
#include "executor/shell/thread_heap.h"
#include "executor/shell/worker_pool.h"
#include "executor/task/broadcasts.h"

namespace heddle::executor {
namespace {

rdd::TaskLaunch launch(std::int64_t task) {
    rdd::TaskLaunch message;
    message.task.task = rdd::TaskId{task};
    return message;
}

class Books {
public:
    explicit Books(std::int32_t slots) : executor_(slots) {
        auto plan = std::make_shared<rdd::StagePlan>();
        hear(rdd::StageBegin{rdd::StageId{0}, plan});
    }
    Effects hear(rdd::ToExecutor message) { return step(DriverSaid{std::move(message)}); }
    Effects step(const Event& event) {
        Effects effects;
        executor_.step(event, effects);
        executor_.check();
        return effects;
    }
    Executor executor_;
};

TEST(Executor, StartsAsManyTasksAsThereAreSlotsInOrder) {
    Books books(1);
    EXPECT_EQ(books.hear(launch(1)).size(), 1U);
    EXPECT_TRUE(books.hear(launch(2)).empty());
    rdd::TaskResult result;
    result.task = rdd::TaskId{1};
    const Effects effects = books.step(TaskEnded{result});
    ASSERT_EQ(effects.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<TellDriver>(effects[0]));
    EXPECT_EQ(std::get<StartTask>(effects[1]).launch.task.task.value, 2);
}

TEST(Executor, StartsSomeMoreThanThereAreSlotsWhenTold) {
    Executor books(1, 2);
    Effects effects;
    books.step(DriverSaid{rdd::StageBegin{rdd::StageId{0}, std::make_shared<rdd::StagePlan>()}},
               effects);
    for (std::int64_t task = 1; task <= 4; ++task) {
        books.step(DriverSaid{launch(task)}, effects);
        books.check();
    }
    EXPECT_EQ(effects.size(), 3U);
    EXPECT_EQ(books.waiting(), 1U);
}

// One task thread, which a gate holds in its first task.
TEST(WorkerPool, EndsACancelledTaskThatHasNotBegunAtOnce) {
    std::promise<void> gate;
    std::promise<void> woken;
    std::atomic<int> ran{0};
    WorkerPool pool(
        1,
        [&, open = gate.get_future().share()](const StartTask& start, const std::atomic<bool>&) {
            open.wait();
            ++ran;
            rdd::TaskResult result;
            result.task = start.launch.task.task;
            return result;
        },
        [&, told = false]() mutable {
            if (!std::exchange(told, true)) {
                woken.set_value();
            }
        },
        [] {});
    for (std::int64_t task = 1; task <= 3; ++task) {
        StartTask start;
        start.launch = launch(task);
        pool.start(std::move(start));
    }
    pool.cancel(rdd::TaskId{2});
    woken.get_future().wait();
    const std::vector<rdd::TaskResult> ended = pool.take_ended();
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].task, rdd::TaskId{2});
    EXPECT_EQ(ended[0].failure->kind, rdd::FailureKind::TaskKilled);
    gate.set_value();
    while (ran < 2) {
        std::this_thread::yield();
    }
}

// The gate holds the first task however often it is cancelled.
TEST(WorkerPool, LeavesATaskBehindAndGoesOnInItsPlace) {
    auto gate = std::make_shared<std::promise<void>>();
    auto ran = std::make_shared<std::atomic<int>>(0);
    std::promise<void> begun;
    std::promise<void> woken;
    WorkerPool pool(
        1,
        [ran, &begun, open = gate->get_future().share()](const StartTask& start,
                                                         const std::atomic<bool>&) {
            if (start.launch.task.task == rdd::TaskId{1}) {
                begun.set_value();
                open.wait();
            }
            ++*ran;
            rdd::TaskResult result;
            result.task = start.launch.task.task;
            return result;
        },
        [&, told = false]() mutable {
            if (!std::exchange(told, true)) {
                woken.set_value();
            }
        },
        [] {});
    const auto start = [&](std::int64_t task) {
        StartTask made;
        made.launch = launch(task);
        pool.start(std::move(made));
    };
    start(1);
    begun.get_future().wait();
    pool.cancel(rdd::TaskId{1});
    EXPECT_TRUE(pool.take_ended().empty());
    pool.abandon(rdd::TaskId{1});
    std::vector<rdd::TaskResult> ended = pool.take_ended();
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].failure->kind, rdd::FailureKind::TaskKilled);
    start(2);
    while (*ran < 1) {
        std::this_thread::yield();
    }
    EXPECT_EQ(pool.stop(seconds(10)), 1) << "the one that is left behind";
    ended = pool.take_ended();
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].task, rdd::TaskId{2});
    gate->set_value();
    while (*ran < 2) {
        std::this_thread::yield();
    }
    EXPECT_TRUE(pool.take_ended().empty()) << "its answer counts for nothing";
}

TEST(WorkerPool, EndsWithinItsPatience) {
    auto gate = std::make_shared<std::promise<void>>();
    auto begun = std::make_shared<std::promise<void>>();
    {
        WorkerPool pool(
            1,
            [gate, begun](const StartTask& start, const std::atomic<bool>&) {
                begun->set_value();
                gate->get_future().wait();
                rdd::TaskResult result;
                result.task = start.launch.task.task;
                return result;
            },
            [] {}, [] {});
        StartTask start;
        start.launch = launch(1);
        pool.start(std::move(start));
        begun->get_future().wait();
        EXPECT_EQ(pool.stop(milliseconds(1)), 1);
    }
    gate->set_value();
}

TEST(ParkedResults, GoInPiecesAndAreForgotten) {
    blocks::Accountant memory(std::int64_t{64} << 20);
    blocks::BlockStore store(memory,
                             ::testing::TempDir() + "heddle-parked-" + std::to_string(::getpid()));
    rdd::TaskResult result;
    result.task = rdd::TaskId{7};
    const std::string value = std::string(3'000'000, 'a') + std::string(2'000'000, 'b');
    result.value = value;
    ASSERT_TRUE(park_result(store, result));
    EXPECT_EQ(result.parked, value.size());
    EXPECT_TRUE(result.value.empty());
    for (const bool on_disk : {false, true}) {
        if (on_disk) {
            store.evict(std::int64_t{1} << 30, blocks::Accountant::kNoRdd);
        }
        std::string came;
        while (came.size() < value.size()) {
            const auto piece = piece_of_result(store, {rdd::TaskId{7}, came.size(), 1'234'567});
            ASSERT_FALSE(piece.bytes.empty());
            EXPECT_EQ(piece.from, came.size());
            came += piece.bytes;
        }
        EXPECT_TRUE(came == value) << on_disk;
    }
    forget_result(store, rdd::TaskId{7});
    EXPECT_TRUE(piece_of_result(store, {rdd::TaskId{7}, 0, 10}).bytes.empty());
}

// What a task thread makes room for, it need not ask the system for piece by piece.
TEST(ThreadHeap, HasRoomForManySmallPiecesAfterItWasWidened) {
    constexpr std::size_t kPieces = 100'000;
    std::size_t before = 0;
    std::size_t after = 0;
    std::thread([&] {
        keep_freed_memory();
        std::vector<std::unique_ptr<char[]>> pieces(kPieces);
        widen_thread_heap();
        before = mallinfo2().arena;  // of all threads
        for (auto& piece : pieces) {
            piece = std::make_unique<char[]>(50);
        }
        after = mallinfo2().arena;
    }).join();
    EXPECT_EQ(after, before);
}

TEST(Executor, KnowsTheOthersThatHoldABroadcastAndForgetsADroppedOne) {
    Books books(1);
    books.hear(rdd::ExecutorWelcome{rdd::ExecutorId{2}, "app", seconds(1)});
    const Effects known =
        books.hear(rdd::BroadcastHeld{rdd::BroadcastId{6}, 1, rdd::ExecutorId{3}});
    ASSERT_EQ(known.size(), 1U);
    EXPECT_EQ(std::get<KnowHolder>(known[0]).held.executor, rdd::ExecutorId{3});
    EXPECT_TRUE(books.hear(rdd::BroadcastHeld{rdd::BroadcastId{6}, 1, rdd::ExecutorId{2}}).empty())
        << "that is itself";
    const Effects dropped = books.hear(rdd::DropBroadcast{rdd::BroadcastId{6}});
    ASSERT_EQ(dropped.size(), 1U);
    EXPECT_EQ(std::get<ForgetBroadcast>(dropped[0]).broadcast, rdd::BroadcastId{6});
}

TEST(BroadcastDesk, ChoosesAmongTheHoldersThatLive) {
    BroadcastDesk desk;
    const rdd::BroadcastId id{6};
    const rdd::ExecutorId self{1};
    EXPECT_EQ(desk.holder(id, 1, self), std::nullopt) << "the driver";
    desk.hold({id, 1, rdd::ExecutorId{2}});
    desk.hold({id, 1, rdd::ExecutorId{3}});
    desk.hold({id, 1, rdd::ExecutorId{3}});  // doubled
    EXPECT_NE(desk.holder(id, 1, self), desk.holder(id, 1, rdd::ExecutorId{2}))
        << "others go elsewhere";
    EXPECT_EQ(desk.holder(id, 2, self), std::nullopt);
    desk.lose(rdd::ExecutorId{3});
    EXPECT_EQ(desk.holder(id, 1, self), rdd::ExecutorId{2});
    desk.forget(id);
    EXPECT_EQ(desk.holder(id, 1, self), std::nullopt);
}

TEST(Executor, AnswersACancelledTaskThatHasNotBegun) {
    Books books(1);
    books.hear(launch(1));
    books.hear(launch(2));
    const Effects effects = books.hear(rdd::TaskCancel{rdd::TaskId{2}});
    ASSERT_EQ(effects.size(), 1U);
    const auto& done = std::get<rdd::TaskDone>(std::get<TellDriver>(effects[0]).message);
    EXPECT_EQ(done.result.failure->kind, rdd::FailureKind::TaskKilled);
    EXPECT_TRUE(std::holds_alternative<StopTask>(books.hear(rdd::TaskCancel{rdd::TaskId{1}})[0]));
    EXPECT_TRUE(books.hear(rdd::TaskCancel{rdd::TaskId{1}}).empty());  // told once
}

TEST(Executor, LeavesATaskBehindThatWasToldToEndAndRuns) {
    Books books(1);
    books.hear(launch(1));
    EXPECT_TRUE(books.hear(rdd::TaskAbandon{rdd::TaskId{1}}).empty()) << "nobody told it to end";
    books.hear(rdd::TaskCancel{rdd::TaskId{1}});
    const Effects effects = books.hear(rdd::TaskAbandon{rdd::TaskId{1}});
    ASSERT_EQ(effects.size(), 1U);
    EXPECT_EQ(std::get<AbandonTask>(effects[0]).task, rdd::TaskId{1});
    rdd::TaskResult result;
    result.task = rdd::TaskId{1};
    books.step(TaskEnded{result});
    EXPECT_TRUE(books.hear(rdd::TaskAbandon{rdd::TaskId{1}}).empty()) << "it has ended";
}

TEST(Executor, RefusesATaskOfAStageThatItDoesNotKnow) {
    Books books(1);
    rdd::TaskLaunch message = launch(1);
    message.task.stage = rdd::StageId{9};
    const Effects effects = books.hear(message);
    const auto& done = std::get<rdd::TaskDone>(std::get<TellDriver>(effects.at(0)).message);
    EXPECT_FALSE(done.result.ok());
}

TEST(ExecutorProtocol, RoundTripsAndRefusesEveryCutMessage) {
    rdd::MapOutputTable table;
    table.shuffle = rdd::ShuffleId{3};
    table.version = 9;
    table.outputs.push_back({rdd::TaskId{4}, rdd::ExecutorId{2}, {0, 100, 1u << 30}});
    rdd::TaskLaunch task = launch(7);
    task.cached.push_back({rdd::BlockId::rdd(rdd::RddId{1}, 2), rdd::ExecutorId{3}});
    const std::vector<rdd::ToExecutor> messages = {
        rdd::ExecutorWelcome{rdd::ExecutorId{5},
                             "application_1_2",
                             seconds(1),
                             {{"fs.s3a.endpoint", "http://host"}},
                             {rdd::BlockCodec::Zstd, false, true, true, true, 7, seconds(2), 9}},
        rdd::PeerJoined{rdd::ExecutorId{1}, "127.0.0.1", 4000},
        rdd::MapOutputsKnown{std::make_shared<const rdd::MapOutputTable>(table)},
        task,
        rdd::DropRdd{rdd::RddId{4}, 6},
        rdd::TaskAbandon{rdd::TaskId{3}},
        rdd::ResultWanted{rdd::TaskId{3}, 5, 6},
        rdd::ResultDropped{rdd::TaskId{3}},
        rdd::MemoryGrown{1 << 20},
        rdd::KeepReplica{7, rdd::BlockId::rdd(rdd::RddId{1}, 2), rdd::kMemoryAndDiskSer,
                         rdd::ExecutorId{3}},
        rdd::KeepMapOutput{8, rdd::ShuffleId{3}, rdd::TaskId{4}, {0, 100}, rdd::ExecutorId{2}},
        rdd::BroadcastHeld{rdd::BroadcastId{6}, 2, rdd::ExecutorId{3}},
        rdd::DropBroadcast{rdd::BroadcastId{6}},
        rdd::ExecutorStop{}};
    for (const rdd::ToExecutor& message : messages) {
        const rdd::Bytes bytes = rdd::encode(message);
        const auto back = rdd::decode_to_executor(bytes);
        ASSERT_TRUE(back.ok()) << back.error().message;
        EXPECT_EQ(rdd::encode(*back), bytes);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            EXPECT_FALSE(rdd::decode_to_executor(std::string_view(bytes).substr(0, size)).ok());
        }
    }
    EXPECT_FALSE(rdd::decode_to_executor("\xff").ok());
    const rdd::BroadcastKept kept{rdd::BroadcastId{6}, 2};
    const auto back = rdd::decode_from_executor(rdd::encode(rdd::FromExecutor(kept)));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(std::get<rdd::BroadcastKept>(*back), kept);
    const rdd::ReplicaAnswer answer{7, {rdd::BlockId::rdd(rdd::RddId{1}, 2), 5, 6}};
    const auto answered = rdd::decode_from_executor(rdd::encode(rdd::FromExecutor(answer)));
    ASSERT_TRUE(answered.ok());
    EXPECT_EQ(std::get<rdd::ReplicaAnswer>(*answered), answer);
    const rdd::ResultPiece piece{rdd::TaskId{3}, 5, "bytes"};
    const auto sent = rdd::decode_from_executor(rdd::encode(rdd::FromExecutor(piece)));
    ASSERT_TRUE(sent.ok());
    EXPECT_EQ(std::get<rdd::ResultPiece>(*sent), piece);
    const rdd::MapOutputKept moved{8, true};
    const auto heard = rdd::decode_from_executor(rdd::encode(rdd::FromExecutor(moved)));
    ASSERT_TRUE(heard.ok());
    EXPECT_EQ(std::get<rdd::MapOutputKept>(*heard), moved);
}

TEST(ExecutorProtocol, RefusesARequestForTooManyBlocks) {
    rdd::BlocksWanted wanted{rdd::BlockCodec::Lz4, {rdd::BlockId::rdd(rdd::RddId{1}, 2)}};
    const auto back = rdd::decode_blocks_wanted(rdd::encode(wanted));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->codec, wanted.codec);
    EXPECT_EQ(back->blocks, wanted.blocks);
    EXPECT_FALSE(rdd::decode_blocks_wanted(rdd::encode(wanted) + "x").ok());
    wanted.blocks.resize(rdd::kBlocksPerRequest + 1);
    const auto many = rdd::decode_blocks_wanted(rdd::encode(wanted));
    ASSERT_FALSE(many.ok());
    EXPECT_NE(many.error().message.find("at most 4096"), std::string::npos);
}

TEST(ExecutorProtocol, TellsAnotherRuntimeVersionFromRubbish) {
    rdd::Handshake handshake{99, rdd::Purpose::Executor, "secret"};
    const auto other = rdd::decode_handshake(rdd::encode(handshake));
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().code, ErrorCode::Conflict);
    EXPECT_NE(other.error().message.find("99"), std::string::npos);
    EXPECT_FALSE(rdd::decode_handshake("x").ok());
}

TEST(ProgramCheck, AcceptsThisProgramAndSaysWhatIsWrongWithOthers) {
    EXPECT_TRUE(check_program("/proc/self/exe").ok());
    const Status none = check_program("/nonexistent/program");
    ASSERT_FALSE(none.ok());
    EXPECT_NE(none.error().message.find("/nonexistent/program"), std::string::npos);
    const Status foreign = check_program("/bin/true");
    ASSERT_FALSE(foreign.ok());
    EXPECT_NE(foreign.error().message.find("not a Heddle program"), std::string::npos);

    std::string path = "/tmp/heddle-program-XXXXXX";
    const int file = mkstemp(path.data());
    ASSERT_GE(file, 0);
    close(file);
    const Status plain = check_program(path);
    ASSERT_FALSE(plain.ok());
    EXPECT_NE(plain.error().message.find("not executable"), std::string::npos);

    // The same program with another version in its note.
    std::ifstream self("/proc/self/exe", std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(self)), std::istreambuf_iterator<char>());
    const std::string note(rdd::kRuntimeNoteName, sizeof(rdd::kRuntimeNoteName));
    const std::string version(reinterpret_cast<const char*>(&rdd::kRuntimeVersion), 4);
    const std::size_t at = bytes.find(note + version);
    ASSERT_NE(at, std::string::npos);
    bytes[at + note.size()] = 77;
    std::ofstream(path, std::ios::binary) << bytes;
    chmod(path.c_str(), 0700);
    const Status old = check_program(path);
    unlink(path.c_str());
    ASSERT_FALSE(old.ok());
    EXPECT_NE(old.error().message.find("runtime version 77"), std::string::npos)
        << old.error().message;
}

}  // namespace
}  // namespace heddle::executor
