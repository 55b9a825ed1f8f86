#include "common/model/log_patterns.h"

#include <re2/re2.h>

namespace heddle {
namespace {

constexpr std::int64_t kBytesMax = 1 << 20;  // that one expression may take

Result<std::shared_ptr<const re2::RE2>> compiled(const std::string& text) {
    if (text.empty()) {
        return std::shared_ptr<const re2::RE2>();
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_encoding(re2::RE2::Options::EncodingLatin1);  // names of files are bytes
    options.set_max_mem(kBytesMax);
    auto pattern = std::make_shared<const re2::RE2>(text, options);
    if (!pattern->ok()) {
        return Error{
            ErrorCode::InvalidArgument,
            "'" + text + "' is no regular expression that is known here: " + pattern->error()};
    }
    return pattern;
}

bool found(const re2::RE2& pattern, std::string_view name) {
    return re2::RE2::PartialMatch({name.data(), name.size()}, pattern);
}

}  // namespace

bool KeptLogs::Gathering::takes(std::string_view file) const {
    return (include == nullptr || found(*include, file)) &&
           (exclude == nullptr || !found(*exclude, file));
}

Result<KeptLogs> KeptLogs::of(const LogPatterns& patterns) {
    KeptLogs kept;
    TRY(kept.at_end_.include, compiled(patterns.include));
    TRY(kept.at_end_.exclude, compiled(patterns.exclude));
    if (!patterns.rolled_include.empty() || !patterns.rolled_exclude.empty()) {
        Gathering& rolled = kept.rolled_.emplace();
        TRY(rolled.include, compiled(patterns.rolled_include));
        TRY(rolled.exclude, compiled(patterns.rolled_exclude));
    }
    return kept;
}

bool KeptLogs::keeps(std::string_view file) const {
    return at_end_.takes(file) || (rolled_.has_value() && rolled_->takes(file));
}

}  // namespace heddle
