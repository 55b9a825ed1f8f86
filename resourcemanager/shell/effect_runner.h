#pragma once

// Carries the core's effects out: saves to the store, messages to the connections, replies to who
// asked.

#include <functional>

#include "common/store/store.h"
#include "resourcemanager/shell/connections.h"
#include "resourcemanager/shell/core_thread.h"
#include "resourcemanager/shell/scheduler_log.h"
#include "resourcemanager/shell/token_book.h"

namespace heddle::rm {

class ShellEffectRunner final : public EffectRunner {
public:
    using OnReply = std::function<void(Reply)>;

    ShellEffectRunner(CoreDoor& door, store::Store& store, Connections& connections,
                      TokenBook& tokens, SchedulerLog& log, OnReply on_reply)
        : door_(door),
          store_(store),
          connections_(connections),
          tokens_(tokens),
          log_(log),
          on_reply_(std::move(on_reply)) {}

    void carry_out(Effects& effects) override;
    void end_of_turn() override;

private:
    void run(Save& save);
    void run(NeedSecrets& need);
    void run(SendToNode& send);
    void run(AdmitMaster& admit);
    void run(SendToMaster& send);
    void run(CloseConnection& close);
    void run(Reply& reply);

    CoreDoor& door_;
    store::Store& store_;
    Connections& connections_;
    TokenBook& tokens_;
    SchedulerLog& log_;
    OnReply on_reply_;
};

/// `count` unguessable texts.
std::vector<std::string> make_secrets(std::int32_t count);

}  // namespace heddle::rm
