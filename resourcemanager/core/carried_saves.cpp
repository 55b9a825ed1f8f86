#include "resourcemanager/core/carried_saves.h"

#include <algorithm>

#include "resourcemanager/core/change.h"
#include "resourcemanager/core/lifecycle.h"

namespace heddle::rm {

// Looks at all saves under way, but only after one of a change or a kill has failed.
bool carried(const Books& books, BatchId batch, const ApplicationId& id) {
    return std::any_of(books.saves.upper_bound(batch), books.saves.end(), [&](const auto& entry) {
        return entry.second.has_record && entry.second.application == id;
    });
}

void carried_stored(Books& books, Application& application) {
    if (!application.changes.empty() && application.changes.front().failed.has_value()) {
        stored_change(books, application);
    }
    if (application.kill_failed.has_value()) {
        stored_kill(books, application);
    }
}

void carrier_failed(Books& books, BatchId batch, Application& application) {
    const bool change =
        !application.changes.empty() && application.changes.front().failed.has_value();
    if ((!change && !application.kill_failed.has_value()) ||
        carried(books, batch, application.id())) {
        return;
    }
    if (application.kill_failed.has_value()) {
        kill_failed(books, application, Error(*application.kill_failed));
    }
    if (change) {
        change_failed(books, application, Error(*application.changes.front().failed));
    }
}

}  // namespace heddle::rm
