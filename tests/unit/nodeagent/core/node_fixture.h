#pragma once

// A node agent's core with virtual time and a shell that is the test: what it asks for becomes a
// line of text, and saves are answered at once unless the test holds them.

#include <deque>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "nodeagent/core/node_agent.h"

namespace heddle::node {

inline ContainerId container_id(std::int64_t sequence, std::int64_t epoch = 1) {
    return {{{1700000000000, 1}, 1}, epoch, sequence};
}

inline NodeConfig test_config() {
    NodeConfig config;
    config.info.id = {"node-1"};
    config.info.total = {4096, 4};
    config.seed = 7;
    return config;
}

class NodeFixture {
public:
    explicit NodeFixture(NodeConfig config = test_config()) : agent(std::move(config)) {}

    /// Boots, connects, is welcomed; the trace begins after that.
    void join(std::int64_t epoch = 1, std::uint64_t session_id = 100) {
        if (!booted) {
            boot();
        }
        send(Connected{agent.link().connection()});
        welcome(epoch, session_id);
        trace();
        messages.clear();
    }
    void boot(std::int64_t epoch_seen = 0, std::vector<RecoveredContainer> containers = {},
              std::vector<CachedArtifact> artifacts = {}) {
        booted = true;
        send(Booted{{1'700'000'000'000}, epoch_seen, std::move(containers), std::move(artifacts)});
    }
    void welcome(std::int64_t epoch, std::uint64_t session_id) {
        session = session_id;
        manager_epoch = epoch;
        order_sequence = 0;
        message(NodeWelcome{session_id, epoch, seconds(1)});
    }

    void send(const Event& event) {
        Effects effects;
        agent.step(now, event, effects);
        agent.check();
        for (Effect& effect : effects) {
            note(effect);
        }
        while (answer_saves && !saves.empty()) {
            const Event next = saves.front();
            saves.pop_front();
            send(next);
        }
    }
    void message(ManagerToNode message) {
        send(MessageReceived{agent.link().connection(), std::move(message)});
    }

    NodeOrders orders() { return {session, ++order_sequence, manager_epoch, {}, {}, {}, {}, {}}; }
    ContainerStart order(std::int64_t sequence, Resource size = {1024, 1}) const {
        ContainerStart start;
        start.container = container_id(sequence);
        start.key = {start.container.attempt, 3, 1};
        start.epoch = manager_epoch;
        start.size = size;
        start.user = "ann";
        start.spec.argv = {"/bin/true"};
        return start;
    }
    void start(const ContainerStart& start) {
        NodeOrders all = orders();
        all.starts = {start};
        message(all);
    }
    void stop(std::int64_t sequence, Duration grace = seconds(5)) {
        NodeOrders all = orders();
        all.stops = {{container_id(sequence), grace, "killed by ann"}};
        message(all);
    }
    void acknowledge(std::int64_t sequence) {
        NodeOrders all = orders();
        all.acknowledged = {container_id(sequence)};
        message(all);
    }
    void run(std::int64_t sequence) {
        start(order(sequence));
        send(Localised{container_id(sequence)});
        send(Started{container_id(sequence), 4000 + sequence});
    }
    void exit(std::int64_t sequence, std::int32_t code = 0) {
        ContainerExit exit;
        exit.code = code;
        send(ContainerExited{container_id(sequence), exit});
    }
    /// Ticks at every deadline on the way.
    void advance(Duration time) {
        const TimePoint end = now + time;
        while (agent.next_deadline() <= end) {
            now = std::max(now, agent.next_deadline());
            send(Tick{});
        }
        now = end;
    }

    /// What was asked for since the last call, without saves.
    std::string trace() { return std::exchange(trace_, {}); }

    ContainerState state(std::int64_t sequence) const {
        return agent.containers().containers().at(container_id(sequence)).record.state;
    }

    NodeAgent agent;
    TimePoint now{1'000'000};
    bool answer_saves = true;
    std::deque<Event> saves;               // the answers that would come
    std::vector<ContainerRecord> records;  // every record that was saved
    std::vector<NodeToManager> messages;   // sent, in order
    std::uint64_t session = 0;
    std::int64_t manager_epoch = 0;
    std::uint64_t order_sequence = 0;
    bool booted = false;

private:
    static std::string short_name(const ContainerId& id) {
        return "c" + std::to_string(id.sequence);
    }

    void note(Effect& effect) {
        std::ostringstream line;
        if (auto* save = std::get_if<SaveContainer>(&effect)) {
            records.push_back(save->record);
            saves.push_back(ContainerSaved{save->record.order.container, save->version});
            return;
        }
        if (auto* save = std::get_if<SaveEpoch>(&effect)) {
            saves.push_back(EpochSaved{save->epoch});
            line << "save epoch " << save->epoch;
        } else if (auto* connect = std::get_if<Connect>(&effect)) {
            line << "connect " << connect->connection;
        } else if (auto* disconnect = std::get_if<Disconnect>(&effect)) {
            line << "disconnect " << disconnect->connection;
        } else if (auto* remove = std::get_if<DeleteContainer>(&effect)) {
            line << "delete " << short_name(remove->container);
        } else if (auto* work = std::get_if<DeleteWork>(&effect)) {
            line << "delete work " << short_name(work->container);
            line << (work->log_patterns.empty() ? "" : ", keeps " + work->log_patterns.include);
        } else if (auto* localise = std::get_if<Localise>(&effect)) {
            line << "localise " << short_name(localise->order.container);
        } else if (auto* artifact = std::get_if<DropArtifact>(&effect)) {
            line << "drop " << artifact->digest;
        } else if (auto* shim = std::get_if<StartShim>(&effect)) {
            line << "start " << short_name(shim->order.container);
        } else if (auto* adopt = std::get_if<Adopt>(&effect)) {
            line << "adopt " << short_name(adopt->container);
        } else if (auto* signal = std::get_if<Signal>(&effect)) {
            line << (signal->signal == SignalKind::Kill        ? "kill "
                     : signal->signal == SignalKind::Terminate ? "terminate "
                                                               : "quit ")
                 << short_name(signal->container);
        } else if (auto* sent = std::get_if<Send>(&effect)) {
            line << describe(sent->message);
            messages.push_back(sent->message);
        }
        trace_ += line.str() + "\n";
    }

    static std::string describe(const NodeToManager& message) {
        if (std::holds_alternative<NodeLeaving>(message)) {
            return "leaving";
        }
        const auto* status = std::get_if<NodeStatus>(&message);
        std::string text = status == nullptr ? "register" : status->complete ? "all" : "news";
        const auto& reports =
            status == nullptr ? std::get<NodeRegister>(message).containers : status->containers;
        for (const ContainerReport& report : reports) {
            text += " " + short_name(report.container) + "=" +
                    std::string(to_string(report.phase)) +
                    (report.exit ? ":" + std::string(to_string(report.exit->reason)) : "");
        }
        return text;
    }

    std::string trace_;
};

}  // namespace heddle::node
