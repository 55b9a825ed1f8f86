// Blocks as bytes: the same form in files and on the wire.
#include <array>
#include <cstring>

#include "common/base/check.h"
#include "common/blocks/block.h"
#include "common/blocks/block_access.h"
#include "common/rdd/hash.h"

namespace heddle::blocks {

namespace {

constexpr std::uint32_t kMagic = 0x314b4248;  // "HBK1": the digit is the version of the layout
constexpr std::array<char, kSegmentAlign> kZeros{};

struct Header {
    std::uint32_t magic = kMagic;
    std::uint8_t layout = static_cast<std::uint8_t>(rdd::Layout::Rows);
    std::uint8_t raw = 0;
    std::uint16_t reserved = 0;
    std::uint32_t record_size = 0;
    std::uint32_t segments = 0;
    std::uint64_t records = 0;
    std::uint64_t size = 0;  // of the whole image
    std::uint64_t reserved2 = 0;
    std::uint64_t checksum = 0;  // of the header with this field 0, then of the table
};
static_assert(sizeof(Header) == 48);

struct TableEntry {
    std::uint64_t offset = 0;  // from the start of the image
    std::uint64_t size = 0;
    std::uint64_t records = 0;
    std::uint64_t checksum = 0;
};
static_assert(sizeof(TableEntry) == 32);

std::uint64_t padded(std::uint64_t size) {
    return (size + kSegmentAlign - 1) / kSegmentAlign * kSegmentAlign;
}

std::uint64_t head_size(std::size_t segments) {
    return padded(sizeof(Header) + segments * sizeof(TableEntry));
}

std::uint64_t head_checksum(Header header, const char* table, std::size_t table_bytes) {
    header.checksum = 0;
    std::array<char, sizeof(Header)> bytes;
    std::memcpy(bytes.data(), &header, sizeof(header));
    return rdd::hash_combine(rdd::hash_bytes(bytes.data(), bytes.size()),
                             rdd::hash_bytes(table, table_bytes));
}

Error damaged(const char* what) {
    return {ErrorCode::DataLoss, std::string("a block is damaged: ") + what};
}

Result<Segment> parse_segment(std::string_view image, const Header& header,
                              const TableEntry& entry) {
    if (entry.offset % kSegmentAlign != 0 || entry.offset > image.size() ||
        entry.size > image.size() - entry.offset) {
        return damaged("a segment lies outside");
    }
    const Segment segment{image.data() + entry.offset, entry.size, entry.records};
    if (header.raw != 0 && (entry.size % header.record_size != 0 ||
                            entry.size / header.record_size != entry.records)) {
        return damaged("a segment's size is not that of its records");
    }
    if (rdd::hash_bytes(segment.data, segment.size) != entry.checksum) {
        return damaged("a segment's checksum is wrong");
    }
    return segment;
}

}  // namespace

std::uint64_t image_size(const Block& block) {
    std::uint64_t size = head_size(block.segments().size());
    for (const Segment& segment : block.segments()) {
        size += padded(segment.size);
    }
    return size;
}

BlockImage image_of(const Block& block) {
    CHECK(!block.typed());
    Header header;
    header.raw = block.raw() ? 1 : 0;
    header.record_size = block.record_size();
    header.segments = static_cast<std::uint32_t>(block.segments().size());
    header.records = block.records();
    header.size = image_size(block);

    BlockImage image;
    image.size = header.size;
    image.head.assign(head_size(block.segments().size()), '\0');
    char* const table = image.head.data() + sizeof(Header);
    std::uint64_t offset = image.head.size();
    for (std::size_t i = 0; i < block.segments().size(); ++i) {
        const Segment& segment = block.segments()[i];
        const TableEntry entry{offset, segment.size, segment.records,
                               rdd::hash_bytes(segment.data, segment.size)};
        std::memcpy(table + i * sizeof(TableEntry), &entry, sizeof(entry));
        offset += padded(segment.size);
    }
    header.checksum = head_checksum(header, table, header.segments * sizeof(TableEntry));
    std::memcpy(image.head.data(), &header, sizeof(header));

    image.parts.emplace_back(image.head);
    for (const Segment& segment : block.segments()) {
        image.parts.emplace_back(segment.data, segment.size);
        if (const std::uint64_t padding = padded(segment.size) - segment.size; padding != 0) {
            image.parts.emplace_back(kZeros.data(), padding);
        }
    }
    return image;
}

Result<BlockPtr> parse_block(std::string_view image, std::shared_ptr<const void> owner) {
    Header header;
    if (image.size() < sizeof(Header)) {
        return damaged("its header is cut short");
    }
    std::memcpy(&header, image.data(), sizeof(header));
    if (header.magic != kMagic) {
        return damaged("it does not begin like a block of this version");
    }
    if (header.layout != static_cast<std::uint8_t>(rdd::Layout::Rows) || header.raw > 1 ||
        (header.raw == 1) != (header.record_size != 0)) {
        return damaged("its layout is not known");
    }
    const std::size_t room = (image.size() - sizeof(Header)) / sizeof(TableEntry);
    if (header.size != image.size() || header.segments > room) {
        return damaged("its size is not what the header says");
    }
    const char* const table = image.data() + sizeof(Header);
    if (head_checksum(header, table, header.segments * sizeof(TableEntry)) != header.checksum) {
        return damaged("the header's checksum is wrong");
    }
    BlockAccess::Encoded parts;
    parts.raw = header.raw == 1;
    parts.record_size = header.record_size;
    parts.owner = std::move(owner);
    for (std::uint32_t i = 0; i < header.segments; ++i) {
        TableEntry entry;
        std::memcpy(&entry, table + i * sizeof(TableEntry), sizeof(entry));
        TRY(Segment segment, parse_segment(image, header, entry));
        parts.segments.push_back(segment);
    }
    return BlockAccess::make(std::move(parts));
}

Result<BlockPtr> parse_blocks(std::string_view images, std::shared_ptr<const void> owner) {
    BlockAccess::Encoded all;
    do {
        Header header;
        if (images.size() < sizeof(Header)) {
            return damaged("its header is cut short");
        }
        std::memcpy(&header, images.data(), sizeof(header));
        if (header.size > images.size()) {
            return damaged("its size is not what the header says");
        }
        TRY(const BlockPtr piece, parse_block(images.substr(0, header.size), owner));
        if (!all.segments.empty() &&
            (piece->raw() != all.raw || piece->record_size() != all.record_size)) {
            return damaged("its pieces hold different records");
        }
        all.raw = piece->raw();
        all.record_size = piece->record_size();
        all.segments.insert(all.segments.end(), piece->segments().begin(), piece->segments().end());
        images.remove_prefix(header.size);
    } while (!images.empty());
    all.owner = std::move(owner);
    return BlockAccess::make(std::move(all));
}

Result<BlockPtr> parse_block(rdd::Bytes image) {
    const auto owner = std::make_shared<const rdd::Bytes>(std::move(image));
    return parse_block(*owner, owner);
}

}  // namespace heddle::blocks
