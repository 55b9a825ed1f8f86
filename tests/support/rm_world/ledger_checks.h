#pragma once

// What the books must say of themselves, of what masters said, and of what is on disk. Each returns
// what is wrong, or nothing.

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "resourcemanager/core/books.h"
#include "tests/support/rm_world/store.h"

namespace heddle::rm::test {

/// When no application lives and no container is left, every counter is zero.
std::string check_idle(const Books& books);

/// After an update that was taken: each ask is wanted so often as its master says, not more.
std::string check_stated(const Books& books, ConnectionId connection, const MasterUpdate& update);

/// Only the epoch that the store was raised to at last acts on it.
std::string check_epoch(const Books& books, const Store& store);

/// Nothing is on its way to the disk: what a restart would begin with is what is in memory.
std::string check_store(const Books& books, const Store& store);

/// What was acknowledged is found, until it is over and its time on record is.
std::string check_acknowledged(const View& view, const std::set<ApplicationId>& acknowledged);

/// How much of each ask, and of each application, lived after the step before.
struct Holdings {
    struct OfAsk {
        std::int32_t count = 0;
        std::int32_t generation = 0;
        std::int32_t live = 0;
    };
    std::map<AskPlace, OfAsk> asks;
    std::map<ApplicationId, Resource> allocated;
    std::set<ApplicationId> ending;  // killed, or over
};
Holdings holdings_of(const Books& books);

/// Who gave up an ask, or part of it, or was killed in the step, holds no more than before.
std::string check_lowered(const Holdings& before, const Books& books);

/// Containers by their ids, over all lives of the manager: an id stands for one container for ever.
class IdCheck {
public:
    /// The container was granted in the last step.
    std::string granted(const Books& books, const Container& container);
    /// It is in the table, granted by whomever.
    std::string seen(const Books& books, const Container& container);

private:
    std::map<ContainerId, NodeId> known_;
};

}  // namespace heddle::rm::test
