#pragma once

// Random settings of queues for fault simulation, and random changes of them. Whatever is drawn
// lets every job go on in the end: nothing is so small that one master and one piece of work have
// no room once others end.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/prng.h"
#include "common/base/resource.h"
#include "common/model/queue.h"

namespace heddle::rm::test {

/// `least`: of the cluster, when all its nodes are there. root.default and root.batch are among the
/// leaves; two more stand a level lower, one of them on the third.
std::vector<QueueConfig> random_queues(Prng& prng, const Resource& least);
/// Users who may not run as many applications at once as they like.
std::map<std::string, std::int32_t> random_user_limits(Prng& prng);

/// A share, a maximum, the state of a leaf, a limit; or a queue comes or goes.
void change_queues(Prng& prng, const Resource& least, std::vector<QueueConfig>& queues);

/// A leaf by its name, of those that are always there.
std::string random_leaf(Prng& prng);

}  // namespace heddle::rm::test
