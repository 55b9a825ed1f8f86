#include "resourcemanager/shell/node_door.h"

#include "common/model/node_protocol.h"
#include "common/net/credential.h"
#include "common/net/host_check.h"
#include "common/wire/codec.h"
#include "resourcemanager/shell/router.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kSendMax = 256U << 20U;
constexpr Duration kIdleTimeout = seconds(20);

}  // namespace

net::Admission NodeDoor::admit(const net::HttpRequest& head) {
    if (!net::host_allowed(head.headers.get("Host"), host_names_) || head.headers.has("Origin")) {
        return error_response({ErrorCode::PermissionDenied, "node agents only"});
    }
    const auto credential = net::presented_credential(head.headers);
    if (!credential || !auth_.is_token(*credential)) {
        return error_response(
            {ErrorCode::Unauthenticated, "a node agent needs the cluster's token"});
    }
    if (head.path != kNodePath) {
        return error_response({ErrorCode::NotFound, "no such path: " + head.path});
    }
    if (!head.wants_web_socket) {
        return error_response({ErrorCode::InvalidArgument, "a WebSocket is expected here"});
    }
    return net::AcceptWebSocket{{wire::kFrameBytesMax, kSendMax, kIdleTimeout}};
}

void NodeDoor::handle(net::HttpRequest request, net::Responder responder) {
    responder.send(error_response({ErrorCode::NotFound, "no such path: " + request.path}));
}

void NodeDoor::on_web_socket(net::HttpRequest, net::WebSocketPtr socket) {
    connections_.accept_node(std::move(socket));
}

}  // namespace heddle::rm
