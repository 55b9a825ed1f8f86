#pragma once

// Every container that holds resources: from the grant until its end is known. A container that
// nobody here wants (of an ended attempt, or given away while its node was lost) is an orphan: it
// is charged to its node alone until the node says that it is gone, so that nothing is placed on
// top of it.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/base/ids.h"
#include "common/base/resource.h"
#include "common/base/time.h"
#include "common/model/container.h"
#include "resourcemanager/core/id_map.h"

namespace heddle::rm {

using NodeIndex = std::uint32_t;

/// What constraints call a container by; each once, in order.
struct ContainerTags {
    std::vector<std::string> tags;
    std::vector<std::string> of_application;  // as it was when the container was entered
};

/// A change of a container's size that its node has not confirmed. Until then the container is
/// charged with the larger of both.
struct SizeChange {
    Resource from;
    Resource to;
};

struct Container {
    ContainerId id;
    AskKey key;  // of the ask it answers; ask 0: a master
    NodeIndex node = 0;
    Resource size;
    std::int32_t priority = 0;
    bool hold = false;
    bool orphan = false;
    bool saving = false;         // a master that waits for its attempt's record
    bool confirmed = false;      // its node has reported it to this manager
    bool labelled = false;       // its ask named a label
    bool label_unknown = false;  // until its master has said; `labelled` is the guess
    std::uint32_t origin = 0;    // of its node (Node::origins) when it was placed
    bool start_decided = false;  // with hold: its master has said start
    bool stopping = false;
    std::string stop_reason;
    bool blameless = false;   // stopped for the sake of its node: no failure of anybody
    std::uint64_t order = 0;  // sequence of the last order about it in the node's session
    TimePoint ordered;        // when that was
    bool told = false;        // its master has been sent the grant in the present session
    std::uint64_t news = 0;   // sequence of that news; 0: in the welcome
    TimePoint news_sent;
    std::shared_ptr<const LaunchSpec> spec;  // shared by all containers of a template
    ContainerPhase phase = ContainerPhase::Localising;
    std::int64_t pid = 0;
    TimePoint since;  // holds its resources
    WallTime allocated;
    WallTime started;
    std::shared_ptr<const ContainerTags> tags;  // null: none

    /// Where it stands among the containers of its node and of its attempt (not if an orphan):
    /// taking it out needs no search.
    std::set<ContainerId>::const_iterator in_node;
    std::set<ContainerId>::const_iterator in_attempt;

    ExecutionType execution = ExecutionType::Guaranteed;
    bool taken_back = false;  // its node is to end it unless it has started
    bool demoting = false;    // it is to be opportunistic, and is charged until its node says so

    std::int64_t version = 0;          // rises with each change of its size that its node confirms
    std::optional<SizeChange> change;  // ordered as the next version
    std::int32_t increase = 0;         // the ask that waits for room for it to grow; 0: none
    TimePoint charged_since;           // with charged() as it is

    bool opportunistic() const { return execution == ExecutionType::Opportunistic; }
    ExecutionType execution_wanted() const {
        return demoting ? ExecutionType::Opportunistic : execution;
    }
    /// What it takes of its node, its application and its queue; see opportunistic.h.
    Resource charged() const { return opportunistic() ? Resource{} : size; }
    bool master() const { return key.ask == 0; }
    /// What its node holds it to, as far as it has said.
    const Resource& size_held() const { return change.has_value() ? change->from : size; }
};

class ContainerTable {
public:
    /// Null: there is none. Pointers stay good until erase().
    Container* find(const ContainerId& id) {
        auto* entry = by_id_.find(id);
        return entry == nullptr ? nullptr : &entry->second;
    }
    const Container* find(const ContainerId& id) const {
        const auto* entry = by_id_.find(id);
        return entry == nullptr ? nullptr : &entry->second;
    }

    /// It is ordered to stop.
    void stop(Container& container) {
        container.stopping = true;
        stopping_.insert(container.id);
    }
    const std::set<ContainerId>& stopping() const { return stopping_; }

    Container& add(Container container) {
        const ContainerId id = container.id;
        const auto [entry, fresh] = by_id_.emplace(id, std::move(container));
        CHECK(fresh);
        return entry->second;
    }

    /// Takes it out of the table. Requires that it is in there.
    Container take(const ContainerId& id) {
        auto* entry = by_id_.find(id);
        CHECK(entry != nullptr);
        Container container = std::move(entry->second);
        by_id_.erase(entry);
        stopping_.erase(id);
        return container;
    }

    std::size_t size() const { return by_id_.size(); }

    /// In no particular order: for counting, never for choosing.
    template <typename Visit>
    void for_each(Visit&& visit) const {
        by_id_.for_each([&](const ContainerId&, const Container& container) { visit(container); });
    }

private:
    IdMap<ContainerId, Container> by_id_;
    std::set<ContainerId> stopping_;
};

}  // namespace heddle::rm
