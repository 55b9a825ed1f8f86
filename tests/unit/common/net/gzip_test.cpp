// Who gets gzip, and which bodies are compressed.

#include "common/net/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "common/base/prng.h"
#include "tests/unit/common/net/fixture.h"

namespace heddle::net {
namespace {

std::string gunzip(const std::string& bytes) {
    z_stream stream{};
    CHECK(inflateInit2(&stream, 15 + 16) == Z_OK);
    std::string packed = bytes;
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string out;
    std::string piece(1U << 16U, '\0');
    int state = Z_OK;
    while (state == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        state = inflate(&stream, Z_NO_FLUSH);
        out.append(piece, 0, piece.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    return state == Z_STREAM_END ? out : "not gzip: " + bytes;
}

std::string json_of(std::size_t size) {
    std::string text = "[";
    while (text.size() < size) {
        text += "{\"id\":\"application_1_" + std::to_string(text.size()) + "\"},";
    }
    return text + "0]";
}

TEST(Gzip, ComesBackAsItWas) {
    Prng random(1);
    std::string noise;
    for (int i = 0; i < 100'000; ++i) {
        noise += static_cast<char>(random.below(256));
    }
    for (const std::string& text : {std::string(), std::string("x"), json_of(1U << 20U), noise}) {
        EXPECT_TRUE(gunzip(gzip(text)) == text);
    }
    EXPECT_LT(gzip(json_of(1U << 20U)).size(), 200'000U);
}

TEST(Gzip, IsTakenWhenTheHeaderSaysSo) {
    for (const char* yes : {"gzip", "br, gzip;q=0.1", "*", "x-gzip", "identity;q=0.5, *;q=0.1"}) {
        EXPECT_TRUE(accepts_gzip(yes)) << yes;
    }
    for (const char* no : {"", "br", "gzip;q=0", "gzip;q=0.0, *", "*;q=0", "identity"}) {
        EXPECT_FALSE(accepts_gzip(no)) << no;
    }
}

class GzipServer : public testing::Test {
protected:
    // Head and body of the answer to one request.
    std::pair<std::string, std::string> ask(HttpResponse response, const std::string& method,
                                            const std::string& accept) {
        handler_->on_handle = [&](const HttpRequest&, Responder responder) {
            responder.send(std::move(response));
        };
        RawClient client(port_);
        client.send(method + " / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: " +
                    accept + "\r\n\r\n");
        const std::string got = client.read_all();
        const std::size_t end = got.find("\r\n\r\n");
        CHECK(end != std::string::npos);
        return {got.substr(0, end + 2), got.substr(end + 4)};
    }
    bool packed(HttpResponse response, const std::string& method = "GET",
                const std::string& accept = "gzip") {
        return ask(std::move(response), method, accept).first.find("Content-Encoding: gzip\r\n") !=
               std::string::npos;
    }

    RunningLoop running_;
    std::shared_ptr<FunctionHandler> handler_ = std::make_shared<FunctionHandler>();
    HttpServer server_{running_.loop, handler_};
    std::uint16_t port_ = server_.listen("127.0.0.1", 0).value();
};

// The second size is compressed on a file thread.
TEST_F(GzipServer, CompressesTextOfSomeSize) {
    for (const std::size_t size : {std::size_t{2'000}, std::size_t{3'000'000}}) {
        const std::string text = json_of(size);
        const auto [head, body] = ask(HttpResponse::json(200, text), "GET", "deflate, gzip");
        EXPECT_NE(head.find("Content-Encoding: gzip\r\n"), std::string::npos) << head;
        EXPECT_NE(head.find("Vary: Accept-Encoding\r\n"), std::string::npos) << head;
        EXPECT_NE(head.find("Content-Length: " + std::to_string(body.size()) + "\r\n"),
                  std::string::npos)
            << head;
        EXPECT_TRUE(gunzip(body) == text);
    }
    const auto [head, body] = ask(HttpResponse::json(200, json_of(2'000)), "GET", "gzip;q=0");
    EXPECT_EQ(head.find("Content-Encoding"), std::string::npos) << head;
    EXPECT_NE(head.find("Vary: Accept-Encoding\r\n"), std::string::npos) << head;
    EXPECT_EQ(body, json_of(2'000));
}

TEST_F(GzipServer, LeavesTheRestAsItIs) {
    EXPECT_TRUE(packed(HttpResponse::json(404, json_of(2'000))));
    EXPECT_FALSE(packed(HttpResponse::json(200, "{}")));
    EXPECT_FALSE(packed(HttpResponse::json(200, json_of(2'000)), "HEAD"));
    HttpResponse secret = HttpResponse::json(200, json_of(2'000));
    secret.headers.add("Cache-Control", "no-store");
    EXPECT_FALSE(packed(secret));
    HttpResponse tagged = HttpResponse::text(200, json_of(2'000));
    tagged.headers.add("ETag", "\"1\"");
    EXPECT_FALSE(packed(tagged));
    HttpResponse binary = HttpResponse::text(200, json_of(2'000));
    binary.headers.set("Content-Type", "application/octet-stream");
    EXPECT_FALSE(packed(binary));
}

TEST_F(GzipServer, ShowsTheAnswerToAChangeFirst) {
    handler_->on_handle = [](const HttpRequest&, Responder responder) {
        responder.change_with([](HttpResponse& response) {
            response.body = "changed " + std::get<std::string>(response.body);
        });
        Responder moved = std::move(responder);
        moved.send(HttpResponse::text(200, "answer"));
    };
    RawClient client(port_);
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.read_all().ends_with("changed answer"));
}

}  // namespace
}  // namespace heddle::net
