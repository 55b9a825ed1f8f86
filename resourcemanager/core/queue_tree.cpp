#include "resourcemanager/core/queue_tree.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/model/queue_check.h"
#include "resourcemanager/core/shares.h"

namespace heddle::rm {
namespace {

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('.') + 1);
}

void add(Resource& sum, const Resource& size, int sign) {
    sign > 0 ? sum += size : sum -= size;
}

// All that an application holds comes into the books above it, or leaves them.
void add_seat(Queue& queue, const SeatBook& seat, int sign) {
    for (LabelIndex label = 0; label < seat.parts.size(); ++label) {
        QueuePart& sum = part_of(queue, label);
        const SeatPart& one = seat.parts[label];
        add(sum.used, one.used, sign);
        add(sum.lent, one.lent, sign);
        add(sum.used_by_masters, one.used_by_masters, sign);
        add(sum.reserved, one.reserved, sign);
    }
    add(queue.used, seat.used, sign);
    add(queue.used_by_masters, seat.used_by_masters, sign);
    add(queue.reserved, seat.reserved, sign);
    queue.containers_reserved += sign * seat.containers_reserved;
    queue.containers += sign * seat.containers;
    queue.applications += seat.accepted ? sign : 0;
    queue.running += seat.running ? sign : 0;
    queue.parallel += seat.parallel ? sign : 0;
}

void add_seat(UserBook& user, const SeatBook& seat, int sign) {
    for (LabelIndex label = 0; label < seat.parts.size(); ++label) {
        UserPart& sum = part_of(user, label);
        add(sum.used, seat.parts[label].used, sign);
        add(sum.reserved, seat.parts[label].reserved, sign);
        add(sum.used_by_masters, seat.parts[label].used_by_masters, sign);
    }
    user.seats += sign;
}

}  // namespace

QueueTree::QueueTree(const SchedulerConfig& config, Feature off) : off_(off) {
    label_of(kNoLabel);
    reconfigure(config);
}

LabelIndex QueueTree::label_of(std::string_view label) {
    if (const LabelIndex known = label_index(label); known < totals_.size()) {
        return known;
    }
    if (vacant_labels_.empty()) {
        vacant_labels_.push_back(static_cast<LabelIndex>(totals_.size()));
        totals_.emplace_back();
        excess_.emplace_back();
    }
    const LabelIndex index = vacant_labels_.back();
    vacant_labels_.pop_back();
    labels_.emplace(label, index);
    stale_ = true;
    return index;
}

LabelIndex QueueTree::label_index(std::string_view label) const {
    if (label.empty()) {
        return 0;
    }
    const auto it = labels_.find(label);
    return it == labels_.end() ? UINT32_MAX : it->second;
}

const Resource& QueueTree::total(std::string_view label) const {
    return total_of(label_index(label));
}

const Resource& QueueTree::total_of(LabelIndex label) const {
    static const Resource none;
    return label < totals_.size() ? totals_[label] : none;
}

// Configured, or somebody has or wants something there.
bool QueueTree::uses_label(const std::string& label, LabelIndex number) const {
    const auto blocks = [&](const auto& one) { return one.second.shape.label == label; };
    const QueuePart& root = part_of(queues_[0], number);
    return number == 0 || labels_configured_.contains(label) || !totals_[number].is_zero() ||
           !root.used.is_zero() || !root.lent.is_zero() || !root.reserved.is_zero() ||
           std::ranges::any_of(seats_,
                               [&](const SeatBook& seat) {
                                   const SeatPart& part = part_of(seat, number);
                                   return part.wanted_mib != 0 || !part.asks.empty() ||
                                          !part.asleep.empty();
                               }) ||
           std::ranges::any_of(queues_,
                               [&](const Queue& queue) {
                                   return part_of(queue, number).kept.has_value() ||
                                          std::ranges::any_of(queue.blocked, blocks);
                               }) ||
           std::ranges::any_of(users_, [&](const UserBook& user) {
               return std::ranges::any_of(user.blocked, blocks);
           });
}

// A label that was removed is no partition of the cluster any more; its number is another's.
void QueueTree::drop_unused_labels() {
    for (auto it = labels_.begin(); it != labels_.end();) {
        const LabelIndex number = it->second;
        if (uses_label(it->first, number)) {
            ++it;
            continue;
        }
        const auto clear = [&](auto& books) {
            for (auto& book : books) {
                if (number < book.parts.size()) {
                    book.parts[number] = {};
                }
            }
        };
        clear(queues_);
        clear(users_);
        clear(seats_);
        vacant_labels_.push_back(number);
        it = labels_.erase(it);
    }
}

void QueueTree::reconfigure(const SchedulerConfig& config) {
    queue_order_ = config.queue_priorities ? QueueOrder::Priority : QueueOrder::Share;
    container_max_ = config.container_max;
    parallel_max_by_user_ = config.applications_parallel_max_by_user;
    parallel_max_per_user_ = config.applications_parallel_max_per_user;
    take_queues(normalised(config.queues));
    labels_configured_.clear();
    const auto name = [&](const std::string& label) {
        label_of(label);
        labels_configured_.insert(label);
    };
    for (const auto& [label, exclusive] : config.labels) {
        name(label);
    }
    for (const QueueIndex index : order_) {
        settle_settings(index);
        for (const auto& [label, capacity] : queues_[index].config.capacity) {
            name(label);
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
        std::vector<bool> active(user.parts.size());
        for (LabelIndex label = 0; label < user.parts.size(); ++label) {
            active[label] = user.parts[label].active;
            set_active(index, label, false);
            weigh_masters(index, label, -1);
        }
        user.weight = weight_of(queues_[user.leaf], user.name);
        for (LabelIndex label = 0; label < user.parts.size(); ++label) {
            set_use(index, label);
            set_active(index, label, active[label]);
            weigh_masters(index, label, +1);
            relist_user(index, label);
        }
    }
    relist_seats();
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
            for (LabelIndex label = 0; label < gone.parts.size(); ++label) {
                CHECK(!gone.parts[label].listed.in && !gone.parts[label].listed_asleep.in);
                lift(index, label);
            }
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
    settings.queue_order =
        config.queue_order.value_or(index == 0 ? queue_order_ : settings.queue_order);
    settings.size_based_weight = config.size_based_weight;
    settings.node_order = config.node_order.value_or(settings.node_order);
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
    for (const auto& [label, percent] : config.masters_percent_by_label) {
        settings.masters_percent_by_label[label] = percent;
    }
    if (config.container_max.has_value()) {
        settings.container_max = config.container_max;
    }
    if (off_ == Feature::LabelMasterLimit) {
        settings.masters_percent_by_label.clear();
    }
    if (off_ == Feature::FifoOrder || off_ == Feature::FairOrder) {
        settings.order = off_ == Feature::FifoOrder ? LeafOrder::Fair : LeafOrder::Fifo;
    }
    queue.settings = std::move(settings);
}

void QueueTree::relist_seats() {
    for (SeatIndex index = 0; index < seats_.size(); ++index) {
        for (LabelIndex label = 0; label < seats_[index].parts.size(); ++label) {
            const SeatPart& part = seats_[index].parts[label];
            if (part.listed.in || part.listed_asleep.in) {
                relist(index, label);
            }
        }
    }
}

// More of it gives back room that a maximum has refused; less of it does not, as that much less is
// used.
void QueueTree::take_excess(const std::map<std::string, Resource>& excess) {
    for (const auto& [label, number] : labels_) {
        const auto found = excess.find(label);
        const Resource now = found == excess.end() ? Resource{} : found->second;
        stale_ = stale_ || !now.fits_in(excess_[number]);
        excess_[number] = now;
    }
}

void QueueTree::refresh(const std::map<std::string, Resource>& totals,
                        const std::map<std::string, Resource>& excess) {
    for (const auto& [label, total] : totals) {
        if (total.is_zero() && !labels_.contains(label)) {
            continue;  // its nodes are gone
        }
        Resource& known = totals_[label_of(label)];
        if (known != total) {
            known = total;
            stale_ = true;
        }
    }
    take_excess(excess);
    if (!std::exchange(stale_, false)) {
        return;
    }
    drop_unused_labels();
    recompute_capacities();
    ++computed_;
    relist_seats();
    for (UserIndex index = 0; index < users_.size(); ++index) {
        if (users_[index].seats > 0) {
            for (LabelIndex label = 0; label < users_[index].parts.size(); ++label) {
                set_use(index, label);
            }
            recheck_user(index);
        }
    }
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
        recheck_queue(*it, true);
        for (LabelIndex label = 0; label < queues_[*it].parts.size(); ++label) {
            relist_queue(*it, label);
            if (queues_[*it].leaf) {
                release_users(*it, label);
            }
        }
    }
}

namespace {

// The kind of share that is switched off counts as a weight of one.
void without(Feature off, QueueConfig& queue) {
    const auto replace = [&](Share& share) {
        if ((off == Feature::Weights && share.kind == Share::Kind::Weight) ||
            (off == Feature::Percentages && share.kind == Share::Kind::Percent) ||
            (off == Feature::Amounts && share.kind == Share::Kind::Absolute)) {
            share = {};
        }
    };
    for (auto& [label, capacity] : queue.capacity) {
        replace(capacity.guaranteed.all);
        for (auto& [name, share] : capacity.guaranteed.by_resource) {
            replace(share);
        }
    }
}

}  // namespace

void QueueTree::recompute_capacities() {
    std::vector<QueueConfig> configs;
    std::vector<std::uint32_t> parents;
    std::vector<std::uint32_t> places(queues_.size());
    for (const QueueIndex index : order_) {
        places[index] = static_cast<std::uint32_t>(configs.size());
        configs.push_back(queues_[index].config);
        if (off_ == Feature::LabelCapacity) {
            std::erase_if(configs.back().capacity,
                          [](const auto& entry) { return entry.first != kNoLabel; });
        }
        without(off_, configs.back());
        parents.push_back(places[queues_[index].parent]);
    }
    for (const auto& [label, number] : labels_) {
        const std::vector<Entitlement> amounts =
            effective_capacities(configs, parents, label, totals_[number]);
        for (std::size_t i = 0; i < order_.size(); ++i) {
            Entitlement& entitled = part_of(queues_[order_[i]], number).entitled;
            entitled = amounts[i];
            if (off_ == Feature::Elasticity) {
                entitled.maximum = amounts[i].guaranteed;
            }
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
    return Error{ErrorCode::NotFound, no_such_queue(path)};
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
    add_seat(users_[seat.user], seat, +1);
    walk_up(seat.seat.leaf, [&](Queue& queue) { add_seat(queue, seat, +1); });
    for (LabelIndex label = 0; label < seat.parts.size(); ++label) {
        set_use(seat.user, label);
        relist_up(seat.seat.leaf, label);
        release_users(seat.seat.leaf, label);
    }
}

// The opposite of join(). No ask of the seat is open.
void QueueTree::part(SeatIndex index) {
    SeatBook& seat = seats_[index];
    CHECK(!seat.waits());
    walk_up(seat.seat.leaf, [&](Queue& queue) { add_seat(queue, seat, -1); });
    UserBook& user = users_[seat.user];
    add_seat(user, seat, -1);
    if (user.seats == 0) {
        CHECK(std::ranges::none_of(user.parts, &UserPart::active));
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
        for (LabelIndex label = 0; label < user.parts.size(); ++label) {
            set_use(seat.user, label);
        }
        recheck_user(seat.user);
    }
    recheck_up(seat.seat.leaf, true);
    for (LabelIndex label = 0; label < seat.parts.size(); ++label) {
        relist_up(seat.seat.leaf, label);
        release_users(seat.seat.leaf, label);
    }
}

void QueueTree::drop_if_done(const ApplicationId& application) {
    auto* it = by_application_.find(application);
    SeatBook& seat = seats_[it->second];
    if (seat.accepted || seat.containers > 0 || seat.waits() || !seat.reserved.is_zero()) {
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
    CHECK(!seats_[index].waits());
    part(index);
    seats_[index].seat.leaf = leaf;
    join(index);
}

void QueueTree::set_priority(const ApplicationId& application, std::int32_t priority) {
    SeatBook& seat = seat_of(application);
    seat.seat.priority = priority;
    for (LabelIndex label = 0; label < seat.parts.size(); ++label) {
        relist(by_application_.at(application), label);
    }
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

void QueueTree::add_use(SeatBook& seat, const Use& use, const Resource& size, int sign) {
    const auto change = [&](auto& book) {
        auto& part = part_of(book, use.label);
        add(use.lent ? part.lent : part.used, size, sign);
        add(book.used, size, sign);
        if (use.leads) {
            add(book.used_by_masters, size, sign);
        }
        if (use.leads && !use.lent) {
            add(part.used_by_masters, size, sign);
        }
        book.containers += sign;
    };
    change(seat);
    walk_up(seat.seat.leaf, change);
    if (!use.lent) {
        add(part_of(users_[seat.user], use.label).used, size, sign);
        if (use.leads) {
            add(part_of(users_[seat.user], use.label).used_by_masters, size, sign);
        }
        set_use(seat.user, use.label);
    }
}

void QueueTree::want(const ApplicationId& application, std::string_view label, std::int64_t mib) {
    const SeatIndex index = by_application_.at(application);
    const LabelIndex number = label_of(label);
    part_of(seats_[index], number).wanted_mib += mib;
    if (queues_[seats_[index].seat.leaf].settings.size_based_weight) {
        relist_charged(index, number);
    }
}

void QueueTree::relist_charged(SeatIndex index, LabelIndex label) {
    SeatBook& seat = seats_[index];
    const SeatPart& part = part_of(seat, label);
    if ((part.listed.in || part.listed_asleep.in) &&
        queues_[seat.seat.leaf].settings.order == LeafOrder::Fair) {
        relist(index, label);
    }
}

void QueueTree::charge(const ApplicationId& application, std::string_view label,
                       const Resource& size, bool leads, bool lent) {
    const SeatIndex index = by_application_.at(application);
    const QueueIndex leaf = seats_[index].seat.leaf;
    const Use use{label_of(label), leads, lent};
    add_use(seats_[index], use, size, +1);
    relist_charged(index, use.label);
    relist_up(leaf, use.label);
    release_users(leaf, use.label);
}

void QueueTree::refund(const ApplicationId& application, std::string_view label,
                       const Resource& size, bool leads, bool lent) {
    const SeatIndex index = by_application_.at(application);
    const QueueIndex leaf = seats_[index].seat.leaf;
    const Use use{label_of(label), leads, lent};
    add_use(seats_[index], use, size, -1);
    relist_charged(index, use.label);
    recheck_user(seats_[index].user);
    recheck_up(leaf, leads);
    relist_up(leaf, use.label);
    release_users(leaf, use.label);
    drop_if_done(application);
}

}  // namespace heddle::rm
