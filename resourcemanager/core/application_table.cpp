#include "resourcemanager/core/application_table.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/states.h"

namespace heddle::rm {

std::int32_t Application::failures(WallTime now) const {
    const auto counts = [&](const Attempt& attempt) {
        const std::optional<Duration>& validity = submission->failures_validity;
        return attempt.counts_as_failure() &&
               (!validity ||
                now.milliseconds - attempt.record.finished.milliseconds < validity->milliseconds());
    };
    return static_cast<std::int32_t>(std::count_if(attempts.begin(), attempts.end(), counts));
}

// A program that runs outside the cluster cannot be started again from here.
std::int32_t Application::attempts_max() const {
    return managed() ? std::max(1, submission->attempts_max) : 1;
}

namespace {

void apply(const ApplicationChange& change, ApplicationRecord& record) {
    if (change.queue) {
        record.submission.queue = *change.queue;
    }
    if (change.priority) {
        record.submission.priority = *change.priority;
    }
    if (change.expires) {
        record.expires = *change.expires;
    }
}

}  // namespace

ApplicationRecord record_of(const Application& application) {
    ApplicationRecord record;
    record.submission = *application.submission;
    record.state = application.outcome.value_or(AppState::Submitted);
    record.final_status = application.final_status;
    record.diagnostics = application.diagnostics;
    record.tracking_url = application.tracking_url;
    record.submitted = application.submitted;
    record.launched = application.launched;
    record.finished = application.finished;
    record.kill_requested = application.kill_requested || application.kill_saving;
    record.memory_mib_seconds = application.memory_mib_seconds;
    record.vcore_seconds = application.vcore_seconds;
    record.kill_reason = application.kill_reason;
    record.expires = application.expires;
    record.pending_until = application.pending_until;
    record.sent = application.sent;
    record.named_seconds = application.named_seconds;
    if (!application.changes.empty()) {
        apply(application.changes.front(), record);
    }
    return record;
}

Application* ApplicationTable::find(const ApplicationId& id) {
    const auto it = by_id_.find(id);
    return it == by_id_.end() ? nullptr : &it->second;
}

const Application* ApplicationTable::find(const ApplicationId& id) const {
    const auto it = by_id_.find(id);
    return it == by_id_.end() ? nullptr : &it->second;
}

const Attempt* ApplicationTable::find(const AttemptId& id) const {
    const Application* application = find(id.application);
    if (application == nullptr) {
        return nullptr;
    }
    const auto& attempts = application->attempts;
    const auto it = std::find_if(attempts.begin(), attempts.end(),
                                 [&](const Attempt& attempt) { return attempt.record.id == id; });
    return it == attempts.end() ? nullptr : &*it;
}

Attempt* ApplicationTable::find(const AttemptId& id) {
    Application* application = find(id.application);
    if (application == nullptr) {
        return nullptr;
    }
    auto& attempts = application->attempts;
    const auto it = std::find_if(attempts.rbegin(), attempts.rend(),  // mostly the newest
                                 [&](const Attempt& attempt) { return attempt.record.id == id; });
    return it == attempts.rend() ? nullptr : &*it;
}

Application& ApplicationTable::add(ApplicationSubmission submission) {
    const ApplicationId id = submission.id;
    const auto [it, fresh] = by_id_.try_emplace(id);
    CHECK(fresh);
    it->second.submission = std::make_shared<const ApplicationSubmission>(std::move(submission));
    it->second.serial = ++serial_last_;
    return it->second;
}

void ApplicationTable::erase(const ApplicationId& id) {
    const auto it = by_id_.find(id);
    CHECK(it != by_id_.end());
    for (const Attempt& attempt : it->second.attempts) {
        CHECK(attempt.containers.empty());
        by_token_.erase(attempt.record.master_token);
    }
    by_id_.erase(it);
}

void ApplicationTable::add_token(const std::string& token, const AttemptId& attempt) {
    CHECK(!token.empty() && by_token_.emplace(token, attempt).second);
}

std::optional<AttemptId> ApplicationTable::find_token(const std::string& token) const {
    const auto it = by_token_.find(token);
    return it == by_token_.end() ? std::nullopt : std::optional(it->second);
}

void ApplicationTable::connect(ConnectionId connection, const AttemptId& attempt) {
    by_connection_[connection] = attempt;
}

void ApplicationTable::disconnect(ConnectionId connection) {
    by_connection_.erase(connection);
}

std::optional<AttemptId> ApplicationTable::of_connection(ConnectionId connection) const {
    const auto it = by_connection_.find(connection);
    return it == by_connection_.end() ? std::nullopt : std::optional(it->second);
}

void ApplicationTable::check(const ContainerTable& containers, const QueueTree& queues) const {
    std::vector<Resource> used(queues.size());
    std::vector<std::int32_t> active(queues.size());
    for (const auto& [id, application] : by_id_) {
        Resource allocated;
        std::size_t live = 0;
        for (const Attempt& attempt : application.attempts) {
            live += attempt.containers.size();
            for (const ContainerId& container_id : attempt.containers) {
                const Container* container = containers.find(container_id);
                CHECK(container != nullptr && !container->orphan);
                CHECK(container->key.attempt == attempt.record.id);
                CHECK(container->id.attempt == attempt.record.id ||
                      (application.keeps_containers() && !container->master()));
                allocated += container->charged();
            }
            CHECK(&attempt == application.current() || is_final(attempt.state));
            CHECK((attempt.session != 0) <= (attempt.connection.value != 0));
        }
        CHECK(allocated == application.allocated);
        CHECK(live == static_cast<std::size_t>(application.live_containers));
        CHECK(live > 0 || (application.memory_since == 0 && application.vcores_since == 0 &&
                           application.named_since.empty()));
        CHECK(is_ending(application.state) == application.outcome.has_value());
        used[application.queue] += allocated;
        const bool counted = !is_final(application.state) && application.state != AppState::New &&
                             application.state != AppState::NewSaving;
        active[application.queue] += counted ? 1 : 0;
    }
    for (QueueIndex queue = 0; queue < queues.size(); ++queue) {
        if (queues.at(queue).leaf) {
            CHECK(queues.at(queue).used == used[queue]);
            CHECK(queues.at(queue).applications == active[queue]);
        }
    }
}

}  // namespace heddle::rm
