// nodeagent: the daemon's process.

#include <unistd.h>

#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "common/base/log.h"
#include "common/config/settings.h"
#include "nodeagent/shell/daemon.h"
#include "nodeagent/shell/options.h"

namespace {

/// The directory of this program, where the others of the same build are.
std::string programs_directory() {
    std::string path(4096, '\0');
    const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
    path.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return path.substr(0, path.rfind('/'));
}

}  // namespace

int main(int argc, char** argv) {
    using namespace heddle;
    auto parsed = node::parse_options({argv + 1, argv + argc});
    if (const auto* exit = std::get_if<node::EarlyExit>(&parsed)) {
        (exit->code == 0 ? std::cout : std::cerr) << exit->text;
        return exit->code;
    }
    log::init("nodeagent", log::Level::Info);
    node::Daemon daemon(std::get<node::NodeOptions>(std::move(parsed)), programs_directory());
    if (const Status status = daemon.begin(); !status) {
        log::error(status.error().message);
        return config::exit_code_of(status.error());
    }
    daemon.run();
    return 0;
}
