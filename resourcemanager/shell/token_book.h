#pragma once

// The masters' tokens, as the core has given them out: to refuse a stranger before the core is
// asked, and to speak to a driver in its attempt's name. Written by the core thread.

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"

namespace heddle::rm {

class TokenBook {
public:
    void learn(const AttemptId& attempt, const std::string& token);

    /// Forgets all attempts of `application` and returns them.
    std::vector<AttemptId> forget(const ApplicationId& application);

    /// Whether some attempt has this token. Which attempts are current is the core's to say.
    bool knows(std::string_view token) const;

    std::optional<std::string> token_of(const AttemptId& attempt) const;

private:
    mutable std::mutex mutex_;
    std::map<AttemptId, std::string> tokens_;
    std::set<std::string> digests_;  // looked up by digest, so that time tells nothing of a token
};

}  // namespace heddle::rm
