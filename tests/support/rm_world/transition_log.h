#pragma once

// The transitions that publications tell of: every step is a legal one from where its application
// or attempt was, and none leads on from an end.

#include <map>
#include <string>

#include "resourcemanager/core/resource_manager.h"

namespace heddle::rm::test {

class TransitionLog {
public:
    /// The first gap or illegal step, or empty.
    std::string follow(const Changes& changes);
    /// Another life of the manager: what was not saved may be gone.
    void reset() { *this = {}; }

private:
    std::map<ApplicationId, AppState> applications_;
    std::map<AttemptId, AttemptState> attempts_;
};

}  // namespace heddle::rm::test
