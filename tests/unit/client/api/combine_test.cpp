// The table of a combine: the memory it asks for.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/api/combine.h"

namespace heddle::api {
namespace {

class UnlimitedMemory final : public rdd::TaskMemory {
public:
    std::optional<std::string> acquire(std::int64_t) override { return std::nullopt; }
    void release(std::int64_t) override {}
};

class CountingSink final : public rdd::Sink {
public:
    rdd::Flow push(rdd::Batch& batch) override {
        records += batch.count;
        return rdd::Flow::Continue;
    }
    std::uint64_t records = 0;
};

struct Add {
    int operator()(int a, int b) const { return a + b; }
};

TEST(Combine, NeedsNoMoreMemoryForKeysThatItExpects) {
    constexpr std::int64_t kKeys = 100'000;
    const rdd::TaskDescription task;
    UnlimitedMemory memory;
    const std::atomic<bool> cancelled{false};
    rdd::TaskScope scope(task, memory, cancelled);
    CountingSink sink;
    const rdd::OperatorInit init{scope, {}, "reduce_by_key", 0, nullptr};
    CombineOperator<std::int64_t, int, Add> combine(init, sink, Add{});
    combine.expect_distinct(kKeys);
    const std::int64_t expected = scope.metrics().peak_execution_memory;
    std::vector<std::pair<std::int64_t, int>> rows;
    for (std::int64_t key = 1; key <= kKeys; ++key) {
        rows.emplace_back(key, 1);
    }
    rdd::Batch batch;
    batch.rows = rows.data();
    batch.count = static_cast<std::uint32_t>(rows.size());
    batch.face = &face_of<std::pair<std::int64_t, int>>();
    EXPECT_EQ(combine.push(batch), rdd::Flow::Continue);
    EXPECT_EQ(scope.metrics().peak_execution_memory, expected);
    combine.close();
    EXPECT_EQ(sink.records, static_cast<std::uint64_t>(kKeys));
}

}  // namespace
}  // namespace heddle::api
