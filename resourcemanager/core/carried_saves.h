#pragma once

// Every save of an application's record has all of it: a change, or a kill, whose own save has
// failed is on disk nevertheless once a save that was begun after it succeeds. So it is done when
// one of those succeeds, and refused when all of them have failed.

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// Whether a save of the application's record that was begun after this one is under way.
bool carried(const Books& books, BatchId batch, const ApplicationId& id);

/// A save that has the record in it has succeeded: what only waited for it is done.
void carried_stored(Books& books, Application& application);
/// It has failed: what only waited for it is refused, unless a later one has it too.
void carrier_failed(Books& books, BatchId batch, Application& application);

}  // namespace heddle::rm
