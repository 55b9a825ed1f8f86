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

    Result<YarnChange> run(const YarnUpdate& update) {
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
                problem(queue.path,
                        "there is no such queue" + near(queue.path) + "; write it as add-queue");
                continue;
            }
            set(queue);
        }
        for (const auto& [name, value] : update.global) {
            take_global(name, value);
        }
        order_queues();
        set_rules();
        if (!problems_.empty()) {
            return wrong(join(problems_, "\n"));
        }
        return YarnChange{std::move(config_), std::move(notes_)};
    }

private:
    void problem(const std::string& queue, const std::string& what) {
        problems_.push_back("queue " + queue + ": " + what);
    }

    std::string near(const std::string& path) const {
        std::vector<std::string_view> paths;
        for (const QueueConfig& queue : config_.queues) {
            paths.push_back(queue.path);
        }
        return did_you_mean(path, paths);
    }

    void remove(const std::string& path) {
        if (path == "root") {
            problem(path, "it cannot be removed; name the queues below it that are to go");
            return;
        }
        const std::size_t before = config_.queues.size();
        std::erase_if(config_.queues, [&](const QueueConfig& queue) {
            return queue.path == path || queue.path.starts_with(path + ".");
        });
        if (config_.queues.size() == before) {
            problem(path, "there is no such queue to remove" + near(path));
        }
    }

    void set(const YarnUpdate::Queue& queue) {
        QueueConfig& config = *find_queue(config_, queue.path);
        for (const auto& [key, value] : queue.parameters) {
            if (key == "queues") {
                continue;  // follows from the paths
            }
            if (orders_queues(key, value)) {
                orders_.emplace_back(queue.path, value);
                continue;
            }
            if (const std::string why = why_without("." + key); !why.empty()) {
                problem(queue.path, key + ": " + why);
                continue;
            }
            if (const std::string note = note_on(key, value); !note.empty()) {
                notes_.push_back("queue " + queue.path + ": " + key + " = " + value + ": " + note);
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
        const std::string why = why_without(name);
        problems_.push_back(
            !why.empty() ? name + ": " + why
                         : "unknown key '" + name + "'" + did_you_mean(name, names) +
                               "; keys of a queue are written below its name, in update-queue");
    }

    // When all queues are there: only those with queues below them have an order of these.
    void order_queues() {
        for (const auto& [path, order] : orders_) {
            QueueConfig* queue = find_queue(config_, path);
            if (path == "root") {
                config_.queue_priorities = order == kByPriority;
                queue->queue_order.reset();
            } else if (!is_parent(config_, path)) {
                problem(path, "ordering-policy: '" + order +
                                  "' was found, and the queue has none below it; write fifo or "
                                  "fair");
            } else if (const Status status = set_setting(*queue, "queue_order", order); !status) {
                problem(path, "ordering-policy: " + status.error().message);
            }
        }
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
    std::vector<YarnProperty> orders_;  // by queue: of those below it
    std::vector<std::string> problems_;
    std::vector<std::string> notes_;
};

}  // namespace

Result<YarnChange> apply_yarn_update(SchedulerConfig config, const YarnUpdate& update) {
    return Apply(std::move(config)).run(update);
}

}  // namespace heddle::wire
