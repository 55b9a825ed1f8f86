#pragma once

// Which files of its log directory stay when a container has ended, as YARN's log aggregation
// context says it: what is gathered there is what stays on the node here.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace re2 {
class RE2;
}

namespace heddle {

/// Regular expressions (RE2's: those of Java that neither look around nor remember; a search takes
/// time in proportion to the name, whatever they are) over names of files, searched for anywhere in
/// them; empty: not given.
struct LogPatterns {
    std::string include;
    std::string exclude;
    std::string rolled_include;
    std::string rolled_exclude;

    bool empty() const {
        return include.empty() && exclude.empty() && rolled_include.empty() &&
               rolled_exclude.empty();
    }
    friend bool operator==(const LogPatterns&, const LogPatterns&) = default;
};

/// What YARN would gather at the end (included, all unless it is said, and not excluded), and what
/// it would have gathered while the container ran, if the rolled ones are given at all.
class KeptLogs {
public:
    /// Errors: InvalidArgument that names the expression and what is wrong with it.
    static Result<KeptLogs> of(const LogPatterns& patterns);

    bool keeps(std::string_view file) const;

private:
    struct Gathering {
        std::shared_ptr<const re2::RE2> include;  // shared by copies; null: not given
        std::shared_ptr<const re2::RE2> exclude;
        bool takes(std::string_view file) const;
    };
    Gathering at_end_;
    std::optional<Gathering> rolled_;
};

}  // namespace heddle
