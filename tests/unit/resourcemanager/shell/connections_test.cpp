// What a turn has to say to one peer leaves in frames that the peer can read.

#include "resourcemanager/shell/connections.h"

#include <gtest/gtest.h>

#include "common/wire/codec.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kLarge = 7U << 20U;  // as large as a message of the core's may be

// The other end of a connection: keeps what was sent.
class Peer final : public net::WebSocket {
public:
    void start(Events) override {}
    bool send(std::string message) override {
        frames.push_back(std::move(message));
        return true;
    }
    bool send_text(std::string message) override { return send(std::move(message)); }
    std::size_t pending_bytes() const override { return 0; }
    void close(std::uint16_t, std::string) override {}
    const net::Peer& peer() const override { return peer_; }

    std::vector<std::string> frames;

private:
    net::Peer peer_;
};

NodeOrders orders(std::uint64_t sequence, std::size_t bytes) {
    ContainerStart start;
    start.container = {{{1, 1}, 1}, 1, 1};
    start.key = {start.container.attempt, 1, 0};
    start.epoch = 1;
    start.size = {1, 1};
    start.spec.argv = {"worker", std::string(bytes, 'x')};
    NodeOrders message;
    message.session = 1;
    message.sequence = sequence;
    message.epoch = 1;
    message.starts = {start};
    return message;
}

class Frames : public testing::Test {
protected:
    void SetUp() override { connections.accept_node(node); }

    std::vector<std::uint64_t> sequences() const {
        std::vector<std::uint64_t> all;
        for (const std::string& frame : node->frames) {
            EXPECT_LE(frame.size(), net::WebSocketOptions{}.message_limit);
            const auto messages = wire::decode_frame<ManagerToNode>(frame);
            EXPECT_TRUE(messages.ok());
            for (const ManagerToNode& message : *messages) {
                all.push_back(std::get<NodeOrders>(message).sequence);
            }
        }
        return all;
    }

    CoreDoor door;
    Connections connections{door};
    std::shared_ptr<Peer> node = std::make_shared<Peer>();  // shared with `connections`
};

TEST_F(Frames, HoldAllMessagesOfATurn) {
    for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
        connections.send(ConnectionId{1}, orders(sequence, 1000));
    }
    connections.flush();
    EXPECT_EQ(node->frames.size(), 1U);
    EXPECT_EQ(sequences(), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
}

TEST_F(Frames, AreSeveralWhenOneWouldBeRefused) {
    for (std::uint64_t sequence = 1; sequence <= 7; ++sequence) {
        connections.send(ConnectionId{1}, orders(sequence, kLarge));
    }
    connections.flush();
    EXPECT_GT(node->frames.size(), 1U);
    EXPECT_EQ(sequences(), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7}));
}

}  // namespace
}  // namespace heddle::rm
