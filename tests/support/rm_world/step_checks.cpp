#include "tests/support/rm_world/step_checks.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "tests/support/rm_world/policy_checks.h"

namespace heddle::rm::test {

std::optional<Stated> stated_in(const Event& event) {
    const auto* message = std::get_if<MasterMessage>(&event);
    const auto* update =
        message == nullptr ? nullptr : std::get_if<MasterUpdate>(&message->message);
    return update == nullptr ? std::nullopt : std::optional(Stated{message->connection, *update});
}

namespace {

bool any_resized(const Books& books) {
    bool any = false;
    books.containers.for_each([&](const Container& container) {
        any = any || (container.charged_since == books.now && container.since != books.now);
    });
    return any;
}

}  // namespace

void StepChecks::restart() {
    patience_ = {};
    before_.reset();
    rights_ = {};
}

// Granted in this step; what nodes report after a restart is older.
std::vector<const Container*> StepChecks::fresh_grants(const Books& books) {
    std::vector<const Container*> fresh;
    books.containers.for_each([&](const Container& container) {
        if (!rights_.granted.contains(container.id) && container.id.epoch == books.epoch &&
            !container.orphan && container.since == books.now) {
            fresh.push_back(&container);
        }
    });
    return fresh;
}

// What was kept for somebody goes to that one whoever else waits, and a gang goes as a whole.
bool StepChecks::by_right(const Books& books, const Container& grant) const {
    const Demand* demand = books.asks.find(grant.key.attempt, grant.key.ask);
    return rights_.nodes.contains(grant.node) ||
           rights_.asks.contains({grant.key.attempt, grant.key.ask}) ||
           (demand != nullptr && demand->ask.gang != 0);
}

void StepChecks::remember(const Books& books) {
    before_ = holdings_of(books);
    rights_ = {};
    books.containers.for_each([&](const Container& container) {
        rights_.granted.insert(container.id);
        if (container.opportunistic()) {
            rights_.lent.insert(container.id);
        }
    });
    for (const auto& [place, ids] : books.reservations.by_ask) {
        rights_.asks.insert(place);
    }
    for (const auto& [id, claim] : books.claims.all) {
        rights_.nodes.insert(claim.node);
    }
}

std::string StepChecks::look(const Books& books, const Store& store,
                             const std::optional<Stated>& stated) {
    std::string wrong;
    const auto note = [&](std::string what) {
        if (wrong.empty()) {
            wrong = std::move(what);
        }
    };
    std::vector<const Container*> fresh = fresh_grants(books);
    for (const Container* grant : fresh) {
        note(ids_.granted(books, *grant));
    }
    // Opportunistic ones stand in no queue's order; a promotion is charged after those that do.
    std::erase_if(fresh, [](const Container* grant) { return grant->opportunistic(); });
    const bool promoted = std::ranges::any_of(rights_.lent, [&](const ContainerId& id) {
        const Container* container = books.containers.find(id);
        return container != nullptr && !container->opportunistic();
    });
    for (const Container* grant : fresh) {
        note(check_granted(books, *grant));
        note(check_capacity(books, *grant));
        note(check_maximum(books, *grant));
    }
    // With one grant, and nobody promoted or of another size, the books are those that it was
    // decided by, and it.
    if (fresh.size() == 1 && !promoted && !any_resized(books) && !by_right(books, *fresh.front())) {
        note(check_order(books, *fresh.front()));
        note(check_ask_order(books, *fresh.front()));
        note(check_user_masters(books, *fresh.front()));
        note(check_fairness(books, *fresh.front()));
    }
    books.containers.for_each(
        [&](const Container& container) { note(ids_.seen(books, container)); });
    if (before_.has_value()) {
        note(check_lowered(*before_, books));
    }
    if (stated.has_value()) {
        note(check_stated(books, stated->connection, stated->update));
    }
    note(check_idle(books));
    note(check_epoch(books, store));
    note(check_store(books, store));
    note(patience_.look(books));
    remember(books);
    return wrong;
}

}  // namespace heddle::rm::test
