// resourcemanager: command line in, exit code out.

#include <cstdio>

#include "common/base/log.h"
#include "resourcemanager/shell/daemon.h"

int main(int argc, char** argv) {
    using namespace heddle;
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto parsed = rm::parse_options(arguments);
    if (const auto* exit = std::get_if<rm::EarlyExit>(&parsed)) {
        std::fputs(exit->text.c_str(), exit->code == 0 ? stdout : stderr);
        return exit->code;
    }
    log::init("resourcemanager", log::Level::Info);
    return rm::run_daemon(std::get<rm::Options>(parsed));
}
