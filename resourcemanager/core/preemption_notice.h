#pragma once

// What masters are told of containers that are to make way, and what they may do about it: a
// container that a master gives back counts for the one that is marked, if it is on the same node
// and not smaller. What is freed so is held for the ask as if it had been taken.

#include <string>

#include "resourcemanager/core/books.h"

namespace heddle::rm {

bool dry_run(const Books& books);

/// Why the container makes way, as a sentence for people.
std::string why(const Books& books, const Claim& claim, const Container& container);

/// The masters of those that are to make way are told, and that they are not to any more.
void tell_marked(Books& books, const Claim& claim);
void tell_lifted(Books& books, const Claim& claim);
/// To a master that has connected anew: all that holds of its containers.
void tell_marks(Books& books, Attempt& attempt);

/// The master gives the container back; it is about to be ordered to stop.
void given_back(Books& books, const Container& container);

}  // namespace heddle::rm
