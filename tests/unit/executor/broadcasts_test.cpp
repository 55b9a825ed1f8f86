// Reading broadcast values while memory is short.
#include "executor/task/broadcasts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "client/api/codec.h"
#include "client/api/face.h"
#include "common/blocks/broadcast_store.h"
#include "common/blocks/store.h"
#include "common/blocks/task_share.h"
#include "common/fs/file_systems.h"
#include "executor/task/task_body.h"

namespace heddle::executor {
namespace {

constexpr std::int64_t kMemory = std::int64_t{4} << 20;
constexpr std::int64_t kValue = std::int64_t{1} << 20;
constexpr rdd::BroadcastId kBroadcast{6};

// One executor, to which the chunk of the value comes from the driver.
class Desk final : public TaskEnvironment {
public:
    Desk(const std::string& folder, fs::FileSystem& file_system)
        : TaskEnvironment(store_, shuffles_, accountant_, file_system),
          store_(accountant_, folder + "-cache"),
          shuffles_(accountant_, folder + "-shuffle") {
        rdd::ByteWriter out;
        api::encode_value(std::string(kValue - 100, 'v'), out);
        value_ = out.take();
    }
    std::unique_ptr<ShuffleBlocks> open_shuffle(rdd::ShuffleId, rdd::Partition) override {
        return nullptr;
    }
    blocks::BlockPtr fetch_cached(const rdd::BlockId&) override { return nullptr; }
    Result<blocks::BlockPtr> fetch_broadcast(const rdd::BlockId&) override {
        return blocks::block_of_bytes(value_, nullptr);
    }
    void broadcast_kept(rdd::BroadcastId, std::int64_t) override {}
    std::size_t broadcast_start() const override { return 0; }
    BroadcastDesk& broadcasts() override { return desk_; }
    rdd::BroadcastRef ref() const { return {kBroadcast, value_.size()}; }

private:
    rdd::Bytes value_;
    blocks::Accountant accountant_{kMemory};
    blocks::BlockStore store_;
    blocks::ShuffleStore shuffles_;
    BroadcastDesk desk_;
};

// A task as its thread has it.
class Task {
public:
    explicit Task(Desk& desk)
        : desk_(desk),
          memory_(desk.accountant, cancelled_, true),
          scope_(task_, memory_, cancelled_),
          broadcasts_(desk, scope_, memory_) {}
    bool reads() { return broadcasts_.read(desk_.ref(), api::face_of<std::string>()).ok(); }
    blocks::TaskShare& memory() { return memory_; }

private:
    Desk& desk_;
    rdd::TaskDescription task_;
    std::atomic<bool> cancelled_{false};
    blocks::TaskShare memory_;
    rdd::TaskScope scope_;
    TaskBroadcasts broadcasts_;
};

TEST(TaskBroadcasts, WhoWaitsForMemoryDoesNotKeepThoseWhoHaveItFromTheValue) {
    const auto files = fs::make_file_system({});
    Desk desk(::testing::TempDir() + "heddle-broadcasts-" + std::to_string(::getpid()), *files);
    Task rich(desk);
    ASSERT_FALSE(rich.memory().acquire(kMemory - kValue / 2));
    std::thread poor([&] {
        Task task(desk);
        EXPECT_TRUE(task.reads());
    });
    while (desk.accountant.waiting() == 0) {
        std::this_thread::yield();
    }
    desk.broadcasts().begin(kBroadcast);  // a value that it wants, too; then it gives memory back
    desk.broadcasts().end(kBroadcast);
    rich.memory().release(kMemory - kValue / 2);
    poor.join();
    EXPECT_TRUE(rich.reads());
}

}  // namespace
}  // namespace heddle::executor
