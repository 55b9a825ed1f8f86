#pragma once

// What the codecs have in common: bytes in, bytes out, and where a stream may end.

#include <cstddef>
#include <memory>
#include <string_view>

#include "common/base/result.h"

namespace heddle::fs {

class Compressor;

class Decoder {
public:
    virtual ~Decoder() = default;

    struct Step {
        std::size_t consumed = 0;
        std::size_t produced = 0;
    };
    /// Makes some progress while there is input. Errors: DataLoss with what the library says, and
    /// those that say nothing of the data.
    virtual Result<Step> decode(std::string_view in, char* out, std::size_t room) = 0;
    /// Between two streams, or before the first: the file may end here.
    virtual bool at_boundary() const = 0;
};

std::unique_ptr<Decoder> make_gzip_decoder();
std::unique_ptr<Decoder> make_bzip2_decoder();
std::unique_ptr<Decoder> make_zstd_decoder();
/// Frames, and the blocks that Hadoop writes under the same suffix.
std::unique_ptr<Decoder> make_lz4_decoder();

/// What these libraries take at once: less than they can count. `most`: for tests.
inline constexpr std::size_t kPieceMost = std::size_t{1} << 30;
std::unique_ptr<Compressor> make_gzip_compressor(std::size_t most = kPieceMost);
std::unique_ptr<Compressor> make_bzip2_compressor(std::size_t most = kPieceMost);
std::unique_ptr<Compressor> make_zstd_compressor();
std::unique_ptr<Compressor> make_lz4_compressor();

}  // namespace heddle::fs
