#include "resourcemanager/core/gang_limits.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "resourcemanager/core/explain_limits.h"
#include "resourcemanager/core/explain_words.h"

namespace heddle::rm {
namespace {

std::int64_t missing(const Books& books, const Demand& demand) {
    const auto found = books.reservations.by_ask.find({demand.owner.attempt, demand.ask.id});
    const std::size_t there = found == books.reservations.by_ask.end() ? 0 : found->second.size();
    return std::max<std::int64_t>(0, demand.ask.gang_min - static_cast<std::int64_t>(there));
}

// All that nodes have is no limit of a queue: there nodes say more.
std::optional<Refusal> first_beside_nodes(const Books& books, const ApplicationId& application,
                                          const Shape& shape) {
    for (const Refusal& refusal : books.queues.refusals(application, shape)) {
        if (refusal.limit != Limit::QueueMaximum ||
            refusal.bound != books.queues.total(shape.label)) {
            return refusal;
        }
    }
    return std::nullopt;
}

// Reserves what is missing; limits are asked before the last of each ask.
class Supposed {
public:
    Supposed(Books& books, const ApplicationId& application)
        : books_(books), application_(application) {}

    ~Supposed() {
        for (const auto& [label, size] : reserved_) {
            books_.queues.unreserve(application_, label, size);
        }
    }

    Supposed(const Supposed&) = delete;
    Supposed& operator=(const Supposed&) = delete;

    std::optional<Refusal> add(const Demand& demand) {
        const Shape shape{kNoShape, demand.ask.size, demand.ask.label, AskKind::Ordinary};
        const std::int64_t count = missing(books_, demand);
        reserve(shape.label, shape.size * std::max<std::int64_t>(0, count - 1));
        std::optional<Refusal> refusal;
        if (count > 0) {
            refusal = first_beside_nodes(books_, application_, shape);
            if (refusal.has_value() && sum_[shape.label].fits_in(refusal->used)) {
                refusal->used -= sum_[shape.label];
            }
            reserve(shape.label, shape.size);
        }
        return refusal;
    }

private:
    void reserve(const std::string& label, const Resource& size) {
        books_.queues.reserve(application_, label, size);
        reserved_.emplace_back(label, size);
        sum_[label] += size;
    }

    Books& books_;
    ApplicationId application_;
    std::vector<std::pair<std::string, Resource>> reserved_;
    std::map<std::string, Resource> sum_;
};

}  // namespace

std::optional<Refusal> refused_together(Books& books, const Gang& gang) {
    Supposed supposed(books, gang.key.first.application);
    std::map<std::string, Resource> lacked;
    std::optional<Refusal> refusal;
    std::string label;
    for (const std::int32_t id : gang.asks) {
        const Demand& demand = *books.asks.find(gang.key.first, id);
        lacked[demand.ask.label] += demand.ask.size * missing(books, demand);
        if (!refusal.has_value()) {
            refusal = supposed.add(demand);
            label = demand.ask.label;
        }
    }
    if (refusal.has_value()) {
        refusal->needed = lacked[label];
    }
    return refusal;
}

Blocker gang_limit_blocker(const Books& books, const Gang& gang, const Demand& demand) {
    const Refusal& refusal = *gang.refused;
    const bool of_user = refusal.limit != Limit::QueueMaximum;
    const std::string& queue = books.queues.at(refusal.queue).path;
    const std::string& user = books.queues.seat(demand.owner.attempt.application)->seat.user;
    Blocker blocker;
    blocker.reason = of_user ? Reason::UserLimit : Reason::QueueLimit;
    blocker.where = of_user ? user : queue;
    blocker.sentence = (of_user ? "User " + user + " uses " : "Queue " + queue + " uses ") +
                       size_text(refusal.used) + " of at most " + size_text(refusal.bound) +
                       (of_user ? " in queue " + queue : "") + "; all that gang " +
                       std::to_string(gang.key.second) + " needs at the same time, " +
                       size_text(refusal.needed) + ", would pass that.";
    blocker.need = refusal.needed;
    blocker.limit = refusal.bound;
    blocker.used = refusal.used;
    HoldersInQueues holders(books);
    blocker.holders = holders.in(refusal.queue, of_user ? user : "");
    return blocker;
}

}  // namespace heddle::rm
