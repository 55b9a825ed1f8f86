// lz4: the frame format of the tool, read and written, and the blocks that Hadoop writes, read.
//
// Hadoop's file is a sequence of [size of the text][size of a block][block]..., both big-endian and
// in four bytes, with blocks until the text is complete. A frame begins with a number that no such
// size is.
#include <lz4.h>
#include <lz4frame.h>

#include <algorithm>
#include <cstring>

#include "common/fs/compression.h"
#include "common/fs/decoder.h"

namespace heddle::fs {

namespace {

constexpr std::string_view kFrameMagic("\x04\x22\x4d\x18", 4);
constexpr std::uint32_t kHadoopBlockMax = 64U << 20U;

std::uint32_t big_endian(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        value = value << 8U | static_cast<unsigned char>(bytes[i]);
    }
    return value;
}

class FrameDecoder final : public Decoder {
public:
    FrameDecoder() { ::LZ4F_createDecompressionContext(&context_, LZ4F_VERSION); }
    ~FrameDecoder() override { ::LZ4F_freeDecompressionContext(context_); }
    FrameDecoder(const FrameDecoder&) = delete;
    FrameDecoder& operator=(const FrameDecoder&) = delete;

    Result<Step> decode(std::string_view in, char* out, std::size_t room) override {
        if (in.empty() && boundary_) {
            return Step{};
        }
        std::size_t consumed = in.size();
        std::size_t produced = room;
        const std::size_t left =
            ::LZ4F_decompress(context_, out, &produced, in.data(), &consumed, nullptr);
        if (::LZ4F_isError(left) != 0) {
            return Error{ErrorCode::DataLoss, ::LZ4F_getErrorName(left)};
        }
        boundary_ = left == 0;
        return Step{consumed, produced};
    }
    bool at_boundary() const override { return boundary_; }

private:
    LZ4F_dctx* context_ = nullptr;
    bool boundary_ = true;
};

class HadoopDecoder final : public Decoder {
public:
    Result<Step> decode(std::string_view in, char* out, std::size_t room) override {
        Step step;
        if (given_ < text_.size()) {
            step.produced = std::min(room, text_.size() - given_);
            std::memcpy(out, text_.data() + given_, step.produced);
            given_ += step.produced;
            return step;
        }
        // One number or one block at a time.
        step.consumed = std::min(in.size(), wanted_ - have_.size());
        have_ += in.substr(0, step.consumed);
        if (have_.size() == wanted_) {
            TRY(take());
        }
        return step;
    }
    bool at_boundary() const override {
        return given_ == text_.size() && left_ == 0 && !in_block_ && have_.empty();
    }

private:
    Status take() {
        if (in_block_) {
            TRY(unpack());
            in_block_ = false;
            wanted_ = 4;
        } else if (left_ == 0) {
            left_ = big_endian(have_);
        } else {
            wanted_ = big_endian(have_);
            in_block_ = true;
            if (wanted_ == 0 || wanted_ > kHadoopBlockMax) {
                return Error{ErrorCode::DataLoss, "no block has the size that is said here"};
            }
        }
        have_.clear();
        return {};
    }
    Status unpack() {
        text_.resize(std::min(left_, kHadoopBlockMax));
        const int size =
            ::LZ4_decompress_safe(have_.data(), text_.data(), static_cast<int>(have_.size()),
                                  static_cast<int>(text_.size()));
        if (size < 0) {
            text_.clear();
            return Error{ErrorCode::DataLoss, "a block that does not decompress"};
        }
        text_.resize(static_cast<std::size_t>(size));
        given_ = 0;
        left_ -= static_cast<std::uint32_t>(size);
        return {};
    }

    std::string have_;        // of the number or block that comes next
    std::size_t wanted_ = 4;  // its size
    bool in_block_ = false;
    std::uint32_t left_ = 0;  // text of the blocks to come
    std::string text_;
    std::size_t given_ = 0;
};

class Lz4Decoder final : public Decoder {
public:
    Result<Step> decode(std::string_view in, char* out, std::size_t room) override {
        if (decoder_ == nullptr) {
            const std::size_t more = std::min(in.size(), kFrameMagic.size() - head_.size());
            head_ += in.substr(0, more);
            if (head_.size() < kFrameMagic.size()) {
                return Step{more, 0};
            }
            if (head_ == kFrameMagic) {
                decoder_ = std::make_unique<FrameDecoder>();
            } else {
                decoder_ = std::make_unique<HadoopDecoder>();
            }
            TRY(const Step first, decoder_->decode(head_, out, room));
            return Step{more, first.produced};  // four bytes give nothing yet, and are all taken
        }
        return decoder_->decode(in, out, room);
    }
    bool at_boundary() const override {
        return decoder_ == nullptr ? head_.empty() : decoder_->at_boundary();
    }

private:
    std::string head_;
    std::unique_ptr<Decoder> decoder_;
};

class Lz4Compressor final : public Compressor {
public:
    Lz4Compressor() { ::LZ4F_createCompressionContext(&context_, LZ4F_VERSION); }
    ~Lz4Compressor() override { ::LZ4F_freeCompressionContext(context_); }
    Lz4Compressor(const Lz4Compressor&) = delete;
    Lz4Compressor& operator=(const Lz4Compressor&) = delete;

    Status add(std::string_view bytes, bool last, std::string& out) override {
        if (!begun_) {
            begun_ = true;
            TRY(grow(out, LZ4F_HEADER_SIZE_MAX, [&](char* to, std::size_t room) {
                return ::LZ4F_compressBegin(context_, to, room, &kPreferences);
            }));
        }
        TRY(grow(out, ::LZ4F_compressBound(bytes.size(), &kPreferences),
                 [&](char* to, std::size_t room) {
                     return ::LZ4F_compressUpdate(context_, to, room, bytes.data(), bytes.size(),
                                                  nullptr);
                 }));
        if (!last) {
            return {};
        }
        return grow(out, ::LZ4F_compressBound(0, &kPreferences), [&](char* to, std::size_t room) {
            return ::LZ4F_compressEnd(context_, to, room, nullptr);
        });
    }

private:
    static constexpr LZ4F_preferences_t kPreferences{
        {LZ4F_max256KB, LZ4F_blockLinked, LZ4F_contentChecksumEnabled, LZ4F_frame, 0, 0,
         LZ4F_noBlockChecksum},
        0,
        0,
        0,
        {0, 0, 0}};

    template <typename Call>
    static Status grow(std::string& out, std::size_t room, Call call) {
        const std::size_t size = out.size();
        out.resize(size + room);
        const std::size_t written = call(out.data() + size, room);
        if (::LZ4F_isError(written) != 0) {
            return Error{ErrorCode::Internal, ::LZ4F_getErrorName(written)};
        }
        out.resize(size + written);
        return {};
    }

    LZ4F_cctx* context_ = nullptr;
    bool begun_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_lz4_decoder() {
    return std::make_unique<Lz4Decoder>();
}

std::unique_ptr<Compressor> make_lz4_compressor() {
    return std::make_unique<Lz4Compressor>();
}

}  // namespace heddle::fs
