#pragma once

// What masters are told of containers on nodes that are being taken out of service: they may end
// these in time, with what they hold moved elsewhere, rather than lose them to the drain's timeout.

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// The node drains, or does not any more: the masters of what runs there.
void tell_drain(Books& books, const Node& node);
/// To a master that has connected anew: which of its containers are on nodes that drain.
void tell_drains(Books& books, Attempt& attempt);

}  // namespace heddle::rm
