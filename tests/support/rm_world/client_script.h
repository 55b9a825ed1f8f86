#pragma once

// A client that submits one application: it asks again until it has been told what it wants to
// know, whatever becomes of the manager meanwhile.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/rm_world/manager_host.h"

namespace heddle::rm::test {

class ClientScript {
public:
    ClientScript(Stage& stage, ManagerHost& manager, ApplicationSubmission submission)
        : stage_(stage), manager_(manager), submission_(std::move(submission)) {}

    void start() { push(); }
    /// The user is one of those whom access lists concern; who may not submit to the queue takes
    /// `otherwise`.
    void ask_lists(std::vector<std::string> groups, std::string otherwise) {
        groups_ = std::move(groups);
        otherwise_ = std::move(otherwise);
    }

    /// Known once the manager has given it.
    const std::optional<ApplicationId>& id() const { return id_; }
    /// The submission is acknowledged.
    bool submitted() const { return submitted_; }
    const ApplicationSubmission& submission() const { return submission_; }

    // What happens to it.
    std::function<void(const ApplicationId&)> on_id = [](const ApplicationId&) {};
    std::function<void()> on_submitted = [] {};

private:
    void push();

    Stage& stage_;
    ManagerHost& manager_;
    ApplicationSubmission submission_;
    std::optional<ApplicationId> id_;
    bool submitted_ = false;
    std::uint64_t tries_ = 0;
    std::vector<std::string> groups_;
    std::string otherwise_;  // empty: lists are not asked
};

}  // namespace heddle::rm::test
