// Several blocks as one message: the same records arrive, packed or not, and damage is told.
#include "common/blocks/block_message.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/blocks/compression.h"
#include "tests/unit/common/blocks/records.h"

namespace heddle::blocks {
namespace {

using rdd::BlockCodec;
using Texts = std::vector<std::string>;

constexpr BlockCodec kCodecs[] = {BlockCodec::None, BlockCodec::Lz4, BlockCodec::Zstd};

rdd::Bytes message_of(const std::vector<BlockPtr>& blocks, BlockCodec codec) {
    const BlockMessage message(blocks, codec);
    rdd::Bytes bytes;
    for (const std::string_view part : message.parts()) {
        bytes += part;
    }
    return bytes;
}

Result<std::vector<BlockPtr>> parse(rdd::Bytes bytes, std::size_t wanted) {
    const auto owner = std::make_shared<const rdd::Bytes>(std::move(bytes));
    return parse_message(*owner, owner, wanted);
}

// The same bytes each time, and none that could be packed.
std::vector<std::uint64_t> noise(std::size_t count) {
    std::vector<std::uint64_t> numbers(count);
    std::uint64_t state = 1;
    for (std::uint64_t& number : numbers) {
        number = state = state * 6364136223846793005U + 1442695040888963407U;
        number ^= number >> 29U;
    }
    return numbers;
}

TEST(BlockMessage, BringsEveryBlockInItsPlace) {
    const Texts few{"a", "bc"};
    const Texts many(100'000, "the same words again");  // pieces of more than a mebibyte
    const std::vector<std::uint64_t> numbers = noise(300'000);
    for (const BlockCodec codec : kCodecs) {
        const rdd::Bytes bytes = message_of({block_of(few, false), nullptr, block_of(many, true),
                                             block_of(numbers, false), nullptr},
                                            codec);
        const auto blocks = parse(bytes, 5);
        ASSERT_TRUE(blocks.ok()) << blocks.error().message;
        EXPECT_EQ(records_of<std::string>(*blocks->at(0)), few);
        EXPECT_EQ(blocks->at(1), nullptr);
        EXPECT_EQ(records_of<std::string>(*blocks->at(2)), many);
        EXPECT_EQ(records_of<std::uint64_t>(*blocks->at(3)), numbers);
        EXPECT_EQ(blocks->at(4), nullptr);
    }
    EXPECT_TRUE(parse(message_of({}, BlockCodec::Lz4), 0)->empty());
}

TEST(BlockMessage, IsSmallerWhereThatIsWorthIt) {
    const BlockPtr texts = block_of(Texts(20'000, "the same words again"), false);
    const rdd::Bytes plain = message_of({texts}, BlockCodec::None);
    for (const BlockCodec codec : {BlockCodec::Lz4, BlockCodec::Zstd}) {
        EXPECT_LT(message_of({texts}, codec).size(), plain.size() / 10);
        const BlockPtr numbers = block_of(noise(50'000), false);
        EXPECT_EQ(message_of({numbers}, codec), message_of({numbers}, BlockCodec::None));
        const BlockPtr tiny = block_of(Texts{"a"}, false);
        EXPECT_EQ(message_of({tiny}, codec), message_of({tiny}, BlockCodec::None));
    }
}

TEST(BlockMessage, TellsDamageOfEveryByteAndEveryCut) {
    const BlockPtr texts = block_of(Texts(200, "some words"), false);
    for (const BlockCodec codec : kCodecs) {
        const rdd::Bytes good = message_of({texts, nullptr, texts}, codec);
        for (std::size_t at = 0; at < good.size(); ++at) {
            const auto cut = parse(good.substr(0, at), 3);
            ASSERT_FALSE(cut.ok()) << "cut at " << at;
            ASSERT_EQ(cut.error().code, ErrorCode::DataLoss);
            rdd::Bytes bad = good;
            bad[at] = static_cast<char>(bad[at] ^ 0x10);
            const auto parsed = parse(bad, 3);
            if (parsed) {  // padding
                ASSERT_EQ(records_of<std::string>(*parsed->at(0)).size(), 200U);
                ASSERT_EQ(good[at], '\0') << "at " << at;
            } else {
                ASSERT_NE(parsed.error().message.find("damaged"), std::string::npos);
            }
        }
        EXPECT_FALSE(parse(good + good.substr(0, 64), 3).ok());
        EXPECT_FALSE(parse(good, 2).ok());
    }
}

TEST(Compression, RefusesWhatDoesNotUnpackToWhatItSays) {
    const std::string text(100'000, 'x');
    for (const BlockCodec codec : {BlockCodec::Lz4, BlockCodec::Zstd}) {
        const rdd::Bytes packed = pack(codec, {text, "tail"});
        EXPECT_EQ(unpack(codec, packed, text.size() + 4).value(), text + "tail");
        for (const std::uint64_t size :
             {std::uint64_t{0}, std::uint64_t{100'003}, std::uint64_t{100'005}, UINT64_MAX / 2}) {
            const auto wrong = unpack(codec, packed, size);
            ASSERT_FALSE(wrong.ok()) << size;
            EXPECT_EQ(wrong.error().code, ErrorCode::DataLoss);
        }
        rdd::Bytes bad = packed;
        bad[12] = static_cast<char>(bad[12] ^ 0x55);
        const auto damaged = unpack(codec, bad, text.size() + 4);
        EXPECT_TRUE(!damaged || *damaged != text + "tail");
        EXPECT_FALSE(
            unpack(codec, std::string_view(packed).substr(0, packed.size() - 1), text.size() + 4)
                .ok());
    }
}

}  // namespace
}  // namespace heddle::blocks
