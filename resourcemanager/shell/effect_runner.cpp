#include "resourcemanager/shell/effect_runner.h"

#include "common/base/clock.h"
#include "common/net/digest.h"
#include "resourcemanager/shell/state_store.h"

namespace heddle::rm {
namespace {

constexpr std::size_t kSecretBytes = 32;

}  // namespace

std::vector<std::string> make_secrets(std::int32_t count) {
    std::vector<std::string> secrets;
    for (std::int32_t i = 0; i < count; ++i) {
        secrets.push_back(net::random_token(kSecretBytes));
    }
    return secrets;
}

void ShellEffectRunner::carry_out(Effects& effects) {
    if (log_.active()) {
        log_.note(wall_now(), effects);
    }
    for (Effect& effect : effects) {
        std::visit([this](auto& one) { run(one); }, effect);
    }
}

void ShellEffectRunner::end_of_turn() {
    connections_.flush();
    if (log_.active()) {
        log_.end_turn(wall_now());
    }
}

void ShellEffectRunner::run(Save& save) {
    store_.write(save.batch.value, to_changes(save.changes, tokens_));
}

void ShellEffectRunner::run(NeedSecrets& need) {
    door_.push(SecretsSupplied{make_secrets(need.count)});
}

void ShellEffectRunner::run(SendToNode& send) {
    connections_.send(send.connection, std::move(send.message));
}

// The handshake was completed when the token was known; the welcome is what the master waits for.
void ShellEffectRunner::run(AdmitMaster&) {}

void ShellEffectRunner::run(SendToMaster& send) {
    connections_.send(send.connection, std::move(send.message));
}

void ShellEffectRunner::run(CloseConnection& close) {
    connections_.close(close.connection, close.why);
}

void ShellEffectRunner::run(Reply& reply) {
    on_reply_(std::move(reply));
}

}  // namespace heddle::rm
