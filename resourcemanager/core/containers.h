#pragma once

// The life of one container in the books: placed, ordered to start, ordered to stop, gone. These
// are the only functions that charge and refund resources.

#include <string>

#include "common/model/container.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm {

/// Enters a container and charges it to its node and, unless it is an orphan, to its application
/// and queue. Requires `container.node` to be known.
/// What a container holds counts, or counts no more, against limits on nodes of its node's label.
void charge_queues(Books& books, const Container& container);
void refund_queues(Books& books, const Container& container);

Container& enter_container(Books& books, Container container);

/// Orders the node to start it, also again; nothing if the node is not connected: it will be
/// reconciled when it registers. A held container whose master has decided is started at once.
void order_start(Books& books, Container& container);

/// Orders the node to stop it. Resources stay charged until it is gone.
void stop_container(Books& books, Container& container, const std::string& reason);

/// Sends the stop order again.
void order_stop(Books& books, Container& container);

/// Orders the node to end it unless it has started; what does not arrive is not repeated.
void order_take_back(Books& books, Container& container);

/// The container lives on as the other type: charged anew, at its node too. Requires that it is one
/// of an attempt.
void change_execution(Books& books, Container& container, ExecutionType to);
/// Tells the node which type it is to have.
void order_execution(Books& books, Container& container);

void start_held(Books& books, Container& container);

/// It holds another size from now on, and is charged with that.
void change_size(Books& books, Container& container, const Resource& size);
/// Orders the node to hold it to the size of its change, also again.
void order_size(Books& books, Container& container);

/// It is over: refunds, and tells who must know. `node_waits`: its node reports the end until it
/// is acknowledged. `container` must not be used afterwards.
void container_gone(Books& books, ContainerId id, const ContainerExit& exit, bool node_waits);

/// Lets the node forget an ended container.
void acknowledge(Books& books, NodeIndex node, const ContainerId& id);

/// Stops what the attempt has beyond its asks: not started first, then the newest.
void release_surplus(Books& books, Attempt& attempt);

/// The grant or the end is told with this step's news, if the master is there.
void tell_grant(Books& books, Attempt& attempt, Container& container);
void tell_end(Books& books, Attempt& attempt, const ContainerId& id, EndedContainer& ended);
/// An ask that can never be granted.
void tell_refusal(Books& books, Attempt& attempt, AskRefused refused);
/// A container of it is to make way, or is not any more.
void tell_notice(Books& books, Attempt& attempt, PreemptionNotice notice);
void tell_spared(Books& books, Attempt& attempt, const ContainerId& id);
void tell_draining(Books& books, Attempt& attempt, const ContainerId& id, bool drains);
/// The size that its node holds it to now.
void tell_resized(Books& books, const Container& container);
/// There will be news in this step, if the master is there, whatever they tell.
void tell_something(Books& books, Attempt& attempt);
void tell_resize_refused(Books& books, Attempt& attempt, ResizeRefused refused);
Grant grant_of(const Books& books, const Container& container);

/// Lets the free index and blocked asks know that a node's room has changed.
void node_room_changed(Books& books, Node& node);

}  // namespace heddle::rm
