#pragma once

// The driver's HTTP in local masters, which have no loop of their own: opened when HEDDLE_UI or the
// setting ui.enabled asks for it. Its token is in a file that only the user can read.

#include <memory>
#include <string>
#include <thread>

#include "client/driver/driver_http.h"

namespace heddle::driver {

class LocalHttp {
public:
    /// `token_file` is made here and removed at the end. Errors: of the file and of the port.
    static Result<std::unique_ptr<LocalHttp>> open(const std::string& token_file,
                                                   RestApplication application,
                                                   DriverHttp::Inspect inspect);
    ~LocalHttp();
    LocalHttp(const LocalHttp&) = delete;
    LocalHttp& operator=(const LocalHttp&) = delete;

private:
    LocalHttp() = default;

    std::string token_file_;
    net::EventLoop loop_;
    std::unique_ptr<DriverHttp> http_;
    std::thread thread_;
};

}  // namespace heddle::driver
