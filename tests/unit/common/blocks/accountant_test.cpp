// One budget: execution takes from storage, down to its protected share, and never the other way.
#include "common/blocks/accountant.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace heddle::blocks
