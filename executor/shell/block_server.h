#pragma once

// Serves this executor's blocks to the others of the application, who show its secret.

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/blocks/store.h"
#include "common/net/event_loop.h"
#include "common/net/frame_channel.h"

namespace heddle::executor {

class BlockServer {
public:
    /// The stores must outlive the server and the loop's file thread.
    BlockServer(net::EventLoop& loop, blocks::BlockStore& cached, blocks::ShuffleStore& map_output,
                std::string secret);

    /// An ephemeral port of `address`.
    Result<std::uint16_t> listen(const std::string& address);

private:
    net::EventLoop& loop_;
    blocks::BlockStore& cached_;
    blocks::ShuffleStore& map_output_;
    std::string secret_;
    std::map<net::FrameConnection*, net::FrameConnectionPtr> connections_;  // loop thread
    net::FrameServer server_;
};

}  // namespace heddle::executor
