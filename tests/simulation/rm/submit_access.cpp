#include "tests/simulation/rm/submit_access.h"

#include <algorithm>

#include "common/base/prng.h"
#include "resourcemanager/core/states.h"
#include "tests/support/rm_world/names.h"

namespace heddle::rm::test {
namespace {

QueueConfig* find(SchedulerConfig& scheduler, const std::string& path) {
    const auto it = std::ranges::find(scheduler.queues, path, &QueueConfig::path);
    return it == scheduler.queues.end() ? nullptr : &*it;
}

bool names(const AccessList& list, const std::string& user) {
    const std::vector<std::string> groups = groups_of(user);
    return list.everybody || std::ranges::count(list.users, user) > 0 ||
           std::ranges::any_of(groups, [&](const std::string& group) {
               return std::ranges::count(list.groups, group) > 0;
           });
}

}  // namespace

void draw_lists(std::uint64_t seed, SchedulerConfig& scheduler) {
    Prng prng(seed ^ 0x6c69737473ULL);
    if (scheduler.queues.size() <= 2 || prng.chance(1, 2)) {
        return;
    }
    find(scheduler, "root.default")->submit.everybody = true;
    find(scheduler, "root.batch")->submit.users = {"bob"};
    find(scheduler, "root.team")->administer.groups = {"ops"};
    find(scheduler, "root.team.alpha")->submit.groups = {"etl"};
    find(scheduler, "root.team.deep.beta")->submit.users = {"eve"};
    if (QueueConfig* made = find(scheduler, "root.made")) {
        made->submit.groups = {"etl"};
    }
}

bool has_lists(const SchedulerConfig& scheduler) {
    return std::ranges::any_of(scheduler.queues,
                               [](const QueueConfig& queue) { return queue.submit.everybody; });
}

std::vector<std::string> groups_of(const std::string& user) {
    if (user == "alice") {
        return {"staff", "etl"};
    }
    return user == "bob" ? std::vector<std::string>{"ops"} : std::vector<std::string>{};
}

std::string check_submit_access(const Books& books) {
    const SchedulerConfig& version = books.scheduler.present();
    for (const auto& [id, application] : books.applications.all()) {
        if (is_final(application.state)) {
            continue;
        }
        const std::string& user = application.submission->user;
        const std::string below = books.queues.at(application.queue).path + ".";
        const bool granted = std::ranges::any_of(version.queues, [&](const QueueConfig& queue) {
            return below.starts_with(queue.path + ".") &&
                   (names(queue.submit, user) || names(queue.administer, user));
        });
        if (!granted) {
            return name_of(id) + " of " + user + " is in " +
                   books.queues.at(application.queue).path + ", to which that user may not submit";
        }
    }
    return {};
}

}  // namespace heddle::rm::test
