#pragma once

// Who may do what with queues and applications: one answer for REST, lists, event stream and logs.
// Off (acl.enable), everybody who is let in may everything, as in YARN. On: operators may
// everything, owners see and change their own, and the rest is granted by the lists of queues,
// inherited downwards as a union, and by those of the submission.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/model/application.h"
#include "common/model/queue.h"
#include "resourcemanager/shell/auth.h"

namespace heddle::rm {

enum class QueueRight { Submit, Administer, View };
enum class AppRight { View, Modify };

/// The groups of users, as the system knows them, asked anew after kLife. Any thread.
class GroupBook {
public:
    using Lookup = std::function<std::vector<std::string>(const std::string& user)>;

    explicit GroupBook(Lookup lookup) : lookup_(std::move(lookup)) {}

    std::vector<std::string> of(const std::string& user, TimePoint now);

    /// All users are looked up anew.
    void forget();

    static constexpr Duration kLife = seconds(60);
    static constexpr std::size_t kUsersMax = 10'000;

private:
    struct Entry {
        std::vector<std::string> groups;
        TimePoint asked;
    };

    Lookup lookup_;
    std::mutex mutex_;  // guards entries_
    std::map<std::string, Entry> entries_;
};

/// By NSS; a user that is not known has none.
std::vector<std::string> system_groups(const std::string& user);

class AccessPolicy {
public:
    AccessPolicy() = default;  // off
    /// `groups` gives those of a user at this moment.
    AccessPolicy(bool enabled, const std::vector<QueueConfig>& queues,
                 std::function<std::vector<std::string>(const std::string&)> groups);

    /// What holds from now on. Any thread.
    void set_queues(const std::vector<QueueConfig>& queues);

    bool enabled() const { return enabled_; }
    /// `path` is a full path; lists of the queues above it count too.
    bool may(const Principal& who, QueueRight right, std::string_view path) const;
    bool may(const Principal& who, AppRight right, const ApplicationSubmission& app) const;

    /// Errors: PermissionDenied, saying who asked for what.
    Status check(const Principal& who, QueueRight right, std::string_view path) const;
    Status check(const Principal& who, AppRight right, const ApplicationSubmission& app) const;

private:
    struct Lists {
        AccessList submit;
        AccessList administer;
        AccessList view;
    };
    using ByPath = std::map<std::string, Lists, std::less<>>;

    bool on_queue(const Principal& who, QueueRight right, std::string_view path) const;
    bool in(const AccessList& list, const std::string& user) const;

    bool enabled_ = false;
    std::function<std::vector<std::string>(const std::string&)> groups_;
    mutable std::mutex mutex_;              // guards lists_
    std::shared_ptr<const ByPath> lists_ =  // readers keep the one they began with
        std::make_shared<const ByPath>();
};

}  // namespace heddle::rm
