// What is reported as written is there after reopening; what is damaged is refused by name.

#include "common/store/store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "common/base/prng.h"

namespace heddle::store {
namespace {

class StoreTest : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/heddle-store-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        directory_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    Result<std::unique_ptr<Store>> open() {
        return Store::open(directory_, [this](const Outcome& outcome) {
            const std::lock_guard lock(mutex_);
            outcomes_.push_back(outcome);
            arrived_.notify_all();
        });
    }

    std::unique_ptr<Store> opened() {
        auto store = open();
        EXPECT_TRUE(store.ok()) << (store.ok() ? "" : store.error().message);
        return std::move(store).value();
    }

    std::vector<Outcome> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [&] { return outcomes_.size() >= count; });
        return std::exchange(outcomes_, {});
    }

    std::string directory_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Outcome> outcomes_;
};

Change put(std::string kind, std::string key, std::string value) {
    return {std::move(kind), std::move(key), std::move(value)};
}

TEST_F(StoreTest, KeepsWhatItReportedAsWritten) {
    {
        const auto store = opened();
        ASSERT_TRUE(store->load()->empty());
        ASSERT_TRUE(store->write_now({put("meta", "epoch", "1")}).ok());
        for (std::uint64_t i = 1; i <= 1000; ++i) {
            store->write(i, {put("application", std::to_string(i), std::string("a\0b", 3)),
                             put("meta", "last", std::to_string(i))});
        }
        store->write(1001, {{"application", "7", std::nullopt}});
        const auto outcomes = wait_for(1001);
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            EXPECT_EQ(outcomes[i].batch, i + 1);
            EXPECT_FALSE(outcomes[i].error);
        }
        EXPECT_LT(store->figures().transactions, 1001U);  // grouped
    }
    const auto store = opened();
    const auto records = store->load();
    ASSERT_TRUE(records.ok()) << records.error().message;
    EXPECT_EQ(records->size(), 999U + 2U);
    EXPECT_EQ(records->front(), (Record{"application", "1", std::string("a\0b", 3)}));
    EXPECT_EQ(records->back(), (Record{"meta", "last", "1000"}));
}

TEST_F(StoreTest, RefusesASecondHolderAndNamesTheFirst) {
    const auto first = opened();
    const auto second = open();
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, ErrorCode::Conflict);
    EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())),
              std::string::npos)
        << second.error().message;
}

TEST_F(StoreTest, RefusesToStartWithoutItsFile) {
    opened().reset();
    std::filesystem::remove(directory_ + "/state.db");
    const auto store = open();
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.error().code, ErrorCode::DataLoss);
}

std::string slurp(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(StoreTest, NamesADamagedRecord) {
    {
        const auto store = opened();
        ASSERT_TRUE(store->load().ok());
        ASSERT_TRUE(store->write_now({put("node", "node-1", "canary-value")}).ok());
    }
    std::string bytes = slurp(directory_ + "/state.db");
    const std::size_t at = bytes.find("canary");
    ASSERT_NE(at, std::string::npos);
    bytes[at] = 'C';
    std::ofstream(directory_ + "/state.db", std::ios::binary) << bytes;
    const auto records = opened()->load();
    ASSERT_FALSE(records.ok());
    EXPECT_EQ(records.error().code, ErrorCode::DataLoss);
    EXPECT_NE(records.error().message.find("node record 'node-1'"), std::string::npos)
        << records.error().message;
}

// Bytes that no record lives in (free space in a page) may change unseen; what is loaded must be
// what was written.
TEST_F(StoreTest, NeverLoadsOtherRecordsThanWereWrittenAfterAFlippedByte) {
    std::vector<Record> written;
    {
        const auto store = opened();
        ASSERT_TRUE(store->load().ok());
        std::vector<Change> changes;
        for (int i = 0; i < 200; ++i) {
            changes.push_back(put("application", std::to_string(i), std::string(50, 'x')));
        }
        ASSERT_TRUE(store->write_now(changes).ok());
        written = *store->load();
    }
    const std::string good = slurp(directory_ + "/state.db");
    Prng random(3);
    int refused = 0;
    for (int round = 0; round < 300; ++round) {
        std::string bytes = good;
        bytes[random.below(bytes.size())] ^= static_cast<char>(1U << random.below(8));
        std::ofstream(directory_ + "/state.db", std::ios::binary) << bytes;
        auto store = open();
        if (!store.ok()) {
            ++refused;
            continue;
        }
        const auto records = (*store)->load();
        if (!records.ok()) {
            ++refused;
        } else {
            EXPECT_EQ(*records, written) << "round " << round;
        }
    }
    EXPECT_GT(refused, 75);
}

TEST_F(StoreTest, RefusesADatabaseOfANewerVersion) {
    opened().reset();
    std::string bytes = slurp(directory_ + "/state.db");
    bytes[63] = 2;  // user_version, big endian at offset 60
    std::ofstream(directory_ + "/state.db", std::ios::binary) << bytes;
    const auto store = open();
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.error().code, ErrorCode::Unsupported);
}

TEST_F(StoreTest, ReportsAFullDiskAndHealsByItself) {
    const auto store = opened();
    ASSERT_TRUE(store->load().ok());
    ASSERT_TRUE(store->write_now({put("meta", "a", "1")}).ok());
    // A limit on the size of files stands for the full disk: EFBIG where ENOSPC would come.
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit small{64 * 1024, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    store->write(1, {put("meta", "big", std::string(1 << 20, 'x'))});
    const auto failed = wait_for(1);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    ASSERT_TRUE(failed[0].error);
    EXPECT_FALSE(failed[0].fatal);
    EXPECT_EQ(failed[0].error->code, ErrorCode::Unavailable) << failed[0].error->message;
    store->write(2, {put("meta", "big", std::string(1 << 20, 'x'))});
    EXPECT_FALSE(wait_for(1)[0].error);
}

}  // namespace
}  // namespace heddle::store
