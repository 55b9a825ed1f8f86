#pragma once

// Why it waits: composed from the tables when somebody reads it. The scheduler writes nothing down
// for this but what it needs itself, so there is no trace mode to switch on. An ask costs one look
// per distinct number of free vcores, and the asks before it, up to a limit.

#include <cstddef>
#include <optional>
#include <vector>

#include "common/model/explanation.h"
#include "resourcemanager/core/books.h"

namespace heddle::rm {

constexpr std::size_t kAsksExplained = 20;           // of one application, in one answer
constexpr std::size_t kApplicationsExplained = 500;  // in one answer
constexpr std::size_t kVerdictsMax = 10'000;         // nodes looked at one by one, in one answer

/// Nodes that asks are held against one by one, for as long as `left` lasts. An ask for which it
/// does not goes without.
struct NodeQuestion {
    std::vector<NodeIndex> nodes;
    std::size_t left = kVerdictsMax;
};
NodeQuestion question_of(const Books& books, const NodesInQuestion& asked);

/// Of every application, waiting or not. `ask`: only that one; none of that id: `asks` is empty.
Explanation explain(const Books& books, const Application& application,
                    std::optional<std::int32_t> ask = std::nullopt,
                    std::size_t asks_max = kAsksExplained, NodeQuestion* question = nullptr);

/// Of at most `count` applications that wait, in id order.
std::vector<Explanation> explain_waiting(const Books& books, std::size_t count,
                                         NodeQuestion* question = nullptr);

/// What lists show of it; nullopt: it waits for nothing.
std::optional<WaitingNote> waiting_note(const Books& books, const Application& application);

/// Every ask that is open has a blocker, or is placed by the next step; the figures in blockers are
/// those of the tables. Looks at everything.
void check_explanations(const Books& books);

}  // namespace heddle::rm
