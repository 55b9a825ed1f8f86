// What is reserved for asks that no node has room for, and the gangs that have not started.

#include "resourcemanager/shell/json_views.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

void write_reservation(wire::JsonWriter& json, const ReservationView& one) {
    json.begin_object().member("id", static_cast<std::int64_t>(one.id));
    json.member("application", to_string(one.attempt.application));
    json.member("attempt", to_string(one.attempt)).member("ask", one.ask);
    json.member("gang", one.gang).member("queue", one.queue).member("node", one.node.name);
    write_resource(json.key("size"), one.size);
    write_resource(json.key("held"), one.held);
    json.member("since", one.since.milliseconds).end_object();
}

void write_gang(wire::JsonWriter& json, const GangView& gang) {
    json.begin_object().member("application", to_string(gang.attempt.application));
    json.member("attempt", to_string(gang.attempt)).member("gang", gang.gang);
    json.member("queue", gang.queue).key("asks").begin_array();
    for (const std::int32_t ask : gang.asks) {
        json.value(ask);
    }
    json.end_array().member("needed", gang.needed).member("fits", gang.fits);
    json.member("gathering", gang.gathering).member("since", gang.since.milliseconds);
    json.member("deadline", gang.deadline.milliseconds).end_object();
}

net::HttpResponse list_reservations(const Services& services) {
    const auto view = services.board.view();
    return wrapped_json("reservations", [&](wire::JsonWriter& json) {
        json.begin_object().key("reservation").begin_array();
        for (const ReservationView& one : view->reservations->reservations) {
            write_reservation(json, one);
        }
        json.end_array().key("gang").begin_array();
        for (const GangView& gang : view->reservations->gangs) {
            write_gang(json, gang);
        }
        json.end_array().end_object();
    });
}

}  // namespace

void add_reservation_routes(Router& router, Services& services) {
    router.get("/heddle/v1/reservations", Permission::Read,
               [&services](const Call&) { return list_reservations(services); });
}

}  // namespace heddle::rm
