// Prints the manager's routes, one per line: method, pattern, permission.

#include <cstdio>

#include "common/base/check.h"
#include "resourcemanager/shell/services.h"

namespace {

const char* name_of(heddle::rm::Permission permission) {
    switch (permission) {
        case heddle::rm::Permission::Public:
            return "public";
        case heddle::rm::Permission::Read:
            return "read";
        case heddle::rm::Permission::Write:
            return "write";
        case heddle::rm::Permission::Master:
            return "master";
    }
    CHECK(false);
}

}  // namespace

int main() {
    using namespace heddle;
    net::EventLoop loop;
    rm::CoreDoor door;
    rm::ViewBoard board;
    rm::Authenticator auth({});
    rm::TokenBook tokens;
    rm::ArtifactStore artifacts(loop, "/nonexistent", 0);
    const rm::ServerInfo server;
    rm::EventHub hub(loop, board, tokens, server);
    rm::Metrics metrics;
    const rm::AccessPolicy access;
    rm::SchedulerLog scheduler_log("/nonexistent");
    rm::Services services{loop, door, board, auth,   tokens, artifacts,     hub, metrics, server,
                          "",   "",   {},    access, {},     scheduler_log, {},  {},      {}};
    rm::Router router;
    rm::add_routes(router, services);
    for (const rm::Route& route : router.routes()) {
        std::printf("%s %s %s\n", route.method.c_str(), route.pattern.c_str(),
                    name_of(route.permission));
    }
}
