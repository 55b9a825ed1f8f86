#include "resourcemanager/shell/save_health.h"

namespace heddle::rm {
namespace {

constexpr Duration kBetweenLines = seconds(10);
constexpr Duration kBetweenLooks = seconds(1);

}  // namespace

bool SaveHealth::note(const std::optional<std::string>& failure, TimePoint now) {
    const std::lock_guard lock(mutex_);
    const bool before = trouble_.has_value();
    trouble_ = failure;
    if (!failure) {
        return before;
    }
    if (before && now - said_ < kBetweenLines) {
        return false;
    }
    said_ = now;
    if (!before) {
        looked_ = now;
    }
    return true;
}

std::optional<std::string> SaveHealth::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

bool SaveHealth::look_again(TimePoint now) {
    const std::lock_guard lock(mutex_);
    if (!trouble_ || now - looked_ < kBetweenLooks) {
        return false;
    }
    looked_ = now;
    return true;
}

}  // namespace heddle::rm
