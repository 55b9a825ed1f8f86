#include "common/model/priority_limit.h"

#include <algorithm>
#include <charconv>

#include "common/base/strings.h"

namespace heddle {
namespace {

Error wrong(std::string_view found) {
    return {ErrorCode::InvalidArgument,
            "'" + std::string(found.substr(0, 80)) +
                "' was found; write entries such as [user=alice,bob group=ops max_priority=9 "
                "default_priority=4], at most " +
                std::to_string(kPriorityLimitsMax) + ", user=* for everybody"};
}

bool number(std::string_view text, std::int32_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

bool names(std::string_view text, std::vector<std::string>& out) {
    for (const std::string_view name : split(text, ',')) {
        if (!trim(name).empty()) {
            out.emplace_back(trim(name));
        }
    }
    return !out.empty();
}

bool set_member(PriorityLimit& limit, bool& bounded, std::string_view name,
                std::string_view value) {
    if (name == "user" && value == "*") {
        limit.who.everybody = true;
        return true;
    }
    if (name == "user") {
        return names(value, limit.who.users);
    }
    if (name == "group") {
        return names(value, limit.who.groups);
    }
    if (name == "max_priority") {
        bounded = true;
        return number(value, limit.most);
    }
    return name == "default_priority" && number(value, limit.otherwise.emplace());
}

Result<PriorityLimit> parse_entry(std::string_view text) {
    PriorityLimit limit;
    bool bounded = false;
    for (const std::string_view word : split(text, ' ')) {
        const std::size_t equals = std::min(word.find('='), word.size());
        if (!word.empty() &&
            (equals == word.size() ||
             !set_member(limit, bounded, word.substr(0, equals), word.substr(equals + 1)))) {
            return wrong(word);
        }
    }
    const AccessList& who = limit.who;
    if (!bounded || (!who.everybody && who.users.empty() && who.groups.empty())) {
        return wrong("[" + std::string(text) + "]");
    }
    return limit;
}

bool named(const AccessList& list, const std::string& user,
           const std::vector<std::string>& groups) {
    return list.everybody || std::ranges::find(list.users, user) != list.users.end() ||
           std::ranges::find_first_of(list.groups, groups) != list.groups.end();
}

}  // namespace

Result<std::vector<PriorityLimit>> parse_priority_limits(std::string_view text) {
    std::vector<PriorityLimit> limits;
    if (trim(text) == "*") {
        return limits;  // as YARN ships it: everybody, however high
    }
    for (text = trim(text); !text.empty(); text = trim(text)) {
        const std::size_t end = text.find(']');
        if (text.front() != '[' || end == std::string_view::npos ||
            limits.size() >= kPriorityLimitsMax) {
            return wrong(text);
        }
        TRY(PriorityLimit limit, parse_entry(text.substr(1, end - 1)));
        limits.push_back(std::move(limit));
        text.remove_prefix(end + 1);
    }
    return limits;
}

std::string priority_limits_text(const std::vector<PriorityLimit>& limits) {
    std::vector<std::string> entries;
    for (const PriorityLimit& limit : limits) {
        const AccessList& who = limit.who;
        std::vector<std::string> words;
        if (who.everybody || !who.users.empty()) {
            words.push_back("user=" + (who.everybody ? std::string("*") : join(who.users, ",")));
        }
        if (!who.groups.empty()) {
            words.push_back("group=" + join(who.groups, ","));
        }
        words.push_back("max_priority=" + std::to_string(limit.most));
        if (limit.otherwise) {
            words.push_back("default_priority=" + std::to_string(*limit.otherwise));
        }
        entries.push_back("[" + join(words, " ") + "]");
    }
    return join(entries, " ");
}

const PriorityLimit* limit_of(const std::vector<PriorityLimit>& limits, const std::string& user,
                              const std::vector<std::string>& groups) {
    const PriorityLimit* found = nullptr;
    for (const PriorityLimit& limit : limits) {
        if (named(limit.who, user, groups) && (found == nullptr || limit.most > found->most)) {
            found = &limit;
        }
    }
    return found;
}

}  // namespace heddle
