// A loop, a port and a token for a driver without a cluster.
#include "client/driver/local_http.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "client/driver/process_pool.h"
#include "common/net/digest.h"

namespace heddle::driver {

Result<std::unique_ptr<LocalHttp>> LocalHttp::open(const std::string& token_file,
                                                   RestApplication application,
                                                   DriverHttp::Inspect inspect) {
    const std::string id = application.id;
    const std::string token = net::random_token(32);
    TRY(write_secret(token_file, token));
    std::unique_ptr<LocalHttp> made(new LocalHttp());
    made->token_file_ = token_file;
    made->http_ = std::make_unique<DriverHttp>(made->loop_, token, std::move(application),
                                               std::move(inspect));
    TRY(const std::uint16_t port, made->http_->listen("127.0.0.1"));
    made->thread_ = std::thread([loop = &made->loop_] { loop->run(); });
    std::fprintf(stderr,
                 "jobs: http://127.0.0.1:%d/api/v1/applications/%s/jobs (bearer token in %s)\n",
                 port, id.c_str(), token_file.c_str());
    return made;
}

LocalHttp::~LocalHttp() {
    if (thread_.joinable()) {
        loop_.stop();
        thread_.join();
    }
    http_.reset();
    if (!token_file_.empty()) {
        unlink(token_file_.c_str());
    }
}

}  // namespace heddle::driver
