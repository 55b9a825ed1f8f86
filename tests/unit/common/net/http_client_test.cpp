#include "common/net/http_client.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/common/net/fixture.h"

namespace heddle::net {
namespace {

using namespace heddle::literals;

class HttpClientTest : public testing::Test {
protected:
    Endpoint start() {
        server_ = std::make_unique<HttpServer>(running_.loop, handler_);
        return Endpoint::tcp("127.0.0.1", server_->listen("127.0.0.1", 0).value());
    }

    RunningLoop running_;
    std::shared_ptr<FunctionHandler> handler_ = std::make_shared<FunctionHandler>();
    std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpClientTest, SendsOverTcpAndUnixSockets) {
    HttpClient tcp(start(), {{"Authorization", "Bearer x"}});
    EXPECT_EQ(tcp.send({"POST", "/a", {}, "body", {}}).value().body, "POST /a [body]");
    EXPECT_EQ(tcp.get("/b").value().body, "GET /b []");
    const TemporaryFolder folder;
    ASSERT_TRUE(server_->listen_unix(folder.path + "/socket"));
    HttpServer second(running_.loop, handler_);
    EXPECT_EQ(second.listen_unix(folder.path + "/socket").error().code, ErrorCode::Conflict);
    HttpClient local(Endpoint::unix_socket(folder.path + "/socket"));
    EXPECT_EQ(local.get("/c").value().body, "GET /c []");
    server_->close();
    EXPECT_FALSE(std::filesystem::exists(folder.path + "/socket"));
    EXPECT_EQ(local.get("/d").error().code, ErrorCode::Unavailable);
}

TEST_F(HttpClientTest, UploadsAndDownloadsFiles) {
    const TemporaryFolder folder;
    const std::string content(5'000'001, 'u');
    std::ofstream(folder.path + "/source") << content;
    handler_->on_admit = [&](const HttpRequest&) {
        return Admission(BodyToFile{folder.path + "/stored", 10 << 20});
    };
    handler_->on_handle = [&](HttpRequest request, Responder responder) {
        if (request.method == "PUT") {
            responder.send(HttpResponse::text(201, request.upload->sha256));
            return;
        }
        std::filesystem::remove(request.upload->path);
        HttpResponse response;
        response.body = FileRange{folder.path + "/source"};
        responder.send(std::move(response));
    };
    HttpClient client(start());
    EXPECT_EQ(client.send({"PUT", "/x", {}, {}, folder.path + "/source"}).value().body,
              sha256_hex(content));
    std::filesystem::remove(folder.path + "/stored");
    const Download download = client.download({}, folder.path + "/copy").value();
    EXPECT_EQ(download.file.size, content.size());
    EXPECT_EQ(download.file.sha256, sha256_of_file(folder.path + "/copy").value());
    EXPECT_EQ(client.download({}, folder.path + "/copy").error().code, ErrorCode::AlreadyExists);
    EXPECT_EQ(client.send({"PUT", "/x", {}, {}, folder.path + "/none"}).error().code,
              ErrorCode::NotFound);
    running_.stop();  // the handler looks at this frame
}

TEST_F(HttpClientTest, TimesOutAndReportsARefusedConnection) {
    std::vector<Responder> unanswered;
    handler_->on_handle = [&](HttpRequest, Responder responder) {
        unanswered.push_back(std::move(responder));
    };
    ClientOptions options;
    options.deadline = 50_ms;
    const Endpoint server = start();
    HttpClient client(server, {}, options);
    EXPECT_EQ(client.get("/").error().code, ErrorCode::Timeout);
    server_->close();
    EXPECT_EQ(client.get("/").error().code, ErrorCode::Unavailable);
}

TEST_F(HttpClientTest, ABodyThatIsCutOffIsAServerThatIsAway) {
    handler_->on_handle = [](const HttpRequest&, Responder responder) {
        responder.stream(200, {})->abort();
    };
    HttpClient client(start());
    const auto answer = client.get("/");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::Unavailable) << answer.error().message;
}

TEST_F(HttpClientTest, StreamsUntilTheReceiverHasEnough) {
    Box<Status> closed;
    Box<ResponseStreamPtr> opened;
    handler_->on_handle = [closed, opened](HttpRequest, Responder responder) mutable {
        ResponseStreamPtr stream = responder.stream(200, {});
        stream->on_closed([closed](Status why) mutable { closed.put(std::move(why)); });
        stream->write("one\n");
        opened.put(std::move(stream));
    };
    HttpClient client(start());
    std::string got;
    ResponseStreamPtr stream;
    const auto result = client.stream({}, [&](std::string_view bytes) {
        got += bytes;
        if (stream == nullptr) {
            stream = opened.get();
        }
        stream->write("two\n");
        return got != "one\ntwo\n";
    });
    EXPECT_EQ(result.value().status, 200);
    EXPECT_EQ(got, "one\ntwo\n");
    EXPECT_FALSE(closed.get().ok());  // the server hears that nobody listens any more
}

TEST_F(HttpClientTest, CancelEndsAStreamFromAnotherThread) {
    ResponseStreamPtr stream;
    HttpClient client(start());
    handler_->on_handle = [&](HttpRequest, Responder responder) {
        stream = responder.stream(200, {});
        client.cancel();
    };
    EXPECT_EQ(client.stream({}, [](std::string_view) { return true; }).error().code,
              ErrorCode::Cancelled);
    running_.stop();  // the handler looks at this frame
}

TEST_F(HttpClientTest, AsynchronousFetchRunsOnTheLoop) {
    const Endpoint server = start();
    Box<Result<ClientResponse>> done;
    const HttpExchangePtr exchange =
        fetch(running_.loop, server, {"GET", "/x", {}, {}, {}}, {},
              [done](Result<ClientResponse> result) mutable { done.put(std::move(result)); });
    EXPECT_EQ(done.get().value().body, "GET /x []");
}

}  // namespace
}  // namespace heddle::net
