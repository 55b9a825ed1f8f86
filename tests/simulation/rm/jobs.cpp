#include "tests/simulation/rm/jobs.h"

#include <algorithm>
#include <utility>

#include "resourcemanager/core/states.h"
#include "tests/simulation/rm/constraints.h"
#include "tests/simulation/rm/created_queues.h"
#include "tests/simulation/rm/random_queues.h"
#include "tests/simulation/rm/submit_access.h"

namespace heddle::rm::test {

void Jobs::draw() {
    const auto count = scene_.prng().between(3, scene_.tight ? 14 : 7);
    for (std::int64_t i = 0; i < count; ++i) {
        jobs_.push_back(draw_job());
        const Duration when = milliseconds(scene_.prng().between(0, 35000));
        scene_.stage().timeline.after(when, [this, index = jobs_.size() - 1] { push(index); });
    }
    // One that lives in the quiet phase, where stricter things hold.
    Job last = draw_job();
    last.submission.kind = ApplicationKind::Master;
    last.submission.unmanaged = false;
    last.pool = 2;
    last.pieces = 9;
    last.piece_time = seconds(4);
    last.kill_after.reset();
    last.submission.lifetime.reset();
    last.submission.pending_max.reset();
    jobs_.push_back(std::move(last));
    scene_.stage().timeline.after(kFaults + seconds(15),
                                  [this, index = jobs_.size() - 1] { push(index); });
}

Job Jobs::draw_job() {
    Prng& prng = scene_.prng();
    Job job;
    draw_owner(job);
    job.submission.master.argv = {"program"};
    job.submission.master_size = {512, 1};
    job.piece_time = milliseconds(prng.between(100, 3000));
    if (prng.chance(1, 3)) {
        job.submission.kind = ApplicationKind::Command;
        job.exit_code = prng.chance(1, 4) ? 3 : 0;
    } else {
        draw_master(job);
    }
    draw_limits(job);
    draw_constraints(scene_, job);
    return job;
}

void Jobs::draw_owner(Job& job) {
    Prng& prng = scene_.prng();
    job.submission.user = "alice";
    job.submission.queue = prng.chance(1, 3) ? "batch" : "";
    if (scene_.queues) {
        job.submission.user = prng.chance(1, 2) ? "alice" : prng.chance(1, 2) ? "bob" : "eve";
        job.submission.queue = random_leaf(prng);
        if (scene_.creates) {
            job.submission.queue = created_instead(jobs_.size(), job.submission.queue);
        }
        job.submission.priority = static_cast<std::int32_t>(prng.below(4));
    }
}

void Jobs::draw_master(Job& job) {
    Prng& prng = scene_.prng();
    job.submission.kind = ApplicationKind::Master;
    job.submission.unmanaged = prng.chance(1, 6);
    job.submission.keep_containers = prng.chance(1, 2);
    job.submission.attempts_max = static_cast<std::int32_t>(prng.between(1, 4));
    job.pool = static_cast<std::int32_t>(prng.between(0, 2));
    job.pieces = static_cast<std::int32_t>(prng.between(0, scene_.tight ? 15 : 6));
    job.gpus = static_cast<std::int32_t>(prng.between(0, 2));
    job.extra = prng.chance(1, 3);
    job.racks = prng.chance(1, 3);
    job.hold = prng.chance(1, 4);
    job.new_generation = prng.chance(1, 4);
}

void Jobs::draw_limits(Job& job) {
    Prng& prng = scene_.prng();
    if (prng.chance(1, 12)) {
        job.submission.lifetime = milliseconds(prng.between(1000, 60000));
    }
    if (prng.chance(1, 12)) {
        job.submission.pending_max = milliseconds(prng.between(100, 10000));
    }
    if (prng.chance(1, 6)) {
        job.kill_after = milliseconds(prng.between(100, 20000));
    }
}

const Job* Jobs::find(const ApplicationId& id) const {
    const auto it = by_id_.find(id);
    return it == by_id_.end() ? nullptr : &jobs_[it->second];
}

const Job* Jobs::any_submitted() {
    const Job& job = jobs_[scene_.prng().below(jobs_.size())];
    return job.submitted() ? &job : nullptr;
}

bool Jobs::all_over() const {
    const View* view = scene_.world.manager().view();
    if (view == nullptr) {
        return false;
    }
    return std::all_of(jobs_.begin(), jobs_.end(), [&](const Job& job) {
        if (!job.submitted()) {
            return false;
        }
        const auto application = view->applications.find(*job.id());
        return application != nullptr && is_final(application->state);
    });
}

// The client of a job.
void Jobs::push(std::size_t index) {
    Job& job = jobs_[index];
    job.client =
        std::make_unique<ClientScript>(scene_.stage(), scene_.world.manager(), job.submission);
    job.client->on_id = [this, index](const ApplicationId& id) {
        if (!ids_.insert(id).second) {
            scene_.stage().violate("id given twice: " + to_string(id));
        }
        by_id_[id] = index;
    };
    if (scene_.lists) {
        job.client->ask_lists(groups_of(job.submission.user), "root.default");
    }
    job.client->on_submitted = [this, index] { submitted(index); };
    job.client->start();
}

void Jobs::submitted(std::size_t index) {
    if (jobs_[index].submission.unmanaged) {
        claim(index);
    }
    if (jobs_[index].kill_after.has_value()) {
        scene_.stage().timeline.after(*jobs_[index].kill_after, [this, index] { kill(index); });
    }
}

// The master outside the cluster asks for its attempt and token, again and again.
void Jobs::claim(std::size_t index) {
    if (jobs_[index].claimed) {
        return;
    }
    scene_.world.manager().request(
        ClaimMaster{*jobs_[index].id()}, [this, index](const Result<Answer>& answer) {
            Job& asked = jobs_[index];
            if (!answer.ok()) {
                asked.claimed = asked.claimed || answer.error().code == ErrorCode::Conflict;
            } else if (!std::exchange(asked.claimed, true)) {
                const auto& credentials = std::get<MasterCredentials>(*answer);
                scene_.world.outside_master(credentials.attempt, credentials.token);
            }
        });
    scene_.stage().timeline.after(kClientRetry, [this, index] { claim(index); });
}

void Jobs::kill(std::size_t index) {
    if (jobs_[index].kill_acknowledged) {
        return;
    }
    scene_.world.manager().request(KillApplication{*jobs_[index].id(), "killed by its user"},
                                   [this, index](const Result<Answer>& answer) {
                                       jobs_[index].kill_acknowledged |= answer.ok();
                                   });
    scene_.stage().timeline.after(kClientRetry, [this, index] { kill(index); });
}

}  // namespace heddle::rm::test
