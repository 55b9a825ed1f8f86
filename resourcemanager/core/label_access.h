#pragma once

// Which labels a queue may use, and which one it means when an application names none.

#include <string>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// Of the nearest queue upwards that states one; empty: none does.
std::string default_label(const Books& books, QueueIndex leaf);

/// Errors: InvalidArgument (the queue may not use the label). Everybody may use nodes without one.
Status may_use_label(const Books& books, QueueIndex leaf, const std::string& label);

}  // namespace heddle::rm
