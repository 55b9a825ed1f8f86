#pragma once

// What clients change of applications that live: queue, priority, lifetime. A change is saved
// before it holds and before it is answered; of one application, one after the other. And what they
// order: signals, and the end of an attempt.

#include "resourcemanager/core/books.h"

namespace heddle::rm {

void perform(Books& books, RequestId request, const MoveApplication& move);
void perform(Books& books, RequestId request, const ChangePriority& change);
void perform(Books& books, RequestId request, const ChangeLifetime& change);
void perform(Books& books, RequestId request, const SignalContainer& signal);
void perform(Books& books, RequestId request, const FailAttempt& fail);

// Answers of the store.
void stored_change(Books& books, Application& application);
void change_failed(Books& books, Application& application, const Error& why);

}  // namespace heddle::rm
