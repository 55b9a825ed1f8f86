#pragma once

// What may be so for a while and not for ever: a claim, a reservation, a gang that gathers room, an
// ask with room that nobody refuses it, a queue that is owed room which others hold. Time is
// counted from the first step that shows it.

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "resourcemanager/core/books.h"

namespace heddle::rm::test {

/// Claims hold nothing longer than this beyond their grace: the stop, a node that is lost
/// meanwhile, and the time that freed room is kept for the ask.
constexpr Duration kClaimPatience = seconds(60);
/// Reservations, and gangs that gather room, beyond the configured timeout: the next round.
constexpr Duration kReservationPatience = seconds(3);
/// Rounds of preemption in which something must be taken for a queue that is owed it.
constexpr std::int64_t kPreemptionRounds = 4;

class PatienceChecks {
public:
    /// The first thing that has lasted too long, or empty.
    std::string look(const Books& books);

private:
    enum class What { Claim, Reservation, Gathering, Placeable, Owed };
    struct Key {
        What what = What::Claim;
        std::uint64_t number = 0;
        AskPlace place;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    /// It is so now. Returns for how long.
    Duration lasts(const Books& books, const Key& key);

    std::string look_at_kept(const Books& books);
    std::string look_at_placeable(const Books& books);
    std::string look_at_owed(const Books& books);

    std::map<Key, TimePoint> before_;
    std::map<Key, TimePoint> seen_;
    Duration reservation_timeout_;  // the longest that was configured
};

/// The leaf is owed room, one of its asks waits, and a container of a leaf that holds more than it
/// is owed could make way for it. Of leaves below the root alone, and where one container is
/// enough, so that it can be seen without choosing.
bool owed_and_withheld(const Books& books, QueueIndex leaf);

}  // namespace heddle::rm::test
