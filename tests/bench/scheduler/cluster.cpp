#include "tests/bench/scheduler/cluster.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace heddle::rm::bench {
namespace {

constexpr double kChurnSecondsMax = 10;  // of processor time: enough for a figure
constexpr WallTime kWall{1'700'000'000'000};

// Apart, beside others, and by attribute and rack, in turns; every fourth anywhere.
void constrain(int application, Ask& ask) {
    static const char* const kConstraints[] = {"", "cardinality,node,w,0,4", "java=11",
                                               "or(in,node,w:notin,rack,not-self/w:java=8)"};
    ask.tags = {"w"};
    ask.constraint = kConstraints[application % 4];
}

// Three levels, ten times ten times what is left, with weights and limits of all kinds; one queue:
// root.default without any.
std::vector<QueueConfig> queues_of(int count) {
    if (count <= 1) {
        return {queue_config("root.default")};
    }
    std::vector<QueueConfig> queues;
    for (int i = 0; i < count; ++i) {
        QueueConfig queue = queue_config("root.d" + std::to_string(i % 10) + ".t" +
                                         std::to_string(i / 10 % 10) + ".q" + std::to_string(i));
        queue.capacity[kNoLabel].guaranteed.all.value = 1000 * (1 + i % 3);
        queue.capacity[kNoLabel].maximum.all.value = 50'000;
        queue.order = i % 2 == 0 ? LeafOrder::Fifo : LeafOrder::Fair;
        queue.user_limit_percent_min = 25;
        queue.user_limit_factor = 100'000;
        queue.applications_max = 1000;
        queue.masters_percent_max = 100;
        queues.push_back(std::move(queue));
    }
    return queues;
}

Config config_of(const Load& load) {
    Config config;
    config.scheduler.queues = queues_of(load.queues);
    config.applications_active_max = load.applications;
    config.node_expiry = seconds(100000);
    config.master_expiry = seconds(100000);
    config.placements_per_step = 1024;
    config.scheduler.preemption.enabled = config.scheduler.preemption.intra_queue = load.preempting;
    config.scheduler.preemption.dry_run = load.preempting;
    return config;
}

}  // namespace

Resource size_of(int application) {
    return {1024 * (1 + application % 4), 1 + application % 2};
}

Cluster::Cluster(const Load& load) : load_(load), rm_(config_of(load)) {
    Booted booted;
    booted.epoch = 1;
    booted.cluster_timestamp = kWall.milliseconds;
    booted.secrets = secrets();
    step(booted);
    for (int i = 0; i < load.nodes; ++i) {
        NodeRegister message;
        message.info.id.name = "n" + std::to_string(i);
        message.info.address = "10.0.0.1";
        message.info.total = {kNode.memory_mib, load.vcores};
        message.info.rack = "/r" + std::to_string(i / 40);
        message.info.attributes["java"] = i % 2 == 0 ? "8" : "11";
        step(NodeMessage{{++connections_}, message});
    }
    for (int i = 0; i < load.applications; ++i) {
        submit(i);
    }
}

// Of one and two vcores, by turns; each master takes one.
std::int32_t Cluster::asked_by_one() const {
    const std::int64_t vcores = std::int64_t{load_.nodes} * load_.vcores;
    const std::int64_t wanted =
        load_.full ? 100 * vcores / 32 / load_.applications
                   : (vcores * 95 / 100 - load_.applications) * 2 / 3 / load_.applications;
    return static_cast<std::int32_t>(std::max<std::int64_t>(1, wanted));
}

void Cluster::ask_all() {
    publish();
    for (std::size_t i = 0; i < masters_.size(); ++i) {
        Master& master = masters_[i];
        MasterUpdate update;
        update.session = master.session;
        update.sequence = ++master.sequence;
        update.complete = true;
        LaunchTemplate worker;
        worker.id = 1;
        worker.spec.argv = {"executor", "program"};
        worker.spec.environment = {{"A", "1"}, {"B", "2"}};
        update.templates = {worker};
        Ask ask;
        ask.id = 1;
        ask.launch_template = 1;
        ask.size = size_of(static_cast<int>(i));
        ask.count = asked_by_one();
        if (load_.constrained) {
            constrain(static_cast<int>(i), ask);
        }
        update.asks = {ask};
        step(MasterMessage{master.connection, update});
    }
    while (rm_.next_deadline() <= now_) {
        step(Tick{});
    }
}

void Cluster::rounds(int count, Meter& meter) {
    for (int i = 0; i < count; ++i) {
        now_ = std::max(now_, rm_.next_deadline());
        const double start = now_seconds();
        step(Tick{});
        meter.add(seconds_since(start));
    }
}

void Cluster::publish() {
    rm_.publish(kWall);
}

// Each message is what a node pushes.
void Cluster::churn(std::int64_t ends, Churn& churn) {
    const double begun = now_seconds();
    asked_ = &churn.asked;
    std::int64_t messages = 0;
    for (std::int64_t ended = 0; ended < ends && seconds_since(begun) < kChurnSecondsMax;) {
        const std::size_t connection = 1 + prng_.below(static_cast<std::uint64_t>(load_.nodes));
        std::vector<AttemptId> attempts;
        NodeStatus status = end_some(nodes_[connection], attempts);
        if (attempts.empty()) {
            continue;
        }
        ended += static_cast<std::int64_t>(attempts.size());
        now_ = now_ + microseconds(10);
        const double start = now_seconds();
        step(NodeMessage{{connection}, std::move(status)});
        double last = now_seconds();
        churn.end.add(last - start);
        std::sort(attempts.begin(), attempts.end());
        for (auto it = attempts.begin(); it != attempts.end();) {
            const auto next = std::upper_bound(it, attempts.end(), *it);
            confirm(*it, static_cast<std::int32_t>(next - it));
            it = next;
            const double now = now_seconds();
            churn.confirm.add(now - last);
            last = now;
        }
        if (++messages % kStepsPerPublication == 0) {
            publish();
            churn.publish.add(seconds_since(last));
        }
    }
    churn.total = seconds_since(begun);
    asked_ = nullptr;
}

std::vector<std::string> Cluster::secrets() const {
    std::vector<std::string> texts;
    for (int i = 0; i < 2 * load_.applications; ++i) {
        texts.push_back("secret-" + std::to_string(i));
    }
    return texts;
}

void Cluster::step(Event event) {
    ++steps_;
    Effects effects;
    rm_.step(now_, {kWall.milliseconds + now_.microseconds / 1000}, std::move(event), effects);
    std::vector<BatchId> saves;
    for (const Effect& effect : effects) {
        take(effect, saves);
    }
    for (const BatchId& batch : saves) {
        step(Saved{batch});
    }
}

void Cluster::take(const Effect& effect, std::vector<BatchId>& saves) {
    if (const auto* save = std::get_if<Save>(&effect)) {
        saves.push_back(save->batch);
    } else if (const auto* node = std::get_if<SendToNode>(&effect)) {
        if (const auto* welcome = std::get_if<NodeWelcome>(&node->message)) {
            nodes_.resize(std::max<std::size_t>(nodes_.size(), node->connection.value + 1));
            nodes_[node->connection.value].session = welcome->session;
        } else if (const auto* orders = std::get_if<NodeOrders>(&node->message)) {
            for (const ContainerStart& start : orders->starts) {
                started(start, node->connection.value);
            }
        }
    } else if (const auto* master = std::get_if<SendToMaster>(&effect)) {
        Master& known = master_of(master->attempt);
        if (const auto* welcome = std::get_if<MasterWelcome>(&master->message)) {
            known.session = welcome->session;
        } else if (const auto* news = std::get_if<MasterNews>(&master->message)) {
            known.news = news->sequence;
        }
    } else if (const auto* reply = std::get_if<Reply>(&effect)) {
        if (reply->answer.ok()) {
            if (const auto* id = std::get_if<NewApplicationAnswer>(&*reply->answer)) {
                application_ = id->application;
            }
        }
    }
}

void Cluster::started(const ContainerStart& start, std::uint64_t connection) {
    if (start.key.ask == 0) {
        Master master;
        master.attempt = start.key.attempt;
        master.token = start.spec.secrets.front().contents;
        const auto sequence = static_cast<std::size_t>(master.attempt.application.sequence);
        by_sequence_.resize(std::max(by_sequence_.size(), sequence + 1));
        by_sequence_[sequence] = masters_.size();
        masters_.push_back(std::move(master));
        return;
    }
    nodes_[connection].running.push_back({start.container, start.key});
    ++running_;
    std::deque<std::int64_t>& asked = master_of(start.key.attempt).asked;
    if (asked_ != nullptr && !asked.empty()) {
        asked_->add(static_cast<double>(steps_ - asked.front()));
        asked.pop_front();
    }
}

void Cluster::submit(int number) {
    step(Request{{++requests_}, NewApplication{}});
    SubmitApplication submit;
    submit.submission.id = application_;
    submit.submission.kind = ApplicationKind::Master;
    submit.submission.user = "user-" + std::to_string(number % 7);
    submit.submission.queue =
        rm_.books().config.scheduler.queues[static_cast<std::size_t>(number % load_.queues)].path;
    submit.submission.master.argv = {"master"};
    submit.submission.master_size = {512, 1};
    submit.submission.name = "app" + std::to_string(number);
    step(Request{{++requests_}, submit});
    Master& master = masters_.back();
    master.connection = {++connections_};
    step(MasterConnected{master.connection, master.token});
    MasterRegister hello;
    hello.attempt = master.attempt;
    step(MasterMessage{master.connection, hello});
}

NodeStatus Cluster::end_some(Node& node, std::vector<AttemptId>& ended) {
    NodeStatus status;
    status.session = node.session;
    status.sequence = ++node.sequence;
    for (int i = 0; i < load_.ends_per_message && !node.running.empty(); ++i) {
        Running& pick = node.running[prng_.below(node.running.size())];
        ContainerReport report;
        report.container = pick.container;
        report.key = pick.key;
        report.phase = ContainerPhase::Done;
        report.exit = ContainerExit{};
        status.containers.push_back(std::move(report));
        ended.push_back(pick.key.attempt);
        pick = node.running.back();
        node.running.pop_back();
        --running_;
    }
    return status;
}

// The master has seen the ends and wants as many as before: replacements may be granted.
void Cluster::confirm(const AttemptId& attempt, std::int32_t ends) {
    Master& master = master_of(attempt);
    MasterUpdate update;
    update.session = master.session;
    update.sequence = ++master.sequence;
    update.news_seen = master.news;
    master.asked.insert(master.asked.end(), static_cast<std::size_t>(ends), steps_ + 1);
    step(MasterMessage{master.connection, std::move(update)});
}

Cluster::Master& Cluster::master_of(const AttemptId& attempt) {
    return masters_[by_sequence_[static_cast<std::size_t>(attempt.application.sequence)]];
}

}  // namespace heddle::rm::bench
