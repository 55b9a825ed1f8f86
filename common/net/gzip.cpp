#include "common/net/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "common/base/check.h"
#include "common/base/quality.h"

namespace heddle::net {
namespace {

constexpr int kWindowBits = 15 + 16;  // the largest window, in gzip's frame instead of zlib's
constexpr int kMemoryLevel = 8;
constexpr std::size_t kPieceMax = std::numeric_limits<uInt>::max();

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    for (const char* name : {"gzip", "x-gzip", "*"}) {
        if (const auto quality = quality_of(accept_encoding, name)) {
            return *quality > 0;
        }
    }
    return false;
}

std::string gzip(std::string_view bytes) {
    z_stream stream{};
    // The fastest level: lists of JSON shrink to a tenth with it, the slowest saves little more.
    CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kWindowBits, kMemoryLevel,
                       Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    std::size_t read = 0;
    std::size_t written = 0;
    int state = Z_OK;
    while (state != Z_STREAM_END) {
        const std::size_t piece = std::min(bytes.size() - read, kPieceMax);
        // zlib does not write to its input; its type is older than const.
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + read));
        stream.avail_in = static_cast<uInt>(piece);
        const std::size_t room = std::min(out.size() - written, kPieceMax);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
        stream.avail_out = static_cast<uInt>(room);
        state = deflate(&stream, read + piece == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
        CHECK(state == Z_OK || state == Z_STREAM_END);
        read += piece - stream.avail_in;
        written += room - stream.avail_out;
    }
    out.resize(written);
    deflateEnd(&stream);
    return out;
}

}  // namespace heddle::net
