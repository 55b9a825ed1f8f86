// Paths of YARN that this version does not have: named, so that a client hears what is missing in
// the shape that it reads, instead of a 404 that could mean a mistake of its own.

#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

struct Missing {
    const char* method;
    const char* path;
    const char* what;
};

constexpr Missing kMissing[] = {
    {"GET", "/ws/v1/cluster/reservation/list", "reservations"},
    {"POST", "/ws/v1/cluster/reservation/new-reservation", "reservations"},
    {"POST", "/ws/v1/cluster/reservation/submit", "reservations"},
    {"POST", "/ws/v1/cluster/reservation/update", "reservations"},
    {"POST", "/ws/v1/cluster/reservation/delete", "reservations"},
    {"POST", "/ws/v1/cluster/delegation-token", "delegation tokens"},
    {"DELETE", "/ws/v1/cluster/delegation-token", "delegation tokens"},
    {"POST", "/ws/v1/cluster/delegation-token/expiration", "delegation tokens"},
    {"GET", "/stacks", "stacks of the manager's threads"},
};

}  // namespace

void add_unsupported_routes(Router& router) {
    for (const Missing& missing : kMissing) {
        const std::string_view method = missing.method;
        router.add(
            {missing.method, missing.path, method == "GET" ? Permission::Read : Permission::Write,
             Body::Nothing, [what = missing.what](Call, net::Responder responder) {
                 responder.send(
                     error_response({ErrorCode::Unsupported,
                                     std::string(what) + ": not supported in this version"}));
             }});
    }
}

}  // namespace heddle::rm
