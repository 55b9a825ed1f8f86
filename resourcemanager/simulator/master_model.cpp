#include "resourcemanager/simulator/master_model.h"

#include <algorithm>
#include <utility>

namespace heddle::simulator {

MasterModel::MasterModel(sim::Timeline& timeline, ManagerModel& manager, MasterWatch& watch,
                         const Setup& setup, const Job& job, std::size_t number)
    : timeline_(timeline),
      manager_(manager),
      watch_(watch),
      setup_(setup),
      job_(job),
      number_(number),
      waves_(job.waves.size()) {
    for (std::size_t i = 0; i < waves_.size(); ++i) {
        waves_[i].left = static_cast<std::int64_t>(job.waves[i].tasks.size());
        waves_[i].wanted = waves_[i].left;
    }
}

void MasterModel::start(const AttemptId& attempt, const std::string& token) {
    alive_ = true;
    attempt_ = attempt;
    connection_ = manager_.open(*this, token);
}

void MasterModel::died() {
    alive_ = false;
    ++life_;
    session_ = news_seen_ = 0;
    known_.clear();
    surplus_.clear();
    inbox_.clear();
}

// What ran for the master before is stopped, and comes back one by one.
void MasterModel::count_anew() {
    for (WaveState& wave : waves_) {
        if (wave.asked) {
            wave.wanted = static_cast<std::int64_t>(wave.open.size());
        }
    }
}

void MasterModel::admitted() {
    manager_.send(connection_, MasterRegister{attempt_, "127.0.0.1", 0, ""});
}

void MasterModel::received(const ManagerToMaster& message) {
    if (!alive_) {
        return;
    }
    if (const auto* welcome = std::get_if<MasterWelcome>(&message)) {
        session_ = welcome->session;
        if (life_ > 0) {
            count_anew();
        }
        open_stage();
        heartbeat(life_);
    } else if (const auto* news = std::get_if<MasterNews>(&message)) {
        if (setup_.mode == Mode::Heartbeat) {
            inbox_.push_back(*news);
        } else {
            take(*news);
            update_soon();
        }
    } else if (std::holds_alternative<MasterFinished>(message)) {
        over_ = true;
        watch_.finished(number_);
    } else if (const auto* rejected = std::get_if<MasterRejected>(&message)) {
        if (!std::exchange(over_, true)) {
            watch_.failed(number_, rejected->reason);
        }
    }
}

// Asks for the lowest stage that has something left; without one the job is done.
void MasterModel::open_stage() {
    std::optional<std::int32_t> stage;
    for (std::size_t i = 0; i < waves_.size(); ++i) {
        if (waves_[i].left > 0) {
            stage = std::min(stage.value_or(job_.waves[i].stage), job_.waves[i].stage);
        }
    }
    if (!stage.has_value()) {
        if (!std::exchange(finishing_, true)) {
            manager_.send(connection_, MasterFinish{session_, FinalStatus::Succeeded, "", ""});
        }
        return;
    }
    for (std::size_t i = 0; i < waves_.size(); ++i) {
        WaveState& wave = waves_[i];
        if (job_.waves[i].stage != *stage || std::exchange(wave.asked, true)) {
            continue;
        }
        for (const Duration task : job_.waves[i].tasks) {
            wave.open.push_back({task, timeline_.now(), life_});
        }
        wave.changed = true;
        watch_.wished(number_, i, wave.left);
        update_soon();
    }
}

std::optional<MasterModel::Task> MasterModel::take_task(std::size_t wave) {
    std::deque<Task>& open = waves_[wave].open;
    if (open.empty()) {
        return std::nullopt;
    }
    Task task = open.front();
    open.pop_front();
    task.life = life_;
    return task;
}

void MasterModel::give_up() {
    for (std::size_t i = 0; i < waves_.size(); ++i) {
        watch_.wished(number_, i, -static_cast<std::int64_t>(waves_[i].open.size()));
        waves_[i].open.clear();
    }
}

void MasterModel::give_back(std::size_t wave, Task task) {
    if (finishing_ || over_) {
        return;
    }
    task.wished = timeline_.now();
    waves_[wave].open.push_front(task);
    if (task.life != life_ && session_ != 0) {
        ++waves_[wave].wanted;
        waves_[wave].changed = true;
        update_soon();
    }
    watch_.wished(number_, wave, 1);
}

void MasterModel::task_done(std::size_t wave) {
    --waves_[wave].left;
    open_stage();
}

void MasterModel::take(const MasterNews& news) {
    if (news.session != session_ || news.sequence <= news_seen_) {
        return;
    }
    news_seen_ = news.sequence;
    for (const Grant& grant : news.granted) {
        const auto wave = static_cast<std::size_t>(grant.key.ask) - 1;
        if (known_.emplace(grant.container, wave).second && setup_.mode == Mode::Heartbeat) {
            watch_.call(grant.node, grant.container);
        }
    }
    for (const ContainerEnded& ended : news.ended) {
        const auto known = known_.extract(ended.container);
        if (surplus_.erase(ended.container) > 0) {
            continue;
        }
        if (known && ended.exit.success()) {
            --waves_[known.mapped()].wanted;
            waves_[known.mapped()].changed = true;
        }
    }
    for (const AskRefused& refused : news.refused) {
        if (!std::exchange(finishing_, true)) {
            manager_.send(connection_,
                          MasterFinish{session_, FinalStatus::Failed, refused.reason, ""});
            watch_.failed(number_, refused.reason);
        }
    }
}

// As in YARN: what is asked for now was known before this heartbeat's answer, and the answer holds
// what was granted before.
void MasterModel::heartbeat(std::int64_t life) {
    if (over_ || life != life_) {
        return;
    }
    update(true);
    for (const MasterNews& news : std::exchange(inbox_, {})) {
        take(news);
    }
    timeline_.after(setup_.mode == Mode::Event ? setup_.liveness : setup_.master_heartbeat,
                    [this, life] { heartbeat(life); });
}

// What changes at one moment is one update.
void MasterModel::update_soon() {
    if (setup_.mode == Mode::Heartbeat || std::exchange(update_due_, true)) {
        return;
    }
    timeline_.after({}, [this] {
        update_due_ = false;
        if (!over_ && session_ != 0) {
            update(false);
        }
    });
}

Ask MasterModel::ask_of(std::size_t wave) const {
    const Wave& what = job_.waves[wave];
    Ask ask;
    ask.id = static_cast<std::int32_t>(wave) + 1;
    ask.launch_template = 1;
    ask.priority = what.priority;
    ask.size = what.size;
    ask.count = static_cast<std::int32_t>(waves_[wave].wanted);
    ask.execution = what.execution;
    for (const std::string& node : what.nodes) {
        ask.nodes.push_back({node});
    }
    return ask;
}

void MasterModel::update(bool complete) {
    MasterUpdate update;
    update.session = session_;
    update.sequence = ++sequence_;
    update.news_seen = news_seen_;
    update.complete = complete;
    if (complete) {
        LaunchTemplate worker;
        worker.id = 1;
        worker.spec.argv = {"task"};
        update.templates = {worker};
        for (const auto& [id, wave] : known_) {
            update.known.push_back(id);
        }
    }
    for (std::size_t i = 0; i < waves_.size(); ++i) {
        if (waves_[i].asked && (complete || waves_[i].changed)) {
            update.asks.push_back(ask_of(i));
            waves_[i].changed = false;
        }
    }
    manager_.send(connection_, std::move(update));
}

}  // namespace heddle::simulator
