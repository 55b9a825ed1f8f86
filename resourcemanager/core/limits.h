#pragma once

// What applications are to the queue tree: their seats, the kinds of their asks, and what the
// owners of an application's life do to its place in line.

#include <cstdint>
#include <string>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

Seat seat_of(const Application& application);

/// `master`: of the ask for the attempt's master (or command).
AskOwner owner_of(const Books& books, const Application& application, const AttemptId& attempt,
                  bool master);

/// Whether the container counts against what masters may use: a command leads nobody.
bool leads(const Application& application, const Container& container);

/// Never smaller than the cluster's smallest container.
Resource at_least_minimum(const Books& books, Resource size);

/// The application goes on in another leaf, with what it holds and wants. Whether that leaf takes
/// it says QueueTree::admit(). What is on disk of it is the caller's.
void move_application(Books& books, Application& application, QueueIndex leaf);

/// Its place in line changes at once. What is on disk of it is the caller's.
void reprioritise_application(Books& books, Application& application, std::int32_t priority);

}  // namespace heddle::rm
