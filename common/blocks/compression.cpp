// Pieces: size before, size after (both u32, little-endian), bytes. Equal sizes: not packed.
#include "common/blocks/compression.h"

#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "common/base/check.h"

namespace heddle::blocks {

namespace {

using rdd::BlockCodec;

constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr int kZstdLevel = 1;  // Spark's: a network is faster than the better levels

struct PieceHead {
    std::uint32_t before = 0;
    std::uint32_t after = 0;
};
static_assert(sizeof(PieceHead) == 8);

struct FreePacker {
    void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
};
struct FreeUnpacker {
    void operator()(ZSTD_DCtx* context) const { ::ZSTD_freeDCtx(context); }
};

// Packs one piece after the other behind `out`.
class Packer {
public:
    explicit Packer(BlockCodec codec)
        : codec_(codec), zstd_(codec == BlockCodec::Zstd ? ::ZSTD_createCCtx() : nullptr) {}

    void add(std::string_view piece, rdd::Bytes& out) {
        const std::size_t at = out.size();
        // No room for more than the piece itself: what does not get smaller is not wanted.
        out.resize(at + sizeof(PieceHead) + piece.size());
        char* const to = out.data() + at + sizeof(PieceHead);
        std::size_t size = compress(piece, to, piece.size() - 1);
        if (size == 0) {
            size = piece.size();
            std::memcpy(to, piece.data(), size);
        }
        const PieceHead head{static_cast<std::uint32_t>(piece.size()),
                             static_cast<std::uint32_t>(size)};
        std::memcpy(out.data() + at, &head, sizeof(head));
        out.resize(at + sizeof(PieceHead) + size);
    }

private:
    // 0: it does not fit.
    std::size_t compress(std::string_view piece, char* to, std::size_t room) {
        if (codec_ == BlockCodec::Lz4) {
            const int size = ::LZ4_compress_default(
                piece.data(), to, static_cast<int>(piece.size()), static_cast<int>(room));
            return size > 0 ? static_cast<std::size_t>(size) : 0;
        }
        if (zstd_ == nullptr) {
            return 0;
        }
        const std::size_t size =
            ::ZSTD_compressCCtx(zstd_.get(), to, room, piece.data(), piece.size(), kZstdLevel);
        return ::ZSTD_isError(size) != 0 ? 0 : size;
    }

    BlockCodec codec_;
    std::unique_ptr<ZSTD_CCtx, FreePacker> zstd_;
};

class Unpacker {
public:
    explicit Unpacker(BlockCodec codec)
        : codec_(codec), zstd_(codec == BlockCodec::Zstd ? ::ZSTD_createDCtx() : nullptr) {}

    Status take(std::string_view piece, char* to, std::size_t size) {
        if (piece.size() == size) {
            std::memcpy(to, piece.data(), size);
            return {};
        }
        if (codec_ == BlockCodec::Lz4) {
            const int got = ::LZ4_decompress_safe(piece.data(), to, static_cast<int>(piece.size()),
                                                  static_cast<int>(size));
            return got >= 0 && static_cast<std::size_t>(got) == size ? Status() : damaged("lz4");
        }
        if (zstd_ == nullptr) {
            return Error{ErrorCode::ResourceExhausted, "zstd has no memory"};
        }
        const std::size_t got =
            ::ZSTD_decompressDCtx(zstd_.get(), to, size, piece.data(), piece.size());
        return got == size ? Status() : damaged("zstd");
    }

    static Error damaged(const std::string& what) {
        return {ErrorCode::DataLoss,
                "compressed blocks are damaged: " + what + " cannot read them"};
    }

private:
    BlockCodec codec_;
    std::unique_ptr<ZSTD_DCtx, FreeUnpacker> zstd_;
};

Error ends_wrong() {
    return {ErrorCode::DataLoss, "compressed blocks are damaged: their sizes do not fit together"};
}

// The first piece of `packed`, which loses it.
Result<std::pair<PieceHead, std::string_view>> take_piece(std::string_view& packed) {
    PieceHead head;
    if (packed.size() < sizeof(head)) {
        return ends_wrong();
    }
    std::memcpy(&head, packed.data(), sizeof(head));
    packed.remove_prefix(sizeof(head));
    if (head.after > head.before || head.after > packed.size() || head.before > kPiece) {
        return ends_wrong();
    }
    const std::string_view piece = packed.substr(0, head.after);
    packed.remove_prefix(head.after);
    return std::pair(head, piece);
}

Result<std::uint64_t> size_of_pieces(std::string_view packed) {
    std::uint64_t size = 0;
    while (!packed.empty()) {
        TRY(const auto piece, take_piece(packed));
        size += piece.first.before;
    }
    return size;
}

}  // namespace

rdd::Bytes pack(BlockCodec codec, const std::vector<std::string_view>& parts) {
    CHECK(codec != BlockCodec::None);
    Packer packer(codec);
    rdd::Bytes out;
    rdd::Bytes gathered;
    for (std::string_view part : parts) {
        while (!part.empty()) {
            if (gathered.empty() && part.size() >= kPiece) {
                packer.add(part.substr(0, kPiece), out);  // from where it lies
                part.remove_prefix(kPiece);
                continue;
            }
            const std::size_t more = std::min(part.size(), kPiece - gathered.size());
            gathered.append(part.substr(0, more));
            part.remove_prefix(more);
            if (gathered.size() == kPiece) {
                packer.add(gathered, out);
                gathered.clear();
            }
        }
    }
    if (!gathered.empty()) {
        packer.add(gathered, out);
    }
    return out;
}

Result<rdd::Bytes> unpack(BlockCodec codec, std::string_view packed, std::uint64_t size) {
    // Nothing is allocated for a size that the pieces do not have.
    TRY(const std::uint64_t held, size_of_pieces(packed));
    if (held != size) {
        return ends_wrong();
    }
    Unpacker unpacker(codec);
    rdd::Bytes out(size, '\0');
    std::size_t at = 0;
    while (!packed.empty()) {
        TRY(const auto piece, take_piece(packed));
        TRY(unpacker.take(piece.second, out.data() + at, piece.first.before));
        at += piece.first.before;
    }
    return out;
}

}  // namespace heddle::blocks
