#pragma once

// Compressed files by the suffixes of their names: .gz, .bz2, .zst, .lz4. None of them can be read
// from the middle, so such a file is one split.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/fs/file_system.h"

namespace heddle::fs {

enum class Codec : std::uint8_t { None, Gzip, Bzip2, Zstd, Lz4 };

/// By the suffix, as Hadoop tells.
Codec codec_of(std::string_view path);
/// ".gz"; empty for None.
std::string_view suffix_of(Codec codec);

/// What `source` holds, decompressed. Several streams one after the other are one text. `path`: for
/// messages. Errors of reading: also DataLoss, with path and offset in the compressed file, for
/// bytes that are damaged or end too early. Of None: `source` itself.
std::unique_ptr<FileReader> decompress(Codec codec, std::unique_ptr<FileReader> source,
                                       std::string path);

class Compressor {
public:
    virtual ~Compressor() = default;
    /// Appends to `out` what there is so far. With `last` the stream is complete, and no call may
    /// follow.
    virtual Status add(std::string_view bytes, bool last, std::string& out) = 0;
};

/// Null for None. Lz4 writes the frame format, which the tool `lz4` reads.
std::unique_ptr<Compressor> make_compressor(Codec codec);

}  // namespace heddle::fs
