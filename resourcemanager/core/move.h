#pragma once

// What holds of an application instead of what was submitted: its queue and its priority. Its place
// in line, its charges and its asks go with it (limits.h).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/queue.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// Its submission says so from now on, and it goes on there.
void take_queue(Books& books, Application& application, QueueIndex leaf);
void take_priority(Books& books, Application& application, std::int32_t priority);

/// Errors: InvalidArgument above the cluster's maximum, or negative.
Status priority_is_allowed(const Books& books, std::int32_t priority);
/// Also by the limits that the queue has for the user. Errors: PermissionDenied beyond those.
Status priority_is_allowed(const Books& books, QueueIndex leaf, const std::string& user,
                           const std::vector<std::string>& groups, std::int32_t priority);
/// Of applications that ask for none.
std::int32_t priority_default(const Books& books, QueueIndex leaf, const std::string& user,
                              const std::vector<std::string>& groups);

/// What the operators say of the application's workflow in the queue, whatever was asked for; none
/// where they say nothing.
std::optional<std::int32_t> priority_of_workflow(const Books& books, QueueIndex leaf,
                                                 const ApplicationSubmission& submission);

/// The nearest value of an inherited setting, walking up from `queue`.
template <typename T>
std::optional<T> inherited(const Books& books, QueueIndex queue,
                           std::optional<T> QueueConfig::*setting) {
    while (queue != 0 && !(books.queues.at(queue).config.*setting).has_value()) {
        queue = books.queues.at(queue).parent;
    }
    return books.queues.at(queue).config.*setting;
}

}  // namespace heddle::rm
