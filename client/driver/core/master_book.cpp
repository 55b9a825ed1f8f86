// The master's side of the master protocol.
#include "client/driver/core/master_book.h"

#include <algorithm>
#include <utility>

namespace heddle::driver {

namespace {

constexpr std::int32_t kExecutorTemplate = 1;
constexpr std::int32_t kExecutorAsk = 1;
constexpr std::uint64_t kBeatsPerStatement = 10;  // the whole book with every so many

std::string describe(const ContainerId& container, const ContainerExit& exit) {
    const std::string name = "container " + to_string(container);
    return exit.message.empty() ? name + " ended with code " + std::to_string(exit.code)
                                : name + ": " + exit.message;
}

bool crashed(const ContainerExit& exit) {
    switch (exit.reason) {
        case ExitReason::Exited:
        case ExitReason::Signalled:
        case ExitReason::OutOfMemory:
            return true;
        case ExitReason::Stopped:
        case ExitReason::LaunchFailed:
        case ExitReason::NodeLost:
        case ExitReason::Unknown:
        case ExitReason::Displaced:
            return false;
    }
    return false;
}

}  // namespace

MasterBook::MasterBook(AttemptId attempt, LaunchSpec executor, Resource size,
                       std::int32_t generation)
    : attempt_(attempt),
      template_{kExecutorTemplate, std::move(executor)},
      size_(size),
      generation_(generation) {}

MasterToManager MasterBook::registration(const std::string& host, std::int32_t rpc_port,
                                         const std::string& tracking_url) const {
    return MasterRegister{attempt_, host, rpc_port, tracking_url};
}

MasterBook::Reaction MasterBook::hear(const ManagerToMaster& message) {
    return std::visit([this](const auto& m) { return hear_one(m); }, message);
}

MasterBook::Reaction MasterBook::hear_one(const MasterWelcome& message) {
    if (message.session == session_) {
        return {};  // repeated
    }
    session_ = message.session;
    sequence_ = 0;
    news_seen_ = 0;
    if (message.heartbeat_interval.microseconds > 0) {
        heartbeat_interval_ = message.heartbeat_interval;
    }
    Reaction reaction;
    take(message.containers, reaction);
    forget_marks(reaction);
    reaction.welcomed = true;
    reaction.send.push_back(update(true, true));
    if (finish_) {
        finish_->session = session_;
        reaction.send.emplace_back(*finish_);
    }
    return reaction;
}

MasterBook::Reaction MasterBook::hear_one(const MasterNews& message) {
    Reaction reaction;
    if (message.session != session_ || message.sequence <= news_seen_) {
        return reaction;  // of an earlier connection, or repeated
    }
    if (message.sequence != news_seen_ + 1) {
        reaction.reconnect = true;  // the welcome tells everything again
        return reaction;
    }
    news_seen_ = message.sequence;
    take(message.granted, reaction);
    for (const ContainerResize& now : message.resized) {
        take_size(now, reaction);
    }
    for (const ResizeRefused& refused : message.resizes_refused) {
        take_refusal(refused, reaction);
    }
    for (const ContainerEnded& ended : message.ended) {
        if (containers_.erase(ended.container) == 0) {
            continue;  // of an earlier book of this attempt
        }
        resizes_.erase(ended.container);
        releasing_.erase(ended.container);
        preempted_.erase(ended.container);
        draining_.erase(ended.container);
        reaction.ended.push_back({ended.container, describe(ended.container, ended.exit),
                                  crashed(ended.exit),
                                  ended.exit.reason == ExitReason::OutOfMemory});
    }
    take_marks(message, reaction);
    for (const AskRefused& refused : message.refused) {
        reaction.refused = refused.reason;
    }
    // With the ends taken, the count says again how many are wanted: each is replaced.
    reaction.send.push_back(update(false, !message.ended.empty()));
    return reaction;
}

MasterBook::Reaction MasterBook::hear_one(const MasterFinished& message) {
    Reaction reaction;
    reaction.finished = finish_.has_value() && message.session == session_;
    return reaction;
}

MasterBook::Reaction MasterBook::hear_one(const MasterRejected& message) {
    Reaction reaction;
    reaction.rejected = message.reason;
    return reaction;
}

// Both may be so of one container, and one of them may end before the other.
void MasterBook::take_marks(const MasterNews& message, Reaction& reaction) {
    std::vector<ContainerId> changed;
    for (const PreemptionNotice& notice : message.preempting) {
        preempted_.insert(notice.container);
        changed.push_back(notice.container);
    }
    const auto take = [&changed](const std::vector<ContainerId>& ids, const auto& change) {
        for (const ContainerId& id : ids) {
            change(id);
            changed.push_back(id);
        }
    };
    take(message.spared, [this](const ContainerId& id) { preempted_.erase(id); });
    take(message.draining, [this](const ContainerId& id) { draining_.insert(id); });
    take(message.drains_no_more, [this](const ContainerId& id) { draining_.erase(id); });
    for (const ContainerId& id : changed) {
        const bool preempted = preempted_.contains(id);
        reaction.marked.push_back({id, preempted || draining_.contains(id), !preempted});
    }
}

// Those that hold are said again after the welcome; what ended meanwhile is said to nobody.
void MasterBook::forget_marks(Reaction& reaction) {
    preempted_.merge(std::exchange(draining_, {}));
    for (const ContainerId& id : std::exchange(preempted_, {})) {
        reaction.marked.push_back({id, false, true});
    }
}

// Those of an earlier generation are on their way out, and nobody's.
void MasterBook::take(const std::vector<Grant>& grants, Reaction& reaction) {
    for (const Grant& grant : grants) {
        if (grant.key.generation != generation_) {
            continue;
        }
        const auto [held, fresh] =
            containers_.try_emplace(grant.container, Held{grant.node.name, grant.size, 0});
        if (fresh) {
            held->second.version = grant.version;
        } else {
            take_size({grant.container, grant.version, grant.size}, reaction);
        }
    }
}

// A wish on an older version is answered by this one, whatever it brought.
void MasterBook::take_size(const ContainerResize& now, Reaction& reaction) {
    const auto held = containers_.find(now.container);
    if (held == containers_.end() || now.version < held->second.version) {
        return;
    }
    const auto wish = resizes_.find(now.container);
    if (wish != resizes_.end() &&
        (wish->second.version < now.version || wish->second.size == now.size)) {
        resizes_.erase(wish);
    }
    if (now.version > held->second.version) {
        held->second.size = now.size;
        held->second.version = now.version;
        reaction.resized.push_back({now.container, now.size, ""});
    }
}

void MasterBook::take_refusal(const ResizeRefused& refused, Reaction& reaction) {
    const auto wish = resizes_.find(refused.container);
    const auto held = containers_.find(refused.container);
    if (wish == resizes_.end() || held == containers_.end() ||
        wish->second.version != refused.version) {
        return;
    }
    resizes_.erase(wish);
    reaction.resized.push_back({refused.container, held->second.size, refused.reason});
}

Result<std::vector<MasterToManager>> MasterBook::resize(const ContainerId& container,
                                                        const Resource& size) {
    const auto held = containers_.find(container);
    if (held == containers_.end()) {
        return Error{ErrorCode::NotFound, "no live container " + to_string(container)};
    }
    if (size.memory_mib <= 0 || size.vcores <= 0 || size.any_negative()) {
        return Error{ErrorCode::InvalidArgument, "a container of " + to_string(size) +
                                                     " was wished for; it needs at least 1 MiB "
                                                     "and 1 vcore"};
    }
    resizes_[container] = {container, held->second.version, size};
    if (session_ == 0) {
        return std::vector<MasterToManager>{};
    }
    return std::vector<MasterToManager>{update(false, false)};
}

Ask MasterBook::ask() const {
    Ask ask;
    ask.id = kExecutorAsk;
    ask.generation = generation_;
    ask.launch_template = kExecutorTemplate;
    ask.size = size_;
    const auto held = static_cast<std::int32_t>(containers_.size() - releasing_.size());
    ask.count = spare_ ? std::max(count_, held) : count_;
    return ask;
}

MasterToManager MasterBook::update(bool complete, bool with_asks) {
    MasterUpdate update;
    update.session = session_;
    update.sequence = ++sequence_;
    update.news_seen = news_seen_;
    update.complete = complete;
    update.progress_percent = percent_said_ = percent_;
    if (complete) {
        update.templates.push_back(template_);
        for (const auto& [container, node] : containers_) {
            update.known.push_back(container);
        }
    }
    if (complete || with_asks) {
        update.blacklist = avoided_;
    }
    if (complete || with_asks) {
        update.releases.assign(releasing_.begin(), releasing_.end());
    }
    if (with_asks) {
        update.asks.push_back(ask());
    }
    for (const auto& [container, wish] : resizes_) {
        update.resizes.push_back(wish);
    }
    return update;
}

std::vector<MasterToManager> MasterBook::want(std::int32_t count,
                                              const std::vector<std::string>& released,
                                              bool spare) {
    count_ = count;
    spare_ = spare;
    for (const std::string& name : released) {
        const auto id = parse_container_id(name);
        if (id && containers_.contains(*id)) {
            releasing_.insert(*id);
        }
    }
    if (session_ == 0) {
        return {};
    }
    return {update(false, true)};
}

std::vector<MasterToManager> MasterBook::avoid(const std::vector<std::string>& nodes) {
    avoided_.clear();
    for (const std::string& node : nodes) {
        avoided_.push_back({node});
    }
    if (session_ == 0) {
        return {};
    }
    return {update(false, true)};
}

std::vector<MasterToManager> MasterBook::beat() {
    if (session_ == 0) {
        return {};
    }
    const bool whole = ++beats_ % kBeatsPerStatement == 0;
    std::vector<MasterToManager> messages{update(whole, whole)};
    if (finish_) {
        finish_->session = session_;
        messages.emplace_back(*finish_);
    }
    return messages;
}

std::vector<MasterToManager> MasterBook::finish(FinalStatus status,
                                                const std::string& diagnostics) {
    finish_ = MasterFinish{session_, status, diagnostics, {}};
    if (session_ == 0) {
        return {};
    }
    return {*finish_};
}

const MasterBook::Held* MasterBook::held(const std::string& container) const {
    const auto id = parse_container_id(container);
    const auto it = id ? containers_.find(*id) : containers_.end();
    return it == containers_.end() ? nullptr : &it->second;
}

std::string MasterBook::node_of(const std::string& container) const {
    const Held* found = held(container);
    return found == nullptr ? std::string() : found->node;
}

Resource MasterBook::size_of(const std::string& container) const {
    const Held* found = held(container);
    return found == nullptr ? Resource{} : found->size;
}

}  // namespace heddle::driver
