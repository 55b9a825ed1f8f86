#include "resourcemanager/core/gangs.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/base/check.h"
#include "resourcemanager/core/choose_node.h"
#include "resourcemanager/core/constraint_waits.h"
#include "resourcemanager/core/constraints.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/explain_words.h"
#include "resourcemanager/core/forget_asks.h"
#include "resourcemanager/core/gang_limits.h"
#include "resourcemanager/core/reservations.h"
#include "resourcemanager/core/shares.h"

namespace heddle::rm {
namespace {

Timer deadline_of(const GangKey& key) {
    return {Timer::Kind::GangDeadline, key.first, key.second};
}

Timer try_timer() {
    return {Timer::Kind::GangTry, {}, 0};
}

Shape shape_of(const Ask& ask) {
    return {kNoShape, ask.size, ask.label, AskKind::Ordinary};
}

void leave_line(Books& books, Gang& gang) {
    books.gangs.waiting.erase({gang.turn, gang.key});
    if (books.gangs.gathering == gang.key) {
        books.gangs.gathering.reset();
    }
    books.deadlines.cancel(deadline_of(gang.key));
    books.reservations.changed = true;
}

void enter_line(Books& books, Gang& gang) {
    gang.turn = ++books.gangs.turn_last;
    gang.since = books.now;
    books.gangs.waiting.emplace(gang.turn, gang.key);
    books.gangs.dirty = true;
    books.reservations.changed = true;
}

void start(Books& books, Gang& gang) {
    leave_line(books, gang);
    gang.started = true;
    for (const std::int32_t ask : gang.asks) {
        books.asks.set_gang_waits(gang.key.first, ask, false);
    }
}

// After a restart of the manager containers of it may be there.
bool has_begun(const Books& books, const Gang& gang) {
    return std::ranges::any_of(gang.asks, [&](std::int32_t ask) {
        const Demand* demand = books.asks.find(gang.key.first, ask);
        return demand != nullptr && (books.asks.count(demand->key()).live > 0 ||
                                     books.asks.count(demand->key()).unconfirmed > 0);
    });
}

void refuse(Books& books, Gang& gang, const std::string& why) {
    const GangKey key = gang.key;
    const std::set<std::int32_t> asks = gang.asks;
    Attempt& attempt = *books.applications.find(key.first);
    for (const std::int32_t id : asks) {
        if (const Demand* demand = books.asks.find(key.first, id)) {
            tell_refusal(books, attempt, {id, demand->ask.generation, why});
            forget_ask(books, key.first, id);
        }
    }
    leave_line(books, gang);
    books.changes.applications.insert(key.first.application);
}

std::string gang_name(const GangKey& key) {
    return "gang " + std::to_string(key.second);
}

// How many containers of the ask all nodes that are known could hold if they were empty, counted
// until it is enough.
std::int64_t packed(const Books& books, const Ask& ask, std::int64_t enough) {
    std::int64_t count = 0;
    for (NodeIndex index = 0; index < books.nodes.size() && count < enough; ++index) {
        const Node& node = books.nodes.at(index);
        if (node.info.id.name.empty() || !may_use(books, ask.label, node.info.label)) {
            continue;
        }
        Resource left = node.info.total;
        while (count < enough && ask.size.fits_in(left)) {
            left -= ask.size;
            ++count;
        }
    }
    return count;
}

Resource known_total(const Books& books) {
    Resource total;
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        total += books.nodes.at(index).info.total;
    }
    return total;
}

std::optional<std::string> beyond_limits(const Books& books, const Gang& gang,
                                         const std::string& label, const Resource& sum) {
    const QueueIndex leaf = books.asks.find(gang.key.first, *gang.asks.begin())->owner.queue;
    const LabelIndex number = books.queues.label_index(label);
    const std::string on = on_label(label);
    for (QueueIndex at = leaf;; at = books.queues.at(at).parent) {
        const Queue& queue = books.queues.at(at);
        const Resource& maximum = part_of(queue, number).entitled.maximum;
        // All that nodes have is no limit of the queue.
        if (!sum.fits_in(maximum) && maximum != books.queues.total(label)) {
            return "together at least " + size_text(sum) + on + ", and queue " + queue.path +
                   " may use at most " + size_text(maximum);
        }
        if (at == 0) {
            break;
        }
    }
    const Queue& queue = books.queues.at(leaf);
    const SeatBook* seat = books.queues.seat(gang.key.first.application);
    if (queue.settings.user_limit_factor.has_value() && seat != nullptr) {
        const UserBook& user = books.queues.user(seat->user);
        const Resource bound = scaled(
            scaled(part_of(queue, number).entitled.guaranteed, *queue.settings.user_limit_factor),
            user.weight);
        if (!sum.fits_in(bound)) {
            return "together at least " + size_text(sum) + on + ", and user " + user.name +
                   " may use at most " + size_text(bound) + " of queue " + queue.path;
        }
    }
    return std::nullopt;
}

// Why it can never start, or nothing.
std::optional<std::string> hopeless(const Books& books, const Gang& gang) {
    Resource sum;
    std::map<std::string, Resource> by_label;
    for (const std::int32_t id : gang.asks) {
        const Ask& ask = books.asks.find(gang.key.first, id)->ask;
        sum += ask.size * ask.gang_min;
        by_label[ask.label] += ask.size * ask.gang_min;
        const std::int64_t room = packed(books, ask, ask.gang_min);
        if (room < ask.gang_min) {
            return gang_name(gang.key) + " needs " + count_text(ask.gang_min, "container") +
                   " of " + size_text(ask.size) + " at the same time (ask " + std::to_string(id) +
                   "), and all nodes together hold at most " + std::to_string(room) +
                   "; ask for less or add nodes";
        }
    }
    const Resource total = known_total(books);
    if (!sum.fits_in(total)) {
        return gang_name(gang.key) + " needs at least " + size_text(sum) +
               " at the same time, and all nodes together have " + size_text(total) +
               "; ask for less or add nodes";
    }
    for (const auto& [label, part] : by_label) {
        if (const auto why = beyond_limits(books, gang, label, part)) {
            return gang_name(gang.key) + " needs " + *why + "; ask for less or use another queue";
        }
    }
    return std::nullopt;
}

// Where the members go that are hardest to place: first, but after those that they want to be near.
bool harder(const Demand* a, const Demand* b) {
    const auto rank = [](const Demand* demand) {
        const bool needs =
            demand->constraint != nullptr && anchors_of(*demand->constraint).has_value();
        return std::tuple(needs, -demand->ask.size.memory_mib, -demand->ask.size.vcores,
                          demand->ask.id);
    };
    return rank(a) < rank(b);
}

// One try. Members are looked at in the order in which they are granted, each with those before it
// as if they were there.
class Try {
public:
    Try(Books& books, Gang& gang, bool gather)
        : books_(books), gang_(gang), gather_(gather), supposed_(books) {}

    std::vector<FreedRoom> run() {
        for (const std::int32_t ask : gang_.asks) {
            const Demand* demand = books_.asks.find(gang_.key.first, ask);
            if (demand->parked) {
                return {};
            }
            members_.push_back(demand);
        }
        std::sort(members_.begin(), members_.end(), harder);
        gang_.needed = gang_.fits = 0;
        for (const Demand* demand : members_) {
            gang_.needed += demand->ask.gang_min;
            keep(*demand);
            find(*demand);
        }
        if (gang_.fits == gang_.needed && limits_allow()) {
            std::vector<FreedRoom> rooms = take();
            if (gang_.started) {
                return rooms;
            }
        }
        for (; !gather_ && !made_.empty(); made_.pop_back()) {
            end_reservation(books_, made_.back(), true);
        }
        return {};
    }

private:
    std::set<std::uint64_t> reserved(const Demand& demand) const {
        const auto found = books_.reservations.by_ask.find({demand.owner.attempt, demand.ask.id});
        return found == books_.reservations.by_ask.end() ? std::set<std::uint64_t>{}
                                                         : found->second;
    }

    // What was gathered counts; where another node has room before, that is taken.
    void keep(const Demand& demand) {
        for (const std::uint64_t id : reserved(demand)) {
            const Reservation& one = books_.reservations.all.at(id);
            const bool good = constraint_holds(books_, demand, one.node);
            if (good && one.full()) {
                count(demand, one);
            } else if (const auto node = choose_node(books_, demand)) {
                end_reservation(books_, id, false);
                count(demand, reserve(books_, demand, *node));
            } else if (good) {
                count(demand, one);
            } else {
                end_reservation(books_, id, false);
            }
        }
    }

    void count(const Demand& demand, const Reservation& one) {
        gang_.fits += one.full() ? 1 : 0;
        order_.push_back(one.id);
        supposed_.add(demand, one.node);
    }

    void find(const Demand& demand) {
        const ApplicationId& application = demand.owner.attempt.application;
        auto there = static_cast<std::int32_t>(reserved(demand).size());
        for (; there < demand.ask.gang_min; ++there) {
            if (books_.queues.refused_beside_nodes(application, shape_of(demand.ask))) {
                return;
            }
            std::optional<NodeIndex> node = choose_node(books_, demand);
            if (!node.has_value() && gather_) {
                node = node_to_reserve(books_, demand, true);
            }
            if (!node.has_value()) {
                return;
            }
            const Reservation& made = reserve(books_, demand, *node);
            made_.push_back(made.id);
            count(demand, made);
        }
    }

    // Limits may have become stricter while it gathered.
    bool limits_allow() {
        const ApplicationId& application = gang_.key.first.application;
        for (const std::uint64_t id : order_) {
            const Reservation& one = books_.reservations.all.at(id);
            books_.queues.unreserve(application, one.label, one.size);
        }
        bool allowed = true;
        for (const std::uint64_t id : order_) {
            const Reservation& one = books_.reservations.all.at(id);
            allowed =
                allowed && !books_.queues.refused_beside_nodes(
                               application, {kNoShape, one.size, one.label, AskKind::Ordinary});
            books_.queues.reserve(application, one.label, one.size);
        }
        return allowed;
    }

    std::vector<FreedRoom> take() {
        std::vector<FreedRoom> rooms;
        for (const std::uint64_t id : order_) {
            const Reservation one = books_.reservations.all.at(id);
            if (!books_.nodes.at(one.node).placeable()) {
                return {};
            }
            rooms.push_back({books_.asks.find(one.attempt, one.ask), one.node});
        }
        for (const std::uint64_t id : order_) {
            end_reservation(books_, id, true);
        }
        start(books_, gang_);
        return rooms;
    }

    Books& books_;
    Gang& gang_;
    bool gather_;
    SupposedTags supposed_;
    std::vector<const Demand*> members_;
    std::vector<std::uint64_t> order_;  // of reservations
    std::vector<std::uint64_t> made_;
};

// Whose turn it is to gather.
bool gathers(Books& books, const Gang& gang) {
    GangBook& book = books.gangs;
    const ReservationConfig& config = books.config.scheduler.reservations;
    if (books.config.off(Feature::GangTurns)) {
        return reservations_enabled(books) && books.now - gang.since >= config.after;
    }
    if (!book.gathering.has_value() && reservations_enabled(books) &&
        books.now - gang.since >= config.after) {
        book.gathering = gang.key;
        book.gathering_until = books.now + config.timeout;
    }
    return book.gathering == gang.key;
}

// The one that gathers, then the others in turn.
std::vector<GangKey> next_to_try(GangBook& book) {
    std::vector<GangKey> keys;
    if (book.gathering.has_value()) {
        keys.push_back(*book.gathering);
    }
    auto it = book.waiting.upper_bound(book.tried);
    for (std::size_t i = 0; i < std::min(kGangTries, book.waiting.size()); ++i) {
        it = it == book.waiting.end() ? book.waiting.begin() : it;
        book.tried = *it;
        if (book.gathering != it->second) {
            keys.push_back(it->second);
        }
        ++it;
    }
    return keys;
}

void end_gathering(Books& books, Gang& gang) {
    for (const std::int32_t ask : gang.asks) {
        if (const Demand* demand = books.asks.find(gang.key.first, ask)) {
            give_up_reservations(books, *demand);
        }
    }
    leave_line(books, gang);
    if (gang.deadline != TimePoint::never()) {
        books.deadlines.set(deadline_of(gang.key), gang.deadline);
    }
    enter_line(books, gang);
}

}  // namespace

std::optional<std::string> wrong_gang(const Books& books, const AttemptId& attempt,
                                      const Ask& ask) {
    const std::string numbers = "gang " + std::to_string(ask.gang) + ", gang_min " +
                                std::to_string(ask.gang_min) + ", count " +
                                std::to_string(ask.count);
    if (ask.gang < 0 || ask.gang_min < 0 || ask.gang_deadline < Duration{}) {
        return "a gang's number, minimum and deadline are not negative; found " + numbers;
    }
    if (ask.gang == 0) {
        return ask.gang_min > 0 || ask.gang_deadline > Duration{}
                   ? std::optional("a minimum or a deadline without a gang; name one from 1")
                   : std::nullopt;
    }
    if (ask.gang_min > kGangMinMax || ask.gang_deadline > kGangDeadlineMax) {
        return "a gang's minimum is at most " + std::to_string(kGangMinMax) +
               " containers an ask, and its deadline a year; found " + numbers;
    }
    const auto known = books.gangs.all.find({attempt, ask.gang});
    const bool started = known != books.gangs.all.end() && known->second.started;
    if (ask.gang_min > ask.count && !started) {
        return "a gang's minimum is at most the count of the ask; found " + numbers;
    }
    const auto refused = books.gangs.refused.find({attempt, ask.gang});
    return refused == books.gangs.refused.end() ? std::nullopt : std::optional(refused->second);
}

void gang_stated(Books& books, Attempt& attempt, const Ask& ask) {
    gang_touched(books, {attempt.record.id, ask.id});
    if (ask.gang == 0) {
        return;
    }
    const GangKey key{attempt.record.id, ask.gang};
    const auto [it, fresh] = books.gangs.all.emplace(key, Gang{});
    Gang& gang = it->second;
    if (fresh) {
        gang.key = key;
        gang.stated = books.now;
        enter_line(books, gang);
    }
    const bool joined = gang.asks.insert(ask.id).second;
    books.gangs.of_ask[{key.first, ask.id}] = ask.gang;
    if (gang.started) {
        books.asks.set_gang_waits(key.first, ask.id, false);
        return;
    }
    if (has_begun(books, gang)) {
        start(books, gang);
        return;
    }
    if (ask.gang_deadline > Duration{} && !books.config.off(Feature::GangDeadline)) {
        gang.deadline = std::min(gang.deadline, gang.stated + ask.gang_deadline);
        books.deadlines.set(deadline_of(key), gang.deadline);
    }
    books.gangs.dirty = true;
    if (joined && books.settled && books.nodes.any_ever()) {
        books.queues.refresh(books.nodes.totals(), books.nodes.excess());
        if (const auto why = hopeless(books, gang)) {
            books.gangs.refused[key] = *why;
            refuse(books, gang, *why);
        }
    }
}

void gang_member_refused(Books& books, Attempt& attempt, std::int32_t id, std::int32_t ask) {
    const GangKey key{attempt.record.id, id};
    const std::string why = "ask " + std::to_string(ask) + " of " + gang_name(key) +
                            " was refused, and a gang starts "
                            "as a whole";
    const auto known = books.gangs.all.find(key);
    if (known != books.gangs.all.end() && known->second.started) {
        return;
    }
    books.gangs.refused.emplace(key, why);
    if (known != books.gangs.all.end()) {
        refuse(books, known->second, why);
    }
}

void gang_touched(Books& books, const AskPlace& place) {
    const auto known = books.gangs.of_ask.find(place);
    if (known == books.gangs.of_ask.end()) {
        return;
    }
    const GangKey key{place.first, known->second};
    const Demand* demand = books.asks.find(place.first, place.second);
    if (demand != nullptr && demand->ask.gang == key.second) {
        books.gangs.dirty = true;
        return;
    }
    books.gangs.of_ask.erase(known);
    Gang& gang = books.gangs.all.at(key);
    gang.asks.erase(place.second);
    books.gangs.dirty = true;
    if (gang.asks.empty()) {
        leave_line(books, gang);
        books.gangs.all.erase(key);
    }
}

std::vector<FreedRoom> take_gang_room(Books& books) {
    GangBook& book = books.gangs;
    if (!book.dirty || book.waiting.empty() || books.deadlines.at(try_timer()).has_value()) {
        return {};
    }
    book.dirty = false;
    books.deadlines.set(try_timer(), books.now + kGangTryEvery);
    for (const GangKey& key : next_to_try(book)) {
        Gang& gang = book.all.at(key);
        if (has_begun(books, gang)) {
            end_gathering(books, gang);
            start(books, gang);
            continue;
        }
        gang.refused = refused_together(books, gang);
        if (gang.refused.has_value() && book.gathering == key) {
            end_gathering(books, gang);
        }
        const std::int64_t fitted = gang.fits;
        std::vector<FreedRoom> rooms =
            Try(books, gang, !gang.refused.has_value() && gathers(books, gang)).run();
        books.reservations.changed = books.reservations.changed || fitted != gang.fits;
        if (!rooms.empty() || gang.started) {
            book.dirty = true;  // the next one may fit beside it
            return rooms;
        }
    }
    return {};
}

void gang_deadline_due(Books& books, const AttemptId& attempt, std::int32_t id) {
    const auto known = books.gangs.all.find({attempt, id});
    if (known == books.gangs.all.end() || known->second.started) {
        return;
    }
    Gang& gang = known->second;
    if (has_begun(books, gang)) {
        start(books, gang);
        return;
    }
    refuse(books, gang,
           gang_name(gang.key) + " needs " + count_text(gang.needed, "container") +
               " at the same time, and in " + time_text(books.now - gang.stated) +
               " there was no moment with room for all; when last looked at " +
               std::to_string(gang.fits) + " had room");
}

void gang_round(Books& books) {
    GangBook& book = books.gangs;
    if (book.gathering.has_value() && books.now >= book.gathering_until) {
        end_gathering(books, book.all.at(*book.gathering));
    }
    book.dirty = book.dirty || !book.waiting.empty();
}

void stop_gathering(Books& books) {
    if (books.gangs.gathering.has_value()) {
        end_gathering(books, books.gangs.all.at(*books.gangs.gathering));
    }
}

void arm_gangs(Books& books) {
    if (books.gangs.dirty && !books.gangs.waiting.empty() && books.settled &&
        !books.deadlines.at(try_timer()).has_value()) {
        books.deadlines.set(try_timer(), books.now + kGangTryEvery);
    }
}

std::int64_t gathered_missing(const Books& books, const Demand& demand) {
    if (!demand.gang_waits ||
        books.gangs.gathering != GangKey(demand.owner.attempt, demand.ask.gang)) {
        return 0;
    }
    std::int64_t missing = demand.ask.gang_min;
    const auto found = books.reservations.by_ask.find({demand.owner.attempt, demand.ask.id});
    if (found != books.reservations.by_ask.end()) {
        missing -= std::ranges::count_if(
            found->second, [&](std::uint64_t id) { return books.reservations.all.at(id).full(); });
    }
    return std::max<std::int64_t>(missing, 0);
}

std::vector<const Demand*> gathering_asks(const Books& books) {
    std::vector<const Demand*> asks;
    if (books.gangs.gathering.has_value()) {
        for (const std::int32_t ask : books.gangs.all.at(*books.gangs.gathering).asks) {
            const Demand* demand = books.asks.find(books.gangs.gathering->first, ask);
            if (demand != nullptr && gathered_missing(books, *demand) > 0) {
                asks.push_back(demand);
            }
        }
    }
    return asks;
}

void give_to_gang(Books& books, const Demand& demand, NodeIndex index) {
    books.gangs.dirty = true;
    const auto found = books.reservations.by_ask.find({demand.owner.attempt, demand.ask.id});
    std::optional<std::uint64_t> elsewhere;
    bool here = false;
    std::int32_t count = 0;
    if (found != books.reservations.by_ask.end()) {
        for (const std::uint64_t id : found->second) {
            const Reservation& one = books.reservations.all.at(id);
            ++count;
            here = here || (!one.full() && one.node == index);
            elsewhere = one.full() || one.node == index ? elsewhere : std::optional(id);
        }
    }
    if (!here && elsewhere.has_value()) {
        end_reservation(books, *elsewhere, false);
        --count;
    }
    if (!here && count < demand.ask.gang_min) {
        reserve(books, demand, index);
    }
    node_room_changed(books, books.nodes.at(index));
}

const Gang* gang_of(const Books& books, const Demand& demand) {
    const auto it = books.gangs.all.find({demand.owner.attempt, demand.ask.gang});
    return it == books.gangs.all.end() ? nullptr : &it->second;
}

void check_gangs(const Books& books) {
    std::size_t waiting = 0;
    for (const auto& [key, gang] : books.gangs.all) {
        waiting += gang.started ? 0 : 1;
        const Attempt* attempt = books.applications.find(key.first);
        CHECK(gang.started || !books.settled || attempt == nullptr || attempt->recovered ||
              !has_begun(books, gang));
        CHECK(gang.started || books.gangs.waiting.contains({gang.turn, key}));
        for (const std::int32_t ask : gang.asks) {
            const Demand* demand = books.asks.find(key.first, ask);
            if (books.settled) {
                CHECK(demand != nullptr && demand->ask.gang == key.second);
                CHECK(demand->gang_waits == !gang.started);
            }
        }
    }
    CHECK(waiting == books.gangs.waiting.size());
    CHECK(!books.gangs.gathering.has_value() ||
          !books.gangs.all.at(*books.gangs.gathering).started);
}

}  // namespace heddle::rm
