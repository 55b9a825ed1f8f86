// One layout for memory, file and wire, and damage that shows.
#include "common/blocks/block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "common/base/prng.h"
#include "tests/unit/common/blocks/records.h"

namespace heddle::blocks {
namespace {

using Pair = std::pair<std::uint64_t, double>;
using Word = std::pair<std::string_view, std::int64_t>;

TEST(Block, RawRecordsAreReadWhereTheyLie) {
    std::vector<Pair> records;
    for (std::uint64_t i = 0; i < 200'000; ++i) {
        records.emplace_back(i, 0.5 * static_cast<double>(i));
    }
    const BlockPtr block = block_of(records, false);
    EXPECT_TRUE(block->raw());
    EXPECT_EQ(block->bytes(), records.size() * sizeof(Pair));
    bool stable = true;
    (void)read_block(*block, api::face_of<Pair>(), [&](rdd::Batch& batch) {
        stable = stable && batch.stable && !batch.movable;
        return rdd::Flow::Continue;
    });
    EXPECT_TRUE(stable);
    EXPECT_EQ(records_of<Pair>(*block), records);
    const auto copy = parse_block(bytes_of(*block));
    ASSERT_TRUE(copy.ok()) << copy.error().message;
    EXPECT_EQ(records_of<Pair>(**copy), records);
}

TEST(Block, TypedAndEncodedFormsHoldTheSameRecords) {
    BlockPtr typed;
    std::vector<std::pair<std::string, std::int64_t>> expected;
    {
        std::vector<std::string> texts;
        std::vector<Word> words;
        for (int i = 0; i < 5000; ++i) {
            texts.push_back("word-" + std::to_string(i));
        }
        for (const std::string& text : texts) {
            words.emplace_back(text, static_cast<std::int64_t>(words.size()));
            expected.emplace_back(words.back());
        }
        typed = block_of(words, true);
    }  // the texts are gone: the block owns its own
    const BlockPtr plain = encoded(typed);
    EXPECT_FALSE(plain->typed());
    for (const BlockPtr& block : {typed, plain}) {
        const auto words = records_of<Word>(*block);
        ASSERT_EQ(words.size(), expected.size());
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (block == typed) {  // views of encoded records point into the block as well
                EXPECT_EQ(words[i].first, expected[i].first);
            }
            EXPECT_EQ(words[i].second, expected[i].second);
        }
    }
    using Owned = std::pair<std::string, std::int64_t>;
    EXPECT_EQ(records_of<Owned>(*plain), expected);  // the bytes of views and strings are the same
}

TEST(Block, RowsThatCanBeMovedStayOneArray) {
    // Five million bytes: the array leaves the heap for a mapping and grows there.
    std::vector<Pair> pairs;
    for (std::uint64_t i = 0; i < 300'000; ++i) {
        pairs.emplace_back(i, 0.25 * static_cast<double>(i));
    }
    TypedBlockBuilder builder(api::face_of<Pair>());
    for (std::size_t done = 0; done < pairs.size(); done += 1000) {
        builder.append(pairs.data() + done, 1000);
        const auto used = static_cast<std::int64_t>((done + 1000) * sizeof(Pair));
        EXPECT_GE(builder.memory(), used);
        EXPECT_LE(builder.memory(), std::max<std::int64_t>(2 * used, 1 << 20));
    }
    const BlockPtr block = builder.finish();
    ASSERT_EQ(block->chunks().size(), 1U);
    EXPECT_EQ(records_of<Pair>(*block), pairs);
    EXPECT_LE(block->memory(), static_cast<std::int64_t>(pairs.size() * sizeof(Pair) + 4096));
    EXPECT_EQ(builder.records(), 0U);
}

TEST(Block, RowsWithMemoryOfTheirOwnLieInChunks) {
    using Named = std::pair<std::string, std::int64_t>;  // its bytes may point into themselves
    std::vector<Named> rows;
    for (int i = 0; i < 100'000; ++i) {
        rows.emplace_back("name " + std::to_string(i), i);
    }
    const BlockPtr block = block_of(rows, true);
    EXPECT_GT(block->chunks().size(), 1U);
    EXPECT_EQ(records_of<Named>(*block), rows);
}

TEST(Block, DamageIsFoundWhereverItIs) {
    std::vector<std::uint64_t> records(1000);
    std::iota(records.begin(), records.end(), 0);
    const rdd::Bytes good = bytes_of(*block_of(records, false));
    ASSERT_TRUE(parse_block(good).ok());
    for (std::size_t cut = 0; cut < good.size(); cut += 7) {
        EXPECT_FALSE(parse_block(good.substr(0, cut)).ok()) << cut;
    }
    Prng prng(3);
    const std::size_t end = 128 + records.size() * 8;  // behind it there is only padding
    for (int round = 0; round < 2000; ++round) {
        rdd::Bytes bad = good;
        bad[prng.below(end)] ^= static_cast<char>(1 + prng.below(255));
        if (const auto block = parse_block(bad)) {  // padding behind the table
            EXPECT_EQ(records_of<std::uint64_t>(**block), records);
        }
    }
}

TEST(Block, RecordsOfAnotherTypeAreRefused) {
    const BlockPtr block = block_of(std::vector<std::uint64_t>{1, 2}, false);
    const auto ignore = [](rdd::Batch&) { return rdd::Flow::Continue; };
    EXPECT_FALSE(read_block(*block, api::face_of<std::uint32_t>(), ignore).ok());
    EXPECT_FALSE(read_block(*block, api::face_of<std::string>(), ignore).ok());
    const BlockPtr texts = block_of(std::vector<std::string>{"abc"}, false);
    using Wide = std::pair<std::string, std::vector<double>>;
    EXPECT_FALSE(read_block(*texts, api::face_of<Wide>(), ignore).ok());
}

TEST(Codec, RawIsOnlyWhatHasNoPaddingAndNoPointers) {
    struct Padded {
        std::int32_t a;
        std::int64_t b;
    };
    struct Dense {
        std::int64_t a;
        std::pair<float, std::int32_t> b;
    };
    static_assert(api::is_raw<std::pair<std::uint64_t, double>>);
    static_assert(api::is_raw<std::tuple<int, int>>);
    static_assert(api::is_raw<Dense>);
    static_assert(api::is_raw<std::array<double, 3>>);
    static_assert(!api::is_raw<Padded>);
    static_assert(!api::is_raw<std::string_view>);
    static_assert(!api::is_raw<std::pair<std::string_view, int>>);
    static_assert(!api::is_raw<bool>);
    static_assert(api::has_views<std::pair<std::vector<std::string_view>, int>>());
}

}  // namespace
}  // namespace heddle::blocks
