// The first frame of a connection, and requests for blocks as bytes.
#include "common/rdd/executor_frames.h"

#include "common/rdd/registry.h"

namespace heddle::rdd {

Bytes encode(const Handshake& handshake) {
    ByteWriter out;
    out.number(handshake.version);
    out.number(handshake.purpose);
    out.text(handshake.secret);
    return out.take();
}

// The version is first in every version, so that another one is told from rubbish.
Result<Handshake> decode_handshake(std::string_view bytes) {
    ByteReader in(bytes);
    Handshake handshake;
    handshake.version = in.number<std::uint32_t>();
    if (!in.failed() && handshake.version != kRuntimeVersion) {
        return Error{ErrorCode::Conflict, "the peer speaks runtime version " +
                                              std::to_string(handshake.version) + ", this one " +
                                              std::to_string(kRuntimeVersion)};
    }
    handshake.purpose = in.enumerator(Purpose::Blocks);
    handshake.secret = in.text();
    TRY(in.status("handshake"));
    return handshake;
}

Bytes encode(const BlocksWanted& wanted) {
    ByteWriter out;
    out.number(wanted.codec);
    out.count(wanted.blocks.size());
    for (const BlockId& block : wanted.blocks) {
        out.number(block.kind);
        out.number(block.first);
        out.number(block.second);
        out.number(block.third);
    }
    return out.take();
}

Result<BlocksWanted> decode_blocks_wanted(std::string_view bytes) {
    ByteReader in(bytes);
    BlocksWanted wanted;
    wanted.codec = in.enumerator(BlockCodec::Zstd);
    wanted.blocks.resize(in.count_of(25));
    for (BlockId& block : wanted.blocks) {
        block.kind = in.enumerator(BlockId::Kind::TaskResult);
        block.first = in.number<std::int64_t>();
        block.second = in.number<std::int64_t>();
        block.third = in.number<std::int64_t>();
    }
    TRY(in.status("request for blocks"));
    if (wanted.blocks.size() > kBlocksPerRequest) {
        return Error{ErrorCode::DataLoss, "a request for " + std::to_string(wanted.blocks.size()) +
                                              " blocks, at most " +
                                              std::to_string(kBlocksPerRequest)};
    }
    return wanted;
}

}  // namespace heddle::rdd
