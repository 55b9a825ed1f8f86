#pragma once

// What operators set for nodes beside what these say of themselves.

#include "resourcemanager/core/books.h"

namespace heddle::rm {

void perform(Books& books, RequestId request, const ChangeAttributes& change);

}  // namespace heddle::rm
