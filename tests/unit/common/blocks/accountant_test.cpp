// One budget: execution takes from storage, down to its protected share, and never the other way.
#include "common/blocks/accountant.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/blocks/task_share.h"

namespace heddle::blocks {
namespace {

TEST(Accountant, StorageYieldsToExecutionDownToItsShare) {
    Accountant accountant(100);
    accountant.set_evict(
        [&](std::int64_t bytes, rdd::RddId) { accountant.release_storage(bytes); });
    EXPECT_TRUE(accountant.acquire_storage(90));
    EXPECT_FALSE(accountant.acquire_execution(40).has_value());
    EXPECT_EQ(accountant.usage().storage, 60);
    EXPECT_FALSE(accountant.acquire_execution(10).has_value());
    const auto refusal = accountant.acquire_execution(20);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_EQ(accountant.usage().storage, 50);
    EXPECT_NE(refusal->find("wanted 20"), std::string::npos) << *refusal;
    EXPECT_NE(refusal->find("of 100"), std::string::npos) << *refusal;
}

TEST(Accountant, StorageNeverTakesFromExecution) {
    Accountant accountant(100);
    int evictions = 0;
    accountant.set_evict([&](std::int64_t, rdd::RddId) { ++evictions; });
    EXPECT_FALSE(accountant.acquire_execution(70).has_value());
    EXPECT_FALSE(accountant.acquire_storage(40));
    EXPECT_EQ(evictions, 0);
    EXPECT_TRUE(accountant.acquire_storage(30));
    EXPECT_FALSE(accountant.acquire_storage(1, false));
}

TEST(TaskShare, WhatCanBeSpilledStaysWithinItsPart) {
    Accountant accountant(100);
    const std::atomic<bool> cancelled{false};
    TaskShare first(accountant, cancelled, true);
    EXPECT_FALSE(first.acquire_part(100));  // alone, all is its part
    first.release(40);
    {
        TaskShare second(accountant, cancelled, true);
        EXPECT_FALSE(second.acquire_part(10));
        EXPECT_TRUE(first.acquire_part(1));  // more than half
        first.release(20);
        EXPECT_FALSE(first.acquire_part(10));
        EXPECT_TRUE(first.acquire_part(1));
        EXPECT_FALSE(first.acquire(40));  // what cannot be spilled takes what is free
        second.release(10);
    }
    EXPECT_FALSE(first.acquire_part(10));
    first.release(100);
    EXPECT_EQ(accountant.usage().execution, 0);
}

TEST(TaskShare, WaitsForOthersWhileItHasLessThanHalfOfItsPart) {
    Accountant accountant(100);
    const std::atomic<bool> cancelled{false};
    std::atomic<bool> over{false};
    TaskShare greedy(accountant, cancelled, true);
    EXPECT_FALSE(greedy.acquire(95));
    std::thread modest([&] {
        TaskShare share(accountant, cancelled, true);
        EXPECT_FALSE(share.acquire_part(20));  // waits for the release below
        share.release(20);
    });
    std::thread release([&] {
        while (accountant.waiting() == 0 && !over) {
            std::this_thread::yield();
        }
        greedy.release(95);
    });
    modest.join();
    over = true;
    release.join();
    EXPECT_EQ(accountant.usage().execution, 0);
}

TEST(TaskShare, AWaitEndsWithTheTask) {
    Accountant accountant(100);
    std::atomic<bool> cancelled{false};
    TaskShare greedy(accountant, cancelled, true);
    EXPECT_FALSE(greedy.acquire(95));
    std::thread modest([&] {
        TaskShare share(accountant, cancelled, true);
        EXPECT_TRUE(share.acquire(20));
    });
    cancelled = true;
    modest.join();
    greedy.release(95);
}

TEST(TaskShare, TheLastThatCouldWaitIsRefused) {
    Accountant accountant(100);
    EXPECT_TRUE(accountant.acquire_storage(90));  // which nobody can evict
    const std::atomic<bool> cancelled{false};
    TaskShare alone(accountant, cancelled, true);
    EXPECT_TRUE(alone.acquire(20));
    accountant.release_storage(90);
}

TEST(TaskShare, WhoOthersMayWaitForDoesNotWait) {
    Accountant accountant(100);
    const std::atomic<bool> cancelled{false};
    TaskShare greedy(accountant, cancelled, true);
    EXPECT_FALSE(greedy.acquire(95));
    TaskShare member(accountant, cancelled, false);
    EXPECT_TRUE(member.acquire(20));
    greedy.release(95);
}

TEST(Accountant, GrowsAndNeverShrinks) {
    Accountant accountant(1000);
    EXPECT_TRUE(accountant.acquire_execution(2000).has_value());
    accountant.grow(3000);
    EXPECT_FALSE(accountant.acquire_execution(2000).has_value());
    EXPECT_EQ(accountant.usage().storage_protected, 1500);
    accountant.grow(500);
    EXPECT_EQ(accountant.usage().total, 3000);
}

}  // namespace
}  // namespace heddle::blocks
