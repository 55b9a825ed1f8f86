#include "resourcemanager/core/resizes.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/explain_words.h"
#include "resourcemanager/core/forget_asks.h"
#include "resourcemanager/core/lending.h"
#include "resourcemanager/core/limits.h"

namespace heddle::rm {
namespace {

void forget_increase(Books& books, Container& container) {
    if (container.increase == 0) {
        return;
    }
    const AskPlace place{container.key.attempt, std::exchange(container.increase, 0)};
    forget_ask(books, place.first, place.second);
    books.resizes.growing.erase(place);
    books.changes.applications.insert(place.first.application);
}

// Containers of another application are as unknown as those that never were.
bool of_attempt(const Container* container, const Attempt& attempt) {
    return container != nullptr && !container->orphan &&
           container->key.attempt == attempt.record.id;
}

std::string version_text(const Container& container) {
    return "version " + std::to_string(container.version) + " with " +
           size_text(container.size_held());
}

// What is wrong with the wish itself, whatever there is room for.
std::optional<std::string> wrong_wish(const Container& container, const ContainerResize& wish) {
    if (container.master()) {
        return "it is the master's own container, whose size is that of the submission";
    }
    if (container.stopping) {
        return "it is being stopped: " + container.stop_reason;
    }
    if (container.opportunistic()) {
        return "it is opportunistic, and the size of such a container does not change; promote it "
               "first, and wish when it is guaranteed";
    }
    if (container.demoting) {
        return "its node is making it opportunistic, and the size of such a container does not "
               "change; promote it first, and wish when it is guaranteed";
    }
    if (wish.size.memory_mib <= 0 || wish.size.vcores <= 0 || wish.size.any_negative()) {
        return "a container needs memory and vcores, and nothing below zero; ask for at least 1 "
               "MiB and 1 vcore, or release it";
    }
    if (wish.version != container.version) {
        return "the wish names version " + std::to_string(wish.version) + " and it is at " +
               version_text(container) + " by now; decide on that";
    }
    return std::nullopt;
}

std::optional<std::string> wrong_increase(const Books& books, const Application& application,
                                          const Container& container, const Resource& size) {
    const NodeInfo& node = books.nodes.at(container.node).info;
    if (books.applications.find(container.key.attempt)->increases >= kIncreasesMax) {
        return "its master has wished for more " + std::to_string(kIncreasesMax) +
               " times, and no further such wish is taken; ask for another container";
    }
    if (!container.size.fits_in(size)) {
        return "it has " + size_text(container.size) + ", and " + size_text(size) +
               " is more of one and less of another; wish for one after the other";
    }
    if (const Status status = books.queues.admit_size(application.queue, size); !status) {
        return status.error().message;
    }
    if (!size.fits_in(node.total)) {
        return size_text(size) + " is more than its node " + node.id.name + " has, " +
               size_text(node.total) + "; a container stays on its node";
    }
    return std::nullopt;
}

void order_change(Books& books, Container& container, const Resource& to) {
    container.change = SizeChange{container.size, to};
    order_size(books, container);
}

void wait_to_grow(Books& books, const Application& application, Attempt& attempt,
                  Container& container, const Resource& more) {
    const Node& node = books.nodes.at(container.node);
    Ask ask;
    ask.id = kIncreaseAskMin + attempt.increases++;
    ask.priority = container.priority;
    ask.size = more;
    ask.count = 1;
    ask.nodes = {node.info.id};
    ask.relax_locality = false;
    ask.label = lent(node, container) ? "" : node.info.label;  // it is counted where it is charged
    books.asks.state(owner_of(books, application, attempt.record.id, false), ask, false);
    container.increase = ask.id;
    books.resizes.growing.emplace(AskPlace{attempt.record.id, ask.id}, container.id);
}

// The wish was met, and the news of that have crossed it.
bool met(const Container& container, const ContainerResize& wish) {
    return wish.version + 1 == container.version && wish.size == container.size_held();
}

void refuse_wish(Books& books, Attempt& attempt, const ContainerResize& wish,
                 const std::string& why) {
    tell_resize_refused(
        books, attempt,
        {wish.container, wish.version, "container " + to_string(wish.container) + ": " + why});
}

// It is fit to be met. More waits; what waits already keeps its place.
void change_or_wait(Books& books, const Application& application, Attempt& attempt,
                    Container& container, const Resource& size) {
    if (size == container.size) {
        forget_increase(books, container);
        tell_resized(books, container);
        return;
    }
    if (size.fits_in(container.size)) {
        forget_increase(books, container);
        order_change(books, container, size);
        return;
    }
    const Demand* waits = books.asks.find(attempt.record.id, container.increase);
    const Resource more = size - container.size;
    if (container.increase == 0 || waits->ask.size != more) {
        forget_increase(books, container);
        wait_to_grow(books, application, attempt, container, more);
    }
}

void take_wish(Books& books, const Application& application, Attempt& attempt,
               const ContainerResize& wish) {
    const auto refuse = [&](const std::string& why) { refuse_wish(books, attempt, wish, why); };
    Container* container = books.containers.find(wish.container);
    if (!of_attempt(container, attempt)) {
        if (books.settled || wish.container.epoch >= books.epoch) {
            refuse("no live container of this application is so called");
        }
        return;  // else it may still come with its node
    }
    const Resource size = at_least_minimum(books, wish.size);
    if (met(*container, {wish.container, wish.version, size})) {
        tell_resized(books, *container);
        return;
    }
    if (const auto why = wrong_wish(*container, wish)) {
        refuse(*why);
        return;
    }
    if (container->change.has_value()) {
        if (container->change->to != size) {
            refuse("its node is making it " + size_text(container->change->to) +
                   "; wish for another size when that is version " +
                   std::to_string(container->version + 1));
        }
        return;
    }
    const bool grows = !size.fits_in(container->size);
    const auto why =
        grows ? wrong_increase(books, application, *container, size) : std::optional<std::string>();
    if (why.has_value()) {
        forget_increase(books, *container);
        refuse(*why);
        return;
    }
    change_or_wait(books, application, attempt, *container, size);
}

std::vector<Container*> all_growing(Books& books, const AttemptId& attempt) {
    std::vector<Container*> containers;
    auto& growing = books.resizes.growing;
    for (auto it = growing.lower_bound({attempt, INT32_MIN});
         it != growing.end() && it->first.first == attempt; ++it) {
        containers.push_back(books.containers.find(it->second));
    }
    return containers;
}

}  // namespace

void take_resizes(Books& books, Application& application, Attempt& attempt,
                  const MasterUpdate& update) {
    if (books.config.off(Feature::ContainerResize)) {
        return;
    }
    if (update.complete) {
        std::set<ContainerId> wished;
        for (const ContainerResize& wish : update.resizes) {
            wished.insert(wish.container);
        }
        for (Container* container : all_growing(books, attempt.record.id)) {
            if (!wished.contains(container->id)) {
                forget_increase(books, *container);
            }
        }
    }
    for (const ContainerResize& wish : update.resizes) {
        take_wish(books, application, attempt, wish);
    }
    if (!update.resizes.empty()) {
        books.changes.applications.insert(application.id());
    }
}

void grant_increase(Books& books, const Demand& demand) {
    const auto found = books.resizes.growing.find({demand.owner.attempt, demand.ask.id});
    CHECK(found != books.resizes.growing.end());
    Container& container = *books.containers.find(found->second);
    const Resource size = container.size + demand.ask.size;
    forget_increase(books, container);
    order_change(books, container, size);
    change_size(books, container, size);
}

void take_size(Books& books, Container& container, const ContainerReport& report, bool order_seen) {
    if (container.stopping || container.orphan || container.master()) {
        return;
    }
    if (report.version > container.version) {
        forget_change(books, container);
        container.version = report.version;
        if (container.size != report.size) {
            change_size(books, container, report.size);
        }
        tell_resized(books, container);
    } else if (container.change.has_value() && order_seen) {
        order_size(books, container);
    }
}

void take_increase_back(Books& books, Container& container, const std::string& why) {
    if (container.increase != 0) {
        forget_increase(books, container);
        Attempt& attempt = *books.applications.find(container.key.attempt);
        refuse_wish(books, attempt, {container.id, container.version, {}}, why);
    }
}

void restate_increases(Books& books, const Node& node) {
    if (books.resizes.growing.empty()) {
        return;
    }
    for (const ContainerId& id : node.containers) {
        Container& container = *books.containers.find(id);
        if (container.increase == 0) {
            continue;
        }
        const Resource more = books.asks.find(container.key.attempt, container.increase)->ask.size;
        const Application& application = books.application_of(container.key.attempt);
        const auto why = wrong_increase(books, application, container, container.size + more);
        if (why.has_value()) {
            take_increase_back(books, container, *why);
        } else {
            forget_increase(books, container);
            wait_to_grow(books, application, *books.applications.find(container.key.attempt),
                         container, more);
        }
    }
}

void forget_change(Books& books, Container& container) {
    forget_increase(books, container);
    container.change.reset();
}

void forget_increases(Books& books, const AttemptId& attempt) {
    for (Container* container : all_growing(books, attempt)) {
        forget_increase(books, *container);
    }
}

const Container* growing(const Books& books, const Demand& demand) {
    const auto found = books.resizes.growing.find({demand.owner.attempt, demand.ask.id});
    return found == books.resizes.growing.end() ? nullptr : books.containers.find(found->second);
}

void check_resizes(const Books& books) {
    std::size_t growing = 0;
    books.containers.for_each([&](const Container& container) {
        growing += container.increase != 0 ? 1 : 0;
        CHECK(!container.stopping || (container.increase == 0 && !container.change.has_value()));
        CHECK(container.increase == 0 || !container.change.has_value());
        CHECK(!container.opportunistic() || !container.change.has_value());
        CHECK(container.execution_wanted() == ExecutionType::Guaranteed || container.increase == 0);
        if (container.change.has_value()) {
            const SizeChange& change = *container.change;
            CHECK(change.to.fits_in(change.from) ? container.size == change.from
                                                 : container.size == change.to);
        }
    });
    CHECK(growing == books.resizes.growing.size());
    for (const auto& [place, id] : books.resizes.growing) {
        const Container* container = books.containers.find(id);
        CHECK(container != nullptr && container->key.attempt == place.first &&
              container->increase == place.second);
        CHECK(books.asks.find(place.first, place.second) != nullptr);
    }
}

}  // namespace heddle::rm
