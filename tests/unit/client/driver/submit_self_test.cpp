// A driver that submits itself keeps the time that the manager asks for.

#include "client/driver/submit_self.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/time.h"
#include "common/net/event_loop.h"
#include "common/net/http_server.h"

namespace heddle::driver {
namespace {

// Is busy when it is asked first, and says when to come again; refuses after that.
class BusyManager : public net::HttpHandler {
public:
    net::Admission admit(const net::HttpRequest&) override { return net::BodyInMemory{}; }

    void handle(net::HttpRequest, net::Responder responder) override {
        const std::lock_guard lock(mutex_);
        net::HttpResponse response = net::HttpResponse::text(++asked_ == 1 ? 503 : 403, "not now");
        response.headers.add("Retry-After", "17");
        responder.send(std::move(response));
    }

    int asked() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

private:
    std::mutex mutex_;
    int asked_ = 0;
};

TEST(SubmitSelf, ComesAgainWhenTheManagerSays) {
    char path[] = "/tmp/heddle-submit-self-XXXXXX";
    const int file = ::mkstemp(path);
    ASSERT_GE(file, 0);
    ASSERT_EQ(::write(file, "token", 5), 5);
    ::close(file);
    ::setenv("HEDDLE_TOKEN_FILE", path, 1);
    net::EventLoop loop;
    const auto manager = std::make_shared<BusyManager>();
    net::HttpServer server(loop, manager);
    const auto port = server.listen("127.0.0.1", 0);
    ASSERT_TRUE(port.ok());
    std::thread thread([&] { loop.run(); });
    MasterUrl url;
    url.kind = MasterUrl::Kind::Cluster;
    url.host = "127.0.0.1";
    url.port = *port;
    std::vector<Duration> waits;
    const auto place = submit_self(url, "test", Settings{}, [&](Duration asked) {
        waits.push_back(asked);
        return Duration();
    });
    ::unsetenv("HEDDLE_TOKEN_FILE");
    server.close();
    loop.stop();
    thread.join();
    ::unlink(path);
    ASSERT_FALSE(place.ok());
    EXPECT_EQ(place.error().code, ErrorCode::PermissionDenied) << place.error().message;
    EXPECT_EQ(manager->asked(), 2);
    EXPECT_EQ(waits, std::vector<Duration>{seconds(17)});
}

}  // namespace
}  // namespace heddle::driver
