// Answers block requests on the loop's file thread, since a block may have to be mapped, encoded,
// summed and packed before it leaves.
#include "executor/shell/block_server.h"

#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/blocks/block_message.h"
#include "common/net/digest.h"
#include "common/rdd/executor_frames.h"

namespace heddle::executor {

namespace {

constexpr std::size_t kBlockFrameLimit = std::size_t{3} << 30U;

net::FrameOptions block_options() {
    net::FrameOptions options;
    options.frame_limit = kBlockFrameLimit;
    options.send_limit = kBlockFrameLimit;
    return options;
}

blocks::BlockPtr find_block(blocks::BlockStore& cached, blocks::ShuffleStore& map_output,
                            const rdd::BlockId& id) {
    return id.kind == rdd::BlockId::Kind::Shuffle ? map_output.get(id) : cached.get(id);
}

void answer(net::FrameConnection& connection, std::uint64_t correlation,
            const std::vector<blocks::BlockPtr>& found, rdd::BlockCodec codec) {
    // Shared by the parts that are being written.
    const auto message = std::make_shared<const blocks::BlockMessage>(found, codec);
    if (!connection.send(static_cast<std::uint8_t>(rdd::FrameKind::BlockAnswer), correlation, {},
                         net::SharedBytes::of(message, message->parts()))) {
        // Whoever asks learns it at once, and does not wait for an answer that does not come.
        log::warning("blocks could not be sent: they are too large, or too many wait",
                     {{"peer", connection.peer().text()},
                      {"blocks", std::to_string(found.size())},
                      {"limit", std::to_string(kBlockFrameLimit)}});
        connection.close();
    }
}

}  // namespace

BlockServer::BlockServer(net::EventLoop& loop, blocks::BlockStore& cached,
                         blocks::ShuffleStore& map_output, std::string secret)
    : loop_(loop),
      cached_(cached),
      map_output_(map_output),
      secret_(std::move(secret)),
      server_(loop, block_options(), [this](net::FrameConnectionPtr connection) {
          auto trusted = std::make_shared<bool>(false);  // shared by the callbacks of a connection
          std::weak_ptr<net::FrameConnection> weak = connection;
          net::FrameConnection::Events events;
          events.on_frame = [this, trusted, weak](net::Frame frame) {
              const auto self = weak.lock();
              if (self == nullptr) {
                  return;
              }
              if (!*trusted) {
                  const auto hello = rdd::decode_handshake(frame.payload.text());
                  *trusted = hello && net::constant_time_equal(hello->secret, secret_);
                  if (!*trusted) {
                      self->close();
                  }
                  return;
              }
              auto wanted = rdd::decode_blocks_wanted(frame.payload.text());
              if (!wanted) {
                  log::warning("a request for blocks that means nothing",
                               {{"peer", self->peer().text()}, {"reason", wanted.error().message}});
                  self->close();
                  return;
              }
              loop_.run_blocking(
                  [this, self, wanted = std::move(wanted).value(),
                   correlation = frame.correlation] {
                      std::vector<blocks::BlockPtr> found;
                      for (const rdd::BlockId& id : wanted.blocks) {
                          found.push_back(find_block(cached_, map_output_, id));
                      }
                      answer(*self, correlation, found, wanted.codec);
                  },
                  [] {});
          };
          events.on_close = [this, key = connection.get()](const Status&) {
              connections_.erase(key);
          };
          connections_.emplace(connection.get(), connection);
          connection->start(std::move(events));
      }) {}

Result<std::uint16_t> BlockServer::listen(const std::string& address) {
    return server_.listen(address, 0);
}

}  // namespace heddle::executor
