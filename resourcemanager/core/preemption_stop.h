#pragma once

// What becomes of marks when their grace is over: their containers are stopped and written down, or
// left alone because the need has gone.

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// The grace of some marks is over: whatever speaks against it now counts, not what held then.
void claims_due(Books& books);

}  // namespace heddle::rm
