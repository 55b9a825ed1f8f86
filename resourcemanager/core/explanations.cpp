#include "resourcemanager/core/explanations.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/check.h"
#include "common/base/strings.h"
#include "resourcemanager/core/execution_change.h"
#include "resourcemanager/core/explain_limits.h"
#include "resourcemanager/core/explain_nodes.h"
#include "resourcemanager/core/explain_promotion.h"
#include "resourcemanager/core/explain_reserved.h"
#include "resourcemanager/core/explain_steps.h"
#include "resourcemanager/core/explain_words.h"
#include "resourcemanager/core/gang_limits.h"
#include "resourcemanager/core/gangs.h"
#include "resourcemanager/core/headroom.h"
#include "resourcemanager/core/opportunistic.h"
#include "resourcemanager/core/resizes.h"
#include "resourcemanager/core/states.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kContainersLookedAt = 1000;
constexpr std::int64_t kEndsForEstimate = 4;

Blocker simple(Reason reason, std::string sentence, std::string where = "") {
    Blocker blocker;
    blocker.reason = reason;
    blocker.sentence = std::move(sentence);
    blocker.where = std::move(where);
    return blocker;
}

// Asks.

Blocker order_blocker(const Books& books, const Demand& demand, const Ahead& ahead, bool room) {
    const std::string& queue = books.queues.at(demand.owner.queue).path;
    if (ahead.containers == 0) {
        return simple(Reason::Order,
                      "There is room for it now: it is placed in one of the next steps.", queue);
    }
    Blocker blocker = simple(
        Reason::Order,
        (ahead.more ? "At least " : "") + count_text(ahead.containers, "container") + " of " +
            count_text(ahead.applications_count, "application") +
            (ahead.containers == 1 && !ahead.more ? " comes" : " come") + " first in queue " +
            queue + (room ? "; there is room, it is placed in one of the next steps." : "."),
        queue);
    blocker.holders = ahead.applications;
    return blocker;
}

Blocker settling(const Books& books) {
    std::string sentence =
        "The resource manager has just started and waits for the nodes that were there before";
    if (const auto due = books.deadlines.at({Timer::Kind::Settle, {}, 0})) {
        sentence += ", for " + time_text(*due - books.now) + " at most";
    }
    return simple(Reason::Settling, sentence + ".");
}

WaitEstimate estimate_of(const Books& books, const AskExplanation& ask) {
    WaitEstimate estimate;
    const std::string window = time_text(ReleaseRate::kWindow);
    const std::int64_t ended = books.releases.recent(books.now, ask.size);
    if (ask.never) {
        estimate.sentence = "No estimate: it can never run as it is.";
    } else if (ended < kEndsForEstimate) {
        estimate.sentence =
            "No estimate: " +
            (ended == 0 ? std::string("no container") : "only " + count_text(ended, "container")) +
            " of this size class or larger ended in the last " + window + ".";
    } else {
        const Duration each{ReleaseRate::kWindow.microseconds / ended};
        const std::int64_t turn = ask.ahead.containers + 1;
        estimate.low = Duration{each.microseconds * turn / 2};
        estimate.high = Duration{each.microseconds * turn * 2};
        estimate.sentence = "Its first container in about " + time_text(*estimate.low) + " to " +
                            time_text(*estimate.high) + ", if it goes on as in the last " + window +
                            ": " + count_text(ended, "container") +
                            " of this size class or larger ended, and " +
                            count_text(ask.ahead.containers, "container") +
                            (ask.ahead.containers == 1 ? " comes" : " come") + " first.";
    }
    return estimate;
}

// The strongest first: what no waiting helps against, then limits, then the nodes, then the order.
std::vector<Blocker> blockers_of(const Books& books, const Demand& demand, const Ahead& ahead,
                                 Detail detail, HoldersInQueues* holders) {
    std::vector<Blocker> blockers;
    if (demand.parked) {
        blockers.push_back(
            simple(Reason::TemplateMissing,
                   "Its launch template " + std::to_string(demand.ask.launch_template) +
                       " has not been sent by its master, so that nothing could be started."));
        return blockers;
    }
    if (!books.settled) {
        blockers.push_back(settling(books));
        return blockers;
    }
    if (demand.gang_waits) {
        blockers = node_blockers(books, demand, detail);
        blockers.insert(blockers.begin(), gang_blocker(books, demand));
        const Gang& gang = *gang_of(books, demand);
        if (gang.refused.has_value()) {
            blockers.insert(blockers.begin(), gang_limit_blocker(books, gang, demand));
        }
        return blockers;
    }
    if (demand.opportunistic()) {
        blockers.push_back(opportunistic_blocker(books, demand));
        return blockers;
    }
    blockers = demand.outside() ? std::vector<Blocker>{} : node_blockers(books, demand, detail);
    const bool hopeless =
        !blockers.empty() &&
        (blockers.front().never || blockers.front().reason == Reason::NeverFits ||
         blockers.front().reason == Reason::NoNodes || blockers.front().reason == Reason::Label);
    std::vector<Blocker> limits = limit_blockers(books, demand, !blockers.empty(), holders);
    blockers.insert(hopeless ? blockers.end() : blockers.begin(),
                    std::make_move_iterator(limits.begin()), std::make_move_iterator(limits.end()));
    std::vector<Blocker> reserved = reserved_blockers(books, demand);
    blockers.insert(blockers.begin(), std::make_move_iterator(reserved.begin()),
                    std::make_move_iterator(reserved.end()));
    const bool free_to_go = blockers.empty();
    if (free_to_go || (ahead.containers > 0 && !hopeless)) {
        blockers.push_back(order_blocker(books, demand, ahead, free_to_go));
    }
    return blockers;
}

// All of the nodes that are asked about, or none.
void add_verdicts(const Books& books, const Demand& demand, NodeQuestion* question,
                  AskExplanation& ask) {
    if (question == nullptr || question->nodes.empty() || question->nodes.size() > question->left ||
        demand.outside() || demand.opportunistic()) {
        return;
    }
    question->left -= question->nodes.size();
    ask.verdicts = verdicts_on(books, demand, question->nodes);
    ask.each_node = true;
}

AskExplanation explain_ask(const Books& books, const Demand& demand, HoldersInQueues& holders,
                           NodeQuestion* question) {
    AskExplanation ask;
    ask.ask = demand.ask.id;
    ask.generation = demand.ask.generation;
    ask.priority = demand.ask.id == 0 ? 0 : demand.ask.priority;
    ask.size = demand.ask.size;
    ask.count = books.asks.wanted(demand);
    ask.nodes = demand.ask.nodes;
    ask.ahead = demand.in_line() ? ahead_of(books, demand) : Ahead{};
    ask.blockers = blockers_of(books, demand, ask.ahead, Detail::Full, &holders);
    ask.never = ask.first().reason == Reason::NeverFits || ask.first().never;
    ask.estimate = estimate_of(books, ask);
    ask.next_step = next_step_of(books, demand, ask);
    if (const Container* container = growing(books, demand)) {
        ask.container = container->id;
    }
    ask.label = demand.ask.label;
    add_verdicts(books, demand, question, ask);
    return ask;
}

// Applications.

std::string where_master_is(const Attempt& attempt) {
    return attempt.record.master_node.name.empty() ? "" : " on " + attempt.record.master_node.name;
}

bool save_is_retried(const Books& books, const ApplicationId& id) {
    return std::ranges::any_of(books.saves_to_retry,
                               [&](const auto& entry) { return entry.second.application == id; });
}

Blocker saving(const Books& books, const Application& application, std::string what) {
    if (save_is_retried(books, application.id())) {
        what += " The state store has refused it, and it is tried again.";
    }
    return simple(Reason::Saving, std::move(what));
}

// The master has a container, or runs outside, and has not come.
Blocker before_registration(const Books& books, const Application& application,
                            const Attempt& attempt) {
    const std::string where = where_master_is(attempt);
    if (application.managed()) {
        const Container* container = attempt.record.master_container.has_value()
                                         ? books.containers.find(*attempt.record.master_container)
                                         : nullptr;
        const bool runs = container != nullptr && container->phase == ContainerPhase::Running;
        if (!runs || application.command()) {
            const bool seen = container != nullptr && container->confirmed;
            return simple(
                Reason::Starting,
                std::string(application.command() ? "Its container" : "Its master's container") +
                    where +
                    (seen ? " is being prepared: files are fetched before it starts."
                          : " has been ordered, and its node has not confirmed it yet."),
                attempt.record.master_node.name);
        }
    }
    std::string sentence =
        application.managed()
            ? "Its master runs" + where + " and has not registered yet"
            : std::string("Its master runs outside the cluster and has not registered yet");
    if (const auto due = books.deadlines.at({Timer::Kind::MasterExpiry, attempt.record.id, 0})) {
        sentence += "; the attempt is given up in " + time_text(*due - books.now);
    }
    return simple(Reason::MasterNotRegistered, sentence + ".", attempt.record.master_node.name);
}

std::vector<Blocker> before_it_runs(const Books& books, const Application& application) {
    const Attempt* attempt = application.current();
    if (attempt == nullptr) {
        return {simple(Reason::Preparing, "Its first attempt is about to begin.")};
    }
    switch (attempt->state) {
        case AttemptState::New:
        case AttemptState::Submitted:
            return {simple(Reason::Preparing, "Its attempt is about to begin.")};
        case AttemptState::Scheduled:
            return {};  // its ask says why
        case AttemptState::AllocatedSaving:
        case AttemptState::LaunchedUnmanagedSaving:
            return {saving(books, application,
                           application.managed()
                               ? "Its container" + where_master_is(*attempt) +
                                     " is granted; the attempt is being saved before it starts."
                               : "Its attempt is being saved.")};
        case AttemptState::Allocated:
        case AttemptState::Launched:
        case AttemptState::Running: {
            std::vector<Blocker> blockers;
            if (!books.settled) {
                blockers.push_back(settling(books));
            }
            blockers.push_back(before_registration(books, application, *attempt));
            return blockers;
        }
        case AttemptState::FinalSaving:
            return {saving(books, application, "How its last attempt ended is being saved.")};
        case AttemptState::Finishing:
        case AttemptState::Finished:
        case AttemptState::Failed:
        case AttemptState::Killed:
            return {simple(Reason::Preparing, "Its next attempt is about to begin.")};
    }
    return {};
}

std::int64_t held_containers(const Books& books, const Attempt& attempt) {
    std::int64_t held = 0;
    std::size_t looked_at = 0;
    for (const ContainerId& id : attempt.containers) {
        if (++looked_at > kContainersLookedAt) {
            break;
        }
        const Container* container = books.containers.find(id);
        held += container->hold && !container->start_decided && !container->stopping ? 1 : 0;
    }
    return held;
}

std::vector<Blocker> while_it_runs(const Books& books, const Application& application) {
    const Attempt& attempt = *application.current();
    std::vector<Blocker> blockers;
    if (application.command() || is_ending(attempt.state)) {
        return blockers;
    }
    if (!attempt.asks_known) {
        blockers.push_back(simple(
            Reason::MasterNotRegistered,
            "Its master has not come back since the resource manager's restart: what it needs is "
            "not known.",
            attempt.record.master_node.name));
    }
    const std::vector<const Demand*> asks = books.asks.of_attempt(attempt.record.id);
    const bool holds = std::ranges::any_of(asks, [](const Demand* d) { return d->ask.hold; });
    if (const std::int64_t held = holds ? held_containers(books, attempt) : 0; held > 0) {
        blockers.push_back(
            simple(Reason::Held, count_text(held, "container") + (held == 1 ? " is" : " are") +
                                     " granted and held: its master has not said that " +
                                     (held == 1 ? "it starts." : "they start.")));
    }
    return blockers;
}

std::vector<Blocker> while_it_ends(const Books& books, const Application& application) {
    const std::int64_t live = application.live_containers;
    std::string sentence =
        application.state == AppState::Killing ? "It was killed" : "Its outcome is decided";
    if (live > 0) {
        sentence += "; " + count_text(live, "container") + (live == 1 ? " is" : " are") +
                    " still being stopped";
    } else if (!books.settled) {
        sentence += "; its end waits for the nodes that were there before the restart";
    } else {
        sentence += " and is being saved";
    }
    return {simple(Reason::Ending, sentence + ".")};
}

std::vector<Blocker> blockers_of(const Books& books, const Application& application,
                                 const std::vector<const Demand*>& demands) {
    switch (application.state) {
        case AppState::New:
        case AppState::NewSaving:
            return {saving(books, application, "Its submission is being saved.")};
        case AppState::Submitted:
            return {simple(Reason::Preparing, "Its queue is about to take it.")};
        case AppState::Accepted: {
            std::vector<Blocker> blockers = before_it_runs(books, application);
            if (blockers.empty() && demands.empty()) {
                blockers.push_back(simple(Reason::Preparing, "Its attempt is about to begin."));
            }
            return blockers;
        }
        case AppState::Running:
            return while_it_runs(books, application);
        case AppState::FinalSaving:
        case AppState::Finishing:
        case AppState::Killing:
            return while_it_ends(books, application);
        case AppState::Finished:
        case AppState::Failed:
        case AppState::Killed:
            return {};
    }
    return {};
}

// Asks with something missing, in the order in which they are served.
std::vector<const Demand*> open_demands(const Books& books, const Application& application) {
    const Attempt* attempt = application.current();
    if (attempt == nullptr || is_ending(attempt->state)) {
        return {};
    }
    std::vector<const Demand*> demands = books.asks.of_attempt(attempt->record.id);
    std::erase_if(demands, [&](const Demand* demand) { return books.asks.wanted(*demand) == 0; });
    std::sort(demands.begin(), demands.end(),
              [](const Demand* a, const Demand* b) { return a->slot() < b->slot(); });
    return demands;
}

std::vector<Blocker> blockers_of(const Books& books, const Container& promoted, Detail detail,
                                 HoldersInQueues* holders) {
    return books.settled ? promotion_blockers(books, promoted, detail, holders)
                         : std::vector<Blocker>{settling(books)};
}

// What is said when neither the application nor an ask of it waits.
std::optional<WaitingNote> promotion_note(const Books& books, const Application& application) {
    const std::vector<const Container*> waiting =
        waiting_promotions(books, application, kAsksExplained);
    if (waiting.empty()) {
        return std::nullopt;
    }
    const Blocker first = blockers_of(books, *waiting.front(), Detail::Headline, nullptr).front();
    return WaitingNote{first.reason, promotion_wish(waiting) + first.sentence};
}

void add_promotions(const Books& books, const Application& application, HoldersInQueues& holders,
                    Explanation& out) {
    for (const Container* container : waiting_promotions(books, application, kAsksExplained)) {
        out.promotions.push_back({container->id, books.nodes.at(container->node).info.id,
                                  container->size,
                                  blockers_of(books, *container, Detail::Full, &holders)});
    }
    const std::optional<WaitingNote> note =
        out.waiting ? std::nullopt : promotion_note(books, application);
    if (note) {
        out.waiting = true;
        out.reason = note->reason;
        out.headline = note->headline;
    }
}

std::string wish_of(const Books& books, const Application& application, const Demand& demand,
                    std::int64_t count) {
    if (const Container* container = growing(books, demand)) {
        return "Waits for " + parts_text(demand.ask.size) + " more for " +
               to_string(container->id) + ". ";
    }
    const std::string size = " (" + size_text(demand.ask.size) + ")";
    if (demand.outside()) {
        return "Waits for leave to begin; its master runs outside of the cluster. ";
    }
    if (demand.ask.id == 0) {
        return (application.command() ? "Waits for its container"
                                      : "Waits for its master's container") +
               size + ". ";
    }
    return "Waits for " + count_text(count, "container") + size + ". ";
}

// What the application as a whole waits for is said first, then what its first ask waits for.
std::string headline_of(const Books& books, const Application& application,
                        const std::vector<Blocker>& blockers, const Demand* demand,
                        std::int64_t count, const Blocker* of_ask) {
    if (!blockers.empty() && (of_ask == nullptr || blockers.front().reason != Reason::Held)) {
        return blockers.front().sentence;
    }
    if (of_ask != nullptr) {
        return wish_of(books, application, *demand, count) + of_ask->sentence;
    }
    if (is_final(application.state)) {
        return "It is over: " + std::string(to_string(application.state)) + ", " +
               std::string(to_string(application.final_status)) + ".";
    }
    return "It runs, and waits for nothing.";
}

}  // namespace

NodeQuestion question_of(const Books& books, const NodesInQuestion& asked) {
    NodeQuestion question;
    for (NodeIndex index = 0; asked.all && index < books.nodes.size(); ++index) {
        if (!books.nodes.at(index).info.id.name.empty()) {
            question.nodes.push_back(index);
        }
    }
    for (const NodeId& id : asked.named) {
        if (const std::optional<NodeIndex> index = books.nodes.find(id)) {
            question.nodes.push_back(*index);
        }
    }
    return question;
}

Explanation explain(const Books& books, const Application& application,
                    std::optional<std::int32_t> ask, std::size_t asks_max, NodeQuestion* question) {
    Explanation out;
    out.application = application.id();
    out.queue = books.queues.at(application.queue).path;
    out.state = application.state;
    out.priority = application.submission->priority;
    if (books.config.off(Feature::WhyWaiting)) {
        return out;
    }
    const std::vector<const Demand*> demands = open_demands(books, application);
    out.blockers = blockers_of(books, application, demands);
    out.asks_count = static_cast<std::int64_t>(demands.size());
    const Demand* dominant = nullptr;
    HoldersInQueues holders(books);
    for (const Demand* demand : demands) {
        out.requested += demand->ask.size * books.asks.wanted(*demand);
        if (out.asks.size() >= asks_max || (ask.has_value() && *ask != demand->ask.id)) {
            continue;
        }
        out.asks.push_back(explain_ask(books, *demand, holders, question));
        dominant = dominant == nullptr ? demand : dominant;
    }
    const Blocker* of_ask = dominant == nullptr ? nullptr : &out.asks.front().first();
    out.headline = headline_of(books, application, out.blockers, dominant,
                               dominant == nullptr ? 0 : out.asks.front().count, of_ask);
    out.waiting = !out.blockers.empty() || !demands.empty();
    if (!out.blockers.empty() &&
        (of_ask == nullptr || out.blockers.front().reason != Reason::Held)) {
        out.reason = out.blockers.front().reason;
    } else if (of_ask != nullptr) {
        out.reason = of_ask->reason;
    }
    add_promotions(books, application, holders, out);
    out.used = application.allocated;
    out.cluster_total = books.nodes.total();
    out.cluster_free = out.cluster_total - books.queues.at(0).used;  // what is on lost nodes too
    out.cluster_free.memory_mib = std::max<std::int64_t>(out.cluster_free.memory_mib, 0);
    out.cluster_free.vcores = std::max<std::int64_t>(out.cluster_free.vcores, 0);
    out.headroom = headroom_of(books, application);
    return out;
}

std::vector<Explanation> explain_waiting(const Books& books, std::size_t count,
                                         NodeQuestion* question) {
    std::vector<Explanation> out;
    for (const auto& [id, reason] : books.waiting.all()) {
        if (out.size() >= count) {
            break;
        }
        if (const Application* application = books.applications.find(id)) {
            out.push_back(explain(books, *application, std::nullopt, 1, question));
        }
    }
    return out;
}

std::optional<WaitingNote> waiting_note(const Books& books, const Application& application) {
    if (is_final(application.state) || books.config.off(Feature::WhyWaiting)) {
        return std::nullopt;
    }
    const std::vector<const Demand*> demands = open_demands(books, application);
    const std::vector<Blocker> blockers = blockers_of(books, application, demands);
    if (!blockers.empty() && (demands.empty() || blockers.front().reason != Reason::Held)) {
        return WaitingNote{blockers.front().reason, blockers.front().sentence};
    }
    if (demands.empty()) {
        return promotion_note(books, application);
    }
    const Demand& first = *demands.front();
    const std::vector<Blocker> of_ask =
        blockers_of(books, first, Ahead{}, Detail::Headline, nullptr);
    return WaitingNote{
        of_ask.front().reason,
        wish_of(books, application, first, books.asks.wanted(first)) + of_ask.front().sentence};
}

namespace {

void check_rejections(const Books& books, const Blocker& blocker) {
    std::int64_t counted = 0;
    for (const NodeRejection& rejection : blocker.rejections) {
        CHECK(rejection.nodes > 0);
        counted += rejection.nodes;
    }
    std::int64_t known = 0;
    for (const auto& [state, nodes] : books.nodes.count_by_state()) {
        known += nodes;
    }
    CHECK(counted == known);
}

void check_near_miss(const Books& books, const Resource& size, const NearMiss& near_miss) {
    const Node& node = books.nodes.at(*books.nodes.find(near_miss.node));
    CHECK(node.placeable() && near_miss.free == node.free());
    CHECK(!size.fits_in(node.free()) && size.fits_in(near_miss.free + near_miss.gap));
}

void check_ask(const Books& books, const Demand& demand, const AskExplanation& ask) {
    CHECK(!ask.blockers.empty() && ask.count > 0);
    for (const Blocker& blocker : ask.blockers) {
        CHECK(!blocker.sentence.empty());
        if (blocker.near_miss.has_value()) {
            check_near_miss(books, ask.size, *blocker.near_miss);
        }
        if (blocker.reason == Reason::NoNodeFits) {
            check_rejections(books, blocker);
        }
    }
    // Whoever has room is placed by the next step, and whoever is placed by it had no other reason.
    if (ask.first().reason == Reason::Order) {
        CHECK(demand.opportunistic() ? opportunistic_ready(books)
                                     : books.asks.any_ready() && !books.asks.blocked(demand));
    }
    if (demand.in_line() && !ask.ahead.more) {
        CHECK(ask.ahead.containers + ask.count <= books.asks.pending(demand.owner.queue).count);
    }
}

// Nothing stands in its way exactly if it becomes guaranteed when it is looked at.
void check_promotion(const Books& books, const PromotionExplanation& promotion) {
    const Container& container = *books.containers.find(promotion.container);
    CHECK(!promotion.blockers.empty() && !promotion.blockers.front().sentence.empty());
    if (books.settled) {
        CHECK((promotion.blockers.front().reason == Reason::Order) ==
              may_promote(books, container));
    }
}

}  // namespace

void check_explanations(const Books& books) {
    for (const auto& [id, application] : books.applications.all()) {
        const std::vector<const Demand*> demands = open_demands(books, application);
        const Explanation whole = explain(books, application, std::nullopt, demands.size());
        CHECK(!whole.headline.empty() && whole.waiting == whole.reason.has_value());
        CHECK(whole.waiting || is_final(application.state) ||
              application.state == AppState::Running);
        CHECK(whole.asks.size() == demands.size());
        for (const AskExplanation& ask : whole.asks) {
            check_ask(books, *books.asks.find(application.current()->record.id, ask.ask), ask);
        }
        for (const PromotionExplanation& promotion : whole.promotions) {
            check_promotion(books, promotion);
        }
        CHECK(waiting_note(books, application).has_value() == whole.waiting);
    }
}

}  // namespace heddle::rm
