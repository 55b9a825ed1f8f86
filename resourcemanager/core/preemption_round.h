#pragma once

// One round of preemption: for the asks that are owed room, nodes and containers there that make
// way are chosen and marked.

#include "resourcemanager/core/books.h"

namespace heddle::rm {

void make_round(Books& books);

}  // namespace heddle::rm
