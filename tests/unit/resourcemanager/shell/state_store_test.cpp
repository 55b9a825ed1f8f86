// What the core saved comes back at the next start, with the epoch raised on disk.

#include "resourcemanager/shell/state_store.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace heddle::rm {
namespace {

class StateStoreTest : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/heddle-state-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        directory_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::unique_ptr<store::Store> open() {
        auto opened = store::Store::open(directory_, [](const store::Outcome&) {});
        EXPECT_TRUE(opened.ok());
        return std::move(opened).value();
    }

    std::string directory_;
};

ApplicationRecord application(std::int64_t sequence) {
    ApplicationRecord record;
    record.submission.id = {1000, sequence};
    record.submission.name = "count";
    record.state = AppState::Accepted;
    return record;
}

AttemptRecord attempt(std::int64_t sequence, std::int32_t number, std::string token) {
    AttemptRecord record;
    record.id = {{1000, sequence}, number};
    record.master_token = std::move(token);
    return record;
}

TEST_F(StateStoreTest, GivesVersionsOfTheSchedulerBack) {
    TokenBook tokens;
    SchedulerVersion first;
    first.config = default_scheduler_config();
    first.config.version = 9;
    first.config.queues.front().priority = 3;
    first.changed = {1234};
    first.by = "alice";
    first.note = "more for \"etl\"";
    SchedulerVersion second = first;
    second.config.version = 10;
    {
        const auto store = open();
        ASSERT_TRUE(boot(*store, {1000}, tokens).ok());
        store->write(1, to_changes({first, second}, tokens));
        first.config.version = 8;
        store->write(2, to_changes({first, SchedulerVersionRemoval{9}}, tokens));
    }
    const auto store = open();
    const auto booted = boot(*store, {2000}, tokens);
    ASSERT_TRUE(booted.ok()) << booted.error().message;
    EXPECT_EQ(booted->scheduler_versions, (std::vector<SchedulerVersion>{first, second}));
}

TEST_F(StateStoreTest, ComesBackWithARaisedEpoch) {
    TokenBook tokens;
    {
        const auto store = open();
        const auto booted = boot(*store, {1000}, tokens);
        ASSERT_TRUE(booted.ok()) << booted.error().message;
        EXPECT_EQ(booted->epoch, 1);
        EXPECT_EQ(booted->cluster_timestamp, 1000);
        EXPECT_TRUE(booted->applications.empty());
        NodeRecord node;
        node.info.id = {"node-1"};
        store->write(1, to_changes({application(1), attempt(1, 1, "t1"), application(2),
                                    attempt(2, 1, "t2"), node, IdReservation{500}},
                                   tokens));
        store->write(2, to_changes({ApplicationRemoval{{1000, 2}}}, tokens));
    }
    TokenBook fresh;
    const auto store = open();
    const auto booted = boot(*store, {2000}, fresh);
    ASSERT_TRUE(booted.ok()) << booted.error().message;
    EXPECT_EQ(booted->epoch, 2);
    EXPECT_EQ(booted->cluster_timestamp, 1000);
    EXPECT_EQ(booted->sequences_reserved, 500);
    ASSERT_EQ(booted->applications.size(), 1U);
    EXPECT_EQ(booted->applications[0], application(1));
    ASSERT_EQ(booted->attempts.size(), 1U);
    EXPECT_EQ(booted->nodes.size(), 1U);
    EXPECT_TRUE(fresh.knows("t1"));
    EXPECT_FALSE(fresh.knows("t2"));
}

TEST_F(StateStoreTest, NamesARecordThatItCannotRead) {
    {
        const auto store = open();
        ASSERT_TRUE(store->load().ok());
        ASSERT_TRUE(store->write_now({{"node", "node-7", "not a record"}}).ok());
    }
    TokenBook tokens;
    const auto store = open();
    const auto booted = boot(*store, {1}, tokens);
    ASSERT_FALSE(booted.ok());
    EXPECT_EQ(booted.error().code, ErrorCode::DataLoss);
    EXPECT_NE(booted.error().message.find("node record 'node-7'"), std::string::npos);
}

}  // namespace
}  // namespace heddle::rm
