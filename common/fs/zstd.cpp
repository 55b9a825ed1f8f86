// zstd by its own library.
#include <zstd.h>
#include <zstd_errors.h>

#include "common/fs/compression.h"
#include "common/fs/decoder.h"

namespace heddle::fs {

namespace {

constexpr std::size_t kRoom = std::size_t{64} << 10;

constexpr int kWindowLogMost = 31;

Error no_memory() {
    return {ErrorCode::ResourceExhausted, "zstd has no memory for its window"};
}

class ZstdDecoder final : public Decoder {
public:
    ZstdDecoder() : context_(::ZSTD_createDCtx()) {
        // As large as the format's own tool writes them ("--long=31"), not only its default.
        if (context_ != nullptr) {
            ::ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kWindowLogMost);
        }
    }
    ~ZstdDecoder() override { ::ZSTD_freeDCtx(context_); }
    ZstdDecoder(const ZstdDecoder&) = delete;
    ZstdDecoder& operator=(const ZstdDecoder&) = delete;

    Result<Step> decode(std::string_view in, char* out, std::size_t room) override {
        if (context_ == nullptr) {
            return no_memory();
        }
        if (in.empty() && boundary_) {
            return Step{};
        }
        ZSTD_inBuffer input{in.data(), in.size(), 0};
        ZSTD_outBuffer output{out, room, 0};
        const std::size_t left = ::ZSTD_decompressStream(context_, &output, &input);
        if (::ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) {
            return no_memory();
        }
        if (::ZSTD_isError(left) != 0) {
            return Error{ErrorCode::DataLoss, ::ZSTD_getErrorName(left)};
        }
        boundary_ = left == 0;
        return Step{input.pos, output.pos};
    }
    bool at_boundary() const override { return boundary_; }

private:
    ZSTD_DCtx* context_;
    bool boundary_ = true;
};

class ZstdCompressor final : public Compressor {
public:
    ZstdCompressor() : context_(::ZSTD_createCCtx()) {
        if (context_ != nullptr) {
            ::ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
        }
    }
    ~ZstdCompressor() override { ::ZSTD_freeCCtx(context_); }
    ZstdCompressor(const ZstdCompressor&) = delete;
    ZstdCompressor& operator=(const ZstdCompressor&) = delete;

    Status add(std::string_view bytes, bool last, std::string& out) override {
        if (context_ == nullptr) {
            return no_memory();
        }
        ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
        std::size_t left = 0;
        do {
            const std::size_t size = out.size();
            out.resize(size + kRoom);
            ZSTD_outBuffer output{out.data() + size, kRoom, 0};
            left = ::ZSTD_compressStream2(context_, &output, &input,
                                          last ? ZSTD_e_end : ZSTD_e_continue);
            if (::ZSTD_isError(left) != 0) {
                return Error{ErrorCode::Internal, ::ZSTD_getErrorName(left)};
            }
            out.resize(size + output.pos);
        } while (last ? left != 0 : input.pos < input.size);
        return {};
    }

private:
    ZSTD_CCtx* context_;
};

}  // namespace

std::unique_ptr<Decoder> make_zstd_decoder() {
    return std::make_unique<ZstdDecoder>();
}

std::unique_ptr<Compressor> make_zstd_compressor() {
    return std::make_unique<ZstdCompressor>();
}

}  // namespace heddle::fs
