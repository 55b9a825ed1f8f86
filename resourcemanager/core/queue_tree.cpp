#include "resourcemanager/core/queue_tree.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/shares.h"

namespace heddle::rm {
namespace {

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('.') + 1);
}

void add(std::vector<Resource>& by_label, LabelIndex label, const Resource& size, int sign) {
    if (by_label.size() <= label) {
        by_label.resize(label + 1);
    }
    sign > 0 ? by_label[label] += size : by_label[label] -= size;
}

}  // namespace

QueueTree::QueueTree(const SchedulerConfig& config, Feature off) : off_(off) {
    label_of(kNoLabel);
    reconfigure(config);
}

LabelIndex QueueTree::label_of(std::string_view label) {
    if (const auto it = labels_.find(label); it != labels_.end()) {
        return it->second;
    }
    const auto index = static_cast<LabelIndex>(totals_.size());
    labels_.emplace(label, index);
    totals_.emplace_back();
    stale_ = true;
    return index;
}

const Resource& QueueTree::total(std::string_view label) const {
    static const Resource none;
    const auto it = labels_.find(label);
    return it == labels_.end() ? none : totals_[it->second];
}

void QueueTree::reconfigure(const SchedulerConfig& config) {
    queue_priorities_ = config.queue_priorities;
    container_max_ = config.container_max;
    parallel_max_by_user_ = config.applications_parallel_max_by_user;
    take_queues(normalised(config.queues));
    for (const QueueIndex index : order_) {
        settle_settings(index);
        for (const auto& [label, capacity] : queues_[index].config.capacity) {
            label_of(label);
        }
    }
    const auto configured = by_path_.find(config.queue_default);
    if (configured != by_path_.end() && queues_[configured->second].leaf) {
        default_leaf_ = configured->second;
    } else {
        const auto leaf = std::find_if(order_.begin(), order_.end(), [&](QueueIndex index) {
            return queues_[index].leaf && !queues_[index].config.created;
        });
        default_leaf_ = leaf == order_.end() ? 0 : *leaf;
    }
    for (UserIndex index = 0; index < users_.size(); ++index) {
        UserBook& user = users_[index];
        if (user.seats == 0) {
            continue;
        }
        const bool active = user.active;
        set_active(index, false);
        user.weight = weight_of(queues_[user.leaf], user.name);
        set_use(index);
        set_active(index, active);
        relist_user(index);
    }
    for (SeatIndex index = 0; index < seats_.size(); ++index) {
        if (seats_[index].listed.in) {
            relist(index);
        }
    }
    stale_ = true;
}

std::int64_t QueueTree::weight_of(const Queue& leaf, const std::string& user) const {
    const auto weight = leaf.settings.user_weights.find(user);
    if (weight == leaf.settings.user_weights.end() || off_ == Feature::UserWeights) {
        return 1000;
    }
    return std::max<std::int64_t>(weight->second, 1);
}

void QueueTree::take_queues(const std::vector<QueueConfig>& queues) {
    std::map<std::string, QueueIndex, std::less<>> present;
    order_.clear();
    leaves_by_name_.clear();
    for (const QueueConfig& config : queues) {
        QueueIndex index = 0;
        if (const auto known = by_path_.find(config.path); known != by_path_.end()) {
            index = known->second;
        } else if (!vacant_queues_.empty()) {
            index = vacant_queues_.back();
            vacant_queues_.pop_back();
        } else {
            index = static_cast<QueueIndex>(queues_.size());
            queues_.emplace_back();
        }
        present.emplace(config.path, index);
        order_.push_back(index);
    }
    CHECK(!order_.empty() && order_.front() == 0);
    for (const auto& [path, index] : by_path_) {
        if (!present.contains(path)) {
            Queue& gone = queues_[index];
            CHECK(gone.applications == 0 && gone.containers == 0 && gone.users_by_name.empty());
            CHECK(!gone.listed.in);
            lift(index);
            while (!gone.blocked.empty()) {
                release_queue(index, gone.blocked.begin()->first);
            }
            gone = {};
            vacant_queues_.push_back(index);
        }
    }
    by_path_ = std::move(present);
    const std::vector<std::uint32_t> parents = parents_of(queues);
    std::vector<bool> has_children(queues.size());  // or may get some at any submission
    for (std::size_t i = 1; i < queues.size(); ++i) {
        has_children[parents[i]] = true;
        has_children[i] = has_children[i] || queues[i].auto_creation.enabled;
    }
    for (std::size_t i = 0; i < queues.size(); ++i) {
        Queue& queue = queues_[order_[i]];
        queue.path = queues[i].path;
        queue.name = name_of(queue.path);
        queue.parent = order_[parents[i]];
        queue.leaf = !has_children[i] && i != 0;
        queue.config = queues[i];
        CHECK(queue.leaf || queue.users_by_name.empty());
        if (queue.leaf) {
            leaves_by_name_[queue.name].insert(order_[i]);
        }
    }
}

void QueueTree::settle_settings(QueueIndex index) {
    Queue& queue = queues_[index];
    const QueueConfig& config = queue.config;
    QueueSettings settings = index == 0 ? QueueSettings{} : queues_[queue.parent].settings;
    settings.state = std::max(settings.state, config.state);
    settings.priority = config.priority;
    settings.order = config.order;
    settings.user_limit_percent_min =
        config.user_limit_percent_min.value_or(settings.user_limit_percent_min);
    if (config.user_limit_factor.has_value()) {
        settings.user_limit_factor = config.user_limit_factor;
    }
    for (const auto& [user, weight] : config.user_weights) {
        settings.user_weights[user] = weight;
    }
    settings.applications_max = config.applications_max.value_or(settings.applications_max);
    if (config.applications_parallel_max.has_value()) {
        settings.applications_parallel_max = config.applications_parallel_max;
    }
    settings.masters_percent_max =
        config.masters_percent_max.value_or(settings.masters_percent_max);
    if (config.container_max.has_value()) {
        settings.container_max = config.container_max;
    }
    if (off_ == Feature::FifoOrder || off_ == Feature::FairOrder) {
        settings.order = off_ == Feature::FifoOrder ? LeafOrder::Fair : LeafOrder::Fifo;
    }
    queue.settings = std::move(settings);
}

void QueueTree::refresh(std::initializer_list<std::pair<std::string_view, Resource>> totals) {
    for (const auto& [label, total] : totals) {
        Resource& known = totals_[label_of(label)];
        if (known != total) {
            known = total;
            stale_ = true;
        }
    }
    if (!std::exchange(stale_, false)) {
        return;
    }
    recompute_capacities();
    ++computed_;
    for (SeatIndex index = 0; index < seats_.size(); ++index) {
        if (seats_[index].listed.in) {
            relist(index);
        }
    }
    for (UserIndex index = 0; index < users_.size(); ++index) {
        if (users_[index].seats > 0) {
            set_use(index);
            recheck_user(index);
        }
    }
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
        recheck_queue(*it, true);
        relist_queue(*it);
        if (queues_[*it].leaf) {
            release_users(*it);
        }
    }
}

void QueueTree::recompute_capacities() {
    std::vector<QueueConfig> configs;
    std::vector<std::uint32_t> parents;
    std::vector<std::uint32_t> places(queues_.size());
    for (const QueueIndex index : order_) {
        places[index] = static_cast<std::uint32_t>(configs.size());
        configs.push_back(queues_[index].config);
        parents.push_back(places[queues_[index].parent]);
        queues_[index].entitled.assign(totals_.size(), {});
        queues_[index].guaranteed = {};
        queues_[index].maximum = {};
    }
    total_ = {};
    for (const auto& [label, number] : labels_) {
        total_ += totals_[number];
        const std::vector<Entitlement> amounts =
            effective_capacities(configs, parents, label, totals_[number]);
        for (std::size_t i = 0; i < order_.size(); ++i) {
            Queue& queue = queues_[order_[i]];
            queue.entitled[number] = amounts[i];
            if (off_ == Feature::Elasticity) {
                queue.entitled[number].maximum = amounts[i].guaranteed;
            }
            queue.guaranteed += amounts[i].guaranteed;
            queue.maximum += queue.entitled[number].maximum;
        }
    }
}

Result<QueueIndex> QueueTree::find_leaf(std::string_view path) const {
    if (path.empty()) {
        if (default_leaf_ == 0) {
            return Error{ErrorCode::NotFound,
                         "no queue was named and there is no default queue; name one, or have "
                         "queue_default set to one that is there"};
        }
        return default_leaf_;
    }
    if (const auto it = by_path_.find(path); it != by_path_.end()) {
        if (queues_[it->second].leaf) {
            return it->second;
        }
        return Error{ErrorCode::InvalidArgument,
                     "queue '" + std::string(path) + "' has queues below it; name one of them"};
    }
    const auto named = leaves_by_name_.find(path);
    if (named != leaves_by_name_.end() && named->second.size() == 1) {
        return *named->second.begin();
    }
    return Error{ErrorCode::NotFound, "no queue named '" + std::string(path) + "'"};
}

template <typename Change>
void QueueTree::walk_up(QueueIndex leaf, Change&& change) {
    for (QueueIndex index = leaf;; index = queues_[index].parent) {
        change(queues_[index]);
        touch(index);
        if (index == 0) {
            return;
        }
    }
}

void QueueTree::touch(QueueIndex index) {
    if (index >= touched_.size()) {
        touched_.resize(queues_.size());
    }
    if (touched_[index] == 0) {
        touched_[index] = 1;
        touched_list_.push_back(index);
    }
}

std::vector<QueueIndex> QueueTree::take_touched() {
    for (const QueueIndex index : touched_list_) {
        touched_[index] = 0;
    }
    return std::exchange(touched_list_, {});
}

const SeatBook* QueueTree::seat(const ApplicationId& application) const {
    const auto* it = by_application_.find(application);
    return it == by_application_.end() ? nullptr : &seats_[it->second];
}

SeatBook& QueueTree::seat_of(const ApplicationId& application) {
    auto* it = by_application_.find(application);
    CHECK(it != by_application_.end());
    return seats_[it->second];
}

void QueueTree::enter(const Seat& seat) {
    SeatIndex index = static_cast<SeatIndex>(seats_.size());
    if (vacant_seats_.empty()) {
        seats_.emplace_back();
    } else {
        index = vacant_seats_.back();
        vacant_seats_.pop_back();
    }
    CHECK(by_application_.emplace(seat.application, index).second);
    seats_[index].seat = seat;
    seats_[index].accepted = true;
    join(index);
}

// The seat's counts and use come into its leaf and its user there.
void QueueTree::join(SeatIndex index) {
    SeatBook& seat = seats_[index];
    Queue& leaf = queues_[seat.seat.leaf];
    const auto [it, fresh] = leaf.users_by_name.emplace(seat.seat.user, 0);
    if (fresh) {
        it->second = static_cast<UserIndex>(users_.size());
        if (vacant_users_.empty()) {
            users_.emplace_back();
        } else {
            it->second = vacant_users_.back();
            vacant_users_.pop_back();
        }
        UserBook& user = users_[it->second];
        user.name = seat.seat.user;
        user.leaf = seat.seat.leaf;
        user.weight = weight_of(leaf, user.name);
    }
    seat.user = it->second;
    users_[seat.user].seats += 1;
    users_[seat.user].used += seat.used;
    users_[seat.user].reserved += seat.reserved;
    walk_up(seat.seat.leaf, [&](Queue& queue) {
        queue.used += seat.used;
        for (LabelIndex label = 0; label < seat.used_by_label.size(); ++label) {
            add(queue.used_by_label, label, seat.used_by_label[label], +1);
        }
        queue.used_by_masters += seat.used_by_masters;
        queue.reserved += seat.reserved;
        queue.containers_reserved += seat.containers_reserved;
        queue.containers += seat.containers;
        queue.applications += seat.accepted ? 1 : 0;
        queue.running += seat.running ? 1 : 0;
        queue.parallel += seat.parallel ? 1 : 0;
    });
    set_use(seat.user);
    relist_up(seat.seat.leaf);
    release_users(seat.seat.leaf);
}

// The opposite of join(). No ask of the seat is open.
void QueueTree::part(SeatIndex index) {
    SeatBook& seat = seats_[index];
    CHECK(!seat.listed.in);
    walk_up(seat.seat.leaf, [&](Queue& queue) {
        queue.used -= seat.used;
        for (LabelIndex label = 0; label < seat.used_by_label.size(); ++label) {
            add(queue.used_by_label, label, seat.used_by_label[label], -1);
        }
        queue.used_by_masters -= seat.used_by_masters;
        queue.reserved -= seat.reserved;
        queue.containers_reserved -= seat.containers_reserved;
        queue.containers -= seat.containers;
        queue.applications -= seat.accepted ? 1 : 0;
        queue.running -= seat.running ? 1 : 0;
        queue.parallel -= seat.parallel ? 1 : 0;
    });
    UserBook& user = users_[seat.user];
    user.used -= seat.used;
    user.reserved -= seat.reserved;
    user.seats -= 1;
    if (user.seats == 0) {
        CHECK(!user.active && !user.listed.in);
        while (!user.blocked.empty()) {
            release_user(seat.user, user.blocked.begin()->first);
        }
        if (const auto it = parallel_by_user_.find(user.name); it != parallel_by_user_.end()) {
            it->second.waiting.erase(seat.user);
        }
        walk_up(user.leaf, [&](Queue& queue) { queue.users_blocked.erase(seat.user); });
        CHECK(queues_[user.leaf].users_by_name.erase(user.name) == 1);
        user = {};
        vacant_users_.push_back(seat.user);
    } else {
        set_use(seat.user);
        recheck_user(seat.user);
    }
    recheck_up(seat.seat.leaf, true);
    relist_up(seat.seat.leaf);
    release_users(seat.seat.leaf);
}

void QueueTree::drop_if_done(const ApplicationId& application) {
    auto* it = by_application_.find(application);
    SeatBook& seat = seats_[it->second];
    if (seat.accepted || seat.containers > 0 || !seat.asks.empty() || !seat.reserved.is_zero()) {
        return;
    }
    part(it->second);
    seat = {};
    vacant_seats_.push_back(it->second);
    by_application_.erase(it);
}

void QueueTree::leave(const ApplicationId& application) {
    SeatBook& seat = seat_of(application);
    CHECK(seat.accepted);
    const bool parallel = std::exchange(seat.parallel, false);
    const std::string user = seat.seat.user;
    const QueueIndex leaf = seat.seat.leaf;
    seat.accepted = false;
    walk_up(leaf, [&](Queue& queue) {
        queue.applications -= 1;
        queue.parallel -= parallel ? 1 : 0;
    });
    if (parallel) {
        parallel_by_user_.at(user).count -= 1;
        recheck_up(leaf, true);
        wake_user_everywhere(user);
    }
    drop_if_done(application);
}

void QueueTree::move(const ApplicationId& application, QueueIndex leaf) {
    CHECK(queues_[leaf].leaf);
    const SeatIndex index = by_application_.at(application);
    CHECK(seats_[index].asks.empty());
    part(index);
    seats_[index].seat.leaf = leaf;
    join(index);
}

void QueueTree::set_priority(const ApplicationId& application, std::int32_t priority) {
    SeatBook& seat = seat_of(application);
    seat.seat.priority = priority;
    relist(by_application_.at(application));
}

void QueueTree::set_running(const ApplicationId& application, bool running) {
    SeatBook& seat = seat_of(application);
    CHECK(seat.running != running);
    seat.running = running;
    walk_up(seat.seat.leaf, [&](Queue& queue) { queue.running += running ? 1 : -1; });
}

void QueueTree::count_parallel(const ApplicationId& application) {
    SeatBook& seat = seat_of(application);
    if (!seat.accepted || std::exchange(seat.parallel, true)) {
        return;
    }
    walk_up(seat.seat.leaf, [](Queue& queue) { queue.parallel += 1; });
    parallel_by_user_[seat.seat.user].count += 1;
}

bool QueueTree::counts_parallel(const ApplicationId& application) const {
    const SeatBook* found = seat(application);
    return found != nullptr && found->parallel;
}

void QueueTree::add_use(SeatBook& seat, LabelIndex label, const Resource& size, bool leads,
                        int sign) {
    const auto change = [&](auto& book) {
        sign > 0 ? book.used += size : book.used -= size;
        add(book.used_by_label, label, size, sign);
        if (leads) {
            sign > 0 ? book.used_by_masters += size : book.used_by_masters -= size;
        }
        book.containers += sign;
    };
    change(seat);
    walk_up(seat.seat.leaf, change);
    UserBook& user = users_[seat.user];
    sign > 0 ? user.used += size : user.used -= size;
    set_use(seat.user);
}

void QueueTree::charge(const ApplicationId& application, std::string_view label,
                       const Resource& size, bool leads) {
    SeatBook& seat = seat_of(application);
    add_use(seat, label_of(label), size, leads, +1);
    if (seat.listed.in && queues_[seat.seat.leaf].settings.order == LeafOrder::Fair) {
        relist(by_application_.at(application));
    }
    relist_up(seat.seat.leaf);
    release_users(seat.seat.leaf);
}

void QueueTree::refund(const ApplicationId& application, std::string_view label,
                       const Resource& size, bool leads) {
    SeatBook& seat = seat_of(application);
    const QueueIndex leaf = seat.seat.leaf;
    add_use(seat, label_of(label), size, leads, -1);
    if (seat.listed.in && queues_[leaf].settings.order == LeafOrder::Fair) {
        relist(by_application_.at(application));
    }
    recheck_user(seat.user);
    recheck_up(leaf, leads);
    relist_up(leaf);
    release_users(leaf);
    drop_if_done(application);
}

void QueueTree::check() const {
    std::vector<Resource> used(queues_.size());
    std::vector<Resource> masters(queues_.size());
    std::vector<Resource> reserved(queues_.size());
    std::vector<std::int32_t> containers(queues_.size());
    std::vector<std::int32_t> applications(queues_.size());
    std::vector<std::int32_t> running(queues_.size());
    std::vector<std::int32_t> parallel(queues_.size());
    std::vector<Resource> of_users(users_.size());
    std::map<std::string, std::int64_t> parallel_of_users;
    by_application_.for_each([&](const ApplicationId& id, SeatIndex index) {
        const SeatBook& seat = seats_[index];
        const UserBook& user = users_[seat.user];
        CHECK(seat.seat.application == id && user.name == seat.seat.user);
        CHECK(user.leaf == seat.seat.leaf && queues_[seat.seat.leaf].leaf);
        CHECK(seat.listed.in == !seat.asks.empty() && !seat.used.any_negative());
        CHECK(!seat.listed.in ||
              (seat.listed.mask == seat.asks.all() && seat.listed.key == key_of(index)));
        of_users[seat.user] += seat.used;
        parallel_of_users[user.name] += seat.parallel ? 1 : 0;
        for (QueueIndex at = seat.seat.leaf;; at = queues_[at].parent) {
            used[at] += seat.used;
            masters[at] += seat.used_by_masters;
            reserved[at] += seat.reserved;
            containers[at] += seat.containers;
            applications[at] += seat.accepted ? 1 : 0;
            running[at] += seat.running ? 1 : 0;
            parallel[at] += seat.parallel ? 1 : 0;
            if (at == 0) {
                break;
            }
        }
    });
    for (const auto& [name, count] : parallel_of_users) {
        const auto it = parallel_by_user_.find(name);
        CHECK(count == (it == parallel_by_user_.end() ? 0 : it->second.count));
    }
    for (QueueIndex index = 0; index < queues_.size(); ++index) {
        const Queue& queue = queues_[index];
        CHECK(queue.used == used[index] && queue.used_by_masters == masters[index]);
        CHECK(queue.reserved == reserved[index] && !queue.reserved.any_negative());
        CHECK(queues_kept_.contains(index) == queue.kept.has_value());
        CHECK(queues_blocked_.contains(index) == !queue.blocked.empty());
        CHECK(queue.containers == containers[index] && queue.running == running[index]);
        CHECK(queue.applications == applications[index] && queue.parallel == parallel[index]);
        const ShapeMask open =
            (queue.leaf ? queue.users.all() : queue.children.all()) - queue.blocked_mask;
        CHECK(index == 0 || (queue.listed.in == open.any()));
        CHECK(index == 0 || !open.any() || queue.listed.mask == open);
        std::int64_t weight = 0;
        std::size_t active = 0;
        std::size_t over = 0;
        for (const auto& [name, number] : queue.users_by_name) {
            const UserBook& user = users_[number];
            CHECK(user.seats > 0 && user.used == of_users[number] && user.use == use_of(user));
            const ShapeMask wants = user.waiting.all() - user.blocked_mask;
            CHECK(user.active == wants.any() && user.over.has_value() <= user.active);
            CHECK(user.listed.in == (wants.any() && !user.over.has_value()));
            CHECK(!user.listed.in || user.listed.mask == wants);
            weight += user.active ? user.weight : 0;
            active += user.active ? 1 : 0;
            over += user.over.has_value() ? 1 : 0;
            CHECK(user.active == queue.active_by_use.contains({user.use, number}));
            CHECK(user.over.has_value() == queue.over_by_use.contains({user.use, number}));
            CHECK(!user.listed.in || user.listed.key.head == *user.waiting.front());
        }
        CHECK(queue.active_weight == weight);
        CHECK(queue.active_by_use.size() == active && queue.over_by_use.size() == over);
    }
    if (!stale_) {
        check_settled();
    }
}

// With capacities computed: every place in the order is the present one, and nothing is blocked
// that no limit refuses.
void QueueTree::check_settled() const {
    for (QueueIndex index = 0; index < queues_.size(); ++index) {
        const Queue& queue = queues_[index];
        CHECK(!queue.listed.in || queue.listed.key == key_of_queue(index));
        for (const auto& [shape, blocked] : queue.blocked) {
            CHECK(refused_maximum(index, blocked.shape).has_value());
        }
        for (const auto& [name, number] : queue.users_by_name) {
            for (const auto& [shape, blocked] : users_[number].blocked) {
                CHECK(refused_user(users_[number], blocked.shape).has_value());
            }
        }
        CHECK(queue.over_by_use.empty() ||
              refused_share(queue.over_by_use.begin()->second).has_value());
    }
}

}  // namespace heddle::rm
