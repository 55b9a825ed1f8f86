// Codecs: what is written is read, and what is damaged is said.
#include "common/fs/compression.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/prng.h"
#include "common/fs/decoder.h"

namespace heddle::fs {
namespace {

// Gives at most `step` bytes at a time.
class TextReader final : public FileReader {
public:
    TextReader(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}
    Result<std::size_t> read(char* out, std::size_t size) override {
        const std::size_t n = std::min({size, step_, text_.size() - at_});
        std::memcpy(out, text_.data() + at_, n);
        at_ += n;
        return n;
    }

private:
    std::string text_;
    std::size_t step_;
    std::size_t at_ = 0;
};

constexpr Codec kCodecs[] = {Codec::Gzip, Codec::Bzip2, Codec::Zstd, Codec::Lz4};

std::string pack(Codec codec, std::string_view text, std::size_t step = SIZE_MAX) {
    const auto compressor = make_compressor(codec);
    std::string out;
    while (text.size() > step) {
        EXPECT_TRUE(compressor->add(text.substr(0, step), false, out).ok());
        text.remove_prefix(step);
    }
    EXPECT_TRUE(compressor->add(text, true, out).ok());
    return out;
}

Result<std::string> unpack(Codec codec, std::string packed, std::size_t step = SIZE_MAX,
                           std::size_t room = 4096) {
    const auto reader =
        decompress(codec, std::make_unique<TextReader>(std::move(packed), step), "/in/a");
    std::string text;
    std::string buffer(room, '\0');
    while (true) {
        TRY(const std::size_t got, reader->read(buffer.data(), buffer.size()));
        if (got == 0) {
            return text;
        }
        text.append(buffer, 0, got);
    }
}

std::string some_text(std::size_t size) {
    Prng prng(7);
    std::string text;
    while (text.size() < size) {
        text += std::to_string(prng.below(1000)) + (prng.chance(1, 8) ? "\n" : " ");
    }
    return text.substr(0, size);
}

TEST(Compression, IsToldByTheSuffix) {
    EXPECT_EQ(codec_of("/a/b.gz"), Codec::Gzip);
    EXPECT_EQ(codec_of("s3a://b/c.txt.bz2"), Codec::Bzip2);
    EXPECT_EQ(codec_of("x.zst"), Codec::Zstd);
    EXPECT_EQ(codec_of("x.lz4"), Codec::Lz4);
    EXPECT_EQ(codec_of("x.gz.txt"), Codec::None);
    for (const Codec codec : kCodecs) {
        EXPECT_EQ(codec_of("x" + std::string(suffix_of(codec))), codec);
    }
}

TEST(Compression, GivesBackWhatWasWritten) {
    for (const Codec codec : kCodecs) {
        for (const std::size_t size : {0, 1, 5000, 3'000'000}) {
            const std::string text = some_text(size);
            for (const std::size_t step : {std::size_t{1} << 18U, std::size_t{777}}) {
                const std::string packed = pack(codec, text, step);
                EXPECT_TRUE(size < 5000 || packed.size() < text.size());
                const auto back = unpack(codec, packed, step);
                ASSERT_TRUE(back.ok()) << back.error().message;
                EXPECT_TRUE(*back == text) << suffix_of(codec) << " " << size << " " << step;
            }
        }
        EXPECT_EQ(*unpack(codec, ""), "") << suffix_of(codec);
        EXPECT_EQ(*unpack(codec, pack(codec, some_text(300)), 1, 1), some_text(300));
    }
}

TEST(Compression, StreamsOneAfterTheOtherAreOneText) {
    for (const Codec codec : kCodecs) {
        const std::string packed = pack(codec, "one\n") + pack(codec, "") + pack(codec, "two\n");
        for (const std::size_t step : {1, 7, 9999}) {
            const auto back = unpack(codec, packed, step);
            ASSERT_TRUE(back.ok()) << back.error().message;
            EXPECT_EQ(*back, "one\ntwo\n") << suffix_of(codec) << " " << step;
        }
    }
    EXPECT_EQ(*unpack(Codec::Gzip, pack(Codec::Gzip, "x") + std::string(512, '\0'), 100), "x");
}

TEST(Compression, WhatIsCutOffIsSaidWithFileAndByte) {
    for (const Codec codec : kCodecs) {
        const std::string packed = pack(codec, some_text(500));
        for (std::size_t size = 1; size < packed.size(); ++size) {
            const auto back = unpack(codec, packed.substr(0, size));
            ASSERT_FALSE(back.ok()) << suffix_of(codec) << " " << size;
            EXPECT_EQ(back.error().code, ErrorCode::DataLoss);
            EXPECT_NE(back.error().message.find("'/in/a' is cut off: "), std::string::npos)
                << back.error().message;
            EXPECT_NE(back.error().message.find("at byte " + std::to_string(size)),
                      std::string::npos)
                << back.error().message;
        }
    }
}

TEST(Compression, DamageIsNeverTakenForText) {
    for (const Codec codec : kCodecs) {
        const std::string text = some_text(2000);
        const std::string packed = pack(codec, text);
        int found = 0;
        for (std::size_t at = 0; at < packed.size(); ++at) {
            std::string bad = packed;
            bad[at] = static_cast<char>(bad[at] ^ 0x11);
            const auto back = unpack(codec, bad);
            EXPECT_TRUE(!back || *back == text) << suffix_of(codec) << " " << at;
            found += back ? 0 : 1;
        }
        EXPECT_GT(found, static_cast<int>(packed.size()) * 9 / 10) << suffix_of(codec);
        const auto garbage = unpack(codec, packed + "garbage behind the end");
        ASSERT_FALSE(garbage.ok());
        EXPECT_NE(garbage.error().message.find("'/in/a' is damaged: no "), std::string::npos)
            << garbage.error().message;
    }
}

TEST(Compression, WhatIsTooLongForALibraryIsCompressedInPieces) {
    const std::string text = some_text(3000);
    for (const bool gzip : {true, false}) {
        const auto compressor = gzip ? make_gzip_compressor(100) : make_bzip2_compressor(100);
        std::string packed;
        EXPECT_TRUE(compressor->add(text, false, packed).ok());
        EXPECT_TRUE(compressor->add(text.substr(0, 100), true, packed).ok());
        const auto back = unpack(gzip ? Codec::Gzip : Codec::Bzip2, packed);
        ASSERT_TRUE(back.ok()) << back.error().message;
        EXPECT_TRUE(*back == text + text.substr(0, 100)) << gzip;
    }
}

// A frame with a window of 2 GiB, of which nothing is touched but what the text needs.
TEST(Compression, LargeWindowsOfZstdAreRead) {
    using std::string_literals::operator""s;
    const std::string packed = "\x28\xb5\x2f\xfd\x00\xa8\x21\x00\x00text"s;
    const auto back = unpack(Codec::Zstd, packed);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, "text");
}

TEST(Compression, Lz4BlocksOfHadoopAreRead) {
    // Two chunks, the first in two blocks; blocks of literals only.
    using std::string_literals::operator""s;
    const std::string one = "\0\0\0\x08\0\0\0\x05\x40one\n\0\0\0\x05\x40two\n"s;
    const std::string two = "\0\0\0\x02\0\0\0\x03\x20z\n"s;
    for (const std::size_t step : {1, 5, 999}) {
        const auto back = unpack(Codec::Lz4, one + two, step, 3);
        ASSERT_TRUE(back.ok()) << back.error().message;
        EXPECT_EQ(*back, "one\ntwo\nz\n");
    }
    for (std::size_t size = 1; size < one.size(); ++size) {
        EXPECT_FALSE(unpack(Codec::Lz4, one.substr(0, size)).ok()) << size;
    }
    EXPECT_FALSE(unpack(Codec::Lz4, "this is just text").ok());
}

}  // namespace
}  // namespace heddle::fs
