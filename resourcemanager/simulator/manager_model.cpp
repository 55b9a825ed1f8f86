#include "resourcemanager/simulator/manager_model.h"

#include <chrono>
#include <limits>
#include <utility>

#include "resourcemanager/core/books.h"

namespace heddle::simulator {
namespace {

constexpr std::int64_t kClusterTimestamp = 1'700'000'000'000;

rm::Config config_of(const Setup& setup) {
    rm::Config config;
    const bool heartbeats = setup.mode == Mode::Heartbeat;
    config.heartbeat_interval =
        heartbeats ? std::max(setup.node_heartbeat, setup.master_heartbeat) : setup.liveness;
    config.node_expiry = config.heartbeat_interval * 10;
    config.master_expiry = config.heartbeat_interval * 10;
    config.placements_per_status = heartbeats ? setup.assignments : 0;
    config.locality_delay = setup.scheduler.locality_delay;
    config.applications_active_max = std::numeric_limits<std::int32_t>::max();
    config.applications_completed_max = 100;
    config.ids_per_reservation = 10'000;
    config.seed = setup.seed;
    config.scheduler = setup.scheduler;
    return config;
}

}  // namespace

ManagerModel::ManagerModel(sim::Timeline& timeline, const Setup& setup)
    : timeline_(timeline), setup_(setup), core_(config_of(setup)), nodes_(1), masters_(1) {
    rm::Booted booted;
    booted.epoch = 1;
    booted.cluster_timestamp = kClusterTimestamp;
    event(booted);
}

WallTime ManagerModel::wall() const {
    return {kClusterTimestamp + timeline_.now().microseconds / 1000};
}

std::int64_t ManagerModel::grants() const {
    return core_.books().counters.grants;
}

rm::ConnectionId ManagerModel::open(NodePeer& peer) {
    nodes_.push_back(&peer);
    masters_.push_back(nullptr);
    return {nodes_.size() - 1};
}

rm::ConnectionId ManagerModel::open(MasterPeer& peer, const std::string& token) {
    nodes_.push_back(nullptr);
    masters_.push_back(&peer);
    const rm::ConnectionId id{masters_.size() - 1};
    timeline_.after(setup_.message_delay, [this, id, token] {
        event(rm::MasterConnected{id, token});
    });
    return id;
}

void ManagerModel::send(rm::ConnectionId from, NodeToManager message) {
    timeline_.after(setup_.message_delay, [this, from, message = std::move(message)]() mutable {
        event(rm::NodeMessage{from, std::move(message)});
    });
}

void ManagerModel::send(rm::ConnectionId from, MasterToManager message) {
    timeline_.after(setup_.message_delay, [this, from, message = std::move(message)]() mutable {
        event(rm::MasterMessage{from, std::move(message)});
    });
}

void ManagerModel::request(decltype(rm::Request::what) what,
                           std::function<void(const Result<rm::Answer>&)> answer) {
    const rm::RequestId id{++requests_};
    answers_.emplace(id, std::move(answer));
    timeline_.after(setup_.message_delay, [this, id, what = std::move(what)]() mutable {
        event(rm::Request{id, std::move(what)});
    });
}

void ManagerModel::event(rm::Event event) {
    rm::Effects effects;
    const auto before = std::chrono::steady_clock::now();
    core_.step(timeline_.now(), wall(), std::move(event), effects);
    const auto took = std::chrono::steady_clock::now() - before;
    nanoseconds_ += std::chrono::duration_cast<std::chrono::nanoseconds>(took).count();
    ++steps_;
    for (rm::Effect& effect : effects) {
        perform(effect);
    }
    arm_tick();
}

void ManagerModel::arm_tick() {
    const TimePoint due = core_.next_deadline();
    if (due == TimePoint::never() || due >= tick_at_) {
        return;
    }
    tick_at_ = due;
    timeline_.at(due, [this, due] {
        if (tick_at_ == due) {
            tick_at_ = TimePoint::never();
            event(rm::Tick{});
        }
    });
}

void ManagerModel::perform(rm::Effect& effect) {
    if (const auto* save = std::get_if<rm::Save>(&effect)) {
        timeline_.after(setup_.save_delay,
                        [this, batch = save->batch] { event(rm::Saved{batch}); });
    } else if (const auto* need = std::get_if<rm::NeedSecrets>(&effect)) {
        rm::SecretsSupplied supplied;
        for (std::int32_t i = 0; i < need->count; ++i) {
            supplied.secrets.push_back("secret-" + std::to_string(++secrets_));
        }
        timeline_.after(setup_.message_delay, [this, supplied] { event(supplied); });
    } else if (auto* node = std::get_if<rm::SendToNode>(&effect)) {
        timeline_.after(setup_.message_delay,
                        [peer = nodes_[node->connection.value],
                         message = std::move(node->message)] { peer->received(message); });
    } else if (const auto* admit = std::get_if<rm::AdmitMaster>(&effect)) {
        timeline_.after(setup_.message_delay,
                        [peer = masters_[admit->connection.value]] { peer->admitted(); });
    } else if (auto* master = std::get_if<rm::SendToMaster>(&effect)) {
        timeline_.after(setup_.message_delay,
                        [peer = masters_[master->connection.value],
                         message = std::move(master->message)] { peer->received(message); });
    } else if (auto* reply = std::get_if<rm::Reply>(&effect)) {
        if (auto waiting = answers_.extract(reply->request)) {
            timeline_.after(setup_.message_delay,
                            [answer = std::move(waiting.mapped()),
                             result = std::move(reply->answer)] { answer(result); });
        }
    }
}

}  // namespace heddle::simulator
