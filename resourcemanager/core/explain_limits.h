#pragma once

// What the limits of queues and users have to do with it that an ask waits, who holds what they
// bound, and who comes first in the same queue.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/model/explanation.h"
#include "resourcemanager/core/books.h"
#include "resourcemanager/core/explain_nodes.h"

namespace heddle::rm {

/// Who holds most in a queue (and of one user); looked up once per explanation.
class HoldersInQueues {
public:
    explicit HoldersInQueues(const Books& books) : books_(books) {}
    const std::vector<Holder>& in(QueueIndex queue, const std::string& user);

private:
    const Books& books_;
    std::map<std::pair<QueueIndex, std::string>, std::vector<Holder>> found_;
};

/// Every limit that refuses one more container to this ask, from its queue upwards, then the
/// user's. `holders`: null for a headline. A maximum that is the whole cluster is no limit of its
/// own: it is left out when `full`, because then the nodes say more.
std::vector<Blocker> limit_blockers(const Books& books, const Demand& demand, bool full,
                                    HoldersInQueues* holders);

/// The same of one container of the application on nodes of the ask's label, whatever asks wait.
std::vector<Blocker> limit_blockers(const Books& books, const ApplicationId& application,
                                    const Ask& ask, const Shape& shape, bool full,
                                    HoldersInQueues* holders);

/// Outstanding asks of other applications that come first.
Ahead ahead_of(const Books& books, const Demand& demand);

/// A leaf to which the application may be moved, and which would take one more container of the ask
/// at once; or nothing. It says nothing when nodes would not.
std::string queue_with_room(const Books& books, const Demand& demand);

}  // namespace heddle::rm
