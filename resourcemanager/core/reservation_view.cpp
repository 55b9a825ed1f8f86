#include "resourcemanager/core/reservation_view.h"

#include <memory>
#include <utility>

#include "resourcemanager/core/reservations.h"

namespace heddle::rm {
namespace {

WallTime wall_of(const Books& books, TimePoint at) {
    return at == TimePoint::never()
               ? WallTime{}
               : WallTime{books.wall.milliseconds + (at - books.now).milliseconds()};
}

GangView view_of(const Books& books, const Gang& gang) {
    GangView view;
    view.attempt = gang.key.first;
    view.gang = gang.key.second;
    view.asks.assign(gang.asks.begin(), gang.asks.end());
    view.fits = gang.fits;
    view.gathering = books.gangs.gathering == gang.key;
    view.since = wall_of(books, gang.stated);
    view.deadline = wall_of(books, gang.deadline);
    for (const std::int32_t ask : gang.asks) {
        if (const Demand* demand = books.asks.find(gang.key.first, ask)) {
            view.needed += demand->ask.gang_min;
            view.queue = books.queues.at(demand->owner.queue).path;
        }
    }
    return view;
}

}  // namespace

void publish_reservations(Books& books) {
    if (!std::exchange(books.reservations.changed, false)) {
        return;
    }
    auto view = std::make_shared<ReservationsView>();
    for (const auto& [id, one] : books.reservations.all) {
        if (view->reservations.size() >= kReservationsShown) {
            break;
        }
        view->reservations.push_back(
            {id, one.attempt, one.ask, one.gang, books.queues.at(one.leaf).path,
             books.nodes.at(one.node).info.id, one.size, one.held, one.since});
    }
    for (const auto& [turn, key] : books.gangs.waiting) {
        if (view->gangs.size() >= kReservationsShown) {
            break;
        }
        view->gangs.push_back(view_of(books, books.gangs.all.at(key)));
    }
    books.view.reservations = std::move(view);
}

}  // namespace heddle::rm
