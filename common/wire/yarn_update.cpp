// What PUT /scheduler-conf changes.

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/strings.h"
#include "common/model/queue_check.h"
#include "common/model/queue_settings.h"
#include "common/wire/yarn_names.h"
#include "common/wire/yarn_rules.h"
#include "common/wire/yarn_scheduler.h"

namespace heddle::wire {
namespace {

Error wrong(std::string message) {
    return {ErrorCode::InvalidArgument, std::move(message)};
}

class Apply {
public:
    explicit Apply(SchedulerConfig config) : config_(std::move(config)) {}

    Result<SchedulerConfig> run(const YarnUpdate& update) {
        for (const std::string& path : update.remove) {
            remove(path);
        }
        for (const YarnUpdate::Queue& queue : update.add) {
            if (find_queue(config_, queue.path) != nullptr) {
                problem(queue.path, "it is there already; write it as update-queue");
                continue;
            }
            config_.queues.push_back(queue_config(queue.path));
            set(queue);
        }
        for (const YarnUpdate::Queue& queue : update.update) {
            if (queue.path == "root") {
                root_of(config_);
            }
            if (find_queue(config_, queue.path) == nullptr) {
                problem(queue.path, "there is no such queue; write it as add-queue");
                continue;
            }
            set(queue);
        }
        for (const auto& [name, value] : update.global) {
            take_global(name, value);
        }
        set_rules();
        if (!problems_.empty()) {
            return wrong(join(problems_, "\n"));
        }
        return std::move(config_);
    }

private:
    void problem(const std::string& queue, const std::string& what) {
        problems_.push_back("queue " + queue + ": " + what);
    }

    void remove(const std::string& path) {
        const std::size_t before = config_.queues.size();
        std::erase_if(config_.queues, [&](const QueueConfig& queue) {
            return queue.path == path || queue.path.starts_with(path + ".");
        });
        if (config_.queues.size() == before) {
            problem(path, "there is no such queue to remove");
        }
    }

    void set(const YarnUpdate::Queue& queue) {
        QueueConfig& config = *find_queue(config_, queue.path);
        for (const auto& [key, value] : queue.parameters) {
            if (key == "queues") {
                continue;  // follows from the paths
            }
            if (orders_queues(key, value) && set_order(queue.path, value)) {
                continue;
            }
            if (const Status status = set_queue(config, key, value); !status) {
                problem(queue.path,
                        (status.error().message.starts_with("unknown") ? "" : key + ": ") +
                            status.error().message);
            }
        }
    }

    void take_global(const std::string& name, const std::string& value) {
        std::vector<std::string_view> names;
        for (const Name& global : kGlobalNames) {
            if (global.yarn == name) {
                note(name, set_global(config_, global, value));
                return;
            }
            names.push_back(global.yarn);
        }
        std::string rest;
        if (cut(name, kPrefix, rest)) {
            if (rules_.take(rest, value)) {
                return;
            }
            if (const std::string of_user = setting_of_user(rest); !of_user.empty()) {
                note(name, set_setting(config_, of_user, std::string(trim(value))));
                return;
            }
            const auto root = std::ranges::find(kRootNames, rest, &Name::yarn);
            if (root != std::end(kRootNames)) {
                note(name, set_root(config_, *root, value));
                return;
            }
        }
        problems_.push_back("unknown key '" + name + "'" + did_you_mean(name, names));
    }

    // False: it is a leaf, which has no queues to order.
    bool set_order(const std::string& path, const std::string& order) {
        const bool by_priority = order == kByPriority;
        if (path == "root") {
            config_.queue_priorities = by_priority;
        } else if (!is_parent(config_, path)) {
            return false;
        } else if (config_.queue_priorities != by_priority) {
            problem(path, "ordering-policy: one order of queues holds for the whole tree; write '" +
                              order + "' for root");
        }
        return true;
    }

    void set_rules() {
        if (!rules_.any()) {
            return;
        }
        const std::string format = rules_.format.value_or(rules_.is_json() ? "json" : "legacy");
        const bool as_json = format == "json";
        if (!as_json && format != "legacy") {
            problems_.push_back("mapping-rule-format: '" + format +
                                "' was found; write json or legacy");
            return;
        }
        const auto& text = as_json ? rules_.json : rules_.mappings;
        if (!text || (as_json ? rules_.mappings : rules_.json)) {
            problems_.push_back(
                "placement rules: write mapping-rule-format json with mapping-rule-json, or legacy "
                "with queue-mappings; an empty text takes all rules away");
            return;
        }
        YarnRules read = as_json ? rules_from_json(*text) : rules_from_mappings(*text);
        for (const std::string& rule : read.problems) {
            problems_.push_back((as_json ? "mapping-rule-json: " : "queue-mappings: ") + rule);
        }
        config_.rules = std::move(read.rules);
    }

    void note(const std::string& name, const Status& status) {
        if (!status) {
            problems_.push_back(name + ": " + status.error().message);
        }
    }

    SchedulerConfig config_;
    RuleTexts rules_;
    std::vector<std::string> problems_;
};

}  // namespace

Result<SchedulerConfig> apply_yarn_update(SchedulerConfig config, const YarnUpdate& update) {
    return Apply(std::move(config)).run(update);
}

}  // namespace heddle::wire
