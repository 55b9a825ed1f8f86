// gzip by zlib.
#include <zlib.h>

#include <algorithm>
#include <limits>

#include "common/fs/compression.h"
#include "common/fs/decoder.h"

namespace heddle::fs {

namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window, and gzip's header
constexpr std::size_t kRoom = std::size_t{64} << 10;

std::string text_of(const z_stream& stream, int code) {
    return stream.msg != nullptr ? stream.msg : "zlib error " + std::to_string(code);
}

Error no_memory() {
    return {ErrorCode::ResourceExhausted, "zlib has no memory"};
}

class GzipDecoder final : public Decoder {
public:
    GzipDecoder() { ready_ = ::inflateInit2(&stream_, kGzipWindow) == Z_OK; }
    ~GzipDecoder() override { ::inflateEnd(&stream_); }
    GzipDecoder(const GzipDecoder&) = delete;
    GzipDecoder& operator=(const GzipDecoder&) = delete;

    Result<Step> decode(std::string_view in, char* out, std::size_t room) override {
        if (!ready_) {
            return no_memory();
        }
        if (boundary_ && !in.empty()) {
            if (in.front() == '\0' && any_) {  // padding, as tapes have it; gzip skips it, too
                return Step{std::min(in.find_first_not_of('\0'), in.size()), 0};
            }
            ::inflateReset(&stream_);
            boundary_ = false;
            any_ = true;
        }
        constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
        const std::size_t given = std::min(in.size(), kMost);
        const std::size_t wanted = std::min(room, kMost);
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
        stream_.avail_in = static_cast<uInt>(given);
        stream_.next_out = reinterpret_cast<Bytef*>(out);
        stream_.avail_out = static_cast<uInt>(wanted);
        const int code = ::inflate(&stream_, Z_NO_FLUSH);
        if (code == Z_MEM_ERROR) {
            return no_memory();
        }
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
            return Error{ErrorCode::DataLoss, text_of(stream_, code)};
        }
        boundary_ = boundary_ || code == Z_STREAM_END;
        return Step{given - stream_.avail_in, wanted - stream_.avail_out};
    }
    bool at_boundary() const override { return boundary_; }

private:
    z_stream stream_{};
    bool ready_ = false;
    bool boundary_ = true;
    bool any_ = false;
};

class GzipCompressor final : public Compressor {
public:
    explicit GzipCompressor(std::size_t most) : most_(most) {
        ready_ = ::deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8,
                                Z_DEFAULT_STRATEGY) == Z_OK;
    }
    ~GzipCompressor() override { ::deflateEnd(&stream_); }
    GzipCompressor(const GzipCompressor&) = delete;
    GzipCompressor& operator=(const GzipCompressor&) = delete;

    Status add(std::string_view bytes, bool last, std::string& out) override {
        if (!ready_) {
            return no_memory();
        }
        for (; bytes.size() > most_; bytes.remove_prefix(most_)) {
            add_piece(bytes.substr(0, most_), false, out);
        }
        add_piece(bytes, last, out);
        return {};
    }

private:
    void add_piece(std::string_view bytes, bool last, std::string& out) {
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream_.avail_in = static_cast<uInt>(bytes.size());
        do {
            const std::size_t size = out.size();
            out.resize(size + kRoom);
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + size);
            stream_.avail_out = static_cast<uInt>(kRoom);
            ::deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
            out.resize(out.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
    }

    std::size_t most_;
    z_stream stream_{};
    bool ready_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_gzip_decoder() {
    return std::make_unique<GzipDecoder>();
}

std::unique_ptr<Compressor> make_gzip_compressor(std::size_t most) {
    return std::make_unique<GzipCompressor>(most);
}

}  // namespace heddle::fs
