// Who is next: random operations on the queue tree and the ask book against a model that looks at
// everything, every time.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "common/base/prng.h"
#include "resourcemanager/core/ask_book.h"
#include "resourcemanager/core/shares.h"
#include "resourcemanager/core/size_weight.h"

namespace heddle::rm {
namespace {

constexpr Resource kTotal{64 * 1024, 64};

class RandomLine {
public:
    explicit RandomLine(std::uint64_t seed)
        : prng_(seed), config_(random_config()), queues_(config_) {}

    void go() {
        for (int i = 0; i < 300; ++i) {
            operate();
            place();
            queues_.check();
            book_.check();
            if (testing::Test::HasFailure()) {
                return;
            }
        }
    }

private:
    struct App {
        ApplicationId id;
        QueueIndex leaf = 0;
        std::string user;
        std::int32_t priority = 0;
        std::uint64_t serial = 0;
        std::map<std::string, Resource> used;  // by label
        struct Held {
            AskKey key;
            Resource size;
            std::string label;
            bool leads = false;
        };
        std::vector<Held> containers;
        bool parallel = false;
        bool over = false;
    };

    bool chance(std::uint64_t in, std::uint64_t of) { return prng_.chance(in, of); }

    QueueConfig random_queue(const std::string& path) {
        QueueConfig queue = queue_config(path);
        for (const char* label : {kNoLabel, "gpu"}) {
            QueueCapacity& capacity = queue.capacity[label];
            capacity.guaranteed.all = {Share::Kind::Weight, prng_.between(0, 4) * 1000};
            if (chance(1, 2)) {
                capacity.maximum.all = {Share::Kind::Percent, prng_.between(20, 100) * 1000};
            }
        }
        queue.priority = static_cast<std::int32_t>(prng_.between(0, 1));
        queue.order = chance(1, 2) ? LeafOrder::Fair : LeafOrder::Fifo;
        queue.size_based_weight = chance(1, 2);
        if (chance(1, 3)) {
            queue.queue_order = chance(1, 2) ? QueueOrder::Share : QueueOrder::Priority;
        }
        if (chance(1, 2)) {
            queue.user_limit_percent_min = static_cast<std::int32_t>(prng_.between(10, 100));
        }
        if (chance(1, 3)) {
            queue.user_limit_factor = prng_.between(200, 2000);
        }
        if (chance(1, 3)) {
            queue.user_weights["u1"] = prng_.between(300, 3000);
        }
        if (chance(1, 3)) {
            queue.applications_parallel_max = static_cast<std::int32_t>(prng_.between(1, 3));
        }
        if (chance(1, 3)) {
            queue.masters_percent_max = static_cast<std::int32_t>(prng_.between(1, 20));
        }
        return queue;
    }

    SchedulerConfig random_config() {
        SchedulerConfig config;
        config.queues.clear();
        for (const char* path : {"root.a", "root.a.x", "root.a.y", "root.b", "root.c", "root.c.p",
                                 "root.c.p.q", "root.c.r"}) {
            config.queues.push_back(random_queue(path));
        }
        config.queue_priorities = chance(1, 2);
        if (chance(1, 2)) {
            config.applications_parallel_max_by_user["u2"] = 2;
        }
        if (chance(1, 3)) {
            config.applications_parallel_max_per_user =
                static_cast<std::int32_t>(prng_.between(1, 3));
        }
        return config;
    }

    void operate() {
        queues_.refresh({{kNoLabel, total_}, {"gpu", gpu_total_}});
        switch (prng_.below(12)) {
            case 0:
            case 1:
                submit();
                break;
            case 2:
            case 3:
            case 4:
                ask();
                break;
            case 5:
                finish();
                break;
            case 6:
                if (App* app = any()) {
                    app->priority = static_cast<std::int32_t>(prng_.between(0, 3));
                    queues_.set_priority(app->id, app->priority);
                }
                break;
            case 7:
                if (App* app = any()) {
                    app->leaf = any_leaf();
                    book_.move(app->id, app->leaf);
                }
                break;
            case 8:
                if (chance(1, 4)) {
                    config_ = random_config();
                    queues_.reconfigure(config_);
                } else {
                    total_ = kTotal * prng_.between(1, 3);
                    gpu_total_ = kTotal * prng_.between(0, 2);
                }
                break;
            default:
                end_containers();
                break;
        }
        queues_.refresh({{kNoLabel, total_}, {"gpu", gpu_total_}});
        no_room_.clear();
        book_.unblock({"n"}, kNoLabel, kTotal);
        book_.unblock({"g"}, "gpu", kTotal);
    }

    QueueIndex any_leaf() {
        const char* leaves[] = {"root.a.x", "root.a.y", "root.b", "root.c.p.q", "root.c.r"};
        return queues_.find_leaf(leaves[prng_.below(5)]).value();
    }

    App* any() {
        if (apps_.empty()) {
            return nullptr;
        }
        auto it = apps_.begin();
        std::advance(it, static_cast<std::ptrdiff_t>(prng_.below(apps_.size())));
        return it->second.over ? nullptr : &it->second;
    }

    void submit() {
        App app;
        app.id = {1, ++last_};
        app.serial = static_cast<std::uint64_t>(last_);
        app.leaf = any_leaf();
        app.user = "u" + std::to_string(prng_.between(1, 4));
        app.priority = static_cast<std::int32_t>(prng_.between(0, 3));
        queues_.enter({app.id, app.leaf, app.user, app.priority, app.serial});
        Ask master;
        master.id = 0;
        master.priority = -1;
        master.size = {1024, 1};
        master.count = 1;
        const AskKind kind = chance(1, 3) ? AskKind::Command : AskKind::Master;
        book_.state({{app.id, 1}, app.leaf, kind}, master, false);
        apps_[app.id] = app;
    }

    void ask() {
        App* app = any();
        if (app == nullptr || !app->parallel) {
            return;
        }
        Ask ask;
        ask.id = static_cast<std::int32_t>(prng_.between(1, 3));
        ask.priority = static_cast<std::int32_t>(prng_.between(0, 2));
        ask.size = {1024 * prng_.between(1, 4), prng_.between(1, 4)};
        ask.label = chance(1, 3) ? "gpu" : kNoLabel;
        ask.count = static_cast<std::int32_t>(prng_.between(0, 20));
        const Demand* before = book_.find({app->id, 1}, ask.id);
        ask.generation = before == nullptr ? 0 : before->ask.generation + 1;
        book_.state({{app->id, 1}, app->leaf, AskKind::Ordinary}, ask, false);
    }

    void end(App& app, std::size_t index) {
        const auto [key, size, label, leads] = app.containers[index];
        app.containers.erase(app.containers.begin() + static_cast<std::ptrdiff_t>(index));
        app.used[label] -= size;
        if (key.ask != 0 && !app.over) {
            book_.count_live(key, -1);
        }
        queues_.refund(app.id, label, size, leads);
    }

    void end_containers() {
        for (auto it = apps_.begin(); it != apps_.end();) {
            App& app = it->second;
            while (!app.containers.empty() && chance(1, 3)) {
                end(app, prng_.below(app.containers.size()));
            }
            it = app.over && app.containers.empty() ? apps_.erase(it) : std::next(it);
        }
    }

    void finish() {
        App* app = any();
        if (app == nullptr) {
            return;
        }
        book_.forget_all({app->id, 1});
        app->over = true;
        app->parallel = false;
        queues_.leave(app->id);
        if (app->containers.empty()) {
            apps_.erase(app->id);
        }
    }

    // The model.

    bool below(QueueIndex leaf, QueueIndex queue) const {
        for (QueueIndex at = leaf; at != 0; at = queues_.at(at).parent) {
            if (at == queue) {
                return true;
            }
        }
        return queue == 0;
    }

    const Resource& total(const std::string& label) const {
        return label == kNoLabel ? total_ : gpu_total_;
    }

    const QueuePart& part(QueueIndex queue, const std::string& label) const {
        return part_of(queues_.at(queue), queues_.label_index(label));
    }

    static Resource used_by(const App& app, const std::string& label) {
        const auto it = app.used.find(label);
        return it == app.used.end() ? Resource{} : it->second;
    }

    std::uint64_t use_of(QueueIndex leaf, const std::string& label, const std::string& user) const {
        Resource used;
        for (const auto& [id, app] : apps_) {
            used += app.leaf == leaf && app.user == user ? used_by(app, label) : Resource{};
        }
        return dominant_share(used, total(label)) * 1000 /
               static_cast<std::uint64_t>(weight_of(leaf, user));
    }

    std::int64_t weight_of(QueueIndex leaf, const std::string& user) const {
        const auto& weights = queues_.at(leaf).settings.user_weights;
        const auto it = weights.find(user);
        return it == weights.end() ? 1000 : it->second;
    }

    // By the part of the leaf's masters that a user may have while others want masters.
    bool refused_as_master(const App& app, const Ask& ask) const {
        Resource of_user;
        for (const auto& [id, other] : apps_) {
            for (const auto& [key, held, label, leads] : other.containers) {
                const bool counts =
                    leads && label == ask.label && other.user == app.user && other.leaf == app.leaf;
                of_user += counts ? held : Resource{};
            }
        }
        std::set<std::string> others;
        for (const Demand* demand : book_.outstanding()) {
            const std::string& user = apps_.at(demand->owner.attempt.application).user;
            if (demand->owner.kind == AskKind::Master && demand->owner.queue == app.leaf &&
                demand->ask.label == ask.label && user != app.user) {
                others.insert(user);
            }
        }
        const std::int64_t weight = weight_of(app.leaf, app.user);
        std::int64_t all = weight;
        for (const std::string& user : others) {
            all += weight_of(app.leaf, user);
        }
        const QueueSettings& settings = queues_.at(app.leaf).settings;
        const Entitlement& entitled = part(app.leaf, ask.label).entitled;
        const auto masters_of = [&](const Resource& amount) {
            const std::int64_t mine =
                std::max(weight * 1000 / all, settings.user_limit_percent_min * weight / 100);
            return scaled(scaled(amount, settings.masters_percent_max * 10),
                          std::min<std::int64_t>(mine, 1000));
        };
        const bool by_factor =
            settings.user_limit_factor.has_value() && !entitled.guaranteed.is_zero() &&
            !(of_user + ask.size)
                 .fits_in(scaled(masters_of(entitled.guaranteed), *settings.user_limit_factor));
        return !of_user.is_zero() &&
               (by_factor || !(of_user + ask.size).fits_in(masters_of(entitled.maximum)));
    }

    // By limits that bind always.
    bool refused(const App& app, const Ask& ask, AskKind kind) const {
        const Resource& size = ask.size;
        const bool begins = kind == AskKind::Command || kind == AskKind::Master;
        Resource of_user;
        std::int64_t user_parallel = 0;
        Resource leaf_masters;
        for (const auto& [id, other] : apps_) {
            of_user += other.user == app.user && other.leaf == app.leaf ? used_by(other, ask.label)
                                                                        : Resource{};
            user_parallel += other.user == app.user && other.parallel ? 1 : 0;
            for (const auto& [key, held, label, leads] : other.containers) {
                leaf_masters +=
                    leads && other.leaf == app.leaf && label == ask.label ? held : Resource{};
            }
        }
        const Queue& leaf = queues_.at(app.leaf);
        const auto by_user = config_.applications_parallel_max_by_user.find(app.user);
        const std::optional<std::int32_t> user_max =
            by_user != config_.applications_parallel_max_by_user.end()
                ? std::optional(by_user->second)
                : config_.applications_parallel_max_per_user;
        if (begins && user_max.has_value() && user_parallel >= *user_max) {
            return true;
        }
        if (kind == AskKind::Master && refused_as_master(app, ask)) {
            return true;
        }
        const Resource& owed = part(app.leaf, ask.label).entitled.guaranteed;
        if (leaf.settings.user_limit_factor.has_value() && !owed.is_zero() && !of_user.is_zero() &&
            !(of_user + size)
                 .fits_in(scaled(scaled(owed, *leaf.settings.user_limit_factor),
                                 weight_of(app.leaf, app.user)))) {
            return true;
        }
        for (QueueIndex index = 0; index < queues_.size(); ++index) {
            const Queue& queue = queues_.at(index);
            if (!below(app.leaf, index)) {
                continue;
            }
            Resource used;
            Resource masters;
            std::int32_t parallel = 0;
            for (const auto& [id, other] : apps_) {
                if (below(other.leaf, index)) {
                    used += used_by(other, ask.label);
                    parallel += other.parallel ? 1 : 0;
                    for (const auto& [key, held, label, leads] : other.containers) {
                        masters += leads && label == ask.label ? held : Resource{};
                    }
                }
            }
            const bool leads = kind == AskKind::Master && !leaf_masters.is_zero();
            const Resource& maximum = part(index, ask.label).entitled.maximum;
            if (!(used + size).fits_in(maximum) ||
                (begins && parallel >= queue.settings.applications_parallel_max.value_or(1000)) ||
                (leads &&
                 !(masters + size)
                      .fits_in(scaled(maximum, queue.settings.masters_percent_max * 10)))) {
                return true;
            }
        }
        return false;
    }

    // Users of the leaf that want room and are not known to be refused by limits of their own. That
    // is found out when their turn comes, so it is the one thing that the model takes over.
    std::map<std::string, std::uint64_t> wanting(QueueIndex leaf, const std::string& label) const {
        std::map<std::string, std::uint64_t> users;
        for (const auto& [name, index] : queues_.at(leaf).users_by_name) {
            if (part_of(queues_.user(index), queues_.label_index(label)).active) {
                users[name] = use_of(leaf, label, name);
            }
        }
        return users;
    }

    bool over_share(const App& app, const std::string& label) const {
        const auto users = wanting(app.leaf, label);
        std::int64_t weights = 0;
        std::uint64_t least = UINT64_MAX;
        for (const auto& [name, use] : users) {
            weights += weight_of(app.leaf, name);
            least = std::min(least, use);
        }
        const Queue& leaf = queues_.at(app.leaf);
        const QueuePart& of_label = part(app.leaf, label);
        const std::uint64_t base =
            std::max(dominant_share(of_label.entitled.guaranteed, total(label)),
                     dominant_share(of_label.used, total(label)));
        const std::uint64_t allowed =
            std::max(base * 1000 / static_cast<std::uint64_t>(std::max<std::int64_t>(weights, 1)),
                     base * static_cast<std::uint64_t>(leaf.settings.user_limit_percent_min) / 100);
        return use_of(app.leaf, label, app.user) > std::max(allowed, least);
    }

    bool by_priority(QueueIndex parent) const {
        for (QueueIndex at = parent;; at = queues_.at(at).parent) {
            const auto& said = queues_.at(at).config.queue_order;
            if (said.has_value() || at == 0) {
                return said ? *said == QueueOrder::Priority : config_.queue_priorities;
            }
        }
    }

    std::uint64_t fair_share(const App& app, const std::string& label) const {
        const std::uint64_t share = dominant_share(used_by(app, label), total(label));
        if (!queues_.at(app.leaf).config.size_based_weight) {
            return share;
        }
        std::int64_t wanted = used_by(app, label).memory_mib;
        for (const Demand* demand : book_.outstanding()) {
            if (demand->ask.label == label &&
                &apps_.at(demand->owner.attempt.application) == &app) {
                wanted += demand->ask.size.memory_mib * demand->outstanding;
            }
        }
        return share * kWholeWeight / size_weight(wanted);
    }

    std::vector<std::int64_t> order_of(const App& app, const Demand& demand) const {
        const std::string& label = demand.ask.label;
        std::vector<std::int64_t> order = {label == kNoLabel ? 1 : 0};
        std::vector<QueueIndex> path;
        for (QueueIndex at = app.leaf; at != 0; at = queues_.at(at).parent) {
            path.push_back(at);
        }
        std::reverse(path.begin(), path.end());
        for (const QueueIndex at : path) {
            const Queue& queue = queues_.at(at);
            const std::uint64_t share =
                dominant_share(part(at, label).used, part(at, label).entitled.guaranteed);
            order.push_back(share < kWholeShare ? 0 : 1);
            order.push_back(by_priority(queue.parent) ? -queue.config.priority : 0);
            order.push_back(static_cast<std::int64_t>(share));
            order.push_back(at);
        }
        const bool fair = queues_.at(app.leaf).config.order == LeafOrder::Fair;
        order.push_back(fair ? static_cast<std::int64_t>(fair_share(app, label)) : -app.priority);
        order.push_back(static_cast<std::int64_t>(app.serial));
        order.push_back(demand.ask.priority);
        order.push_back(demand.ask.id);
        return order;
    }

    const Demand* expected() const {
        const Demand* best = nullptr;
        std::vector<std::int64_t> best_order;
        for (const Demand* demand : book_.outstanding()) {
            const App& app = apps_.at(demand->owner.attempt.application);
            if (no_room_.contains(class_of(*demand)) ||
                refused(app, demand->ask, demand->owner.kind) ||
                over_share(app, demand->ask.label)) {
                continue;
            }
            std::vector<std::int64_t> order = order_of(app, *demand);
            if (best == nullptr || order < best_order) {
                best = demand;
                best_order = std::move(order);
            }
        }
        return best;
    }

    void place() {
        for (int grants = 0; grants < 12;) {
            const Demand* next = nullptr;
            while (book_.any_ready()) {
                const Demand& candidate = book_.next();
                if (!queues_.block_if_refused(candidate.owner.attempt.application,
                                              book_.shape_of(candidate))) {
                    next = &candidate;
                    break;
                }
            }
            const Demand* model = expected();
            ASSERT_EQ(next == nullptr, model == nullptr);
            if (next == nullptr) {
                return;
            }
            ASSERT_EQ(next->key(), model->key());
            if (chance(1, 8)) {
                block(*next);
                continue;
            }
            grant(*next);
            ++grants;
        }
    }

    // No node has room for asks of this class, whosever they are.
    void block(const Demand& demand) {
        no_room_.insert(class_of(demand));
        book_.block(demand);
    }

    using ClassOfAsk = std::tuple<std::int64_t, std::int64_t, AskKind, std::string>;
    static ClassOfAsk class_of(const Demand& demand) {
        return {demand.ask.size.memory_mib, demand.ask.size.vcores, demand.owner.kind,
                demand.ask.label};
    }

    void grant(const Demand& demand) {
        App& app = apps_.at(demand.owner.attempt.application);
        const AskKey key = demand.key();
        const Resource size = demand.ask.size;
        const bool leads = demand.owner.kind == AskKind::Master;
        const std::string label = demand.ask.label;
        app.used[label] += size;
        app.containers.push_back({key, size, label, leads});
        queues_.charge(app.id, label, size, leads);
        if (key.ask == 0) {
            book_.forget(key.attempt, 0);
            app.parallel = true;
            queues_.count_parallel(app.id);
        } else {
            book_.count_live(key, +1);
        }
    }

    Prng prng_;
    SchedulerConfig config_;
    QueueTree queues_;
    AskBook book_{queues_};
    Resource total_ = kTotal;
    Resource gpu_total_ = kTotal;
    std::map<ApplicationId, App> apps_;
    std::set<ClassOfAsk> no_room_;
    std::int64_t last_ = 0;
};

TEST(WhoIsNext, AgreesWithAModelThatLooksAtEverything) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        RandomLine(seed).go();
        if (HasFailure()) {
            return;
        }
    }
}

// Leaves that want without end stay within one container of each other.
TEST(WhoIsNext, KeepsTheFairnessGapBelowOneLargestContainer) {
    SchedulerConfig config;
    config.queues = {queue_config("root.a"), queue_config("root.b")};
    QueueTree queues(config);
    queues.refresh({{kNoLabel, kTotal}});
    AskBook book(queues);
    Prng prng(7);
    for (std::int64_t i = 1; i <= 2; ++i) {
        const QueueIndex leaf = queues.find_leaf(i == 1 ? "a" : "b").value();
        queues.enter({{1, i}, leaf, "alice", 0, static_cast<std::uint64_t>(i)});
        for (std::int32_t id = 1; id <= 4; ++id) {
            Ask ask;
            ask.id = id;
            ask.priority = static_cast<std::int32_t>(prng.between(0, 1));
            ask.size = {1024 * id, 1};
            ask.count = 3;
            book.state({{{1, i}, 1}, leaf, AskKind::Ordinary}, ask, false);
        }
    }
    int grants = 0;
    while (book.any_ready()) {
        const Demand& demand = book.next();
        if (queues.block_if_refused(demand.owner.attempt.application, book.shape_of(demand))) {
            continue;
        }
        const Resource size = demand.ask.size;
        const AskKey key = demand.key();
        queues.charge(key.attempt.application, kNoLabel, size, false);
        book.count_live(key, +1);
        ++grants;
        const std::int64_t gap = queues.at(queues.find_leaf("a").value()).used.memory_mib -
                                 queues.at(queues.find_leaf("b").value()).used.memory_mib;
        EXPECT_LE(gap < 0 ? -gap : gap, 4096);
    }
    EXPECT_GT(grants, 20);
}

}  // namespace
}  // namespace heddle::rm
