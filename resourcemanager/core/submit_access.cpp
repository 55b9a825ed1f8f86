#include "resourcemanager/core/submit_access.h"

#include <algorithm>

namespace heddle::rm {
namespace {

bool in(const AccessList& list, const std::string& user, const std::vector<std::string>& groups) {
    return list.everybody || std::ranges::find(list.users, user) != list.users.end() ||
           std::ranges::any_of(list.groups, [&](const std::string& group) {
               return std::ranges::find(groups, group) != groups.end();
           });
}

}  // namespace

Status may_submit(const std::vector<QueueConfig>& queues, const std::string& user,
                  const std::vector<std::string>& groups, std::string_view path) {
    for (const QueueConfig& queue : queues) {
        const bool on_the_way =
            path == queue.path || (path.starts_with(queue.path) && path[queue.path.size()] == '.');
        if (on_the_way && (in(queue.submit, user, groups) || in(queue.administer, user, groups))) {
            return {};
        }
    }
    return Error{ErrorCode::PermissionDenied,
                 "User " + user + " cannot submit applications to queue " + std::string(path) +
                     "; its administrator, or an operator, can grant that"};
}

}  // namespace heddle::rm
