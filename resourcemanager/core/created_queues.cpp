#include "resourcemanager/core/created_queues.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/check.h"
#include "common/model/queue_check.h"
#include "common/model/queue_settings.h"
#include "resourcemanager/core/books.h"
#include "resourcemanager/core/handlers.h"

namespace heddle::rm {
namespace {

constexpr std::int32_t kDepthMax = 2;            // below the configured queue, where nobody says so
constexpr Duration kIdleRemoval = seconds(300);  // likewise
using Paths = std::set<std::string, std::less<>>;

std::string_view parent_path(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::int32_t levels_between(std::string_view above, std::string_view path) {
    return static_cast<std::int32_t>(std::ranges::count(path, '.') -
                                     std::ranges::count(above, '.'));
}

bool below(std::string_view path, std::string_view above) {
    return path.size() > above.size() && path[above.size()] == '.' && path.starts_with(above);
}

const QueueConfig* find(const SchedulerConfig& config, std::string_view path) {
    const auto found = std::ranges::find(config.queues, path, &QueueConfig::path);
    return found == config.queues.end() ? nullptr : &*found;
}

// Of every queue, also of parents that are not named.
Paths paths_of(const SchedulerConfig& config) {
    Paths paths = {"root"};
    for (const QueueConfig& queue : config.queues) {
        for (std::string_view path = queue.path; !path.empty() && paths.emplace(path).second;
             path = parent_path(path)) {
        }
    }
    return paths;
}

std::string_view nearest_above(const Paths& paths, std::string_view path) {
    do {
        path = parent_path(path);
    } while (!path.empty() && !paths.contains(path));
    return path;
}

// As the nearest queue from `path` upwards says.
Duration idle_removal(const SchedulerConfig& config, std::string_view path) {
    for (; !path.empty(); path = parent_path(path)) {
        const QueueConfig* queue = find(config, path);
        if (queue != nullptr && queue->auto_creation.idle_removal.has_value()) {
            return *queue->auto_creation.idle_removal;
        }
    }
    return kIdleRemoval;
}

AutoCreation creation_of(const SchedulerConfig& config, std::string_view path) {
    const QueueConfig* queue = find(config, path);
    return queue == nullptr ? AutoCreation() : queue->auto_creation;
}

// As the nearest queue from `path` upwards says.
std::int32_t depth_max(const SchedulerConfig& config, std::string_view path) {
    for (; !path.empty(); path = parent_path(path)) {
        const QueueConfig* queue = find(config, path);
        if (queue != nullptr && queue->auto_creation.depth_max.has_value()) {
            return *queue->auto_creation.depth_max;
        }
    }
    return kDepthMax;
}

QueueConfig made(const std::string& path, const std::map<std::string, std::string>& settings) {
    QueueConfig queue = queue_config(path);
    queue.created = true;
    for (const auto& [name, text] : settings) {
        (void)set_setting(queue, name, text);  // checked with the configuration
    }
    return queue;
}

// Appends the leaf and the parents that it lacks, which `paths` has from now on.
void append(SchedulerConfig& config, Paths& paths, const AutoCreation& creation,
            const std::string& leaf, Feature off) {
    std::vector<std::string> missing;
    for (std::string_view at = leaf; paths.emplace(at).second; at = parent_path(at)) {
        missing.emplace_back(at);
    }
    for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
        config.queues.push_back(made(*path, off == Feature::QueueTemplates
                                                ? std::map<std::string, std::string>{}
                                            : *path == leaf ? creation.leaf_template
                                                            : creation.parent_template));
    }
}

// With applications that are not over, on their way there too, or whose containers still end.
Paths leaves_in_use(const Books& books) {
    Paths used;
    for (const auto& [id, application] : books.applications.all()) {
        if (is_final(application.state)) {
            continue;
        }
        used.insert(books.queues.at(application.queue).path);
        for (const ApplicationChange& change : application.changes) {
            if (change.queue) {
                used.insert(*change.queue);
            }
        }
    }
    for (const auto& [path, leaf] : books.created.leaves) {
        const Result<QueueIndex> index = books.queues.find_leaf(path);
        if (index && !books.queues.at(*index).users_by_name.empty()) {
            used.insert(path);
        }
    }
    return used;
}

// A leaf has its place below a queue that creates, and while it is in use below the one that did.
SchedulerConfig completed(SchedulerConfig config, const CreatedQueues& created, const Paths& used,
                          Feature off) {
    const Paths configured = paths_of(config);
    Paths paths = configured;
    for (const auto& [path, leaf] : created.leaves) {
        const std::string_view above = nearest_above(configured, path);
        const AutoCreation creation = creation_of(config, above);
        if (!configured.contains(path) &&
            (creation.enabled || (above == leaf.base && used.contains(path)))) {
            append(config, paths, creation, path, off);
        }
    }
    return config;
}

// Looks again when the first leaf can go: one that is in use may have become empty just after.
void watch(Books& books) {
    const Timer timer{Timer::Kind::CreatedQueues, {}, 0};
    std::optional<TimePoint> next;
    for (const auto& [path, leaf] : books.created.leaves) {
        const TimePoint due = leaf.empty_since.value_or(leaf.looked) +
                              idle_removal(books.scheduler.present(), leaf.base);
        next = next ? std::min(*next, due) : due;
    }
    if (next) {
        books.deadlines.set(timer, *next);
    } else {
        books.deadlines.cancel(timer);
    }
}

void take(Books& books, const Paths& used) {
    books.config.scheduler =
        completed(books.scheduler.present(), books.created, used, books.config.feature_off);
    books.queues.reconfigure(books.config.scheduler);
    books.changes.cluster = true;
    const Paths configured = paths_of(books.scheduler.present());
    std::erase_if(books.created.leaves, [&](const auto& entry) {
        return configured.contains(entry.first) || !books.queues.find_leaf(entry.first);
    });
    for (auto& [path, leaf] : books.created.leaves) {
        leaf.base = nearest_above(configured, path);
    }
    watch(books);
}

Status room_below(const SchedulerConfig& config, const QueueConfig& above, const std::string& path,
                  Feature off) {
    const std::int32_t levels = levels_between(above.path, path);
    const std::int32_t most = depth_max(config, above.path);
    if (levels > most) {
        return Error{ErrorCode::InvalidArgument,
                     "queue '" + path + "' would be " + std::to_string(levels) + " levels below '" +
                         above.path + "', which creates at most " + std::to_string(most) +
                         "; name one that is less deep, or raise its auto_creation.depth_max"};
    }
    const auto there = std::ranges::count_if(config.queues, [&](const QueueConfig& queue) {
        return queue.created && below(queue.path, above.path);
    });
    std::int32_t more = 1;
    for (std::string_view at = parent_path(path); find(config, at) == nullptr && at != "root";
         at = parent_path(at)) {
        ++more;
    }
    if (there + more > above.auto_creation.queues_max && off != Feature::CreatedQueuesMax) {
        return Error{
            ErrorCode::ResourceExhausted,
            "queue '" + path + "' is not there" +
                (more > 1 ? " and would be made with " + std::to_string(more - 1) + " above it"
                          : std::string()) +
                ", and '" + above.path + "' has created " + std::to_string(there) +
                " queues, of at most " + std::to_string(above.auto_creation.queues_max) +
                "; wait until empty ones are gone, or raise auto_creation.queues_max"};
    }
    return {};
}

}  // namespace

const QueueConfig* configured_above(const SchedulerConfig& config, std::string_view path) {
    for (std::string_view at = parent_path(path); !at.empty(); at = parent_path(at)) {
        const QueueConfig* queue = find(config, at);
        if (queue != nullptr && !queue->created) {
            return queue;
        }
        if (queue == nullptr && is_parent(config, at)) {
            return nullptr;  // configured by its children alone
        }
    }
    return nullptr;
}

SchedulerConfig with_created(const Books& books, SchedulerConfig config) {
    return completed(std::move(config), books.created, leaves_in_use(books),
                     books.config.feature_off);
}

void take_created(Books& books) {
    take(books, leaves_in_use(books));
}

Status create_queue(Books& books, const std::string& path) {
    const QueueConfig* above = configured_above(books.config.scheduler, path);
    if (above == nullptr || !above->auto_creation.enabled ||
        books.config.off(Feature::CreatedQueues)) {
        return Error{ErrorCode::NotFound, "no queue named '" + path + "'"};
    }
    TRY(check_queue_path(path));
    TRY(room_below(books.config.scheduler, *above, path, books.config.feature_off));
    SchedulerConfig whole = books.config.scheduler;
    Paths paths = paths_of(whole);
    append(whole, paths, above->auto_creation, path, books.config.feature_off);
    TRY(check(whole));  // its share beside the others
    books.created.leaves.insert_or_assign(path, CreatedLeaf{above->path, books.now, {}});
    take_created(books);
    return {};
}

void drop_created(Books& books, const std::string& path) {
    const Paths used = leaves_in_use(books);
    if (!used.contains(path) && books.created.leaves.erase(path) > 0) {
        take(books, used);
    }
}

void recover_created(Books& books, const std::set<std::string>& live) {
    const SchedulerConfig& version = books.scheduler.present();
    const Paths configured = paths_of(version);
    const Paths used(live.begin(), live.end());
    CreatedQueues& created = books.created;
    for (const std::string& path : live) {
        const std::string above(nearest_above(configured, path));
        bool leads_through_leaf = false;
        for (std::string_view at = parent_path(path); !at.empty(); at = parent_path(at)) {
            leads_through_leaf = leads_through_leaf || used.contains(at);
        }
        const bool meant =
            !above.empty() && (above != "root" || creation_of(version, above).enabled);
        if (meant && !configured.contains(path) && !leads_through_leaf) {
            created.leaves.emplace(path, CreatedLeaf{above, books.now, {}});
        }
    }
    if (!check(completed(version, created, used, books.config.feature_off))) {
        created.leaves.clear();  // the version is another one than they were created under
    }
    if (!live.empty() && !books.queues.find_leaf("") && !configured.contains(kRecoveredQueue)) {
        created.leaves.emplace(kRecoveredQueue, CreatedLeaf{"root", books.now, {}});
    }
    if (!created.leaves.empty()) {
        Paths all = used;
        all.insert(kRecoveredQueue);
        take(books, all);
    }
}

void created_queues_due(Books& books) {
    const Paths used = leaves_in_use(books);
    const std::size_t before = books.created.leaves.size();
    for (auto& [path, leaf] : books.created.leaves) {
        leaf.looked = books.now;
        leaf.empty_since = used.contains(path) || books.config.off(Feature::CreatedQueueRemoval)
                               ? std::nullopt
                               : std::optional(leaf.empty_since.value_or(books.now));
    }
    std::erase_if(books.created.leaves, [&](const auto& entry) {
        const CreatedLeaf& leaf = entry.second;
        return leaf.empty_since &&
               books.now >= *leaf.empty_since + idle_removal(books.scheduler.present(), leaf.base);
    });
    if (books.created.leaves.size() != before) {
        take(books, used);
    } else {
        watch(books);
    }
}

void check_created(const Books& books) {
    CHECK(books.created.leaves.empty() ==
          !books.deadlines.at({Timer::Kind::CreatedQueues, {}, 0}).has_value());
    for (const auto& [path, leaf] : books.created.leaves) {
        const Result<QueueIndex> index = books.queues.find_leaf(path);
        CHECK(index.ok() && books.queues.at(*index).config.created);
    }
    for (QueueIndex index = 1; index < books.queues.size(); ++index) {
        const Queue& queue = books.queues.at(index);
        if (!queue.path.empty() && queue.config.created) {
            const auto next = books.created.leaves.lower_bound(queue.path);
            CHECK(next != books.created.leaves.end());
            CHECK(queue.leaf ? next->first == queue.path : below(next->first, queue.path));
        }
    }
}

}  // namespace heddle::rm
