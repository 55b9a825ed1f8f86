#include "common/net/http_server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <fstream>

#include "tests/unit/common/net/fixture.h"

namespace heddle::net {
namespace {

using namespace heddle::literals;

class HttpServerTest : public testing::Test {
protected:
    std::uint16_t start(HttpServerOptions options = {}) {
        server_ = std::make_unique<HttpServer>(running_.loop, handler_, options);
        return server_->listen("127.0.0.1", 0).value();
    }

    std::string exchange(std::uint16_t port, std::string_view request) {
        RawClient client(port);
        client.send(request);
        return client.read_all();
    }

    RunningLoop running_;
    std::shared_ptr<FunctionHandler> handler_ = std::make_shared<FunctionHandler>();
    std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersKeepsTheConnectionAndTakesPipelinedRequests) {
    const std::uint16_t port = start();
    const std::string got = exchange(port,
                                     "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
                                     "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                                     "PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                                     "chunked\r\n\r\n2\r\nxy\r\n1\r\nz\r\n0\r\n\r\n"
                                     "HEAD /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(got.find("GET /a []"), std::string::npos);
    EXPECT_NE(got.find("POST /b [abc]"), std::string::npos);
    EXPECT_NE(got.find("PUT /c [xyz]"), std::string::npos);
    EXPECT_NE(got.find("Content-Length: 10\r\nConnection: close\r\n\r\n"), std::string::npos)
        << got;
    EXPECT_EQ(got.find("HEAD /d []"), std::string::npos);
    EXPECT_EQ(got.find("<timeout>"), std::string::npos);
}

// Every one of these was accepted, or could be read in two ways, by some server: reliability
// figures of the strict layer. The second request must never be seen.
TEST_F(HttpServerTest, RefusesAmbiguousRequestsAndCloses) {
    const std::uint16_t port = start();
    const std::string host = "Host: x\r\n";
    const std::string post = "POST / HTTP/1.1\r\n" + host;
    const std::vector<std::string> cases = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
        post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        post + "Content-Length: 5, 5\r\n\r\nabcde",
        post + "Content-Length: +5\r\n\r\nabcde",
        post + "Content-Length: -1\r\n\r\n",
        post + "Content-Length: 18446744073709551616\r\n\r\n",
        post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: xchunked\r\n\r\nabcde",
        post + "Transfer-Encoding: chunked, identity\r\n\r\nabcde",
        post + "Transfer-Encoding: identity\r\n\r\nabcde",
        post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        post + "X: a\r\n b\r\n\r\n",
        post + "X : a\r\n\r\n",
        post + "X\r\n\r\n",
        post + std::string("X: a\0b\r\n\r\n", 10),
        post + "X: a\x01" + "b\r\n\r\n",
        post + "X: a\rb\r\n\r\n",
        post + "X: a\n\r\n",
        "GET / HTTP/1.1\nHost: x\n\n",
        "GET http://x/ HTTP/1.1\r\n" + host + "\r\n",
        "OPTIONS * HTTP/1.1\r\n" + host + "\r\n",
        "CONNECT x:80 HTTP/1.1\r\n" + host + "\r\n",
        "GET  / HTTP/1.1\r\n" + host + "\r\n",
        "GET / / HTTP/1.1\r\n" + host + "\r\n",
        "G(T / HTTP/1.1\r\n" + host + "\r\n",
        "GET /a/../b HTTP/1.1\r\n" + host + "\r\n",
        "GET /%2e%2e/b HTTP/1.1\r\n" + host + "\r\n",
        "GET /a%2fb HTTP/1.1\r\n" + host + "\r\n",
        "GET /a%00 HTTP/1.1\r\n" + host + "\r\n",
        "GET /#a HTTP/1.1\r\n" + host + "\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\n1;ext=1\r\na\r\n0\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nTrailer: 1\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\na\r\n0\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\nzz\r\na\r\n0\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    };
    for (const std::string& request : cases) {
        const std::string got = exchange(port, request + "GET /second HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_TRUE(got.starts_with("HTTP/1.1 400 ")) << request << "\n-> " << got;
        EXPECT_EQ(got.find("GET /second"), std::string::npos) << request;
        EXPECT_EQ(got.find("<timeout>"), std::string::npos) << request;
    }
}

TEST_F(HttpServerTest, LimitsHeadersFieldsAndBodies) {
    const std::uint16_t port = start();
    const std::string begin = "POST / HTTP/1.1\r\nHost: x\r\n";
    EXPECT_TRUE(exchange(port, begin + "X: " + std::string(9000, 'a') + "\r\n\r\n")
                    .starts_with("HTTP/1.1 431 "));
    std::string many;
    for (int field = 0; field < 64; ++field) {
        many += "X: 1\r\n";
    }
    EXPECT_TRUE(exchange(port, begin + many + "\r\n").starts_with("HTTP/1.1 431 "));
    EXPECT_TRUE(
        exchange(port, begin + "Content-Length: 2000000\r\n\r\n").starts_with("HTTP/1.1 413 "));
    const std::string chunk = "100000\r\n" + std::string(0x100000, 'a') + "\r\n";
    EXPECT_TRUE(exchange(port, begin + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk)
                    .starts_with("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, GivesSlowHeadersAndBodies408) {
    HttpServerOptions options;
    options.header_deadline = 50_ms;
    options.body_deadline = 50_ms;
    const std::uint16_t port = start(options);
    EXPECT_TRUE(exchange(port, "GET / HT").starts_with("HTTP/1.1 408 "));
    EXPECT_TRUE(exchange(port, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
                    .starts_with("HTTP/1.1 408 "));
    EXPECT_EQ(exchange(port, ""), "");
}

TEST_F(HttpServerTest, RefusesBeforeTheBodyAndNeverReadsItAsARequest) {
    handler_->on_admit = [](const HttpRequest&) {
        return Admission(HttpResponse::text(403, "no\n"));
    };
    const std::uint16_t port = start();
    const std::string got = exchange(port,
                                     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 36\r\n\r\nGET "
                                     "/second HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 403 ")) << got;
    EXPECT_EQ(got.find("HTTP/1.1", 5), std::string::npos) << got;
}

TEST_F(HttpServerTest, AnswersFromAnotherThreadAndADroppedResponderIs500) {
    std::thread other;
    handler_->on_handle = [&](HttpRequest request, Responder responder) {
        if (request.path == "/drop") {
            return;
        }
        other = std::thread([responder = std::move(responder)]() mutable {
            responder.send(HttpResponse::text(200, "later"));
        });
    };
    const std::uint16_t port = start();
    const std::string got = exchange(port,
                                     "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
                                     "GET /drop HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(got.find("later"), std::string::npos);
    EXPECT_NE(got.find("HTTP/1.1 500 "), std::string::npos);
    other.join();
}

TEST_F(HttpServerTest, StreamsInChunksAndTellsTheEnd) {
    std::atomic<int> ended_well{0};
    handler_->on_handle = [&](HttpRequest, Responder responder) {
        const ResponseStreamPtr stream = responder.stream(200, {{"Content-Type", "text/plain"}});
        stream->on_closed([stream, &ended_well](const Status& why) { ended_well += why.ok(); });
        EXPECT_EQ(stream->write("hello"), ResponseStream::Write::Accepted);
        stream->close();
        EXPECT_EQ(stream->write("x"), ResponseStream::Write::Closed);
    };
    const std::uint16_t port = start();
    const std::string got = exchange(port,
                                     "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
                                     "GET /a HTTP/1.0\r\nHost: x\r\n\r\n");
    running_.stop();
    EXPECT_EQ(ended_well, 2);
    EXPECT_NE(got.find("\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200"), std::string::npos) << got;
    EXPECT_TRUE(got.ends_with("\r\n\r\nhello")) << got;
}

TEST_F(HttpServerTest, DropsAReaderThatIsTooSlow) {
    Box<Status> closed;
    Box<ResponseStreamPtr> opened;
    handler_->on_handle = [&](HttpRequest, Responder responder) {
        ResponseStreamPtr stream = responder.stream(200, {}, {64 * 1024});
        stream->on_closed([closed](Status why) mutable { closed.put(std::move(why)); });
        opened.put(std::move(stream));
    };
    const std::uint16_t port = start();
    RawClient client(port, 4096);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const ResponseStreamPtr stream = opened.get();
    bool slow = false;
    ResponseStream::Write result = ResponseStream::Write::Accepted;
    for (int turn = 0; turn < 100'000 && result != ResponseStream::Write::Closed; ++turn) {
        result = stream->write(std::string(8192, 'x'));
        slow = slow || result == ResponseStream::Write::Slow;
    }
    EXPECT_EQ(result, ResponseStream::Write::Closed);
    EXPECT_TRUE(slow);
    EXPECT_EQ(closed.get().error().code, ErrorCode::ResourceExhausted);
}

TEST_F(HttpServerTest, StoresAnUploadWithItsDigestAndRemovesABrokenOne) {
    const TemporaryFolder folder;
    Box<Upload> stored;
    handler_->on_admit = [&](const HttpRequest& head) {
        return Admission(BodyToFile{folder.path + head.path, 100 << 20});
    };
    handler_->on_handle = [&](HttpRequest request, Responder responder) {
        stored.put(*request.upload);
        responder.send(HttpResponse::text(201, ""));
    };
    const std::uint16_t port = start();
    const std::string body(10'000'000, 'b');
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    const std::string tail = "Host: x\r\nConnection: close\r\n" + length + "\r\n" + body;
    EXPECT_TRUE(exchange(port, "PUT /one HTTP/1.1\r\n" + tail).starts_with("HTTP/1.1 201 "));
    const Upload upload = stored.get();
    EXPECT_EQ(upload.size, body.size());
    EXPECT_EQ(upload.sha256, sha256_hex(body));
    EXPECT_EQ(sha256_of_file(upload.path).value(), upload.sha256);
    EXPECT_TRUE(exchange(port, "PUT /one HTTP/1.1\r\n" + tail).starts_with("HTTP/1.1 409 "));
    {
        RawClient client(port);
        client.send("PUT /two HTTP/1.1\r\nHost: x\r\n" + length + "\r\n" + body.substr(1'000'000));
    }
    server_->close();
    Box<bool> disk_is_done;  // the file thread works in order
    running_.loop.run_blocking([] {}, [&] { disk_is_done.put(true); });
    disk_is_done.get();
    EXPECT_FALSE(std::filesystem::exists(folder.path + "/two"));
}

TEST_F(HttpServerTest, SendsPartsOfFilesAnd404ForMissingOnes) {
    const TemporaryFolder folder;
    const std::string content(700'000, 'f');
    std::ofstream(folder.path + "/file") << content << "END";
    handler_->on_handle = [&](HttpRequest request, Responder responder) {
        HttpResponse response;
        response.body = FileRange{folder.path + request.path, 699'999, UINT64_MAX};
        if (request.path == "/all") {
            response.body = FileRange{folder.path + "/file"};
        }
        responder.send(std::move(response));
    };
    const std::uint16_t port = start();
    const std::string end = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    EXPECT_TRUE(exchange(port, "GET /file" + end).ends_with("\r\n\r\nfEND"));
    EXPECT_TRUE(exchange(port, "GET /all" + end).ends_with(content + "END"));
    EXPECT_TRUE(exchange(port, "HEAD /all" + end).ends_with("\r\n\r\n"));
    EXPECT_TRUE(exchange(port, "GET /none" + end).starts_with("HTTP/1.1 404 "));
}

TEST_F(HttpServerTest, ClosesConnectionsBeyondTheLimit) {
    HttpServerOptions options;
    options.connection_limit_per_peer = 1;
    const std::uint16_t port = start(options);
    RawClient first(port);
    first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    first.read_until("[]");
    EXPECT_EQ(exchange(port, ""), "");
    first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(first.read_until("[]").find("200 OK"), std::string::npos);
}

TEST_F(HttpServerTest, NamesAddressAndPortWhenThePortIsTaken) {
    const std::uint16_t port = start();
    HttpServer other(running_.loop, handler_);
    const auto refused = other.listen("127.0.0.1", port);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    EXPECT_NE(refused.error().message.find("127.0.0.1:" + std::to_string(port)), std::string::npos);
    EXPECT_EQ(other.listen("localhost", 0).error().code, ErrorCode::InvalidArgument);
}

TEST_F(HttpServerTest, GoesOnAfterRunningOutOfDescriptors) {
    const std::uint16_t port = start();
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    {
        RawClient waiting(port);  // made before the limit falls, so that the server can accept it
        waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        waiting.read_until("[]");
        const int used = dup(0);
        ::close(used);
        rlimit low = before;
        low.rlim_cur = static_cast<rlim_t>(used) + 1;  // room for the client's end only
        setrlimit(RLIMIT_NOFILE, &low);
        RawClient refused(port);
        EXPECT_EQ(refused.read_all(), "");
        setrlimit(RLIMIT_NOFILE, &before);
    }
    EXPECT_NE(
        exchange(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").find("200 OK"),
        std::string::npos);
}

}  // namespace
}  // namespace heddle::net
