#include "resourcemanager/core/created_queues.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/strings.h"
#include "common/model/queue_check.h"
#include "common/model/queue_settings.h"
#include "resourcemanager/core/books.h"
#include "resourcemanager/core/handlers.h"

namespace heddle::rm {
namespace {

std::string_view parent_path(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

bool below(std::string_view path, std::string_view above) {
    return path.size() > above.size() && path[above.size()] == '.' && path.starts_with(above);
}

const QueueConfig* find(const SchedulerConfig& config, std::string_view path) {
    const auto found = std::ranges::find(config.queues, path, &QueueConfig::path);
    return found == config.queues.end() ? nullptr : &*found;
}

// The configured queue that creates `path`, or null.
const QueueConfig* creator(const SchedulerConfig& config, std::string_view path) {
    for (std::string_view at = parent_path(path); !at.empty(); at = parent_path(at)) {
        const QueueConfig* queue = find(config, at);
        if (queue != nullptr && !queue->created) {
            return queue->auto_creation.enabled ? queue : nullptr;
        }
        if (queue == nullptr && is_parent(config, at) && at != "root") {
            return nullptr;  // configured by its children alone
        }
    }
    return nullptr;
}

QueueConfig made(const std::string& path, const std::map<std::string, std::string>& settings) {
    QueueConfig queue = queue_config(path);
    queue.created = true;
    for (const auto& [name, text] : settings) {
        (void)set_setting(queue, name, text);  // checked with the configuration
    }
    return queue;
}

// Appends the leaf and the parents that it lacks. Copies of the templates: queues move.
void append(SchedulerConfig& config, const QueueConfig& above, const std::string& leaf) {
    const AutoCreation creation = above.auto_creation;
    const std::string root = above.path;
    std::vector<std::string> missing;
    for (std::string_view at = parent_path(leaf); at.size() > root.size(); at = parent_path(at)) {
        if (find(config, at) == nullptr) {
            missing.emplace_back(at);
        }
    }
    std::ranges::reverse(missing);
    for (const std::string& parent : missing) {
        config.queues.push_back(made(parent, creation.parent_template));
    }
    config.queues.push_back(made(leaf, creation.leaf_template));
}

void take_created(Books& books) {
    books.config.scheduler = with_created(books.scheduler.present(), books.created);
    books.queues.reconfigure(books.config.scheduler);
    books.changes.cluster = true;
}

bool in_use(const Books& books, const std::string& path) {
    const Result<QueueIndex> leaf = books.queues.find_leaf(path);
    if (!leaf) {
        return false;
    }
    return books.queues.at(*leaf).containers > 0 ||
           std::ranges::any_of(books.applications.all(), [&](const auto& entry) {
               return entry.second.queue == *leaf && !is_final(entry.second.state);
           });
}

// The shortest wait of all queues that have created something.
void watch(Books& books) {
    const Timer timer{Timer::Kind::CreatedQueues, {}, 0};
    std::optional<Duration> wait;
    for (const auto& [path, empty] : books.created.leaves) {
        if (const QueueConfig* above = creator(books.config.scheduler, path)) {
            const Duration one = above->auto_creation.idle_removal;
            wait = wait ? std::min(*wait, one) : one;
        }
    }
    if (!wait) {
        books.deadlines.cancel(timer);
    } else if (!books.deadlines.at(timer)) {
        books.deadlines.set(timer, books.now + *wait);
    }
}

}  // namespace

SchedulerConfig with_created(SchedulerConfig config, const CreatedQueues& created) {
    for (const auto& [path, empty] : created.leaves) {
        const QueueConfig* above = find(config, path) == nullptr && !is_parent(config, path)
                                       ? creator(config, path)
                                       : nullptr;
        if (above != nullptr) {
            append(config, *above, path);
        }
    }
    return config;
}

Status create_queue(Books& books, const std::string& path) {
    const QueueConfig* above = creator(books.config.scheduler, path);
    if (above == nullptr || books.config.off(Feature::CreatedQueues)) {
        return Error{ErrorCode::NotFound, "no queue named '" + path + "'"};
    }
    TRY(check_queue_path(path));
    const std::string levels = path.substr(above->path.size() + 1);
    if (split(levels, '.').size() > kCreatedLevelsMax) {
        return Error{ErrorCode::InvalidArgument,
                     "queue '" + path + "' would be " + std::to_string(split(levels, '.').size()) +
                         " levels below '" + above->path + "', which creates at most " +
                         std::to_string(kCreatedLevelsMax)};
    }
    const auto there = std::ranges::count_if(books.config.scheduler.queues, [&](const auto& queue) {
        return queue.created && below(queue.path, above->path);
    });
    if (there >= above->auto_creation.queues_max) {
        return Error{ErrorCode::ResourceExhausted,
                     "queue '" + path + "' is not there, and '" + above->path + "' has created " +
                         std::to_string(there) + " queues, of at most " +
                         std::to_string(above->auto_creation.queues_max) +
                         "; wait until empty ones are gone, or raise auto_creation.queues_max"};
    }
    books.created.leaves.emplace(path, false);
    take_created(books);
    watch(books);
    return {};
}

void drop_created(Books& books, const std::string& path) {
    if (books.created.leaves.contains(path) && !in_use(books, path)) {
        books.created.leaves.erase(path);
        take_created(books);
        watch(books);
    }
}

void recover_created(Books& books, const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        if (!books.queues.find_leaf(path)) {
            books.created.leaves.emplace(path, false);
        }
    }
    if (!books.created.leaves.empty()) {
        take_created(books);
        watch(books);
    }
}

void created_queues_due(Books& books) {
    std::vector<std::string> gone;
    for (auto& [path, empty] : books.created.leaves) {
        const bool used = in_use(books, path);
        if (empty && !used) {
            gone.push_back(path);
        }
        empty = !used;
    }
    for (const std::string& path : gone) {
        books.created.leaves.erase(path);
    }
    if (!gone.empty()) {
        take_created(books);
    }
    watch(books);
}

}  // namespace heddle::rm
