#include "tests/support/rm_world/manager_host.h"

#include <utility>

#include "common/base/check.h"
#include "common/sim/network.h"
#include "resourcemanager/core/states.h"
#include "tests/support/rm_world/names.h"

namespace heddle::rm::test {

void Stage::show(const std::string& line) {
    note(line);
    if (collect) {
        shown.push_back(line);
    }
}

void Stage::violate(const std::string& what) {
    note("VIOLATION " + what);
    if (violation.empty()) {
        violation = what;
    }
}

ManagerHost::ManagerHost(Stage& stage, Config config) : stage_(stage), config_(std::move(config)) {}

void ManagerHost::start() {
    CHECK(!up());
    ++life_;
    ++store_.epoch;
    config_.seed = stage_.prng.next();
    core_ = std::make_unique<ResourceManager>(config_);
    stage_.note("manager starts, epoch " + std::to_string(store_.epoch));
    transitions_.reset();
    step_checks_.restart();
    event(store_.content());
}

void ManagerHost::crash() {
    if (!up()) {
        return;
    }
    stage_.note("manager dies");
    core_ = nullptr;
    view_ = nullptr;
    answers_.clear();
    tick_at_ = TimePoint::never();
    const std::size_t arrived = stage_.prng.below(store_.waiting.size() + 1);
    for (std::size_t i = 0; i < arrived; ++i) {
        store_.apply(store_.waiting[i]);
    }
    store_.waiting.clear();
    for (auto& [id, wire] : std::exchange(wires_, {})) {
        wire->open = false;
        stage_.timeline.after(milliseconds(1), wire->closed);
    }
}

WireRef ManagerHost::open_node(Wire peer) {
    if (!up()) {
        return nullptr;
    }
    const auto wire = std::make_shared<Wire>(std::move(peer));
    wire->id = {++connections_};
    wire->life = life_;
    wires_.emplace(wire->id, wire);
    return wire;
}

WireRef ManagerHost::open_master(Wire peer, const std::string& token) {
    const WireRef wire = open_node(std::move(peer));
    if (wire != nullptr) {
        wire->master = true;
        event(MasterConnected{wire->id, token});
    }
    return wire;
}

void ManagerHost::transport(const WireRef& wire, bool from_peer, std::function<void()> arrive) {
    const sim::Delivery delivery = sim::deliver(stage_.faults, stage_.now(), stage_.prng);
    for (const Duration arrival : delivery.arrivals) {
        stage_.timeline.after(arrival, [this, wire, from_peer, arrive] {
            const bool alive = wire->open && wire->life == life_ && (up() || !from_peer);
            if (alive) {
                arrive();
            }
        });
    }
    if (delivery.cut) {
        cut(wire);
    }
}

void ManagerHost::cut(const WireRef& wire) {
    if (!wire->open) {
        return;
    }
    stage_.note("connection " + std::to_string(wire->id.value) + " breaks");
    wire->open = false;
    stage_.timeline.after(stage_.jitter({}, milliseconds(500)), wire->closed);
    stage_.timeline.after(stage_.jitter({}, milliseconds(500)), [this, wire] {
        if (up() && wire->life == life_ && wires_.erase(wire->id) > 0) {
            event(disconnected(*wire));
        }
    });
}

Event ManagerHost::disconnected(const Wire& wire) const {
    return wire.master ? Event(MasterDisconnected{wire.id}) : Event(NodeDisconnected{wire.id});
}

void ManagerHost::send(const WireRef& wire, const NodeToManager& message) {
    transport(wire, true, [this, wire, message] { event(NodeMessage{wire->id, message}); });
}

void ManagerHost::send(const WireRef& wire, const MasterToManager& message) {
    transport(wire, true, [this, wire, message] { event(MasterMessage{wire->id, message}); });
}

void ManagerHost::close(const WireRef& wire) {
    if (wire == nullptr || !wire->open) {
        return;
    }
    stage_.timeline.after(milliseconds(1), [this, wire] {
        wire->open = false;
        if (up() && wire->life == life_ && wires_.erase(wire->id) > 0) {
            event(disconnected(*wire));
        }
    });
}

void ManagerHost::request(decltype(Request::what) what,
                          std::function<void(const Result<Answer>&)> answer) {
    if (!up()) {
        return;
    }
    const RequestId id{++requests_};
    answers_.emplace(id, std::move(answer));
    event(Request{id, std::move(what)});
}

void ManagerHost::event(Event event) {
    if (!up()) {
        return;
    }
    const std::uint64_t life = life_;
    const std::optional<Stated> stated = check_every_step ? stated_in(event) : std::nullopt;
    Effects effects;
    core_->step(stage_.now(), stage_.wall(), std::move(event), effects);
    if (check_every_step) {
        check_step(stated);
    }
    for (const Effect& effect : effects) {
        const bool faulty = stage_.faults.active(stage_.now());
        if (faulty && stage_.prng.chance(stage_.faults.crash_per_100000, 100000)) {
            crash();
        }
        if (++effects_done == die_before_effect) {
            crash();
        }
        if (!up() || life != life_) {
            return;
        }
        perform(effect);
    }
    take_publication();
    arm_tick();
}

void ManagerHost::arm_tick() {
    const TimePoint due = core_->next_deadline();
    if (due == TimePoint::never() || due >= tick_at_) {
        return;
    }
    tick_at_ = due;
    stage_.timeline.at(due, [this, life = life_, due] {
        if (up() && life == life_ && tick_at_ == due) {
            tick_at_ = TimePoint::never();
            event(Tick{});
        }
    });
}

void ManagerHost::check_step(const std::optional<Stated>& stated) {
    core_->check();
    if (const std::string wrong = step_checks_.look(core_->books(), store_, stated);
        !wrong.empty()) {
        stage_.violate(wrong);
    }
    if (also_look != nullptr) {
        if (const std::string wrong = also_look(core_->books()); !wrong.empty()) {
            stage_.violate(wrong);
        }
    }
}

void ManagerHost::take_publication() {
    Publication publication = core_->publish(stage_.wall());
    view_ = std::move(publication.view);
    for (const std::string& wrong :
         {transitions_.follow(publication.changes), check_acknowledged(*view_, acknowledged_)}) {
        if (!wrong.empty()) {
            stage_.violate(wrong);
        }
    }
    for (const AppTransition& step : publication.changes.app_transitions) {
        if (is_final(step.to)) {
            const auto application = view_->applications.find(step.application);
            const std::string status =
                application == nullptr ? "?" : std::string(to_string(application->final_status));
            stage_.show(name_of(step.application) + " " + std::string(to_string(step.to)) + " " +
                        status +
                        (application == nullptr || application->diagnostics.empty()
                             ? ""
                             : ": " + application->diagnostics));
        } else {
            stage_.note(name_of(step.application) + " -> " +
                        std::to_string(static_cast<int>(step.to)));
        }
    }
}

void ManagerHost::perform(const Effect& effect) {
    if (const auto* save = std::get_if<Save>(&effect)) {
        perform_save(*save);
    } else if (const auto* need = std::get_if<NeedSecrets>(&effect)) {
        SecretsSupplied supplied;
        for (std::int32_t i = 0; i < need->count; ++i) {
            supplied.secrets.push_back("secret-" + std::to_string(++secrets_));
        }
        stage_.timeline.after(milliseconds(1), [this, life = life_, supplied] {
            if (life == life_) {
                event(supplied);
            }
        });
    } else if (const auto* node = std::get_if<SendToNode>(&effect)) {
        if (const auto* orders = std::get_if<NodeOrders>(&node->message)) {
            check_orders(*orders);
        } else if (std::holds_alternative<NodeWelcome>(node->message) &&
                   !store_.nodes.contains(node->node)) {
            stage_.violate(node->node.name + " is welcomed before it is saved");
        }
        const auto it = wires_.find(node->connection);
        if (it != wires_.end()) {
            transport(it->second, false,
                      [wire = it->second, message = node->message] { wire->to_node(message); });
        }
    } else if (const auto* admit = std::get_if<AdmitMaster>(&effect)) {
        if (const auto it = wires_.find(admit->connection); it != wires_.end()) {
            stage_.timeline.after(milliseconds(1), it->second->admitted);
        }
    } else if (const auto* master = std::get_if<SendToMaster>(&effect)) {
        if (std::holds_alternative<MasterFinished>(master->message)) {
            check_finished(master->attempt);
        }
        const auto it = wires_.find(master->connection);
        if (it != wires_.end()) {
            transport(it->second, false,
                      [wire = it->second, message = master->message] { wire->to_master(message); });
        }
    } else if (const auto* close = std::get_if<CloseConnection>(&effect)) {
        perform_close(*close);
    } else if (const auto* reply = std::get_if<Reply>(&effect)) {
        check_reply(*reply);
        const auto it = answers_.find(reply->request);
        if (it == answers_.end()) {
            stage_.violate("request " + std::to_string(reply->request.value) + " answered twice");
            return;
        }
        stage_.timeline.after(milliseconds(1),
                              [answer = it->second, result = reply->answer] { answer(result); });
        answers_.erase(it);
    }
}

void ManagerHost::perform_close(const CloseConnection& close) {
    const auto it = wires_.find(close.connection);
    if (it == wires_.end()) {
        return;
    }
    const WireRef wire = it->second;
    wires_.erase(it);
    stage_.timeline.after(milliseconds(2), [wire] {
        if (std::exchange(wire->open, false)) {
            wire->closed();
        }
    });
}

// Only what is over leaves the record.
void ManagerHost::check_removals(const Save& save) {
    for (const StoreChange& change : save.changes) {
        if (const auto* removal = std::get_if<ApplicationRemoval>(&change)) {
            const auto known = store_.applications.find(removal->application);
            if (known != store_.applications.end() && !is_final(known->second.state)) {
                stage_.violate("removed before it is over: " + to_string(removal->application));
            }
            acknowledged_.erase(removal->application);
        }
    }
}

void ManagerHost::perform_save(const Save& save) {
    check_removals(save);
    store_.waiting.push_back(save);
    const bool slow = stage_.faults.active(stage_.now()) && stage_.prng.chance(1, 10);
    const Duration wait =
        slow ? stage_.jitter(milliseconds(5), milliseconds(800)) : milliseconds(2);
    if (!hold_saves) {
        stage_.timeline.after(wait, [this, life = life_] {
            if (life == life_ && up()) {
                answer_front();
            }
        });
    }
}

void ManagerHost::pump_store() {
    while (!store_.waiting.empty()) {
        answer_front();
    }
}

void ManagerHost::answer_front() {
    if (store_.waiting.empty() || hold_saves) {
        return;
    }
    const Save save = std::move(store_.waiting.front());
    store_.waiting.pop_front();
    const bool faulty = stage_.faults.active(stage_.now());
    if (fail_saves || (faulty && stage_.prng.chance(stage_.faults.save_fails, 1000))) {
        stage_.note("save fails");
        event(SaveFailed{save.batch, {ErrorCode::Internal, "no space left on device"}});
        return;
    }
    store_.apply(save);
    event(Saved{save.batch});
}

void ManagerHost::check_reply(const Reply& reply) {
    if (!reply.answer.ok()) {
        return;
    }
    const Answer& answer = *reply.answer;
    if (const auto* submitted = std::get_if<SubmitAnswer>(&answer)) {
        if (!store_.applications.contains(submitted->application)) {
            stage_.violate("answer before save: " + to_string(submitted->application));
        }
        acknowledged_.insert(submitted->application);
    } else if (const auto* fresh = std::get_if<NewApplicationAnswer>(&answer)) {
        if (fresh->application.sequence > store_.sequences) {
            stage_.violate("id before its reservation: " + to_string(fresh->application));
        }
    } else if (const auto* changed = std::get_if<ChangeAnswer>(&answer)) {
        const auto it = store_.applications.find(changed->application);
        const bool saved = it != store_.applications.end() &&
                           it->second.submission.queue == changed->queue &&
                           it->second.submission.priority == changed->priority &&
                           it->second.expires == changed->expires;
        if (!saved) {
            stage_.violate("change answered before it is saved: " +
                           to_string(changed->application));
        }
    } else if (const auto* decided = std::get_if<NodeChangeAnswer>(&answer)) {
        const auto it = store_.nodes.find(decided->info.id);
        if (it == store_.nodes.end() ||
            it->second.settings.label.value_or(decided->info.label) != decided->info.label ||
            it->second.settings.total.value_or(decided->info.total) != decided->info.total ||
            (it->second.settings.service == NodeService::Normal &&
             decided->state == NodeState::Decommissioning)) {
            stage_.violate("node changed before it is saved: " + decided->info.id.name);
        }
    } else if (const auto* credentials = std::get_if<MasterCredentials>(&answer)) {
        if (!store_.attempts.contains(credentials->attempt)) {
            stage_.violate("token before its attempt: " + to_string(credentials->attempt));
        }
    }
}

void ManagerHost::check_orders(const NodeOrders& orders) {
    if (orders.epoch != store_.epoch) {
        stage_.violate("orders with epoch " + std::to_string(orders.epoch));
    }
    for (const ContainerStart& start : orders.starts) {
        if (start.key.ask != 0) {
            continue;
        }
        const auto it = store_.attempts.find(start.key.attempt);
        if (it == store_.attempts.end() || it->second.master_container != start.container) {
            stage_.violate("master started before its attempt is saved: " +
                           to_string(start.container));
        }
    }
}

void ManagerHost::check_finished(const AttemptId& attempt) {
    const auto it = store_.attempts.find(attempt);
    if (it == store_.attempts.end() || it->second.state != AttemptState::Finished) {
        stage_.violate("finish acknowledged before it is saved: " + to_string(attempt));
    }
}

}  // namespace heddle::rm::test
