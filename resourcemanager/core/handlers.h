#pragma once

// One function per event. step() dispatches to these and to nothing else.

#include "resourcemanager/core/books.h"

namespace heddle::rm {

// recovery.cpp
void on(Books& books, Booted event);
/// After a restart: everybody is back or has had the time for it.
void settle(Books& books);
void settle_if_complete(Books& books);

// on_request.cpp
void on(Books& books, Request event);
void on(Books& books, SecretsSupplied event);
/// The end of a life by request, of a user or of a time limit; nothing if it is on its way.
void begin_kill(Books& books, Application& application, std::string reason);
/// Keeps enough secrets at hand.
void ask_for_secrets(Books& books);

// on_config.cpp
void perform(Books& books, RequestId request, ReplaceScheduler& replace);
void stored_scheduler(Books& books);
void scheduler_failed(Books& books, const Error& why);
/// After a start, before anything refers to a queue.
void recover_scheduler(Books& books, std::vector<SchedulerVersion> versions);
/// Errors: Unavailable while a version is being saved under which `leaf` takes no applications.
Status stays_leaf(const Books& books, const std::string& leaf);
/// The same while a version is being saved that has no such label.
Status stays_label(const Books& books, const std::string& label);

// time_limits.cpp
/// When it must be over, and by when it must have begun, from its submission and its queue.
void set_time_limits(Books& books, Application& application);
/// Wakes up at the next of its limits, or after `least` if that is over.
void watch_time(Books& books, const Application& application, Duration least = {});
void time_limit_due(Books& books, const ApplicationId& id);
/// `expires`, or what the application's queue allows at most.
WallTime within_lifetime_max(const Books& books, const Application& application, WallTime expires);
/// Applications that are over leave by count and by age.
void forget_completed(Books& books);
void retention_due(Books& books);

// on_node.cpp
void on(Books& books, NodeMessage event);
void on(Books& books, NodeDisconnected event);
void stored_registration(Books& books, NodeIndex index, ConnectionId connection);
void node_expiry_due(Books& books, NodeIndex index);
void node_forget_due(Books& books, NodeIndex index);
void stored_forgotten(Books& books, NodeIndex index);
void node_lost(Books& books, Node& node, const std::string& why);

// node_change.cpp
void node_drain_due(Books& books, NodeIndex index);
void node_overcommit_due(Books& books, NodeIndex index);

// on_master.cpp
void on(Books& books, MasterConnected event);
void on(Books& books, MasterMessage event);
void on(Books& books, MasterDisconnected event);
void master_expiry_due(Books& books, const AttemptId& id);
/// Sends `what` to the attempt's master, if it is there.
void send_to_master(Books& books, const Attempt& attempt, ManagerToMaster what);
/// The master hears why, and its connection is closed.
void dismiss_master(Books& books, Attempt& attempt, const std::string& why);

// on_saved.cpp
void on(Books& books, Saved event);
void on(Books& books, SaveFailed event);
void save_retry_due(Books& books, std::int64_t failed_batch);

// scheduling.cpp
/// Places what fits, within the budget of a step.
void place(Books& books);
void size_check_due(Books& books);
/// Nobody waits for what is there and no limit refuses. For checks: looks at everything.
void check_waiting(const Books& books);

// view_builder.cpp
Publication publish(Books& books, WallTime wall);
/// Shows the end of a container that leaves the table.
void show_ended(Books& books, Application& application, const Container& container,
                const ContainerExit& exit);
void hide_node(Books& books, const Node& node);
void hide_application(Books& books, const Application& application);

}  // namespace heddle::rm
