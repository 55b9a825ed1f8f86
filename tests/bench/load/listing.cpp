#include "tests/bench/load/listing.h"

#include <string_view>
#include <utility>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/net/http_client.h"
#include "tests/bench/load/players.h"

namespace heddle::bench {
namespace {

constexpr Duration kPatience = seconds(60);

}  // namespace

Listing fetch_listing(net::EventLoop& loop, const ManagerProcess& manager,
                      const std::string& target) {
    net::ClientRequest request{"GET", target, {}, {}, {}};
    request.headers.add("Authorization", "Bearer " + manager.token());
    Listing listing;
    bool over = false;
    const TimePoint begin = monotonic_now();
    net::ExchangeEvents events;
    events.on_head = [](int status, const net::Headers&) { CHECK(status == 200); };
    events.on_data = [&](std::string_view data) {
        listing.first = listing.bytes == 0 ? monotonic_now() - begin : listing.first;
        listing.bytes += data.size();
    };
    events.on_done = [&](const Status& how) {
        CHECK(how.ok());
        over = true;
    };
    const net::HttpExchangePtr exchange =
        net::start_exchange(loop, net::Endpoint::tcp("127.0.0.1", manager.port()),
                            std::move(request), {}, std::move(events));
    CHECK(until(loop, kPatience, [&] { return over; }));
    listing.all = monotonic_now() - begin;
    return listing;
}

}  // namespace heddle::bench
