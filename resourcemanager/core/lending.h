#pragma once

// Room on nodes of a label that is not exclusive is lent to asks that name no label: when the nodes
// without a label have none, or a maximum there refuses. Asks that name the label come first, are
// not counted together with what is lent, and may take it back (preemption.h).

#include <optional>
#include <string>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// Whether nodes of this label are lent.
bool lends(const Books& books, const std::string& label);

/// The container's ask named no label, and its node has one.
bool lent(const Node& node, const Container& container);

/// A node of a label that is lent, for an ask without one that nothing but maxima on the nodes
/// without a label refuses. Those do not hold there. Asks that wait for nodes of their own do not.
std::optional<NodeIndex> borrow(Books& books, const Demand& demand, const Shape& shape);

/// What is known of the ask of a container that its node has reported.
void guess_label(const Books& books, const Node& node, Container& container);

/// Brings the books of queues in line with what asks have turned out to say after a restart.
void note_label(Books& books, const Attempt& attempt, const Ask& ask);

/// For checks: nobody waits whom borrow() would serve.
bool could_borrow(const Books& books, const Demand& demand, const Shape& shape);

}  // namespace heddle::rm
