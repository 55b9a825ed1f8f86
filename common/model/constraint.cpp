#include "common/model/constraint.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "common/base/duration_text.h"
#include "common/base/strings.h"

namespace heddle {
namespace {

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

// Recursive descent; the depth is bounded before each descent.
class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Constraint> whole() {
        TRY(Constraint found, expression(1));
        if (at_ != text_.size()) {
            return expected("the end");
        }
        return found;
    }

private:
    Error expected(const std::string& what) const {
        const std::string_view rest = text_.substr(at_, 20);
        return {ErrorCode::InvalidArgument,
                "placement constraint: expected " + what + " at character " +
                    std::to_string(at_ + 1) + ", found " +
                    (rest.empty() ? "the end" : "'" + std::string(rest) + "'")};
    }

    bool take(char c) {
        if (at_ < text_.size() && text_[at_] == c) {
            ++at_;
            return true;
        }
        return false;
    }

    // Letters, digits and "-_.", and slashes where a name may have them.
    std::string_view word(bool slashes) {
        const std::size_t begin = at_;
        while (at_ < text_.size() && (is_word(text_[at_]) || (slashes && text_[at_] == '/'))) {
            ++at_;
        }
        return text_.substr(begin, at_ - begin);
    }

    Result<Constraint> expression(int depth) {
        if (depth > kConstraintDepthMax) {
            return Error{ErrorCode::InvalidArgument, "placement constraint: nested more than " +
                                                         std::to_string(kConstraintDepthMax) +
                                                         " deep"};
        }
        const std::size_t begin = at_;
        const std::string_view name = word(true);
        const std::string keyword = to_lower(name);
        if (name.empty()) {
            return expected(
                "in, notin, cardinality, and(...), or(...), dor(...) or attribute=value");
        }
        if (keyword == "dor" && take('(')) {
            return delayed(depth);
        }
        if ((keyword == "and" || keyword == "or") && take('(')) {
            return list(keyword == "and" ? Constraint::Kind::And : Constraint::Kind::Or, depth);
        }
        if (take('=')) {
            return attribute(name, true);
        }
        if (take('!')) {
            if (!take('=')) {
                return expected("'=' after '!'");
            }
            return attribute(name, false);
        }
        if (keyword == "in" || keyword == "notin" || keyword == "cardinality") {
            return tags(keyword);
        }
        at_ = begin;
        return expected("in, notin, cardinality, and(...), or(...), dor(...) or attribute=value");
    }

    Status count_terms(std::size_t more) {
        terms_ += more;
        if (terms_ > kConstraintTermsMax) {
            return Error{ErrorCode::InvalidArgument, "placement constraint: more than " +
                                                         std::to_string(kConstraintTermsMax) +
                                                         " terms"};
        }
        return {};
    }

    Result<Constraint> list(Constraint::Kind kind, int depth) {
        Constraint found;
        found.kind = kind;
        do {
            TRY(Constraint part, expression(depth + 1));
            found.parts.push_back(std::move(part));
        } while (take(':'));
        if (!take(')')) {
            return expected("':' or ')'");
        }
        return found;
    }

    // Of what is nested nothing could be said about when its turn comes.
    Result<Constraint> delayed(int depth) {
        if (depth > 1) {
            return Error{ErrorCode::InvalidArgument,
                         "placement constraint: dor(...) inside of another one; write it outside "
                         "of all others"};
        }
        Constraint found;
        found.kind = Constraint::Kind::DelayedOr;
        bool last = false;
        do {
            TRY(Constraint part, expression(depth + 1));
            last = !take('@');
            if (!last) {
                TRY(part.patience, patience());
            }
            found.parts.push_back(std::move(part));
        } while (!last && take(':'));
        if (!last) {
            return expected("':' and what comes after that time");
        }
        if (found.parts.size() < 2) {
            return expected("'@' and how long it is waited for (in,node,zk@30s)");
        }
        if (!take(')')) {
            return expected("'@' and a time, or ')' behind the last alternative");
        }
        return found;
    }

    Result<Duration> patience() {
        const std::size_t begin = at_;
        const Result<Duration> time = parse_duration(word(false));
        if (!time || *time < milliseconds(1) || *time > kPatienceMax) {
            at_ = begin;
            return expected("a time from 1ms to " + duration_text(kPatienceMax) +
                            " (500ms, 30s, 2m)");
        }
        return time;
    }

    Result<Constraint> attribute(std::string_view name, bool equal) {
        Constraint found;
        found.kind = Constraint::Kind::Attribute;
        found.attribute = name;
        found.equal = equal;
        found.value = word(true);
        if (found.value.empty()) {
            return expected("a value of attribute '" + found.attribute + "'");
        }
        TRY(count_terms(1));
        return found;
    }

    Result<Constraint> tags(const std::string& keyword) {
        Constraint found;
        found.kind = Constraint::Kind::Tags;
        const std::size_t begin = at_ + 1;
        const std::string scope = take(',') ? to_lower(word(false)) : "";
        if (scope != "node" && scope != "rack") {
            at_ = std::min(begin, text_.size());
            return expected("node or rack after '" + keyword + ",'");
        }
        found.scope = scope == "node" ? Constraint::Scope::Node : Constraint::Scope::Rack;
        std::vector<std::string_view> words;
        std::vector<std::size_t> places;
        while (take(',')) {
            places.push_back(at_);
            words.push_back(word(true));
        }
        if (keyword == "cardinality") {
            TRY(take_bounds(words, found));
        } else {
            found.min = keyword == "in" ? 1 : 0;
            found.max = keyword == "in" ? Constraint::kNoMaximum : 0;
        }
        if (words.empty()) {
            return expected("',' and a tag");
        }
        for (std::size_t index = 0; index < words.size(); ++index) {
            std::optional<TagTarget> one = target(words[index]);
            if (!one) {
                at_ = places[index];
                return expected(
                    "a tag, with all/, not-self/, self/, app-id/<id>/ or "
                    "app-tag/<tag>/ before it or nothing");
            }
            found.targets.push_back(std::move(*one));
        }
        TRY(count_terms(found.targets.size()));
        return found;
    }

    // The last two words are the bounds.
    Status take_bounds(std::vector<std::string_view>& words, Constraint& found) {
        const std::size_t size = words.size();
        if (size < 3 || !parse_number(words[size - 2], found.min) ||
            !parse_number(words[size - 1], found.max) || found.min > found.max) {
            return Error{ErrorCode::InvalidArgument,
                         "placement constraint: cardinality needs scope, tag, minimum and maximum "
                         "(cardinality,node,tag,0,3) with the minimum not above the maximum"};
        }
        words.resize(size - 2);
        return {};
    }

    static std::optional<TagTarget> target(std::string_view word) {
        TagTarget found;
        std::vector<std::string_view> parts = split(word, '/');
        const std::string space = to_lower(parts.front());
        const bool named = space == "app-id" || space == "app-tag";
        if (parts.size() == 1) {
            found.space = TagTarget::Space::Self;
        } else if (parts.size() == 2 && space == "self") {
            found.space = TagTarget::Space::Self;
        } else if (parts.size() == 2 && space == "not-self") {
            found.space = TagTarget::Space::NotSelf;
        } else if (parts.size() == 2 && space == "all") {
            found.space = TagTarget::Space::All;
        } else if (parts.size() == 3 && named && check_tag(parts[1]).ok()) {
            found.space = space == "app-id" ? TagTarget::Space::Application
                                            : TagTarget::Space::ApplicationTag;
            found.of = parts[1];
        } else {
            return std::nullopt;
        }
        if (!check_tag(parts.back()).ok()) {
            return std::nullopt;
        }
        found.tag = parts.back();
        return found;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t terms_ = 0;
};

std::string to_string(const TagTarget& target) {
    switch (target.space) {
        case TagTarget::Space::Self:
            return target.tag;
        case TagTarget::Space::NotSelf:
            return "not-self/" + target.tag;
        case TagTarget::Space::All:
            return "all/" + target.tag;
        case TagTarget::Space::Application:
            return "app-id/" + target.of + "/" + target.tag;
        case TagTarget::Space::ApplicationTag:
            return "app-tag/" + target.of + "/" + target.tag;
    }
    return target.tag;
}

std::string tags_text(const Constraint& constraint) {
    const bool in = constraint.min == 1 && constraint.max == Constraint::kNoMaximum;
    const bool not_in = constraint.min == 0 && constraint.max == 0;
    std::string text = in ? "in" : not_in ? "notin" : "cardinality";
    text += constraint.scope == Constraint::Scope::Node ? ",node" : ",rack";
    for (const TagTarget& target : constraint.targets) {
        text += "," + to_string(target);
    }
    if (!in && !not_in) {
        text += "," + std::to_string(constraint.min) + "," + std::to_string(constraint.max);
    }
    return text;
}

bool tags_satisfied(const Constraint& constraint, const PlaceFacts& facts) {
    return std::all_of(constraint.targets.begin(), constraint.targets.end(),
                       [&](const TagTarget& target) {
                           return holds_with(constraint, facts.count(constraint.scope, target));
                       });
}

}  // namespace

bool holds_with(const Constraint& tags, std::int64_t count) {
    const bool room = tags.max == 0 ? count == 0 : count < tags.max;
    return count >= tags.min && (tags.max == Constraint::kNoMaximum || room);
}

Status check_tag(std::string_view tag) {
    if (tag.empty() || tag.size() > kTagBytesMax || !std::all_of(tag.begin(), tag.end(), is_word)) {
        return Error{ErrorCode::InvalidArgument,
                     "tag '" + std::string(tag.substr(0, kTagBytesMax)) + "': 1 to " +
                         std::to_string(kTagBytesMax) + " letters, digits, '-', '_' or '.'"};
    }
    return {};
}

Result<Constraint> parse_constraint(std::string_view text) {
    if (text.size() > kConstraintBytesMax) {
        return Error{ErrorCode::InvalidArgument,
                     "placement constraint: " + std::to_string(text.size()) + " bytes; at most " +
                         std::to_string(kConstraintBytesMax)};
    }
    if (text.empty()) {
        return Constraint{};
    }
    return Parser(text).whole();
}

std::string to_string(const Constraint& constraint) {
    switch (constraint.kind) {
        case Constraint::Kind::Tags:
            return tags_text(constraint);
        case Constraint::Kind::Attribute:
            return constraint.attribute + (constraint.equal ? "=" : "!=") + constraint.value;
        case Constraint::Kind::And:
        case Constraint::Kind::Or:
        case Constraint::Kind::DelayedOr:
            break;
    }
    if (constraint.parts.empty()) {
        return "";
    }
    std::string text = constraint.kind == Constraint::Kind::And  ? "and("
                       : constraint.kind == Constraint::Kind::Or ? "or("
                                                                 : "dor(";
    for (std::size_t index = 0; index < constraint.parts.size(); ++index) {
        const Constraint& part = constraint.parts[index];
        text += (index == 0 ? "" : ":") + to_string(part);
        if (part.patience > Duration{}) {
            text += "@" + duration_text(part.patience);
        }
    }
    return text + ")";
}

Constraint first_alternatives(const Constraint& delayed_or, std::size_t taken) {
    Constraint found;
    found.kind = Constraint::Kind::Or;
    found.parts.assign(delayed_or.parts.begin(),
                       delayed_or.parts.begin() + static_cast<std::ptrdiff_t>(taken));
    for (Constraint& part : found.parts) {
        part.patience = {};
    }
    if (found.parts.size() == 1) {
        Constraint only = std::move(found.parts.front());
        return only;
    }
    return found;
}

bool satisfied(const Constraint& constraint, const PlaceFacts& facts) {
    const auto holds = [&](const Constraint& part) { return satisfied(part, facts); };
    switch (constraint.kind) {
        case Constraint::Kind::Tags:
            return tags_satisfied(constraint, facts);
        case Constraint::Kind::Attribute: {
            const std::string* value = facts.attribute(constraint.attribute);
            return (value != nullptr && *value == constraint.value) == constraint.equal;
        }
        case Constraint::Kind::And:
            return std::all_of(constraint.parts.begin(), constraint.parts.end(), holds);
        case Constraint::Kind::Or:
        case Constraint::Kind::DelayedOr:
            return std::any_of(constraint.parts.begin(), constraint.parts.end(), holds);
    }
    return false;
}

}  // namespace heddle
