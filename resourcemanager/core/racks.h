#pragma once

// Where machines stand, as it is written down outside of them: in a file, or by a script.

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// What is written down comes before what a node says of itself.
void set_rack(const Books& books, NodeInfo& info);

void perform(Books& books, RequestId request, ChangeRacks& change);

}  // namespace heddle::rm
