#pragma once

// Why something waits: stable codes, one table. Codes are part of the REST interface and a label of
// the metric heddle_waiting; each has a page, docs/reasons/CODE.md. A code is never given another
// meaning.

#include <optional>
#include <span>
#include <string_view>

namespace heddle {

enum class Reason {
    Saving,
    Preparing,
    Settling,
    MasterNotRegistered,
    Starting,
    TemplateMissing,
    NeverFits,
    NoNodes,
    NodeUnhealthy,
    Label,
    QueueLimit,
    UserLimit,
    AmShare,
    ParallelLimit,
    Locality,
    Blacklist,
    Constraint,
    NoNodeFits,
    Order,
    Held,
    Ending,
    Reserved,
    GangIncomplete,
    OpportunisticFull,
};

struct ReasonInfo {
    Reason reason = Reason::Saving;
    std::string_view code;     // "NO_NODE_FITS"
    std::string_view title;    // a few words, for a table or a badge
    std::string_view meaning;  // one line
    std::string_view next_step;
    std::string_view yarn;  // the sentence that YARN's activities say in this case
};

/// In the order of the enumeration.
std::span<const ReasonInfo> all_reasons();
const ReasonInfo& info_of(Reason reason);
/// The code.
std::string_view to_string(Reason reason);
std::optional<Reason> parse_reason(std::string_view code);

}  // namespace heddle
