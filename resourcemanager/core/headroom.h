#pragma once

// What an application could still be given, as YARN tells its masters: the least of what each of
// its queues may still use, what its user may, and what the nodes have. Computed when it is wanted;
// what is free may lie on several nodes, so that one container of this size need not fit.

#include "common/base/resource.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// On nodes of the application's label, or without one. Zero of one that is over. What the user's
/// equal share leaves counts only while others in the leaf want room as well.
Resource headroom_of(const Books& books, const Application& application);

/// An update of its master has come, which wants to be told or does not.
void headroom_asked(Books& books, const Application& application, Attempt& attempt, bool wanted);

}  // namespace heddle::rm
