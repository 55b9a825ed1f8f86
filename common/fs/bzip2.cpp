// bzip2 by its own library.
#include <bzlib.h>

#include <algorithm>
#include <limits>

#include "common/fs/compression.h"
#include "common/fs/decoder.h"

namespace heddle::fs {

namespace {

constexpr std::size_t kRoom = std::size_t{64} << 10;
constexpr std::size_t kMost = std::numeric_limits<unsigned>::max();

ErrorCode code_of(int code) {
    return code == BZ_MEM_ERROR ? ErrorCode::ResourceExhausted : ErrorCode::DataLoss;
}

std::string text_of(int code) {
    switch (code) {
        case BZ_DATA_ERROR:
            return "its checksum is wrong";
        case BZ_DATA_ERROR_MAGIC:
            return "no header of a stream";
        case BZ_MEM_ERROR:
            return "bzip2 has no memory";
        default:
            return "bzip2 error " + std::to_string(code);
    }
}

class Bzip2Decoder final : public Decoder {
public:
    Bzip2Decoder() = default;
    ~Bzip2Decoder() override { end(); }
    Bzip2Decoder(const Bzip2Decoder&) = delete;
    Bzip2Decoder& operator=(const Bzip2Decoder&) = delete;

    Result<Step> decode(std::string_view in, char* out, std::size_t room) override {
        if (!open_) {
            if (in.empty()) {
                return Step{};
            }
            stream_ = {};
            if (const int code = ::BZ2_bzDecompressInit(&stream_, 0, 0); code != BZ_OK) {
                return Error{code_of(code), text_of(code)};
            }
            open_ = true;
        }
        const std::size_t given = std::min(in.size(), kMost);
        const std::size_t wanted = std::min(room, kMost);
        stream_.next_in = const_cast<char*>(in.data());
        stream_.avail_in = static_cast<unsigned>(given);
        stream_.next_out = out;
        stream_.avail_out = static_cast<unsigned>(wanted);
        const int code = ::BZ2_bzDecompress(&stream_);
        if (code != BZ_OK && code != BZ_STREAM_END) {
            return Error{code_of(code), text_of(code)};
        }
        const Step step{given - stream_.avail_in, wanted - stream_.avail_out};
        if (code == BZ_STREAM_END) {
            end();
        }
        return step;
    }
    bool at_boundary() const override { return !open_; }

private:
    void end() {
        if (open_) {
            ::BZ2_bzDecompressEnd(&stream_);
            open_ = false;
        }
    }

    bz_stream stream_{};
    bool open_ = false;
};

class Bzip2Compressor final : public Compressor {
public:
    explicit Bzip2Compressor(std::size_t most) : most_(most) {
        ready_ = ::BZ2_bzCompressInit(&stream_, 9, 0, 0) == BZ_OK;
    }
    ~Bzip2Compressor() override { ::BZ2_bzCompressEnd(&stream_); }
    Bzip2Compressor(const Bzip2Compressor&) = delete;
    Bzip2Compressor& operator=(const Bzip2Compressor&) = delete;

    Status add(std::string_view bytes, bool last, std::string& out) override {
        if (!ready_) {
            return Error{ErrorCode::ResourceExhausted, "bzip2 has no memory"};
        }
        for (; bytes.size() > most_; bytes.remove_prefix(most_)) {
            TRY(add_piece(bytes.substr(0, most_), false, out));
        }
        return add_piece(bytes, last, out);
    }

private:
    Status add_piece(std::string_view bytes, bool last, std::string& out) {
        stream_.next_in = const_cast<char*>(bytes.data());
        stream_.avail_in = static_cast<unsigned>(bytes.size());
        int code = BZ_RUN_OK;
        // Running without input is an error to this library, finishing without is not.
        while (last ? code != BZ_STREAM_END : stream_.avail_in > 0) {
            const std::size_t size = out.size();
            out.resize(size + kRoom);
            stream_.next_out = out.data() + size;
            stream_.avail_out = static_cast<unsigned>(kRoom);
            code = ::BZ2_bzCompress(&stream_, last ? BZ_FINISH : BZ_RUN);
            out.resize(out.size() - stream_.avail_out);
            if (code < 0) {
                return Error{ErrorCode::Internal, text_of(code)};
            }
        }
        return {};
    }

    std::size_t most_;
    bz_stream stream_{};
    bool ready_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_bzip2_decoder() {
    return std::make_unique<Bzip2Decoder>();
}

std::unique_ptr<Compressor> make_bzip2_compressor(std::size_t most) {
    return std::make_unique<Bzip2Compressor>(most);
}

}  // namespace heddle::fs
