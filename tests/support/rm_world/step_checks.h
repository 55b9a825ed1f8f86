#pragma once

// What must hold after every step of the manager, beyond what its own tables check of themselves
// (Books::check). tests/simulation/README.md says which invariant is looked at where.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "resourcemanager/core/books.h"
#include "tests/support/rm_world/ledger_checks.h"
#include "tests/support/rm_world/patience_checks.h"
#include "tests/support/rm_world/store.h"

namespace heddle::rm::test {

/// The master's update that the step took, if it took one.
struct Stated {
    ConnectionId connection;
    MasterUpdate update;
};
std::optional<Stated> stated_in(const Event& event);

class StepChecks {
public:
    /// The first thing that is wrong after this step, or empty.
    std::string look(const Books& books, const Store& store, const std::optional<Stated>& stated);
    /// Another life of the manager. Ids are remembered.
    void restart();

private:
    // What had a claim to room before the step, and took it out of turn by right.
    struct Rights {
        std::set<AskPlace> asks;        // with a reservation
        std::set<NodeIndex> nodes;      // where a claim was
        std::set<ContainerId> granted;  // all that were there
        std::set<ContainerId> lent;     // of them, those that were opportunistic
    };

    std::vector<const Container*> fresh_grants(const Books& books);
    bool by_right(const Books& books, const Container& grant) const;
    void remember(const Books& books);

    IdCheck ids_;
    PatienceChecks patience_;
    std::optional<Holdings> before_;
    Rights rights_;
};

}  // namespace heddle::rm::test
