// What a capacity-scheduler.xml means here, and what of it has no counterpart.

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/strings.h"
#include "common/model/queue_check.h"
#include "common/model/queue_settings.h"
#include "common/wire/yarn_names.h"
#include "common/wire/yarn_rules.h"
#include "common/wire/yarn_scheduler.h"

namespace heddle::wire {
namespace {

class Migrate {
public:
    YarnMigration run(const std::vector<YarnProperty>& properties) {
        for (const auto& [name, value] : properties) {
            if (name.starts_with(kPrefix) && name.ends_with(".queues")) {
                children_[name.substr(kPrefix.size(), name.size() - kPrefix.size() - 7)] = value;
            }
        }
        add_children("root");
        for (const auto& [parent, list] : children_) {
            leave_out(
                std::string(kPrefix) + parent + ".queues", list,
                "no queue is called " + parent + "; name it in the queues of the one above it");
        }
        for (const auto& [name, value] : properties) {
            take(name, value);
        }
        take_rules();
        order_queues();
        label_names();
        if (QueueConfig* root = find_queue(out_.config, "root"); root != nullptr) {
            root->capacity[kNoLabel] = {};  // YARN's files say 100 % of root
        }
        return std::move(out_);
    }

private:
    // Paths only grow, so that a list of queues below themselves comes to an end.
    void add_children(const std::string& parent) {
        const auto found = children_.extract(parent);
        if (found.empty()) {
            return;
        }
        for (const std::string_view child : split(found.mapped(), ',')) {
            const std::string name(trim(child));
            const std::string path = parent + "." + name;
            if (name.find('.') != std::string::npos) {
                leave_out(std::string(kPrefix) + parent + ".queues", name,
                          "a queue is named in the list of the one above it by the last part of "
                          "its path, without dots");
            } else if (find_queue(out_.config, path) != nullptr) {
                leave_out(std::string(kPrefix) + parent + ".queues", name,
                          "it is in the list twice, and counts once");
            } else if (!name.empty()) {
                out_.config.queues.push_back(queue_config(path));
                add_children(path);
            }
        }
    }

    void leave_out(const std::string& name, const std::string& value, const std::string& why) {
        out_.left_out.push_back(name + " = " + value + ": " + why);
    }
    void taken(const std::string& name, const std::string& value, const Status& status) {
        if (!status) {
            leave_out(name, value, status.error().message);
        }
    }

    void take(const std::string& name, const std::string& value) {
        if (const std::string why = why_without(name); !why.empty()) {
            if (value != "false") {
                leave_out(name, value, why);
            }
            return;
        }
        if (const std::string note = note_on(name, value); !note.empty()) {
            leave_out(name, value, note);  // and what it is taken as is taken
        }
        for (const Name& global : kGlobalNames) {
            if (global.yarn == name) {
                taken(name, value, set_global(out_.config, global, value));
                return;
            }
        }
        if (!name.starts_with(kPrefix)) {
            leave_out(name, value, "not a property of the scheduler");
            return;
        }
        const std::string rest = name.substr(kPrefix.size());
        if (rules_.take(rest, value)) {
            return;
        }
        if (const std::string of_user = setting_of_user(rest); !of_user.empty()) {
            taken(name, value, set_setting(out_.config, of_user, std::string(trim(value))));
        } else if (rest == "mapping-rule-json-file") {
            leave_out(name, value, "put the file's text into mapping-rule-json and migrate again");
        } else if (rest == "resource-calculator") {
            if (value.find("Dominant") == std::string::npos) {
                leave_out(name, value, "vcores always count here");
            }
        } else if (rest == "node-locality-delay" || rest == "rack-locality-additional-delay") {
            leave_out(name, value,
                      "delays are durations here: locality_delay and rack_locality_delay");
        } else if (const Name* root = root_name(rest)) {
            taken(name, value, set_root(out_.config, *root, value));
        } else if (!rest.ends_with(".queues")) {
            take_of_queue(name, rest, value);
        }
    }

    void take_of_queue(const std::string& name, const std::string& rest, const std::string& value) {
        // The longest queue whose path begins the key: keys have dots of their own.
        QueueConfig* queue = nullptr;
        for (QueueConfig& one : out_.config.queues) {
            if (rest.starts_with(one.path + ".") &&
                (queue == nullptr || one.path.size() > queue->path.size())) {
                queue = &one;
            }
        }
        if (queue == nullptr) {
            if (!rest.starts_with("root.")) {
                leave_out(name, value, "nothing here corresponds to it");
                return;
            }
            queue = &root_of(out_.config);
        }
        const std::string key = rest.substr(queue->path.size() + 1);
        const bool whole =
            queue->path == "root" && (key == "capacity" || key == "maximum-capacity" ||
                                      key.starts_with("accessible-node-labels."));
        if (whole) {
            if (value != "100" && value != "100.0" && value != "-1") {
                leave_out(name, value, "root always has all of the cluster");
            }
            return;
        }
        if (orders_queues(key, value)) {
            orders_[queue->path] = value;
            return;
        }
        taken(name, value, set_queue(*queue, key, value));
    }

    void take_rules() {
        const bool as_json = rules_.is_json();
        const std::string& other =
            as_json ? rules_.mappings.value_or("") : rules_.json.value_or("");
        const std::string prefix(kPrefix);
        if (!trim(other).empty()) {
            leave_out(prefix + (as_json ? "queue-mappings" : "mapping-rule-json"), "(its text)",
                      "mapping-rule-format says that the other way to write rules holds");
        }
        YarnRules read = as_json ? rules_from_json(rules_.json.value_or(""))
                                 : rules_from_mappings(rules_.mappings.value_or(""));
        out_.config.rules = std::move(read.rules);
        for (const std::string& problem : read.problems) {
            out_.left_out.push_back(
                prefix + (as_json ? "mapping-rule-json: " : "queue-mappings = ") + problem);
        }
    }

    // A parent that says nothing orders as the one above it, and root by share alone.
    void order_queues() {
        out_.config.queue_priorities = out_.config.queues.empty();
        for (const auto& [path, order] : orders_) {
            if (path == "root") {
                out_.config.queue_priorities = order == kByPriority;
            } else if (is_parent(out_.config, path)) {
                taken(std::string(kPrefix) + path + ".ordering-policy", order,
                      set_setting(*find_queue(out_.config, path), "queue_order", order));
            } else {
                leave_out(std::string(kPrefix) + path + ".ordering-policy", order,
                          "the queue has none below it; write fifo or fair");
            }
        }
    }

    // YARN keeps the list of labels elsewhere: those that queues name are there.
    void label_names() {
        for (const QueueConfig& queue : out_.config.queues) {
            for (const auto& [label, capacity] : queue.capacity) {
                if (label != kNoLabel) {
                    out_.config.labels.emplace(label, true);
                }
            }
            for (const std::string& label : queue.labels.value_or(std::vector<std::string>{})) {
                if (label != "*") {
                    out_.config.labels.emplace(label, true);
                }
            }
            if (!queue.label_default.empty()) {
                out_.config.labels.emplace(queue.label_default, true);
            }
        }
    }

    YarnMigration out_;
    std::map<std::string, std::string> children_;
    RuleTexts rules_;
    std::map<std::string, std::string> orders_;  // by queue: of those below it
};

}  // namespace

YarnMigration scheduler_from_yarn(const std::vector<YarnProperty>& properties) {
    return Migrate().run(properties);
}

}  // namespace heddle::wire
