#pragma once

// Other sizes for containers that live. A change goes through three hands: the master wishes it
// for a version of the container, here it is decided and charged, the node holds the container to
// it and says so. Less is given back only when the node has said so; more is charged before the
// node is told. One change at a time: while it is under way wishes for another size are refused,
// and so are all for a container that is opportunistic or becomes it, which is charged with
// nothing.
//
// Nothing of it is on disk here. After a restart the size and version that nodes report hold, and
// masters repeat what they wish.

#include <string>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// What the master wishes; in a complete update what it does not wish any more is taken back.
void take_resizes(Books& books, Application& application, Attempt& attempt,
                  const MasterUpdate& update);

/// There is room for a container to grow. The ask is over; `demand` must not be used afterwards.
void grant_increase(Books& books, const Demand& demand);

/// What its node says of its size. `order_seen`: of an order that it has had, or should have had.
void take_size(Books& books, Container& container, const ContainerReport& report, bool order_seen);

/// Its wish to grow, if it waits, is refused for this reason.
void take_increase_back(Books& books, Container& container, const std::string& why);

/// The node has another size or label: who waits to grow there does so under what holds now.
void restate_increases(Books& books, const Node& node);

/// It keeps the size that it is charged with until it is gone.
void forget_change(Books& books, Container& container);

/// Containers of the attempt that wait to grow do not any more.
void forget_increases(Books& books, const AttemptId& attempt);

/// The container that grows by this ask, or null.
const Container* growing(const Books& books, const Demand& demand);

void check_resizes(const Books& books);

}  // namespace heddle::rm
