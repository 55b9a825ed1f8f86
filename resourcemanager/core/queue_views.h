#pragma once

// What readers see of the queues. A queue's view is made anew when something of it has changed, so
// that a publication costs what has happened and not what there is.

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// Brings the queues of the published view up to date.
void publish_queues(Books& books);

/// Every queue that was not touched since the last publication looks as it was published.
void check_queue_views(const Books& books);

}  // namespace heddle::rm
