#include "tests/support/rm_world/world.h"

#include <utility>

#include "resourcemanager/core/books.h"

namespace heddle::rm::test {

World::World(std::uint64_t seed, Config config)
    : stage_(seed), manager_(stage_, std::move(config)) {
    ground_.began = [this](const ContainerStart& start) { began(start); };
    ground_.stopped = [this](const ContainerId& container) { on_stopped(container); };
    ground_.ended = [this](const ContainerId& container) { ended(container); };
}

NodeHost& World::add_node(const std::string& name, Resource total, const std::string& rack,
                          const std::string& label, std::map<std::string, std::string> attributes) {
    NodeInfo info;
    info.id = {name};
    info.address = "127.0.0." + std::to_string(nodes_.size() + 1);
    info.http_port = 8042;
    info.total = total;
    info.rack = rack;
    info.label = label;
    info.attributes = std::move(attributes);
    const auto [it, fresh] = nodes_.emplace(
        name, std::make_unique<NodeHost>(stage_, manager_, ground_, std::move(info)));
    it->second->start_agent();
    return *it->second;
}

void World::run_for(Duration time) {
    const TimePoint end = stage_.now() + time;
    while (stage_.timeline.next() <= end && stage_.violation.empty()) {
        stage_.timeline.step();
    }
    stage_.timeline.run_until(stage_.violation.empty() ? end : stage_.now());
}

MasterScript* World::master(const ApplicationId& application) {
    for (auto it = masters_.rbegin(); it != masters_.rend(); ++it) {
        if ((*it)->attempt().application == application && (*it)->alive()) {
            return it->get();
        }
    }
    return nullptr;
}

MasterScript& World::outside_master(const AttemptId& attempt, const std::string& token) {
    masters_.push_back(std::make_unique<MasterScript>(stage_, manager_, attempt, token));
    MasterScript& master = *masters_.back();
    on_master(master);
    master.start();
    return master;
}

void World::began(const ContainerStart& start) {
    if (start.key.ask != 0 || start.spec.secrets.empty()) {
        on_worker(start);
        return;
    }
    if (take_master(start)) {
        return;
    }
    masters_.push_back(std::make_unique<MasterScript>(stage_, manager_, start.key.attempt,
                                                      start.spec.secrets.front().contents));
    MasterScript& master = *masters_.back();
    by_container_[start.container] = &master;
    const ContainerId id = start.container;
    on_master(master);
    const auto finished = master.on_finished;
    master.on_finished = [this, id, finished, &master] {
        finished();
        if (!master.lingers) {
            end_process(id, 0);
        }
    };
    const auto rejected = master.on_rejected;
    master.on_rejected = [this, id, rejected](const std::string& reason) {
        rejected(reason);
        end_process(id, 1);
    };
    master.start();
}

void World::ended(const ContainerId& container) {
    on_ended(container);
    if (const auto it = by_container_.find(container); it != by_container_.end()) {
        if (it->second->alive()) {
            it->second->die();
            it->second->disconnect();
        }
        by_container_.erase(it);
    }
}

NodeHost* World::node_of(const ContainerId& container) {
    for (auto& [name, node] : nodes_) {
        if (node->runs(container)) {
            return node.get();
        }
    }
    return nullptr;
}

bool World::end_process(const ContainerId& container, std::int32_t code, std::int32_t signal) {
    NodeHost* node = node_of(container);
    return node != nullptr && node->end_process(container, code, signal);
}

std::size_t World::running() const {
    std::size_t count = 0;
    for (const auto& [name, node] : nodes_) {
        count += node->running();
    }
    return count;
}

void World::check_nothing_left() {
    if (running() != 0) {
        stage_.violate(std::to_string(running()) + " processes are left over");
    }
    if (manager_.unanswered() != 0) {
        stage_.violate("a request was never answered");
    }
    const Books& books = manager_.core()->books();
    if (books.containers.size() != 0 || !books.queues.at(0).used.is_zero() ||
        books.queues.at(0).applications != 0 || books.asks.classes() != 0 ||
        books.asks.pending().count != 0 || !books.saves.empty()) {
        stage_.violate("all is over, but a counter is not zero");
    }
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        if (!books.nodes.at(index).used.is_zero()) {
            stage_.violate("use left over on " + books.nodes.at(index).info.id.name);
        }
    }
    for (const auto& [id, record] : manager_.store().applications) {
        if (!is_final(record.state)) {
            stage_.violate("over, but not on disk: " + to_string(id));
        }
    }
}

}  // namespace heddle::rm::test
