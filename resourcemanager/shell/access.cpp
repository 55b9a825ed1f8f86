#include "resourcemanager/shell/access.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>

#include "resourcemanager/shell/router.h"

namespace heddle::rm {
namespace {

constexpr int kGroupsMax = 4096;

std::string_view name_of(QueueRight right) {
    switch (right) {
        case QueueRight::Submit:
            return "submit applications to";
        case QueueRight::Administer:
            return "administer";
        case QueueRight::View:
            return "see the applications of";
    }
    return "";
}

std::string_view name_of(AppRight right) {
    return right == AppRight::View ? "see" : "change";
}

struct OpenRoute {
    std::string_view method;
    std::string_view pattern;
};

constexpr OpenRoute kOpenRoutes[] = {
    // What every user may know.
    {"GET", "/ws/v1/cluster"},
    {"GET", "/ws/v1/cluster/info"},
    {"GET", "/ws/v1/cluster/metrics"},
    {"GET", "/ws/v1/cluster/scheduler"},
    {"GET", "/ws/v1/cluster/scheduler-overview"},
    {"GET", "/ws/v1/cluster/nodes"},
    {"GET", "/ws/v1/cluster/nodes/{id}"},
    {"GET", "/ws/v1/cluster/nodes/{id}/get-labels"},
    {"GET", "/ws/v1/cluster/get-node-labels"},
    {"GET", "/ws/v1/cluster/get-rm-node-labels"},
    {"GET", "/ws/v1/cluster/get-node-to-labels"},
    {"GET", "/ws/v1/cluster/label-mappings"},
    // A digest is known to those who have the bytes, or who were told it.
    {"PUT", "/heddle/v1/artifacts/{sha256}"},
    {"GET", "/heddle/v1/artifacts/{sha256}"},
    // These ask the lists, or give only what is the caller's own.
    {"POST", "/ws/v1/cluster/apps/new-application"},
    {"POST", "/ws/v1/cluster/apps"},
    {"GET", "/ws/v1/cluster/apps"},
    {"GET", "/ws/v1/cluster/appstatistics"},
    {"GET", "/heddle/v1/apps/{id}/explain"},
    {"GET", "/heddle/v1/waiting"},
    {"GET", "/ws/v1/cluster/scheduler/activities"},
    {"GET", "/ws/v1/cluster/scheduler/bulk-activities"},
    {"GET", "/ws/v1/cluster/scheduler/app-activities/{id}"},
    {"GET", "/ws/v1/cluster/apps/{id}"},
    {"GET", "/ws/v1/cluster/apps/{id}/appattempts"},
    {"GET", "/ws/v1/cluster/apps/{id}/appattempts/{attempt}"},
    {"GET", "/ws/v1/cluster/apps/{id}/appattempts/{attempt}/containers"},
    {"GET", "/ws/v1/cluster/apps/{id}/appattempts/{attempt}/containers/{container}"},
    {"GET", "/ws/v1/cluster/apps/{id}/state"},
    {"PUT", "/ws/v1/cluster/apps/{id}/state"},
    {"GET", "/ws/v1/cluster/apps/{id}/queue"},
    {"PUT", "/ws/v1/cluster/apps/{id}/queue"},
    {"GET", "/ws/v1/cluster/apps/{id}/priority"},
    {"PUT", "/ws/v1/cluster/apps/{id}/priority"},
    {"GET", "/ws/v1/cluster/apps/{id}/timeouts"},
    {"GET", "/ws/v1/cluster/apps/{id}/timeouts/{type}"},
    {"PUT", "/ws/v1/cluster/apps/{id}/timeout"},
    {"POST", "/ws/v1/cluster/containers/{id}/signal/{command}"},
    {"GET", "/ws/v1/cluster/queues/{queue}/access"},
    {"GET", "/heddle/v1/users/{user}/groups"},
    {"POST", "/heddle/v1/attempts/{id}/fail"},
    {"POST", "/heddle/v1/applications/{id}/master-token"},
    {"GET", "/heddle/v1/containers/{id}/logs"},
    {"GET", "/heddle/v1/containers/{id}/logs/{file}"},
    {"GET", "/heddle/v1/stream"},
    {"GET", "/proxy/{id}"},
    {"GET", "/proxy/{id}/{*}"},
};

}  // namespace

bool open_to_users(const Route& route) {
    return std::ranges::any_of(kOpenRoutes, [&](const OpenRoute& open) {
        return open.method == route.method && open.pattern == route.pattern;
    });
}

std::vector<std::string> GroupBook::of(const std::string& user, TimePoint now) {
    {
        const std::lock_guard lock(mutex_);
        const auto it = entries_.find(user);
        if (it != entries_.end() && now - it->second.asked < kLife) {
            return it->second.groups;
        }
    }
    std::vector<std::string> groups = lookup_(user);  // may take long: not under the lock
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kUsersMax) {
        entries_.clear();
    }
    entries_[user] = {groups, now};
    return groups;
}

void GroupBook::forget() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
}

std::vector<std::string> system_groups(const std::string& user) {
    std::vector<char> buffer(1U << 16U);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
        found == nullptr) {
        return {};
    }
    std::vector<gid_t> ids(kGroupsMax);
    int count = kGroupsMax;
    if (::getgrouplist(user.c_str(), found->pw_gid, ids.data(), &count) < 0) {
        return {};
    }
    std::vector<std::string> groups;
    for (int i = 0; i < count; ++i) {
        group line{};
        group* known = nullptr;
        if (::getgrgid_r(ids[static_cast<std::size_t>(i)], &line, buffer.data(), buffer.size(),
                         &known) == 0 &&
            known != nullptr) {
            groups.emplace_back(known->gr_name);
        }
    }
    return groups;
}

AccessPolicy::AccessPolicy(bool enabled, const std::vector<QueueConfig>& queues,
                           std::function<std::vector<std::string>(const std::string&)> groups)
    : enabled_(enabled), groups_(std::move(groups)) {
    set_queues(queues);
}

void AccessPolicy::set_queues(const std::vector<QueueConfig>& queues) {
    ByPath lists;
    for (const QueueConfig& queue : queues) {
        lists[queue.path] = {queue.submit, queue.administer, queue.view};
    }
    const std::lock_guard lock(mutex_);
    lists_ = std::make_shared<const ByPath>(std::move(lists));
}

bool AccessPolicy::in(const AccessList& list, const std::string& user) const {
    if (list.everybody || std::ranges::find(list.users, user) != list.users.end()) {
        return true;
    }
    if (list.groups.empty()) {
        return false;  // and nobody is asked
    }
    const std::vector<std::string> groups = groups_(user);
    return std::ranges::any_of(list.groups, [&](const std::string& group) {
        return std::ranges::find(groups, group) != groups.end();
    });
}

bool AccessPolicy::on_queue(const Principal& who, QueueRight right, std::string_view path) const {
    std::shared_ptr<const ByPath> lists;
    {
        const std::lock_guard lock(mutex_);
        lists = lists_;
    }
    for (;;) {
        if (const auto it = lists->find(path); it != lists->end()) {
            // Who administers a queue submits to it and sees what is in it.
            if (in(it->second.administer, who.user) ||
                (right == QueueRight::Submit && in(it->second.submit, who.user)) ||
                (right == QueueRight::View && in(it->second.view, who.user))) {
                return true;
            }
        }
        const std::size_t dot = path.rfind('.');
        if (dot == std::string_view::npos) {
            return false;
        }
        path = path.substr(0, dot);
    }
}

bool AccessPolicy::may(const Principal& who, QueueRight right, std::string_view path) const {
    return !enabled_ || who.operates || on_queue(who, right, path);
}

bool AccessPolicy::may(const Principal& who, AppRight right,
                       const ApplicationSubmission& app) const {
    if (!enabled_ || who.operates || who.is(app.user)) {
        return true;
    }
    const bool view = right == AppRight::View;
    return in(view ? app.viewers : app.modifiers, who.user) ||
           on_queue(who, view ? QueueRight::View : QueueRight::Administer, app.queue);
}

Status AccessPolicy::check(const Principal& who, QueueRight right, std::string_view path) const {
    if (may(who, right, path)) {
        return {};
    }
    return Error{ErrorCode::PermissionDenied,
                 "User " + who.user + " cannot " + std::string(name_of(right)) + " queue " +
                     std::string(path) + "; its administrator, or an operator, can grant that"};
}

Status AccessPolicy::check(const Principal& who, AppRight right,
                           const ApplicationSubmission& app) const {
    if (may(who, right, app)) {
        return {};
    }
    return Error{ErrorCode::PermissionDenied,
                 "User " + who.user + " cannot " + std::string(name_of(right)) + " " +
                     to_string(app.id) + " of " + app.user +
                     "; its owner grants that with application-acls (VIEW_APP, MODIFY_APP), or an "
                     "administrator with the lists of queue " +
                     app.queue};
}

}  // namespace heddle::rm
