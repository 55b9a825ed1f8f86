#include "tests/support/rm_world/master_script.h"

#include <utility>

#include "tests/support/rm_world/names.h"

namespace heddle::rm::test {
namespace {

constexpr Duration kPatience = seconds(2);  // for an answer to a connection

}  // namespace

MasterScript::MasterScript(Stage& stage, ManagerHost& manager, AttemptId attempt, std::string token)
    : stage_(stage), manager_(manager), attempt_(attempt), token_(std::move(token)) {}

void MasterScript::start() {
    connect();
}

void MasterScript::connect() {
    if (!alive_) {
        return;
    }
    const std::uint64_t attempt_number = ++tries_;
    session_ = 0;
    Wire peer;
    peer.to_master = [this, attempt_number](const ManagerToMaster& message) {
        if (alive_ && attempt_number == tries_) {
            received(message);
        }
    };
    peer.admitted = [this, attempt_number] {
        if (alive_ && attempt_number == tries_ && wire_ != nullptr) {
            manager_.send(wire_, MasterRegister{attempt_, "127.0.0.1", 4040, ""});
        }
    };
    peer.closed = [this, attempt_number] {
        if (alive_ && attempt_number == tries_) {
            lost();
        }
    };
    wire_ = manager_.open_master(std::move(peer), token_);
    stage_.timeline.after(wire_ == nullptr ? milliseconds(200) : kPatience, [this, attempt_number] {
        if (alive_ && attempt_number == tries_ && session_ == 0) {
            manager_.close(std::exchange(wire_, nullptr));
            connect();
        }
    });
}

void MasterScript::lost() {
    ++tries_;
    session_ = 0;
    wire_ = nullptr;
    stage_.timeline.after(stage_.jitter(milliseconds(50), milliseconds(400)),
                          [this, tries = tries_] {
                              if (alive_ && tries == tries_) {
                                  connect();
                              }
                          });
}

void MasterScript::disconnect() {
    manager_.close(std::exchange(wire_, nullptr));
    lost();
}

void MasterScript::received(const ManagerToMaster& message) {
    std::visit([&](const auto& what) { on(what); }, message);
}

void MasterScript::on(const MasterWelcome& message) {
    if (session_ != 0) {
        return;  // doubled
    }
    session_ = message.session;
    sequence_ = 0;
    news_seen_ = 0;
    notices_.clear();  // what holds is said again
    for (const Grant& grant : message.containers) {
        granted(grant);
    }
    on_registered();  // states its asks: what it does not ask for in its first update is surplus
    update(true);
    stage_.timeline.after(message.heartbeat_interval, [this, session = session_] {
        if (alive_ && session == session_) {
            heartbeat();
        }
    });
}

void MasterScript::heartbeat() {
    update(true);
    if (finishing_) {
        manager_.send(wire_, MasterFinish{session_, status_, "", ""});
    }
    stage_.timeline.after(seconds(1), [this, session = session_] {
        if (alive_ && session == session_) {
            heartbeat();
        }
    });
}

void MasterScript::granted(const Grant& grant) {
    if (const auto it = containers_.find(grant.container); it != containers_.end()) {
        if (it->second.execution != grant.execution) {
            it->second.execution = grant.execution;
            changes_.erase(grant.container);
            stage_.show(name_of(attempt_.application) + " told " + name_of(grant.container) +
                        " is " + std::string(to_string(grant.execution)));
        }
        resized(grant.container, grant.version, grant.size);
        return;
    }
    stage_.note(name_of(attempt_.application) + " granted " + name_of(grant.container));
    containers_.emplace(grant.container, grant);
    on_granted(grant);
}

void MasterScript::resized(const ContainerId& id, std::int64_t version, const Resource& size) {
    const auto known = containers_.find(id);
    if (known == containers_.end() || version < known->second.version) {
        return;
    }
    const auto wish = resizes_.find(id);
    if (wish != resizes_.end() && (wish->second.version < version || wish->second.size == size)) {
        resizes_.erase(wish);
    }
    if (version == known->second.version) {
        return;
    }
    known->second.version = version;
    known->second.size = size;
    stage_.show(name_of(attempt_.application) + " has " + name_of(id) + " version " +
                std::to_string(version) + ": " + to_string(size));
    on_resized(known->second);
}

void MasterScript::on(const MasterNews& message) {
    if (message.session != session_ || message.sequence <= news_seen_) {
        return;
    }
    if (message.sequence != news_seen_ + 1) {
        disconnect();
        return;
    }
    news_seen_ = message.sequence;
    for (const Grant& grant : message.granted) {
        granted(grant);
    }
    for (const ContainerEnded& ended : message.ended) {
        const auto it = containers_.find(ended.container);
        if (it == containers_.end()) {
            continue;
        }
        const Grant grant = it->second;
        containers_.erase(it);
        notices_.erase(ended.container);
        draining_.erase(ended.container);
        starts_.erase(ended.container);
        releases_.erase(ended.container);
        changes_.erase(ended.container);
        resizes_.erase(ended.container);
        stage_.show(name_of(attempt_.application) + " told " + name_of(ended.container) + " " +
                    name_of(ended.exit));
        on_ended(ended, grant);
    }
    take_notices(message);
    for (const AskRefused& refused : message.refused) {
        stage_.show(name_of(attempt_.application) + " refused ask " + std::to_string(refused.ask) +
                    ": " + refused.reason);
        asks_.erase(refused.ask);
    }
    for (const ContainerResize& now : message.resized) {
        resized(now.container, now.version, now.size);
    }
    for (const ResizeRefused& refused : message.resizes_refused) {
        const auto wish = resizes_.find(refused.container);
        if (wish != resizes_.end() && wish->second.version == refused.version) {
            stage_.show(name_of(attempt_.application) + " refused " + refused.reason);
            resizes_.erase(wish);
        }
    }
    send_soon();
}

void MasterScript::take_notices(const MasterNews& message) {
    for (const PreemptionNotice& notice : message.preempting) {
        stage_.note(name_of(attempt_.application) + " may lose " + name_of(notice.container));
        notices_.insert_or_assign(notice.container, notice);
        on_notice(notice);
    }
    for (const ContainerId& id : message.spared) {
        stage_.note(name_of(attempt_.application) + " keeps " + name_of(id));
        notices_.erase(id);
    }
    const std::string told = name_of(attempt_.application) + " is told that the node of ";
    for (const ContainerId& id : message.draining) {
        stage_.note(told + name_of(id) + " drains");
        draining_.insert(id);
    }
    for (const ContainerId& id : message.drains_no_more) {
        stage_.note(told + name_of(id) + " stays");
        draining_.erase(id);
    }
}

void MasterScript::on(const MasterFinished& message) {
    (void)message;
    if (finishing_) {
        die();
        on_finished();
    }
}

void MasterScript::on(const MasterRejected& message) {
    die();
    on_rejected(message.reason);
}

void MasterScript::ask(const Ask& ask) {
    asks_[ask.id] = ask;
    send_soon();
}

void MasterScript::release(const ContainerId& container) {
    releases_.insert(container);
    send_soon();
}

void MasterScript::start_held(const ContainerId& container) {
    starts_.insert(container);
    send_soon();
}

void MasterScript::change_execution(const ContainerId& container, ExecutionType to) {
    changes_[container] = to;
    send_soon();
}

void MasterScript::resize(const ContainerId& container, const Resource& size,
                          std::optional<std::int64_t> version) {
    const auto known = containers_.find(container);
    const std::int64_t now = known == containers_.end() ? 0 : known->second.version;
    resizes_[container] = {container, version.value_or(now), size};
    send_soon();
}

void MasterScript::finish(FinalStatus status) {
    finishing_ = true;
    status_ = status;
    if (session_ != 0) {
        manager_.send(wire_, MasterFinish{session_, status, "", ""});
    }
}

// All that happens at one moment leaves in one update.
void MasterScript::send_soon() {
    if (session_ == 0 || std::exchange(update_due_, true)) {
        return;
    }
    stage_.timeline.after(microseconds(10), [this, session = session_] {
        update_due_ = false;
        if (alive_ && session == session_ && session_ != 0) {
            update(false);
        }
    });
}

void MasterScript::update(bool complete) {
    MasterUpdate message;
    message.session = session_;
    message.sequence = ++sequence_;
    message.news_seen = news_seen_;
    message.complete = complete;
    LaunchTemplate worker;
    worker.id = 1;
    worker.spec.argv = {"worker"};
    message.templates = {worker};
    for (const auto& [id, ask] : asks_) {
        message.asks.push_back(ask);
    }
    for (const auto& [id, grant] : containers_) {
        message.known.push_back(id);
    }
    message.starts.assign(starts_.begin(), starts_.end());
    message.blacklist = blacklist;
    for (const auto& [id, to] : changes_) {
        message.execution_changes.push_back({id, to});
    }
    message.releases.assign(releases_.begin(), releases_.end());
    for (const auto& [id, wish] : resizes_) {
        message.resizes.push_back(wish);
    }
    manager_.send(wire_, message);
}

}  // namespace heddle::rm::test
