#include "resourcemanager/shell/token_book.h"

#include "common/net/digest.h"

namespace heddle::rm {

void TokenBook::learn(const AttemptId& attempt, const std::string& token) {
    const std::lock_guard lock(mutex_);
    std::string& known = tokens_[attempt];
    if (known == token) {
        return;
    }
    if (!known.empty()) {
        digests_.erase(net::sha256_hex(known));
    }
    known = token;
    if (!token.empty()) {
        digests_.insert(net::sha256_hex(token));
    }
}

std::vector<AttemptId> TokenBook::forget(const ApplicationId& application) {
    std::vector<AttemptId> forgotten;
    const std::lock_guard lock(mutex_);
    auto at = tokens_.lower_bound({application, 0});
    while (at != tokens_.end() && at->first.application == application) {
        forgotten.push_back(at->first);
        digests_.erase(net::sha256_hex(at->second));
        at = tokens_.erase(at);
    }
    return forgotten;
}

bool TokenBook::knows(std::string_view token) const {
    const std::string digest = net::sha256_hex(token);
    const std::lock_guard lock(mutex_);
    return digests_.contains(digest);
}

std::optional<std::string> TokenBook::token_of(const AttemptId& attempt) const {
    const std::lock_guard lock(mutex_);
    const auto found = tokens_.find(attempt);
    return found == tokens_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace heddle::rm
