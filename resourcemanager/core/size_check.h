#pragma once

// Whether a container can be so large: what nodes have, and what to ask for instead.

#include <string>

#include "common/base/result.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// The largest node that ever registered and that an ask with this label, or none, may go to.
Resource largest_for(const Books& books, const std::string& label);

/// Whether some node is large enough, or may be: before any has registered, and while none has
/// had a label that the configuration knows. Errors: InvalidArgument.
Status check_size(const Books& books, const Resource& size, const std::string& label);
/// The same, whatever the label will be; `label` is what is known of it.
Status check_size_at_all(const Books& books, const Resource& size, const std::string& label);

/// "name label gpu, or ask for less"
std::string smaller_or_elsewhere(const Books& books, const Resource& size,
                                 const std::string& label);

}  // namespace heddle::rm
