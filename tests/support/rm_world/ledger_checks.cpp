#include "tests/support/rm_world/ledger_checks.h"

#include <algorithm>

#include "resourcemanager/core/states.h"
#include "tests/support/rm_world/names.h"

namespace heddle::rm::test {
namespace {

bool lives(const Application& application) {
    return !is_final(application.state);
}

bool is_zero(const Queue& queue) {
    return queue.used.is_zero() && queue.used_by_masters.is_zero() && queue.reserved.is_zero() &&
           queue.containers == 0 && queue.containers_reserved == 0 && queue.applications == 0 &&
           queue.running == 0 && queue.parallel == 0 &&
           std::ranges::all_of(queue.parts, [](const QueuePart& part) {
               return part.used.is_zero() && part.lent.is_zero() && part.active_weight == 0;
           });
}

std::string differs(const Application& application, const ApplicationRecord& record) {
    const ApplicationRecord here = record_of(application);
    if (here.state != record.state || here.final_status != record.final_status) {
        return "state";
    }
    if (here.submission != record.submission || here.sent != record.sent) {
        return "submission";
    }
    // A kill that came too late is on disk beside the end, and changes nothing.
    const bool kill_differs =
        !is_ending(application.state) && here.kill_requested != record.kill_requested;
    if (kill_differs || here.expires != record.expires ||
        here.pending_until != record.pending_until) {
        return "limits";
    }
    return {};
}

std::string differs(const Attempt& attempt, const AttemptRecord& record) {
    if (attempt.record.master_container != record.master_container ||
        attempt.record.master_token != record.master_token) {
        return "master";
    }
    if (is_final(attempt.state) &&
        (attempt.state != record.state || attempt.record.final_status != record.final_status)) {
        return "state";
    }
    return {};
}

// Granted and saved; before that nobody has been promised anything.
bool promised(const Attempt& attempt) {
    return attempt.state == AttemptState::Launched || attempt.state == AttemptState::Running ||
           is_final(attempt.state);
}

std::string check_application(const Application& application, const Store& store) {
    const std::string name = name_of(application.id());
    const auto saved = store.applications.find(application.id());
    if (saved == store.applications.end()) {
        return name + " is not on disk";
    }
    if (const std::string what = differs(application, saved->second); !what.empty()) {
        return name + " is on disk with another " + what;
    }
    for (const Attempt& attempt : application.attempts) {
        const auto record = store.attempts.find(attempt.record.id);
        if (record == store.attempts.end()) {
            if (promised(attempt)) {
                return "an attempt of " + name + " is not on disk";
            }
        } else if (const std::string what = differs(attempt, record->second); !what.empty()) {
            return "an attempt of " + name + " is on disk with another " + what;
        }
    }
    return {};
}

}  // namespace

std::string check_idle(const Books& books) {
    for (const auto& [id, application] : books.applications.all()) {
        if (lives(application)) {
            return {};
        }
    }
    if (books.containers.size() != 0) {
        return {};
    }
    for (QueueIndex index = 0; index < books.queues.size(); ++index) {
        if (!is_zero(books.queues.at(index))) {
            return "nothing lives, and " + books.queues.at(index).path + " still counts something";
        }
    }
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        const Node& node = books.nodes.at(index);
        if (!node.used.is_zero() || !node.held.is_zero()) {
            return "nothing lives, and " + node.info.id.name + " still counts something";
        }
    }
    if (books.asks.classes() != 0 || books.asks.pending().count != 0 || !books.claims.all.empty() ||
        !books.reservations.all.empty() || !books.gangs.waiting.empty()) {
        return "nothing lives, and somebody still waits";
    }
    return {};
}

std::string check_stated(const Books& books, ConnectionId connection, const MasterUpdate& update) {
    const std::optional<AttemptId> id = books.applications.of_connection(connection);
    const Attempt* attempt = id.has_value() ? books.applications.find(*id) : nullptr;
    if (attempt == nullptr || attempt->session != update.session ||
        attempt->updates_seen != update.sequence) {
        return {};  // it was not taken
    }
    for (const Ask& ask : update.asks) {
        const Demand* demand = books.asks.find(*id, ask.id);
        if (demand == nullptr || demand->ask.generation != ask.generation) {
            continue;  // refused, or older than what is known
        }
        if (demand->ask.priority != ask.priority) {
            return name_of(id->application) + " gives ask " + std::to_string(ask.id) +
                   " another priority";
        }
        if (demand->ask.count > ask.count) {
            return name_of(id->application) + " wants " + std::to_string(ask.count) + " of ask " +
                   std::to_string(ask.id) + ", and the book says " +
                   std::to_string(demand->ask.count);
        }
    }
    return {};
}

std::string check_epoch(const Books& books, const Store& store) {
    return books.epoch == store.epoch
               ? std::string()
               : "a manager of epoch " + std::to_string(books.epoch) +
                     " acts on a store of epoch " + std::to_string(store.epoch);
}

std::string check_store(const Books& books, const Store& store) {
    if (!books.saves.empty() || !books.saves_to_retry.empty() || !store.waiting.empty()) {
        return {};
    }
    for (const auto& [id, application] : books.applications.all()) {
        if (std::string wrong = check_application(application, store); !wrong.empty()) {
            return wrong;
        }
    }
    for (const auto& [id, record] : store.applications) {
        if (books.applications.find(id) == nullptr) {
            return name_of(id) + " is on disk and not in memory";
        }
    }
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        const Node& node = books.nodes.at(index);
        if (node.session != 0 && !store.nodes.contains(node.info.id)) {
            return node.info.id.name + " is registered and not on disk";
        }
    }
    return books.ids_reserved == store.sequences ? std::string()
                                                 : "ids are reserved otherwise on disk";
}

std::string check_acknowledged(const View& view, const std::set<ApplicationId>& acknowledged) {
    for (const ApplicationId& id : acknowledged) {
        if (view.applications.find(id) == nullptr) {
            return "acknowledged and lost: " + to_string(id);
        }
    }
    return {};
}

Holdings holdings_of(const Books& books) {
    Holdings holdings;
    for (const auto& [id, application] : books.applications.all()) {
        holdings.allocated[id] = application.allocated;
        if (application.kill_requested || is_ending(application.state)) {
            holdings.ending.insert(id);
        }
        for (const Attempt& attempt : application.attempts) {
            for (const Demand* demand : books.asks.of_attempt(attempt.record.id)) {
                holdings.asks[{attempt.record.id, demand->ask.id}] = {
                    demand->ask.count, demand->ask.generation,
                    books.asks.count(demand->key()).live};
            }
        }
    }
    return holdings;
}

std::string check_lowered(const Holdings& before, const Books& books) {
    const Holdings now = holdings_of(books);
    for (const auto& [place, ask] : before.asks) {
        const auto found = now.asks.find(place);
        if (found != now.asks.end() && found->second.generation == ask.generation &&
            found->second.count < ask.count &&
            found->second.live > std::max(ask.live, found->second.count)) {
            return "ask " + std::to_string(place.second) + " of " +
                   name_of(place.first.application) + " was lowered, and holds more";
        }
    }
    for (const ApplicationId& id : now.ending) {
        const auto held = before.allocated.find(id);
        if (held != before.allocated.end() && !before.ending.contains(id) &&
            !now.allocated.at(id).fits_in(held->second)) {
            return name_of(id) + " is ended, and holds more";
        }
    }
    return {};
}

std::string IdCheck::granted(const Books& books, const Container& container) {
    const bool fresh = known_.emplace(container.id, books.nodes.at(container.node).info.id).second;
    return fresh ? std::string() : "an id is given twice: " + name_of(container.id);
}

std::string IdCheck::seen(const Books& books, const Container& container) {
    const NodeId& node = books.nodes.at(container.node).info.id;
    const auto known = known_.find(container.id);
    return known == known_.end() || known->second == node
               ? std::string()
               : name_of(container.id) + " is on " + node.name + " and was given to " +
                     known->second.name;
}

}  // namespace heddle::rm::test
