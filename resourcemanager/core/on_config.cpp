// The scheduler's configuration changes as a transaction: checked as a whole and against what is in
// use, saved as one version, and taken only when that is on disk. While it is being saved nothing
// may come in that it has no place for.

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/strings.h"
#include "common/model/queue_check.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/handlers.h"
#include "resourcemanager/core/lifecycle.h"
#include "resourcemanager/core/preemption.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kNoteMax = 1024;
constexpr std::size_t kNodesNamed = 5;

// Every queue of a configuration, also parents that are not named; true: a leaf.
std::map<std::string, bool, std::less<>> shape_of(const SchedulerConfig& config) {
    std::map<std::string, bool, std::less<>> shape;
    for (const QueueConfig& queue : config.queues) {
        shape.emplace(queue.path, true);
    }
    for (const QueueConfig& queue : config.queues) {
        for (std::size_t dot = queue.path.rfind('.'); dot != std::string::npos && dot > 0;
             dot = queue.path.rfind('.', dot - 1)) {
            shape[queue.path.substr(0, dot)] = false;
        }
        if (queue.auto_creation.enabled) {
            shape[queue.path] = false;
        }
    }
    return shape;
}

std::map<QueueIndex, std::int64_t> applications_by_queue(const Books& books) {
    std::map<QueueIndex, std::int64_t> counts;
    for (const auto& [id, application] : books.applications.all()) {
        if (!is_final(application.state)) {
            ++counts[application.queue];
            for (const ApplicationChange& change : application.changes) {
                const auto to = change.queue ? books.queues.find_leaf(*change.queue)
                                             : Result<QueueIndex>(application.queue);
                if (to && *to != application.queue) {
                    ++counts[*to];  // a move there is being saved
                }
            }
        }
    }
    return counts;
}

std::string in_use(std::int64_t applications) {
    return std::to_string(applications) +
           (applications == 1 ? " application in it is" : " applications in it are") + " not over";
}

bool lines_name(const std::vector<std::string>& lines, const std::string& path) {
    return std::ranges::any_of(
        lines, [&](const std::string& line) { return line.starts_with("queue " + path + " "); });
}

// What cannot be while applications are where they are.
std::vector<std::string> conflicts_of(const Books& books, const SchedulerConfig& candidate) {
    const auto shape = shape_of(with_created(books, candidate));
    std::vector<std::string> lines;
    for (const auto& [index, count] : applications_by_queue(books)) {
        const std::string& path = books.queues.at(index).path;
        const auto found = shape.find(path);
        if (found == shape.end()) {
            lines.push_back("queue " + path + " is left out, and " + in_use(count) +
                            "; keep it with state = \"stopped\" until it is empty, or move them");
        } else if (!found->second) {
            lines.push_back("queue " + path + " would get queues below it, and " + in_use(count) +
                            "; stop it and wait until it is empty, or move them");
        }
    }
    // Of applications that are over, containers may still be ending.
    for (QueueIndex index = 1; index < books.queues.size(); ++index) {
        const Queue& queue = books.queues.at(index);
        const auto found = shape.find(queue.path);
        if (queue.leaf && queue.containers > 0 && !lines_name(lines, queue.path) &&
            (found == shape.end() || !found->second)) {
            lines.push_back("queue " + queue.path + " still has " +
                            std::to_string(queue.containers) +
                            " containers that end; try again in a moment");
        }
    }
    return lines;
}

// Nodes that have the label, or are just being given it.
std::vector<std::string> nodes_of(const Books& books, const std::string& label) {
    std::vector<std::string> names;
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        const Node& node = books.nodes.at(index);
        const auto pending = books.registrations.find(index);
        const bool comes =
            (node.change.has_value() && node.change->settings.label == label) ||
            (pending != books.registrations.end() && pending->second.message.info.label == label);
        if (!node.info.id.name.empty() && (node.info.label == label || comes)) {
            names.push_back(node.info.id.name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

// A label that a node has goes on to be asked for, and unknown to the configuration it would be
// exclusive: the nodes come first.
Status labels_stay(const Books& books, const SchedulerConfig& candidate) {
    for (const auto& [label, exclusive] : books.scheduler.present().labels) {
        if (candidate.labels.contains(label)) {
            continue;
        }
        std::vector<std::string> having = nodes_of(books, label);
        if (having.empty()) {
            continue;
        }
        const std::size_t more = having.size() - std::min(having.size(), kNodesNamed);
        having.resize(having.size() - more);
        return Error{ErrorCode::InvalidArgument,
                     "the label '" + label + "' is left out, and is that of " + join(having, ", ") +
                         (more == 0 ? "" : " and " + std::to_string(more) + " more") +
                         "; give them another one or none first (rmctl node label NODE LABEL)"};
    }
    return {};
}

Status acceptable(const Books& books, const ReplaceScheduler& replace) {
    const std::int64_t present = books.scheduler.present().version;
    if (replace.expected_version && *replace.expected_version != present) {
        return Error{ErrorCode::Conflict, "version " + std::to_string(*replace.expected_version) +
                                              " was expected and version " +
                                              std::to_string(present) +
                                              " holds; look at the difference and apply it again"};
    }
    TRY(check(replace.config));
    TRY(check(with_created(books, replace.config)));  // together with what was created
    TRY(labels_stay(books, replace.config));
    const std::vector<std::string> conflicts = conflicts_of(books, replace.config);
    if (!conflicts.empty()) {
        return Error{ErrorCode::Conflict, join(conflicts, "\n")};
    }
    if (books.scheduler.pending && !replace.dry_run) {
        return Error{ErrorCode::Unavailable,
                     "another configuration is just being saved; try again"};
    }
    return {};
}

void take(Books& books) {
    const std::map<std::string, bool> labels = std::move(books.config.scheduler.labels);
    take_created(books);
    drop_claims(books);
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        Node& node = books.nodes.at(index);  // may be lent now, and was not
        if (labels != books.config.scheduler.labels && !node.info.label.empty()) {
            node_room_changed(books, node);
        }
    }
}

}  // namespace

void perform(Books& books, RequestId request, ReplaceScheduler& replace) {
    if (const Status status = acceptable(books, replace); !status) {
        books.emit(Reply{request, status.error()});
        return;
    }
    const std::int64_t version = books.scheduler.present().version + 1;
    if (replace.dry_run) {
        books.emit(Reply{request, Answer{SchedulerAnswer{version}}});
        return;
    }
    replace.config.version = version;
    auto fresh = std::make_shared<SchedulerVersion>();
    fresh->config = std::move(replace.config);
    fresh->changed = books.wall;
    fresh->by = shortened(std::move(replace.by), kNoteMax);
    fresh->note = shortened(std::move(replace.note), kNoteMax);
    std::vector<StoreChange> changes = {*fresh};
    if (version == 1) {  // what the manager was started with is nowhere else after a restart
        changes.emplace_back(*books.scheduler.versions()->back());
    }
    for (const std::int64_t old : books.scheduler.surplus()) {
        changes.emplace_back(SchedulerVersionRemoval{old});
    }
    books.scheduler.pending = SchedulerHistory::Pending{request, std::move(fresh)};
    books.save({PendingSave::Kind::Scheduler, {}, {}, 0, {}, 0}, std::move(changes));
}

void stored_scheduler(Books& books) {
    const SchedulerHistory::Pending done = books.scheduler.take_effect();
    take(books);
    books.emit(Reply{done.request, Answer{SchedulerAnswer{done.version->config.version}}});
}

void scheduler_failed(Books& books, const Error& why) {
    const RequestId request = books.scheduler.pending->request;
    books.scheduler.pending.reset();
    books.emit(Reply{request, Error{ErrorCode::Unavailable,
                                    "could not be saved: " + why.message + "; nothing changed"}});
}

void recover_scheduler(Books& books, std::vector<SchedulerVersion> versions) {
    if (versions.empty()) {
        return;
    }
    std::sort(versions.begin(), versions.end(),
              [](const SchedulerVersion& a, const SchedulerVersion& b) {
                  return a.config.version < b.config.version;
              });
    books.scheduler.recover(std::move(versions));
    take(books);
}

Status stays_label(const Books& books, const std::string& label) {
    if (!books.scheduler.pending ||
        books.scheduler.pending->version->config.labels.contains(label)) {
        return {};
    }
    return Error{ErrorCode::Unavailable,
                 "the label '" + label + "' is just being removed; try again"};
}

Status stays_leaf(const Books& books, const std::string& leaf) {
    if (!books.scheduler.pending) {
        return {};
    }
    const auto shape = shape_of(with_created(books, books.scheduler.pending->version->config));
    const auto found = shape.find(leaf);
    if (found != shape.end() && found->second) {
        return {};
    }
    return Error{ErrorCode::Unavailable, "queue " + leaf + " is just being " +
                                             (found == shape.end() ? "removed" : "divided") +
                                             "; try again"};
}

}  // namespace heddle::rm
