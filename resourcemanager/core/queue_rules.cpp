#include "resourcemanager/core/queue_rules.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "common/base/strings.h"
#include "common/model/queue_check.h"
#include "resourcemanager/core/created_queues.h"

namespace heddle::rm {
namespace {

using Policy = PlacementRule::Policy;

std::string_view parent_path(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

// Dots divide paths: in the name of a user they are written out, as YARN does it.
std::string as_part(const std::string& name) {
    std::string part;
    for (const char c : name) {
        part += c == '.' ? std::string("_dot_") : std::string(1, c);
    }
    return part;
}

class Choice {
public:
    Choice(const SchedulerConfig& config, const Submitter& who, Feature off)
        : config_(config), who_(who), off_(off) {}

    Result<QueueChoice> run() {
        const bool rules_first = config_.override_specified_queue && off_ != Feature::RulesFirst;
        if (!who_.queue.empty() && !rules_first) {
            return named();
        }
        for (std::size_t i = 0; i < config_.rules.size(); ++i) {
            const PlacementRule& rule = config_.rules[i];
            if (off_ == Feature::PlacementRules || !applies(rule)) {
                continue;
            }
            if (rule.policy == Policy::Reject) {
                return refused("rule " + std::to_string(i + 1) + " rejects it");
            }
            auto placed = place(rule);
            if (placed && rule.policy == Policy::SetDefaultQueue) {
                if (off_ != Feature::SetDefaultQueue) {
                    default_ = std::move(placed).value();
                }
                continue;
            }
            if (placed) {
                return taking(std::move(placed).value());
            }
            reasons_.push_back("rule " + std::to_string(i + 1) + ": " + placed.error().message);
            if (rule.fallback == PlacementRule::Fallback::Reject) {
                return refused("no queue for it");
            }
            if (rule.fallback == PlacementRule::Fallback::PlaceDefault) {
                return taking(default_queue());
            }
        }
        return who_.queue.empty() ? taking(default_queue()) : named();
    }

private:
    Error refused(const std::string& what) const {
        return {ErrorCode::InvalidArgument,
                "application '" + who_.application + "' of user '" + who_.user + "': " + what +
                    (reasons_.empty() ? "" : " (" + join(reasons_, "; ") + ")")};
    }

    bool applies(const PlacementRule& rule) const {
        if (rule.matches == "*") {
            return true;
        }
        switch (rule.type) {
            case PlacementRule::Matches::User:
                return rule.matches == who_.user;
            case PlacementRule::Matches::Group:
                return std::ranges::find(who_.groups, rule.matches) != who_.groups.end();
            case PlacementRule::Matches::Application:
                return rule.matches == who_.application;
        }
        return false;
    }

    bool exists(std::string_view path) const {
        return std::ranges::any_of(config_.queues, [&](const QueueConfig& queue) {
            return queue.path == path ||
                   (queue.path.starts_with(path) && queue.path[path.size()] == '.');
        });
    }
    std::string nearest(std::string_view path) const {
        for (path = parent_path(path); path != "root" && !path.empty(); path = parent_path(path)) {
            if (exists(path)) {
                return std::string(path);
            }
        }
        return "root";
    }
    // A leaf that came into being.
    bool made_for_applications(std::string_view path) const {
        const auto found = std::ranges::find(config_.queues, path, &QueueConfig::path);
        return found != config_.queues.end() && found->created && leaf(path);
    }
    bool leaf(std::string_view path) const { return exists(path) && !is_parent(config_, path); }

    QueueChoice default_queue() const {
        return default_.value_or(
            QueueChoice{leaf(config_.queue_default) ? config_.queue_default : "", false});
    }

    const std::string& primary_group() const {
        static const std::string kNone;
        return who_.groups.empty() ? kNone : who_.groups.front();
    }

    // The first group after the primary one of which there is a queue.
    std::string secondary_group(const std::string& parent) const {
        for (std::size_t i = 1; i < who_.groups.size(); ++i) {
            if (exists(parent + "." + as_part(who_.groups[i]))) {
                return who_.groups[i];
            }
        }
        return "";
    }

    Result<QueueChoice> place(const PlacementRule& rule) const {
        const std::string parent = rule.parent.empty() ? "root" : rule.parent;
        switch (rule.policy) {
            case Policy::Specified:
                if (who_.queue.empty()) {
                    return Error{ErrorCode::NotFound, "no queue was named at submission"};
                }
                return resolve(who_.queue);
            case Policy::DefaultQueue:
                return default_queue();
            case Policy::User:
                return below(parent, {who_.user}, rule.create);
            case Policy::PrimaryGroup:
                return below(parent, {primary_group()}, rule.create);
            case Policy::PrimaryGroupUser:
                return below(parent, {primary_group(), who_.user}, rule.create);
            case Policy::SecondaryGroup:
                return below(parent, {secondary_group(parent)}, rule.create);
            case Policy::SecondaryGroupUser:
                return below(parent, {secondary_group(parent), who_.user}, rule.create);
            case Policy::ApplicationName:
                return below(parent, {who_.application}, rule.create);
            case Policy::Custom:
            case Policy::SetDefaultQueue:
                return custom(rule);
            case Policy::Reject:
                break;
        }
        return Error{ErrorCode::InvalidArgument, "it rejects"};
    }

    Result<QueueChoice> custom(const PlacementRule& rule) const {
        const std::pair<std::string_view, std::string> values[] = {
            {"%application", as_part(who_.application)},
            {"%user", as_part(who_.user)},
            {"%primary_group", as_part(primary_group())},
            {"%secondary_group", as_part(secondary_group("root"))},
            {"%default", default_queue().path},
            {"%specified", who_.queue}};
        std::string path = rule.custom;
        for (std::size_t at = path.find('%'); at != std::string::npos; at = path.find('%', at)) {
            const auto found = std::ranges::find_if(values, [&](const auto& value) {
                return std::string_view(path).substr(at).starts_with(value.first);
            });
            if (found == std::end(values)) {
                ++at;
                continue;
            }
            if (found->second.empty()) {
                return Error{ErrorCode::NotFound,
                             "there is no " + std::string(found->first.substr(1)) + " for it"};
            }
            path.replace(at, found->first.size(), found->second);
            at += found->second.size();
        }
        return reach(path.starts_with("root.") ? path : "root." + path, rule.create);
    }

    Result<QueueChoice> below(std::string path, const std::vector<std::string>& parts,
                              bool create) const {
        for (const std::string& part : parts) {
            if (part.empty()) {
                return Error{ErrorCode::NotFound, "the user has no such group"};
            }
            path += "." + as_part(part);
        }
        return reach(path, create);
    }

    Result<QueueChoice> reach(const std::string& path, bool create) const {
        if (leaf(path)) {
            return QueueChoice{path, false};
        }
        if (exists(path)) {
            return Error{ErrorCode::InvalidArgument,
                         "'" + path + "' has queues below it; name one of them"};
        }
        if (!create) {
            return Error{ErrorCode::NotFound, "no queue named '" + path + "'"};
        }
        for (std::string_view at = parent_path(path); !at.empty(); at = parent_path(at)) {
            if (made_for_applications(at)) {
                return Error{ErrorCode::InvalidArgument,
                             "no queue named '" + path + "', and '" + std::string(at) +
                                 "' was made for applications and gets no queues below it; name "
                                 "that one, or wait until it is empty and gone"};
            }
        }
        const QueueConfig* above = configured_above(config_, path);
        if (above == nullptr || !above->auto_creation.enabled) {
            return Error{ErrorCode::NotFound, "no queue named '" + path + "', and '" +
                                                  (above != nullptr ? above->path : nearest(path)) +
                                                  "' does not create queues; name another one"};
        }
        return QueueChoice{path, true};
    }

    // A full path, or the last name of one leaf.
    Result<QueueChoice> resolve(const std::string& name) const {
        if (name.starts_with("root.") || exists(name)) {
            return reach(name, true);
        }
        std::vector<std::string> found;
        for (const QueueConfig& queue : config_.queues) {
            if (queue.path.ends_with("." + name) && leaf(queue.path)) {
                found.push_back(queue.path);
            }
        }
        if (found.size() == 1) {
            return QueueChoice{found.front(), false};
        }
        return Error{ErrorCode::NotFound, found.empty() ? no_such_queue(name)
                                                        : "no queue named '" + name +
                                                              "'; there are " + join(found, ", ")};
    }

    Result<QueueChoice> named() const {
        TRY(QueueChoice choice, resolve(who_.queue));
        return taking(std::move(choice));
    }

    // Neither it nor a queue above it may be stopped or draining.
    Result<QueueChoice> taking(QueueChoice choice) const {
        for (std::string_view path = choice.path; !path.empty(); path = parent_path(path)) {
            const auto found = std::ranges::find(config_.queues, path, &QueueConfig::path);
            if (found != config_.queues.end() && found->state != QueueState::Running) {
                return Error{ErrorCode::Conflict,
                             "queue '" + choice.path + "' takes no applications: '" +
                                 std::string(path) + "' is " +
                                 (found->state == QueueState::Stopped ? "stopped" : "draining") +
                                 "; name another queue or have it started"};
            }
        }
        return choice;
    }

    const SchedulerConfig& config_;
    const Submitter& who_;
    Feature off_;
    std::optional<QueueChoice> default_;  // as a rule has said
    std::vector<std::string> reasons_;
};

}  // namespace

Result<QueueChoice> queue_for(const SchedulerConfig& config, const Submitter& who, Feature off) {
    return Choice(config, who, off).run();
}

}  // namespace heddle::rm
