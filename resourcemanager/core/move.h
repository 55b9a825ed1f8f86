#pragma once

// An application goes to another queue, or to another place in the order of its own: with all that
// it holds, and with all that it asks for.

#include <cstdint>

#include "common/base/result.h"
#include "common/model/queue.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// Charges and counts move with it, and its asks wait in the new queue.
void move_application(Books& books, Application& application, QueueIndex to);

/// Its asks take the place that the new priority gives them.
void change_priority(Books& books, Application& application, std::int32_t priority);

/// Whether the leaf takes one application more, by its state and by its limits and those above it.
/// Errors: InvalidArgument (stopped or draining), ResourceExhausted (full).
Status takes_applications(const Books& books, QueueIndex leaf);

/// Errors: InvalidArgument above the cluster's maximum, or negative.
Status priority_is_allowed(const Books& books, std::int32_t priority);

/// The settings of the queue, or null: it has none of its own.
const QueueConfig* config_of(const Books& books, QueueIndex queue);

/// The nearest value of an inherited setting, walking up from `queue`.
template <typename T>
std::optional<T> inherited(const Books& books, QueueIndex queue,
                           std::optional<T> QueueConfig::*setting) {
    for (;; queue = books.queues.at(queue).parent) {
        const QueueConfig* config = config_of(books, queue);
        if (config != nullptr && (config->*setting).has_value()) {
            return config->*setting;
        }
        if (queue == 0) {
            return std::nullopt;
        }
    }
}

}  // namespace heddle::rm
