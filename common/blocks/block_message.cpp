// Many blocks in one message, and back.
#include "common/blocks/block_message.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "common/blocks/compression.h"
#include "common/blocks/small_blocks.h"
#include "common/rdd/hash.h"

namespace heddle::blocks {

namespace {

using rdd::BlockCodec;

constexpr std::uint32_t kMagic = 0x314d4248;  // "HBM1"
constexpr std::uint64_t kPackedLeast = 512;   // below that it is not worth it

struct Header {
    std::uint32_t magic = kMagic;
    std::uint32_t blocks = 0;
    std::uint64_t codec = 0;
    std::uint64_t size = 0;    // of all behind the table, before packing
    std::uint64_t small = 0;   // of the small blocks among that
    std::uint64_t sum = 0;     // checksum of the small blocks
    std::uint64_t packed = 0;  // of the packed bytes; 0 without a codec
    std::uint64_t reserved = 0;
    std::uint64_t checksum = 0;  // of the header with this field 0, then of the table
};
static_assert(sizeof(Header) == 64);

enum class Form : std::uint32_t { Missing, Image, Small };

struct Entry {
    std::uint64_t size = 0;
    std::uint64_t records = 0;      // small blocks
    std::uint32_t record_size = 0;  // small blocks: 0 if encoded
    Form form = Form::Missing;
};
static_assert(sizeof(Entry) == 24);

std::size_t padded(std::size_t size) {
    return (size + kSegmentAlign - 1) / kSegmentAlign * kSegmentAlign;
}

std::size_t head_size(std::size_t blocks) {
    return padded(sizeof(Header) + blocks * sizeof(Entry));
}

std::uint64_t checksum_of(Header header, const char* table) {
    header.checksum = 0;
    return rdd::hash_combine(
        rdd::hash_bytes(reinterpret_cast<const char*>(&header), sizeof(header)),
        rdd::hash_bytes(table, header.blocks * sizeof(Entry)));
}

Error damaged(const std::string& what) {
    return {ErrorCode::DataLoss, "a message of blocks is damaged: " + what};
}

Result<Header> parse_header(std::string_view bytes, std::size_t wanted) {
    Header header;
    if (bytes.size() < sizeof(header)) {
        return damaged("its header is cut short");
    }
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.magic != kMagic || header.codec > static_cast<std::uint64_t>(BlockCodec::Zstd)) {
        return damaged("it does not begin like one of this version");
    }
    if (header.blocks != wanted || bytes.size() < head_size(wanted)) {
        return damaged("it holds " + std::to_string(header.blocks) + " blocks, asked were " +
                       std::to_string(wanted));
    }
    if (checksum_of(header, bytes.data() + sizeof(header)) != header.checksum) {
        return damaged("the header's checksum is wrong");
    }
    return header;
}

// The blocks behind a table whose checksum was right: what it says is what the sender meant, but
// not more than that.
class Body {
public:
    Body(std::string_view bytes, std::shared_ptr<const void> owner)
        : bytes_(bytes), owner_(std::move(owner)) {}

    Result<std::vector<BlockPtr>> parse(const Header& header, std::string_view table) {
        if (header.size != bytes_.size() || header.small > bytes_.size()) {
            return damaged("its size is not what the header says");
        }
        const std::string_view small = bytes_.substr(0, header.small);
        if (rdd::hash_bytes(small.data(), small.size()) != header.sum) {
            return damaged("the checksum of small blocks is wrong");
        }
        std::string_view images = bytes_.substr(header.small);
        std::vector<BlockPtr> blocks(header.blocks);
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            Entry entry;
            std::memcpy(&entry, table.data() + i * sizeof(Entry), sizeof(entry));
            if (entry.form == Form::Small) {
                TRY(add_small(entry, i, small.size()));
            } else if (entry.form == Form::Image) {
                if (entry.size > images.size()) {
                    return damaged("a block lies outside");
                }
                TRY(blocks[i], parse_block(images.substr(0, entry.size), owner_));
                images.remove_prefix(entry.size);
            }
        }
        if (!images.empty()) {
            return damaged("bytes are left over");
        }
        std::vector<BlockPtr> made = make_small_blocks(owner_, small, small_, false);
        for (std::size_t i = 0; i < made.size(); ++i) {
            blocks[places_[i]] = std::move(made[i]);
        }
        return blocks;
    }

private:
    Status add_small(const Entry& entry, std::size_t place, std::size_t all) {
        const std::size_t offset =
            (next_ + kSmallBlockAlign - 1) / kSmallBlockAlign * kSmallBlockAlign;
        if (offset > all || entry.size > all - offset ||
            (entry.record_size != 0 && (entry.size % entry.record_size != 0 ||
                                        entry.size / entry.record_size != entry.records))) {
            return damaged("a small block is not what the table says");
        }
        small_.push_back({offset, entry.size, entry.records, entry.record_size});
        places_.push_back(place);
        next_ = offset + entry.size;
        return {};
    }

    std::string_view bytes_;
    std::shared_ptr<const void> owner_;
    std::vector<SmallBlock> small_;
    std::vector<std::size_t> places_;  // of the small ones among all
    std::size_t next_ = 0;             // behind the last small one
};

}  // namespace

struct BlockMessage::Table {
    Header header;
    std::vector<Entry> entries;
};

void BlockMessage::add(const BlockPtr& block, Table& table) {
    Entry& entry = table.entries.emplace_back();
    if (block == nullptr) {
        return;
    }
    const BlockPtr plain = encoded(block);
    if (plain->segments().size() == 1 && plain->bytes() <= kSmallBlockBytes) {
        const Segment& only = plain->segments().front();
        append_aligned(small_, {only.data, only.size});
        entry = {only.size, only.records, plain->raw() ? plain->record_size() : 0, Form::Small};
        return;
    }
    const BlockImage& image = images_.emplace_back(image_of(*plain));
    blocks_.push_back(plain);
    entry = {image.size, 0, 0, Form::Image};
    parts_.insert(parts_.end(), image.parts.begin(), image.parts.end());
    table.header.size += image.size;
}

void BlockMessage::pack_body(BlockCodec codec, Table& table) {
    Header& header = table.header;
    packed_ = pack(codec, {parts_.begin() + 1, parts_.end()});
    if (packed_.size() >= header.size / 8 * 7) {  // it would cost the reader for nothing
        packed_ = {};
        return;
    }
    header.codec = static_cast<std::uint64_t>(codec);
    header.packed = rdd::hash_bytes(packed_.data(), packed_.size());
    parts_.resize(1);
    parts_.emplace_back(packed_);
    images_.clear();
    blocks_.clear();
    small_ = {};
}

BlockMessage::BlockMessage(const std::vector<BlockPtr>& blocks, BlockCodec codec) {
    Table table;
    table.entries.reserve(blocks.size());
    images_.reserve(blocks.size());  // parts_ points into them
    parts_.resize(2);                // head and small blocks
    for (const BlockPtr& block : blocks) {
        add(block, table);
    }
    small_.resize(padded(small_.size()));
    parts_[1] = small_;
    Header& header = table.header;
    header.blocks = static_cast<std::uint32_t>(blocks.size());
    header.small = small_.size();
    header.sum = rdd::hash_bytes(small_.data(), small_.size());
    header.size += small_.size();
    if (codec != BlockCodec::None && header.size >= kPackedLeast) {
        pack_body(codec, table);
    }
    head_.assign(head_size(blocks.size()), '\0');
    char* const entries = head_.data() + sizeof(Header);
    std::copy_n(reinterpret_cast<const char*>(table.entries.data()),
                table.entries.size() * sizeof(Entry), entries);
    header.checksum = checksum_of(header, entries);
    std::memcpy(head_.data(), &header, sizeof(header));
    parts_.front() = head_;
}

Result<std::vector<BlockPtr>> parse_message(std::string_view bytes,
                                            std::shared_ptr<const void> owner, std::size_t wanted) {
    TRY(const Header header, parse_header(bytes, wanted));
    const std::string_view table = bytes.substr(sizeof(Header), header.blocks * sizeof(Entry));
    std::string_view body = bytes.substr(head_size(header.blocks));
    const auto codec = static_cast<BlockCodec>(header.codec);
    if (codec != BlockCodec::None) {
        if (rdd::hash_bytes(body.data(), body.size()) != header.packed) {
            return damaged("the checksum of the compressed bytes is wrong");
        }
        TRY(rdd::Bytes unpacked, unpack(codec, body, header.size));
        const auto plain = std::make_shared<const rdd::Bytes>(std::move(unpacked));
        body = *plain;
        owner = plain;
    }
    return Body(body, std::move(owner)).parse(header, table);
}

}  // namespace heddle::blocks
