// Broadcast variables, all that need not know their type.
#include "client/api/broadcast.h"

#include "client/api/errors.h"

namespace heddle::api {

BroadcastStatePtr make_broadcast(const SessionPtr& session, rdd::Bytes value) {
    auto state = std::make_shared<BroadcastState>();
    state->session = session;
    state->ref = session->runner->broadcasts()->add(std::move(value));
    return state;
}

const void* read_broadcast(rdd::TaskScope& task, const rdd::BroadcastRef& ref,
                           const rdd::RecordFace& face) {
    if (ref.id.value < 0) {
        require_usable(nullptr);
    }
    if (task.broadcasts() == nullptr) {
        throw Exception(ErrorCode::Internal, "there are no broadcast variables here");
    }
    auto value = task.broadcasts()->read(ref, face);
    if (!value) {
        throw Exception(value.error().code, value.error().message);
    }
    return task.hold(std::move(value).value());
}

void require_usable(const BroadcastState* state) {
    if (state == nullptr) {
        throw UsageError(ErrorCode::InvalidArgument,
                         "a broadcast variable that no context has made: make it with "
                         "context.broadcast(value), and hand it to executors as a field of a "
                         "function object");
    }
    if (!state->destroyed_at.empty()) {
        throw UsageError(ErrorCode::Conflict, "broadcast " + std::to_string(state->ref.id.value) +
                                                  " was destroyed at " + state->destroyed_at +
                                                  ": it cannot be used any more");
    }
}

void drop_broadcast(BroadcastState* state, bool destroy, Callsite at) {
    require_usable(state);
    if (destroy) {
        const std::string_view file(at.file);
        state->destroyed_at =
            std::string(file.substr(file.rfind('/') + 1)) + ":" + std::to_string(at.line);
    }
    if (state->session->runner != nullptr) {
        state->session->runner->drop_broadcast(state->ref.id, destroy);
    }
}

}  // namespace heddle::api
