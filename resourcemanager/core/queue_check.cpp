// The invariants of the queue tree: every sum is that of what it sums up, every place in an order
// is the present one, and nothing is blocked that no limit refuses.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "resourcemanager/core/queue_tree.h"

namespace heddle::rm {
namespace {

// What the applications in and below a queue hold together, or those of a user.
struct Sum {
    struct Part {
        Resource used;
        Resource lent;
        Resource used_by_masters;
        Resource reserved;
    };
    std::vector<Part> parts;
    Resource used;
    Resource used_by_masters;
    Resource reserved;
    std::int32_t containers = 0;
    std::int32_t applications = 0;
    std::int32_t running = 0;
    std::int32_t parallel = 0;

    void add(const SeatBook& seat) {
        for (LabelIndex label = 0; label < seat.parts.size(); ++label) {
            Part& part = part_of(*this, label);
            part.used += seat.parts[label].used;
            part.lent += seat.parts[label].lent;
            part.used_by_masters += seat.parts[label].used_by_masters;
            part.reserved += seat.parts[label].reserved;
        }
        used += seat.used;
        used_by_masters += seat.used_by_masters;
        reserved += seat.reserved;
        containers += seat.containers;
        applications += seat.accepted ? 1 : 0;
        running += seat.running ? 1 : 0;
        parallel += seat.parallel ? 1 : 0;
    }
};

void check_seat(const SeatBook& seat) {
    Resource used;
    Resource reserved;
    for (const SeatPart& part : seat.parts) {
        CHECK(part.listed.in == !part.asks.empty());
        CHECK(!part.used.any_negative() && !part.lent.any_negative());
        CHECK(!part.listed.in || part.listed.mask == part.asks.all());
        CHECK(part.listed_asleep.in == !part.asleep.empty());
        CHECK(!part.listed_asleep.in || part.listed_asleep.mask == part.asleep.all());
        used += part.used;
        used += part.lent;
        reserved += part.reserved;
    }
    CHECK(used == seat.used && reserved == seat.reserved);
}

void check_sum(const Queue& queue, const Sum& sum) {
    for (LabelIndex label = 0; label < std::max(queue.parts.size(), sum.parts.size()); ++label) {
        const QueuePart& part = part_of(queue, label);
        const Sum::Part& all = part_of(sum, label);
        CHECK(part.used == all.used && part.lent == all.lent);
        CHECK(part.used_by_masters == all.used_by_masters && part.reserved == all.reserved);
        CHECK(!part.reserved.any_negative());
    }
    CHECK(queue.used == sum.used && queue.used_by_masters == sum.used_by_masters);
    CHECK(queue.reserved == sum.reserved);
    CHECK(queue.containers == sum.containers && queue.running == sum.running);
    CHECK(queue.applications == sum.applications && queue.parallel == sum.parallel);
}

}  // namespace

void QueueTree::check() const {
    std::vector<Sum> sums(queues_.size());
    std::vector<Sum> of_users(users_.size());
    std::map<std::string, std::int64_t> parallel_of_users;
    by_application_.for_each([&](const ApplicationId& id, SeatIndex index) {
        const SeatBook& seat = seats_[index];
        const UserBook& user = users_[seat.user];
        CHECK(seat.seat.application == id && user.name == seat.seat.user);
        CHECK(user.leaf == seat.seat.leaf && queues_[seat.seat.leaf].leaf);
        check_seat(seat);
        for (LabelIndex label = 0; label < seat.parts.size(); ++label) {
            const SeatPart& part = seat.parts[label];
            CHECK(!part.listed.in || part.listed.key == key_of(index, label));
            CHECK(!part.listed_asleep.in || part.listed_asleep.key == key_of(index, label));
        }
        of_users[seat.user].add(seat);
        parallel_of_users[user.name] += seat.parallel ? 1 : 0;
        for (QueueIndex at = seat.seat.leaf;; at = queues_[at].parent) {
            sums[at].add(seat);
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
        check_sum(queue, sums[index]);
        CHECK(queues_blocked_.contains(index) == !queue.blocked.empty());
        for (const auto& [name, number] : queue.users_by_name) {
            const UserBook& user = users_[number];
            CHECK(user.seats > 0);
            for (LabelIndex label = 0; label < user.parts.size(); ++label) {
                CHECK(user.parts[label].used == part_of(of_users[number], label).used);
                CHECK(user.parts[label].reserved == part_of(of_users[number], label).reserved);
                CHECK(user.parts[label].used_by_masters ==
                      part_of(of_users[number], label).used_by_masters);
            }
        }
        check_parts(index);
    }
    if (!stale_) {
        check_settled();
    }
}

// Who waits in a queue, label by label.
void QueueTree::check_parts(QueueIndex index) const {
    const Queue& queue = queues_[index];
    for (LabelIndex label = 0; label < queue.parts.size(); ++label) {
        const QueuePart& part = queue.parts[label];
        CHECK(queues_kept_.contains({index, label}) == part.kept.has_value());
        const ShapeMask open = open_below(index, label) - queue.blocked_mask;
        CHECK(index == 0 || (part.listed.in == open.any()));
        CHECK(index == 0 || !open.any() || part.listed.mask == open);
        const ShapeMask asleep = queue.leaf ? part.users_asleep.all() : part.children_asleep.all();
        CHECK(index == 0 || part.listed_asleep.in == asleep.any());
        CHECK(index == 0 || !asleep.any() || part.listed_asleep.mask == asleep);
        std::int64_t weight = 0;
        std::int64_t masters_weight = 0;
        std::size_t active = 0;
        std::size_t over = 0;
        for (const auto& [name, number] : queue.users_by_name) {
            const UserBook& book = users_[number];
            const UserPart& user = part_of(book, label);
            CHECK(user.use == use_of(book, label));
            const ShapeMask wants = user.waiting.all() - book.blocked_mask;
            CHECK(user.active == wants.any() && user.over.has_value() <= user.active);
            CHECK(user.listed.in == (wants.any() && !user.over.has_value()));
            CHECK(!user.listed.in || user.listed.mask == wants);
            weight += user.active ? book.weight : 0;
            masters_weight += user.masters_wanted > 0 ? book.weight : 0;
            active += user.active ? 1 : 0;
            over += user.over.has_value() ? 1 : 0;
            CHECK(user.active == part.active_by_use.contains({user.use, number}));
            CHECK(user.over.has_value() == part.over_by_use.contains({user.use, number}));
            CHECK(!user.listed.in || user.listed.key.head == *user.waiting.front());
            CHECK(user.listed_asleep.in == !user.asleep.empty());
            CHECK(!user.listed_asleep.in || (user.listed_asleep.key.head == *user.asleep.front() &&
                                             user.listed_asleep.mask == user.asleep.all()));
        }
        CHECK(part.active_weight == weight && part.masters_weight == masters_weight);
        CHECK(part.active_by_use.size() == active && part.over_by_use.size() == over);
    }
}

// With capacities computed: every place in the order is the present one, and nothing is blocked
// that no limit refuses.
void QueueTree::check_settled() const {
    for (QueueIndex index = 0; index < queues_.size(); ++index) {
        const Queue& queue = queues_[index];
        for (const auto& [shape, blocked] : queue.blocked) {
            CHECK(refused_maximum(index, blocked.shape).has_value());
        }
        for (const auto& [name, number] : queue.users_by_name) {
            for (const auto& [shape, blocked] : users_[number].blocked) {
                CHECK(refused_user(users_[number], blocked.shape).has_value());
            }
        }
        for (LabelIndex label = 0; label < queue.parts.size(); ++label) {
            const QueuePart& part = queue.parts[label];
            CHECK(!part.listed.in || part.listed.key == key_of_queue(index, label));
            CHECK(!part.listed_asleep.in || part.listed_asleep.key == key_of_queue(index, label));
            CHECK(part.over_by_use.empty() ||
                  refused_share(part.over_by_use.begin()->second, label).has_value());
        }
    }
}

}  // namespace heddle::rm
