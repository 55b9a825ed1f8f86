#include "common/net/web_socket.h"

#include <gtest/gtest.h>

#include "common/net/http_client.h"
#include "tests/unit/common/net/fixture.h"

namespace heddle::net {
namespace {

using namespace heddle::literals;

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

class WebSocketTest : public testing::Test {
protected:
    // The server's side echoes; how it was closed comes out of `server_closed_`.
    Endpoint start(WebSocketOptions options = {}) {
        handler_->on_admit = [options](const HttpRequest& head) {
            if (!head.wants_web_socket) {
                return Admission(HttpResponse::text(403, "not for you\n"));
            }
            return Admission(AcceptWebSocket{options});
        };
        handler_->on_socket = [this](WebSocketPtr socket) {
            socket_ = socket;
            WebSocket::Events events;
            events.on_message = [this](std::string message, bool text) {
                text ? socket_->send_text(std::move(message)) : socket_->send(std::move(message));
            };
            events.on_close = [this](Status why) { server_closed_.put(std::move(why)); };
            socket->start(std::move(events));
        };
        server_ = std::make_unique<HttpServer>(running_.loop, handler_);
        return Endpoint::tcp("127.0.0.1", server_->listen("127.0.0.1", 0).value());
    }

    WebSocketPtr connect(const Endpoint& server) {
        Box<WebSocketPtr> opened;
        connect_web_socket(running_.loop, server, "/ws", {}, {}, 5_s,
                           [opened](Result<WebSocketPtr> result) mutable {
                               opened.put(std::move(result).value());
                           });
        return opened.get();
    }

    RunningLoop running_;
    std::shared_ptr<FunctionHandler> handler_ = std::make_shared<FunctionHandler>();
    std::unique_ptr<HttpServer> server_;
    WebSocketPtr socket_;
    Box<Status> server_closed_;
};

TEST_F(WebSocketTest, EchoesMessagesOfAllSizesAndCloses) {
    const WebSocketPtr client = connect(start());
    const std::vector<std::size_t> sizes = {0, 1, 125, 126, 65535, 65536, 3'000'000};
    std::size_t at = 0;
    Box<bool> all;
    Box<Status> closed;
    WebSocket::Events events;
    events.on_message = [&](std::string message, bool text) {
        EXPECT_FALSE(text);
        EXPECT_EQ(message, std::string(sizes[at], static_cast<char>('a' + at)));
        if (++at == sizes.size()) {
            all.put(true);
        }
    };
    events.on_close = [&](Status why) { closed.put(std::move(why)); };
    client->start(events);
    for (std::size_t index = 0; index < sizes.size(); ++index) {
        EXPECT_TRUE(client->send(std::string(sizes[index], static_cast<char>('a' + index))));
    }
    all.get();
    client->close();
    EXPECT_FALSE(client->send("late"));
    EXPECT_TRUE(closed.get().ok());
    EXPECT_TRUE(server_closed_.get().ok());
}

TEST_F(WebSocketTest, DroppingTheHandleClosesAndARefusalCarriesTheServersWords) {
    const Endpoint server = start();
    connect(server).reset();
    EXPECT_TRUE(server_closed_.get().ok());
    handler_->on_admit = [](const HttpRequest&) {
        return Admission(HttpResponse::text(403, "not for you\n"));
    };
    Box<Error> refused;
    connect_web_socket(
        running_.loop, server, "/ws", {}, {}, 5_s,
        [refused](Result<WebSocketPtr> result) mutable { refused.put(result.error()); });
    const Error error = refused.get();
    EXPECT_EQ(error.code, ErrorCode::PermissionDenied);
    EXPECT_NE(error.message.find("not for you"), std::string::npos);
}

TEST_F(WebSocketTest, NoticesAPeerThatFellSilent) {
    WebSocketOptions options;
    options.idle_timeout = 100_ms;
    RawClient client(start(options).port);
    client.send(kUpgrade);
    const std::string got = client.read_until("\x89");  // a ping, which is not answered
    EXPECT_NE(got.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
    EXPECT_EQ(server_closed_.get().error().code, ErrorCode::Timeout);
}

TEST_F(WebSocketTest, RefusesBrokenFramesWithTheRightCode) {
    struct Case {
        std::string frame;
        int code;
    };
    const std::string mask(4, '\0');
    const std::vector<Case> cases = {
        {std::string("\x82\x01") + "a", 1002},                    // not masked
        {std::string("\xc2\x80") + mask, 1002},                   // reserved bit
        {std::string("\x83\x80") + mask, 1002},                   // reserved opcode
        {std::string("\x80\x80") + mask, 1002},                   // continues nothing
        {std::string("\x09\x80") + mask, 1002},                   // fragmented ping
        {std::string("\x89\xfe\x00\x7e", 4) + mask, 1002},        // long ping
        {std::string("\x82\xfe\x00\x01", 4) + mask + "a", 1002},  // length not in its shortest form
        {std::string("\x81\x81") + mask + "\xff", 1007},          // text that is not UTF-8
        {std::string("\x82\xff\0\0\0\1\0\0\0\0", 10) + mask, 1009},
        {std::string("\x88\x81") + mask + "a", 1002},  // closing with half a code
    };
    for (const Case& broken : cases) {
        server_closed_ = {};
        std::string got;
        {
            RawClient client(start().port);
            client.send(std::string(kUpgrade) + broken.frame);
            got = client.read_all();
        }
        const std::size_t at = got.find("\r\n\r\n") + 4;
        ASSERT_GE(got.size(), at + 4) << broken.code;
        EXPECT_EQ(got[at], '\x88');
        EXPECT_EQ(
            static_cast<unsigned char>(got[at + 2]) * 256 + static_cast<unsigned char>(got[at + 3]),
            broken.code);
        EXPECT_FALSE(server_closed_.get().ok());
    }
}

TEST_F(WebSocketTest, JoinsFragmentsRoundAPing) {
    RawClient client(start().port);
    const std::string mask(4, '\0');
    client.send(std::string(kUpgrade) + "\x01\x82" + mask + "he" + "\x89\x81" + mask + "p" +
                "\x80\x83" + mask + "llo");
    const std::string got = client.read_until("hello");
    EXPECT_NE(got.find("\x8a\x01p"), std::string::npos);
    EXPECT_NE(got.find("\x81\x05hello"), std::string::npos);
}

}  // namespace
}  // namespace heddle::net
