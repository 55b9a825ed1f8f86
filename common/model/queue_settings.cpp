#include "common/model/queue_settings.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "common/base/duration_text.h"
#include "common/base/strings.h"
#include "common/model/priority_limit.h"
#include "common/model/share_text.h"
#include "common/model/workflow_priority.h"

namespace heddle {
namespace {

Error wrong(std::string_view text, std::string_view advice) {
    return {ErrorCode::InvalidArgument,
            "'" + std::string(text) + "' was found; " + std::string(advice)};
}

template <typename T>
struct Word {
    T value;
    std::string_view text;
};

constexpr Word<QueueState> kStates[] = {{QueueState::Running, "running"},
                                        {QueueState::Draining, "draining"},
                                        {QueueState::Stopped, "stopped"}};
constexpr Word<LeafOrder> kOrders[] = {{LeafOrder::Fifo, "fifo"}, {LeafOrder::Fair, "fair"}};
constexpr Word<NodeOrder> kNodeOrders[] = {{NodeOrder::Spread, "spread"},
                                           {NodeOrder::Pack, "pack"}};
constexpr Word<QueueOrder> kQueueOrders[] = {{QueueOrder::Share, "utilization"},
                                             {QueueOrder::Priority, "priority-utilization"}};
constexpr Word<InsideOrder> kInsideOrders[] = {{InsideOrder::UserLimitFirst, "userlimit_first"},
                                               {InsideOrder::PriorityFirst, "priority_first"}};
constexpr Word<PlacementRule::Matches> kMatches[] = {
    {PlacementRule::Matches::User, "user"},
    {PlacementRule::Matches::Group, "group"},
    {PlacementRule::Matches::Application, "application"}};
constexpr Word<PlacementRule::Policy> kPolicies[] = {
    {PlacementRule::Policy::Specified, "specified"},
    {PlacementRule::Policy::DefaultQueue, "defaultQueue"},
    {PlacementRule::Policy::User, "user"},
    {PlacementRule::Policy::PrimaryGroup, "primaryGroup"},
    {PlacementRule::Policy::PrimaryGroupUser, "primaryGroupUser"},
    {PlacementRule::Policy::SecondaryGroup, "secondaryGroup"},
    {PlacementRule::Policy::SecondaryGroupUser, "secondaryGroupUser"},
    {PlacementRule::Policy::ApplicationName, "applicationName"},
    {PlacementRule::Policy::Custom, "custom"},
    {PlacementRule::Policy::Reject, "reject"},
    {PlacementRule::Policy::SetDefaultQueue, "setDefaultQueue"}};
constexpr Word<PlacementRule::Fallback> kFallbacks[] = {
    {PlacementRule::Fallback::Skip, "skip"},
    {PlacementRule::Fallback::PlaceDefault, "placeDefault"},
    {PlacementRule::Fallback::Reject, "reject"}};

template <typename T, std::size_t N>
Status read_word(std::string_view text, const Word<T> (&words)[N], T& out) {
    std::vector<std::string> known;
    for (const Word<T>& word : words) {
        if (to_lower(word.text) == to_lower(text)) {
            out = word.value;
            return {};
        }
        known.emplace_back(word.text);
    }
    return wrong(text, "write one of " + join(known, ", "));
}

template <typename T, std::size_t N>
std::string word_of(const Word<T> (&words)[N], T value) {
    return std::string(std::ranges::find(words, value, &Word<T>::value)->text);
}

// One pair of read and write per type of value.
Status read(std::string_view text, std::string& out) {
    out = text;
    return {};
}
std::string write(const std::string& value) {
    return value;
}
Status read(std::string_view text, bool& out) {
    if (text != "true" && text != "false") {
        return wrong(text, "write true or false");
    }
    out = text == "true";
    return {};
}
std::string write(bool value) {
    return value ? "true" : "false";
}
Status read(std::string_view text, std::int32_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return wrong(text, "write a whole number");
    }
    return {};
}
std::string write(std::int32_t value) {
    return std::to_string(value);
}
// Of a queue, the only 64-bit numbers are thousandths.
Status read(std::string_view text, std::int64_t& out) {
    TRY(out, parse_thousandths(text));
    return {};
}
std::string write(std::int64_t value) {
    return thousandths_text(value);
}
Status read(std::string_view text, Duration& out) {
    TRY(out, parse_duration(text));
    return {};
}
std::string write(Duration value) {
    return duration_text(value);
}
Status read(std::string_view text, Resource& out) {
    TRY(out, parse_resource(text));
    return {};
}
std::string write(const Resource& value) {
    return resource_text(value);
}
Status read(std::string_view text, AccessList& out) {
    TRY(out, parse_access(text));
    return {};
}
std::string write(const AccessList& value) {
    return access_text(value);
}
Status read(std::string_view text, std::vector<std::string>& out) {
    out.clear();
    for (const std::string_view part : split(text == "none" ? "" : text, ',')) {
        if (!trim(part).empty()) {
            out.emplace_back(trim(part));
        }
    }
    return {};
}
std::string write(const std::vector<std::string>& value) {
    return value.empty() ? "none" : join(value, ",");
}
Status read(std::string_view text, std::vector<PriorityLimit>& out) {
    TRY(out, parse_priority_limits(text));
    return {};
}
std::string write(const std::vector<PriorityLimit>& value) {
    return priority_limits_text(value);
}
Status read(std::string_view text, std::vector<WorkflowPriority>& out) {
    TRY(out, parse_workflow_priorities(text));
    return {};
}
std::string write(const std::vector<WorkflowPriority>& value) {
    return workflow_priorities_text(value);
}
Status read(std::string_view text, QueueState& out) {
    return read_word(text, kStates, out);
}
std::string write(QueueState value) {
    return word_of(kStates, value);
}
Status read(std::string_view text, LeafOrder& out) {
    return read_word(text, kOrders, out);
}
Status read(std::string_view text, QueueOrder& out) {
    return read_word(text, kQueueOrders, out);
}
std::string write(QueueOrder value) {
    return word_of(kQueueOrders, value);
}
Status read(std::string_view text, InsideOrder& out) {
    return read_word(text, kInsideOrders, out);
}
std::string write(InsideOrder value) {
    return word_of(kInsideOrders, value);
}
Status read(std::string_view text, NodeOrder& out) {
    return read_word(text, kNodeOrders, out);
}
std::string write(NodeOrder value) {
    return word_of(kNodeOrders, value);
}
std::string write(LeafOrder value) {
    return word_of(kOrders, value);
}
Status read(std::string_view text, PlacementRule::Matches& out) {
    return read_word(text, kMatches, out);
}
std::string write(PlacementRule::Matches value) {
    return word_of(kMatches, value);
}
Status read(std::string_view text, PlacementRule::Policy& out) {
    return read_word(text, kPolicies, out);
}
std::string write(PlacementRule::Policy value) {
    return word_of(kPolicies, value);
}
Status read(std::string_view text, PlacementRule::Fallback& out) {
    return read_word(text, kFallbacks, out);
}
std::string write(PlacementRule::Fallback value) {
    return word_of(kFallbacks, value);
}
template <typename T>
Status read(std::string_view text, std::optional<T>& out) {
    T value{};
    TRY(read(text, value));
    out = std::move(value);
    return {};
}
template <typename T>
std::string write(const std::optional<T>& value) {
    return value ? write(*value) : std::string();
}

template <typename Owner>
struct Entry {
    std::string_view name;
    Status (*set)(Owner&, std::string_view);
    std::string (*get)(const Owner&);
};

template <auto Member, typename Owner>
constexpr Entry<Owner> entry(std::string_view name) {
    return {name,
            [](Owner& owner, std::string_view text) -> Status {
                if (text.empty()) {
                    owner.*Member = Owner{}.*Member;
                    return {};
                }
                return read(text, owner.*Member);
            },
            [](const Owner& owner) { return write(owner.*Member); }};
}
template <auto Outer, auto Member, typename Owner>
constexpr Entry<Owner> inner(std::string_view name) {
    return {name,
            [](Owner& owner, std::string_view text) -> Status {
                if (text.empty()) {
                    owner.*Outer.*Member = Owner{}.*Outer.*Member;
                    return {};
                }
                return read(text, owner.*Outer.*Member);
            },
            [](const Owner& owner) { return write(owner.*Outer.*Member); }};
}

template <auto Member>
constexpr Entry<QueueConfig> queue(std::string_view name) {
    return entry<Member, QueueConfig>(name);
}
template <auto Member>
constexpr Entry<QueueConfig> creation(std::string_view name) {
    return inner<&QueueConfig::auto_creation, Member, QueueConfig>(name);
}
using Q = QueueConfig;
constexpr Entry<Q> kQueue[] = {
    queue<&Q::labels>("labels_usable"),
    queue<&Q::label_default>("label_default"),
    queue<&Q::state>("state"),
    queue<&Q::priority>("priority"),
    queue<&Q::order>("order"),
    queue<&Q::application_priority_default>("application_priority_default"),
    queue<&Q::user_limit_percent_min>("user_limit_percent_min"),
    queue<&Q::user_limit_factor>("user_limit_factor"),
    queue<&Q::applications_max>("applications_max"),
    queue<&Q::applications_parallel_max>("applications_parallel_max"),
    queue<&Q::masters_percent_max>("masters_percent_max"),
    queue<&Q::container_max>("container_max"),
    queue<&Q::lifetime_default>("lifetime_default"),
    queue<&Q::lifetime_max>("lifetime_max"),
    queue<&Q::pending_max>("pending_max"),
    queue<&Q::preemption_disabled>("preemption_disabled"),
    queue<&Q::intra_preemption_disabled>("intra_preemption_disabled"),
    queue<&Q::intra_preemption_order>("intra_preemption_order"),
    queue<&Q::submit>("submit"),
    queue<&Q::administer>("administer"),
    queue<&Q::view>("view"),
    creation<&AutoCreation::enabled>("auto_creation.enabled"),
    creation<&AutoCreation::queues_max>("auto_creation.queues_max"),
    creation<&AutoCreation::idle_removal>("auto_creation.idle_removal"),
    creation<&AutoCreation::depth_max>("auto_creation.depth_max"),
    queue<&Q::priority_limits>("application_priority_limits"),
    queue<&Q::queue_order>("queue_order"),
    queue<&Q::size_based_weight>("size_based_weight"),
    queue<&Q::node_order>("node_order"),
};

template <auto Member>
constexpr Entry<PlacementRule> rule(std::string_view name) {
    return entry<Member, PlacementRule>(name);
}
constexpr Entry<PlacementRule> kRule[] = {
    rule<&PlacementRule::type>("type"),         rule<&PlacementRule::matches>("matches"),
    rule<&PlacementRule::policy>("policy"),     rule<&PlacementRule::parent>("parent"),
    rule<&PlacementRule::custom>("custom"),     rule<&PlacementRule::create>("create"),
    rule<&PlacementRule::fallback>("fallback"),
};

template <auto Member>
constexpr Entry<SchedulerConfig> global(std::string_view name) {
    return entry<Member, SchedulerConfig>(name);
}
template <auto Member>
constexpr Entry<SchedulerConfig> preemption(std::string_view name) {
    return inner<&SchedulerConfig::preemption, Member, SchedulerConfig>(name);
}
template <auto Member>
constexpr Entry<SchedulerConfig> reservation(std::string_view name) {
    return inner<&SchedulerConfig::reservations, Member, SchedulerConfig>(name);
}
template <auto Member>
constexpr Entry<SchedulerConfig> opportunistic(std::string_view name) {
    return inner<&SchedulerConfig::opportunistic, Member, SchedulerConfig>(name);
}
using S = SchedulerConfig;
using O = OpportunisticConfig;
using R = ReservationConfig;
using P = PreemptionConfig;
constexpr Entry<S> kGlobal[] = {
    global<&S::override_specified_queue>("override_specified_queue"),
    global<&S::queue_default>("queue_default"),
    global<&S::application_priority_max>("application_priority_max"),
    global<&S::queue_priorities>("queue_priorities"),
    global<&S::applications_parallel_max_per_user>("applications_parallel_max_per_user"),
    global<&S::locality_delay>("locality_delay"),
    global<&S::rack_locality_delay>("rack_locality_delay"),
    global<&S::container_min>("container_min"),
    global<&S::container_max>("container_max"),
    preemption<&P::enabled>("preemption.enabled"),
    preemption<&P::dry_run>("preemption.dry_run"),
    preemption<&P::grace>("preemption.grace"),
    preemption<&P::interval>("preemption.interval"),
    preemption<&P::round_percent_max>("preemption.round_percent_max"),
    preemption<&P::dead_zone_percent>("preemption.dead_zone_percent"),
    preemption<&P::intra_queue>("preemption.intra_queue"),
    preemption<&P::intra_queue_order>("preemption.intra_queue_order"),
    preemption<&P::intra_queue_threshold_percent>("preemption.intra_queue_threshold_percent"),
    preemption<&P::intra_queue_percent_max>("preemption.intra_queue_percent_max"),
    preemption<&P::natural_termination_percent>("preemption.natural_termination_percent"),
    preemption<&P::lazy>("preemption.lazy"),
    reservation<&R::enabled>("reservations"),
    reservation<&R::after>("reservation_after"),
    reservation<&R::timeout>("reservation_timeout"),
    reservation<&R::percent_max>("reservation_percent_max"),
    reservation<&R::per_application>("reservations_per_application"),
    reservation<&R::per_queue>("reservations_per_queue"),
    opportunistic<&O::enabled>("opportunistic"),
    opportunistic<&O::per_application>("opportunistic_per_application"),
    opportunistic<&O::balance_interval>("opportunistic_balance_interval"),
    global<&S::workflow_priorities>("workflow_priorities"),
    global<&S::workflow_priorities_override>("workflow_priorities_override"),
};

constexpr std::string_view kUserWeight = "user_weight.";
constexpr std::string_view kLabels = "labels.";
constexpr std::string_view kLeafTemplate = "auto_creation.leaf_template.";
constexpr std::string_view kParentTemplate = "auto_creation.parent_template.";
constexpr std::string_view kLabel = "label.";
constexpr std::string_view kParallelByUser = "applications_parallel_max_by_user.";

template <typename Owner, std::size_t N>
Status set_in(const Entry<Owner> (&table)[N], Owner& owner, std::string_view name,
              std::string_view text, std::vector<std::string_view> others = {}) {
    std::vector<std::string_view> names = std::move(others);
    for (const Entry<Owner>& entry : table) {
        if (entry.name == name) {
            return entry.set(owner, text);
        }
        names.push_back(entry.name);
    }
    return Error{ErrorCode::InvalidArgument,
                 "unknown setting '" + std::string(name) + "'" + did_you_mean(name, names)};
}

template <typename Owner, std::size_t N>
void get_from(const Entry<Owner> (&table)[N], const Owner& owner, const Owner& without,
              std::vector<SettingText>& out) {
    for (const Entry<Owner>& entry : table) {
        std::string text = entry.get(owner);
        if (text != entry.get(without)) {
            out.emplace_back(entry.name, std::move(text));
        }
    }
}

enum class Part { Guaranteed, Weight, Maximum, Masters };

std::optional<Part> part_of_capacity(std::string_view name) {
    if (name == "capacity") {
        return Part::Guaranteed;
    }
    if (name == "weight") {
        return Part::Weight;
    }
    if (name == "masters_percent_max") {
        return Part::Masters;
    }
    return name == "capacity_max" ? std::optional(Part::Maximum) : std::nullopt;
}

Status set_capacity(Q& queue, const std::string& label, Part part, std::string_view text) {
    QueueCapacity& capacity = queue.capacity[label];
    if (part == Part::Maximum) {
        capacity.maximum = QueueCapacity{}.maximum;
        if (!text.empty()) {
            TRY(capacity.maximum, parse_shares(text, kRestOfMaximum));
        }
        return {};
    }
    if (text.empty()) {
        capacity.guaranteed = {};
        return {};
    }
    std::string shares(text);
    if (part == Part::Weight && shares.back() != 'w') {
        shares += 'w';
    }
    TRY(capacity.guaranteed, parse_shares(shares, kRestOfGuaranteed));
    return {};
}

Status set_label_capacity(Q& queue, std::string_view rest, std::string_view text) {
    const std::size_t dot = rest.rfind('.');
    const auto part =
        dot == std::string_view::npos ? std::nullopt : part_of_capacity(rest.substr(dot + 1));
    if (!part || dot == 0) {
        return Error{ErrorCode::InvalidArgument,
                     "unknown setting 'labels." + std::string(rest) +
                         "'; write labels.NAME.capacity, labels.NAME.capacity_max or "
                         "labels.NAME.masters_percent_max"};
    }
    const std::string label(rest.substr(0, dot));
    if (part == Part::Masters) {
        queue.masters_percent_by_label.erase(label);
        return text.empty() ? Status() : read(text, queue.masters_percent_by_label[label]);
    }
    return set_capacity(queue, label, *part, text);
}

// True: `name` began with `prefix`, and `rest` is what follows.
bool after(std::string_view name, std::string_view prefix, std::string& rest) {
    if (!name.starts_with(prefix) || name.size() == prefix.size()) {
        return false;
    }
    rest = name.substr(prefix.size());
    return true;
}

// A weight is one way to say the capacity: of the two names, the one that was set last holds.
std::string other_name(const std::string& name) {
    const std::size_t begins = name.rfind('.') + 1;  // 0 without a dot
    const std::string last = name.substr(begins);
    const std::string before = name.substr(0, begins);
    if (before.ends_with(kUserWeight)) {
        return "";
    }
    return last == "weight" ? before + "capacity" : last == "capacity" ? before + "weight" : "";
}

Status set_template(std::map<std::string, std::string>& settings, const std::string& name,
                    std::string_view text) {
    if (text.empty()) {
        settings.erase(name);
    } else {
        settings.erase(other_name(name));
        settings[name] = text;
    }
    return {};
}

void get_capacity(const std::string& prefix, const QueueCapacity& capacity,
                  const QueueCapacity& without, std::vector<SettingText>& out) {
    if (capacity.guaranteed != without.guaranteed) {
        out.emplace_back(prefix + "capacity", shares_text(capacity.guaranteed, kRestOfGuaranteed));
    }
    if (capacity.maximum != without.maximum) {
        out.emplace_back(prefix + "capacity_max", shares_text(capacity.maximum, kRestOfMaximum));
    }
}

std::string rule_line(const PlacementRule& rule) {
    std::vector<std::string> parts;
    for (const auto& [name, text] : settings_of(rule)) {
        parts.push_back(name + " = " + text);
    }
    return parts.empty() ? "(all as without settings)" : join(parts, ", ");
}

template <typename Lines>
void compare(const std::string& where, std::vector<SettingText> before,
             std::vector<SettingText> after, Lines& lines) {
    for (const SettingText& setting : before) {
        if (std::ranges::find(after, setting) == after.end()) {
            lines.push_back("- " + where + setting.first + " = " + setting.second);
        }
    }
    for (const SettingText& setting : after) {
        if (std::ranges::find(before, setting) == before.end()) {
            lines.push_back("+ " + where + setting.first + " = " + setting.second);
        }
    }
}

}  // namespace

Status set_setting(QueueConfig& queue, std::string_view name, std::string_view text) {
    std::string rest;
    if (const auto part = part_of_capacity(name); part && part != Part::Masters) {
        return set_capacity(queue, kNoLabel, *part, text);
    }
    if (after(name, kUserWeight, rest)) {
        if (text.empty()) {
            queue.user_weights.erase(rest);
            return {};
        }
        TRY(queue.user_weights[rest], parse_thousandths(text));
        return {};
    }
    if (after(name, kLabels, rest)) {
        return set_label_capacity(queue, rest, text);
    }
    if (after(name, kLeafTemplate, rest)) {
        return set_template(queue.auto_creation.leaf_template, rest, text);
    }
    if (after(name, kParentTemplate, rest)) {
        return set_template(queue.auto_creation.parent_template, rest, text);
    }
    return set_in(kQueue, queue, name, text,
                  {"capacity", "capacity_max", "weight", "user_weight.NAME", "labels.NAME.capacity",
                   "labels.NAME.capacity_max", "labels.NAME.masters_percent_max"});
}

Status set_setting(PlacementRule& rule, std::string_view name, std::string_view text) {
    return set_in(kRule, rule, name, text);
}

Status set_setting(SchedulerConfig& config, std::string_view name, std::string_view text) {
    std::string rest;
    if (after(name, kLabel, rest)) {
        if (text.empty()) {
            config.labels.erase(rest);
        } else if (text == "exclusive" || text == "shared") {
            config.labels[rest] = text == "exclusive";
        } else {
            return wrong(text, "write exclusive or shared");
        }
        return {};
    }
    if (after(name, kParallelByUser, rest)) {
        if (text.empty()) {
            config.applications_parallel_max_by_user.erase(rest);
            return {};
        }
        return read(text, config.applications_parallel_max_by_user[rest]);
    }
    return set_in(kGlobal, config, name, text, {"label.NAME"});
}

std::vector<SettingText> settings_of(const QueueConfig& queue) {
    std::vector<SettingText> out;
    for (const auto& [label, capacity] : queue.capacity) {
        if (label == kNoLabel) {
            get_capacity("", capacity, {}, out);
            continue;
        }
        // Stated even when it is what the plain struct says: without an entry a label's capacity
        // is nothing.
        out.emplace_back(std::string(kLabels) + label + ".capacity",
                         shares_text(capacity.guaranteed, kRestOfGuaranteed));
        get_capacity(std::string(kLabels) + label + ".", {capacity.guaranteed, capacity.maximum},
                     {capacity.guaranteed, QueueCapacity{}.maximum}, out);
    }
    for (const auto& [label, percent] : queue.masters_percent_by_label) {
        out.emplace_back(std::string(kLabels) + label + ".masters_percent_max",
                         std::to_string(percent));
    }
    get_from(kQueue, queue, QueueConfig{}, out);
    for (const auto& [user, weight] : queue.user_weights) {
        out.emplace_back(std::string(kUserWeight) + user, thousandths_text(weight));
    }
    for (const auto& [name, text] : queue.auto_creation.leaf_template) {
        out.emplace_back(std::string(kLeafTemplate) + name, text);
    }
    for (const auto& [name, text] : queue.auto_creation.parent_template) {
        out.emplace_back(std::string(kParentTemplate) + name, text);
    }
    return out;
}

std::vector<SettingText> settings_of(const PlacementRule& rule) {
    std::vector<SettingText> out;
    get_from(kRule, rule, PlacementRule{}, out);
    return out;
}

std::vector<SettingText> settings_of(const SchedulerConfig& config) {
    std::vector<SettingText> out;
    get_from(kGlobal, config, SchedulerConfig{}, out);
    for (const auto& [label, exclusive] : config.labels) {
        out.emplace_back(std::string(kLabel) + label, exclusive ? "exclusive" : "shared");
    }
    for (const auto& [user, count] : config.applications_parallel_max_by_user) {
        out.emplace_back(std::string(kParallelByUser) + user, std::to_string(count));
    }
    return out;
}

std::vector<std::string> difference(const SchedulerConfig& before, const SchedulerConfig& after) {
    std::vector<std::string> lines;
    compare("", settings_of(before), settings_of(after), lines);
    const auto find = [](const SchedulerConfig& config, const std::string& path) {
        const auto found = std::ranges::find(config.queues, path, &QueueConfig::path);
        return found == config.queues.end() ? nullptr : &*found;
    };
    for (const QueueConfig& queue : before.queues) {
        if (const QueueConfig* other = find(after, queue.path)) {
            compare(queue.path + " ", settings_of(queue), settings_of(*other), lines);
        } else {
            lines.push_back("- queue " + queue.path);
        }
    }
    for (const QueueConfig& queue : after.queues) {
        if (find(before, queue.path) == nullptr) {
            lines.push_back("+ queue " + queue.path);
            compare(queue.path + " ", {}, settings_of(queue), lines);
        }
    }
    if (before.rules != after.rules) {
        for (const PlacementRule& rule : before.rules) {
            lines.push_back("- rule " + rule_line(rule));
        }
        for (const PlacementRule& rule : after.rules) {
            lines.push_back("+ rule " + rule_line(rule));
        }
    }
    return lines;
}

}  // namespace heddle
