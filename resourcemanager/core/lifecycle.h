#pragma once

// What happens to applications and attempts, from the submission to the last save. Whatever
// promises a saved fact leaves from the stored_* functions and from nowhere else.

#include <optional>
#include <string>

#include "common/model/application.h"
#include "resourcemanager/core/books.h"
#include "resourcemanager/core/states.h"

namespace heddle::rm {

/// Walks the table. A step that is not in it is a bug of ours.
void advance(Books& books, Application& application, AppInput input);
void advance(Books& books, Attempt& attempt, AttemptInput input);

// Answers of the store.
void stored_submission(Books& books, Application& application);
void stored_kill(Books& books, Application& application);
void kill_failed(Books& books, Application& application, const Error& why);
void stored_attempt(Books& books, Application& application, Attempt& attempt);
void stored_attempt_end(Books& books, Application& application, Attempt& attempt);
void stored_application_end(Books& books, Application& application);

/// Begins the next attempt, as soon as there is a secret for its master.
void start_attempt(Books& books, Application& application);

/// There is room for the attempt's master: `container` is charged and waits for the record.
/// Limits allow the attempt whose master runs outside of the cluster.
void outside_granted(Books& books, const AttemptId& id);
void master_granted(Books& books, Application& application, Attempt& attempt,
                    const Container& container);

/// How an attempt ended. `outcome`: of the application, if the attempt decides it; else the next
/// attempt follows.
struct AttemptEnd {
    AttemptState state = AttemptState::Failed;  // Finished, Failed or Killed
    FinalStatus status = FinalStatus::Failed;   // Undefined with Failed: does not count
    std::string diagnostics;
    std::optional<AppState> outcome;
};
void end_attempt(Books& books, Application& application, Attempt& attempt, AttemptEnd end);

/// The attempt has failed: the application follows when no attempts are left.
void fail_attempt(Books& books, Application& application, Attempt& attempt, std::string why,
                  bool counts);

/// The container of the attempt's master is gone. `blameless`: it was stopped for the sake of its
/// node, which counts as little as the loss of it.
void master_gone(Books& books, Application& application, Attempt& attempt,
                 const ContainerExit& exit, bool blameless);

/// Goes on with a kill when nothing of the application runs any more.
void try_finish_kill(Books& books, Application& application);

/// Ends an application whose master can never be placed.
void refuse_application(Books& books, Application& application, std::string why);

std::string describe(const ContainerExit& exit);

/// At most `bytes_max` bytes of it, whole characters; says so when something is left out.
std::string shortened(std::string text, std::size_t bytes_max);

/// Takes an address that a master has given; one that is longer than `bytes_max` counts as none.
std::string address_or_none(std::string text, std::size_t bytes_max);

/// The start order's specification of a master container: the submission's, and how to find us.
LaunchSpec master_spec(const Books& books, const Application& application, const Attempt& attempt);

/// What is to be saved for this continuation, from the present state: for retries.
std::vector<StoreChange> changes_of(Books& books, const PendingSave& save);

}  // namespace heddle::rm
