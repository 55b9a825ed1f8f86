#include "resourcemanager/core/containers.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/constraints.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/lifecycle.h"
#include "resourcemanager/core/limits.h"
#include "resourcemanager/core/node_change.h"
#include "resourcemanager/core/offers.h"
#include "resourcemanager/core/opportunistic.h"
#include "resourcemanager/core/preemption.h"
#include "resourcemanager/core/preemption_notice.h"
#include "resourcemanager/core/reservations.h"
#include "resourcemanager/core/resizes.h"

namespace heddle::rm {
namespace {

// The message that an order of this step is in has its sequence already.
void count_order(Books& books, Node& node, Container& container) {
    container.order = node.orders_sent + node.orders.before_last() + 1;
    container.ordered = books.now;
    books.nodes.touch_orders(node);
}

void count_use(Application& application, const Container& container, int sign) {
    const WideSum since = sign * (container.charged_since - TimePoint{}).milliseconds();
    application.live_containers += sign;
    application.opportunistic_containers += container.opportunistic() ? sign : 0;
    const Resource charged = container.charged();
    application.memory_since += since * charged.memory_mib;
    application.vcores_since += since * charged.vcores;
    for (const NamedCounts::Entry& entry : charged.named.entries()) {
        WideSum& sum = application.named_since[entry.name];
        sum += since * entry.count;
        if (sum == 0) {
            application.named_since.erase(entry.name);
        }
    }
}

void charge_use(Books& books, const Container& container) {
    Application& application = books.application_of(container.key.attempt);
    application.allocated += container.charged();
    count_use(application, container, +1);
    charge_queues(books, container);
    books.changed(application);
}

void charge(Books& books, Container& container) {
    std::set<ContainerId>& held = books.applications.find(container.key.attempt)->containers;
    const std::size_t before = held.size();
    container.in_attempt = held.insert(held.end(), container.id);  // mostly the newest
    CHECK(held.size() == before + 1);
    charge_use(books, container);
}

void refund_use(Books& books, const Container& container) {
    Application& application = books.application_of(container.key.attempt);
    application.allocated -= container.charged();
    books.opportunistic.more = books.opportunistic.more || container.opportunistic();
    count_use(application, container, -1);
    const std::int64_t seconds =
        std::max<std::int64_t>(0, (books.now - container.charged_since).microseconds / 1'000'000);
    application.memory_mib_seconds += container.charged().memory_mib * seconds;
    application.vcore_seconds += container.charged().vcores * seconds;
    application.named_seconds.add(container.charged().named, seconds);
    refund_queues(books, container);
    books.changed(application);
}

void refund(Books& books, const Container& container) {
    books.applications.find(container.key.attempt)->containers.erase(container.in_attempt);
    refund_use(books, container);
}

// The news of this step that an entry of so many bytes goes into.
MasterNews& news_for(Books& books, Attempt& attempt, std::size_t bytes) {
    if (!std::exchange(attempt.news_waiting, true)) {
        books.with_news.push_back(attempt.record.id);
    }
    return attempt.news.room_for(bytes);
}

// An ordinary container of an attempt that goes on: its master must hear of the end.
void remember_end(Books& books, Attempt& attempt, const Container& container,
                  const ContainerExit& exit, bool node_waits) {
    const bool counted = !container.stopping && !replaced_at_once(books, exit);
    if (counted) {
        books.asks.count_unconfirmed(container.key, +1);
    }
    if (!container.stopping) {
        books.asks.count_live(container.key, -1);
    }
    if (container.id.epoch < books.epoch) {
        attempt.tombstones.insert(container.id);
    }
    EndedContainer& ended = attempt.ended[container.id];
    ended = {exit, container.key, container.node, node_waits, counted, 0, {}};
    tell_end(books, attempt, container.id, ended);
}

// It was to be handed to the next attempt, whose master has never heard of it.
void forget_kept(Books& books, Attempt& attempt, const Container& container) {
    if (!container.stopping && books.asks.count(container.key).live > 0) {
        books.asks.count_live(container.key, -1);
    }
    if (container.id.epoch < books.epoch) {
        attempt.tombstones.insert(container.id);
    }
}

}  // namespace

void charge_queues(Books& books, const Container& container) {
    const Application& application = books.application_of(container.key.attempt);
    const Node& node = books.nodes.at(container.node);
    books.queues.charge(application.id(), node.info.label, container.charged(),
                        leads(application, container), lent(node, container));
}

void refund_queues(Books& books, const Container& container) {
    const Application& application = books.application_of(container.key.attempt);
    const Node& node = books.nodes.at(container.node);
    books.queues.refund(application.id(), node.info.label, container.charged(),
                        leads(application, container), lent(node, container));
}

void node_room_changed(Books& books, Node& node) {
    hold_for_reservations(books, node);
    books.gangs.dirty = books.gangs.dirty || !books.gangs.waiting.empty();
    opportunistic_node_changed(books, node);
    const Resource free = node.free();
    if (!node.placeable()) {
        books.free.set(node.index, std::nullopt);
        books.capacity.set(node.index, std::nullopt);
        books.asks.wake_masters();
        return;
    }
    books.free.set(node.index, free);
    books.capacity.set(node.index, node.info.total);
    books.asks.unblock(node.info.id, node.info.label, free);
    wake_constrained(books, node, free);
    if (lends(books, node.info.label)) {
        books.queues.look_at_lent(free);
    }
}

// New before old, so that the application is never without.
void change_size(Books& books, Container& container, const Resource& size) {
    const Container before = container;
    Node& node = books.nodes.at(container.node);
    books.nodes.change_size(node, container, size);
    container.charged_since = books.now;
    charge_use(books, container);
    refund_use(books, before);
    node_room_changed(books, node);
    books.changed(node);
    books.changed(container);
}

Container& enter_container(Books& books, Container container) {
    container.charged_since = container.since;
    Container& entered = books.containers.add(std::move(container));
    Node& node = books.nodes.at(entered.node);
    books.nodes.hold(node, entered);
    count_offer(books, node, entered);
    if (entered.opportunistic()) {
        begin_opportunistic(books);
    }
    opportunistic_node_changed(books, node);
    books.free.set(node.index, node.placeable() ? std::optional(node.free()) : std::nullopt);
    if (books.asks.any_constrained_waits()) {
        books.asks.node_filled(node.info, node.index, node.free());
    }
    tags_came(books, entered);
    if (!entered.orphan) {
        charge(books, entered);
        books.changed(entered);
    }
    books.changed(node);
    return entered;
}

void order_start(Books& books, Container& container) {
    Node& node = books.nodes.at(container.node);
    if (!node.connected()) {
        return;
    }
    const Application& application = books.application_of(container.key.attempt);
    ContainerStart start;
    start.container = container.id;
    start.key = container.key;
    start.epoch = books.epoch;
    start.size = container.size_held();
    start.user = application.submission->user;
    start.hold = container.hold && !container.start_decided;
    if (container.tags != nullptr) {
        start.tags = container.tags->tags;
    }
    start.execution = container.execution;
    start.log_patterns = application.submission->log_patterns;
    if (container.master()) {
        start.spec =
            master_spec(books, application, *books.applications.find(container.id.attempt));
    } else if (container.spec != nullptr) {
        start.spec = *container.spec;
    }
    const std::size_t bytes = bytes_of(start);
    node.orders.room_for(bytes).starts.push_back(std::move(start));
    count_order(books, node, container);
}

void order_stop(Books& books, Container& container) {
    Node& node = books.nodes.at(container.node);
    if (!node.connected()) {
        return;
    }
    ContainerStop stop{container.id, books.config.stop_grace, container.stop_reason};
    const std::size_t bytes = bytes_of(stop);
    node.orders.room_for(bytes).stops.push_back(std::move(stop));
    count_order(books, node, container);
}

void order_size(Books& books, Container& container) {
    Node& node = books.nodes.at(container.node);
    if (!node.connected()) {
        return;
    }
    const SizeOrder order{container.id, container.version + 1, container.change->to};
    node.orders.room_for(bytes_of(order)).sizes.push_back(order);
    count_order(books, node, container);
}

void stop_container(Books& books, Container& container, const std::string& reason) {
    if (container.stopping) {
        return;
    }
    books.containers.stop(container);
    forget_change(books, container);
    container.stop_reason = reason;
    if (container.saving) {
        container_gone(books, container.id,
                       {ExitReason::Stopped, kExitAborted, 0, reason, 0, books.wall}, false);
        return;
    }
    if (!container.orphan) {
        if (!container.master()) {
            books.asks.count_live(container.key, -1);
        }
        books.changed(container);
    }
    order_stop(books, container);
}

void order_take_back(Books& books, Container& container) {
    Node& node = books.nodes.at(container.node);
    node.orders.room_for(bytes_of(container.id)).take_backs.push_back(container.id);
    count_order(books, node, container);
    container.taken_back = true;
}

void change_execution(Books& books, Container& container, ExecutionType to) {
    CHECK(!container.orphan && !container.master() && container.execution != to);
    Node& node = books.nodes.at(container.node);
    refund_use(books, container);
    books.nodes.change_execution(node, container, to);
    container.demoting = false;
    container.since = books.now;
    container.charged_since = books.now;
    charge_use(books, container);
    begin_opportunistic(books);
    node_room_changed(books, node);
    books.changed(container);
    books.changed(node);
}

void order_execution(Books& books, Container& container) {
    Node& node = books.nodes.at(container.node);
    if (node.connected() && !container.change.has_value()) {
        node.orders.room_for(2 * bytes_of(container.id))
            .execution_changes.push_back({container.id, container.execution_wanted()});
        count_order(books, node, container);
    }
}

void start_held(Books& books, Container& container) {
    if (!container.hold || container.start_decided || container.stopping) {
        return;
    }
    container.start_decided = true;
    Node& node = books.nodes.at(container.node);
    if (node.connected()) {
        node.orders.room_for(bytes_of(container.id)).releases_hold.push_back(container.id);
        count_order(books, node, container);
    }
}

void acknowledge(Books& books, NodeIndex index, const ContainerId& id) {
    Node& node = books.nodes.at(index);
    if (node.connected()) {
        node.orders.room_for(bytes_of(id)).acknowledged.push_back(id);
        books.nodes.touch_orders(node);
    }
}

void container_gone(Books& books, ContainerId id, const ContainerExit& how, bool node_waits) {
    const ContainerExit exit = with_preempted_code(how);
    forget_change(books, *books.containers.find(id));
    const Container container = books.containers.take(id);
    Node& node = books.nodes.at(container.node);
    if (exit.reason != ExitReason::NodeLost && !container.opportunistic()) {
        books.releases.note(books.now, container.size);
    }
    if (!(books.config.defect == Defect::ForgottenRelease && container.stopping)) {
        books.nodes.release(node, container);
    }
    tags_go(books, container);
    note_end(books, id);
    books.opportunistic.promotions.erase(id);
    node_room_changed(books, node);
    books.changed(node);
    look_whether_drained(books, node);
    if (container.orphan) {
        if (node_waits) {
            acknowledge(books, node.index, id);
        }
        return;
    }
    refund(books, container);
    note_released(books, container);
    Application& application = books.application_of(container.key.attempt);
    Attempt& attempt = *books.applications.find(container.key.attempt);
    show_ended(books, application, container, exit);
    if (container.master()) {
        attempt.master_exit = exit;
        attempt.master_end_waits = node_waits;
        attempt.record.master_node = node.info.id;
        master_gone(books, application, attempt, exit,
                    exit.reason == ExitReason::Stopped && stopped_for_node(books, container));
    } else if (is_ending(attempt.state)) {
        if (application.keeps_containers()) {
            forget_kept(books, attempt, container);
        }
        if (node_waits) {
            acknowledge(books, node.index, id);
        }
    } else {
        remember_end(books, attempt, container, exit, node_waits);
    }
    try_finish_kill(books, application);
}

void release_surplus(Books& books, Attempt& attempt) {
    if (!attempt.asks_known || books.config.defect == Defect::StaleEpochAccepted) {
        return;
    }
    for (const AskKey& key : books.asks.with_surplus(attempt.record.id)) {
        std::vector<Container*> candidates;
        for (const ContainerId& id : attempt.containers) {
            Container* container = books.containers.find(id);
            if (container->key == key && !container->stopping) {
                candidates.push_back(container);
            }
        }
        // Ids rise with the grants; one that runs has work to lose.
        const bool any = books.config.off(Feature::SurplusOrder);
        std::sort(candidates.begin(), candidates.end(),
                  [&](const Container* a, const Container* b) {
                      const bool runs_a = a->phase == ContainerPhase::Running;
                      const bool runs_b = b->phase == ContainerPhase::Running;
                      return any ? a->id < b->id : runs_a != runs_b ? runs_b : b->id < a->id;
                  });
        const auto surplus = static_cast<std::size_t>(books.asks.surplus(key));
        for (std::size_t i = 0; i < std::min(surplus, candidates.size()); ++i) {
            given_back(books, *candidates[i]);
            stop_container(books, *candidates[i], "not asked for any more");
        }
    }
}

Grant grant_of(const Books& books, const Container& container) {
    const NodeInfo& node = books.nodes.at(container.node).info;
    return {container.id,        container.key,    node.id,
            node.address,        node.http_port,   container.size_held(),
            container.execution, container.version};
}

void tell_grant(Books& books, Attempt& attempt, Container& container) {
    if (attempt.session == 0) {
        return;
    }
    Grant grant = grant_of(books, container);
    const std::size_t bytes = bytes_of(grant);
    news_for(books, attempt, bytes).granted.push_back(std::move(grant));
    container.told = true;
    container.news = attempt.news_sent + attempt.news.before_last() + 1;
    container.news_sent = books.now;
}

void tell_end(Books& books, Attempt& attempt, const ContainerId& id, EndedContainer& ended) {
    if (attempt.session == 0) {
        return;
    }
    ContainerEnded told{id, ended.exit};
    const std::size_t bytes = bytes_of(told);
    news_for(books, attempt, bytes).ended.push_back(std::move(told));
    ended.news = attempt.news_sent + attempt.news.before_last() + 1;
    ended.news_sent = books.now;
}

void tell_resized(Books& books, const Container& container) {
    Attempt& attempt = *books.applications.find(container.key.attempt);
    if (attempt.session == 0) {
        return;  // the welcome will say it
    }
    ContainerResize told{container.id, container.version, container.size_held()};
    const std::size_t bytes = bytes_of(told);
    news_for(books, attempt, bytes).resized.push_back(std::move(told));
}

void tell_something(Books& books, Attempt& attempt) {
    if (attempt.session != 0) {
        constexpr std::size_t kHead = 96;
        news_for(books, attempt, kHead);
    }
}

void tell_resize_refused(Books& books, Attempt& attempt, ResizeRefused refused) {
    if (attempt.session == 0) {
        return;  // it will wish again
    }
    const std::size_t bytes = bytes_of(refused);
    news_for(books, attempt, bytes).resizes_refused.push_back(std::move(refused));
}

void tell_refusal(Books& books, Attempt& attempt, AskRefused refused) {
    const std::size_t bytes = bytes_of(refused);
    news_for(books, attempt, bytes).refused.push_back(std::move(refused));
}

void tell_notice(Books& books, Attempt& attempt, PreemptionNotice notice) {
    if (attempt.session != 0) {
        const std::size_t bytes = bytes_of(notice);
        news_for(books, attempt, bytes).preempting.push_back(std::move(notice));
    }
}

void tell_spared(Books& books, Attempt& attempt, const ContainerId& id) {
    if (attempt.session != 0) {
        news_for(books, attempt, bytes_of(id)).spared.push_back(id);
    }
}

void tell_draining(Books& books, Attempt& attempt, const ContainerId& id, bool drains) {
    if (attempt.session != 0) {
        MasterNews& news = news_for(books, attempt, bytes_of(id));
        (drains ? news.draining : news.drains_no_more).push_back(id);
    }
}

}  // namespace heddle::rm
