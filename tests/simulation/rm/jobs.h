#pragma once

// What clients want to have run, and the clients.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "tests/simulation/rm/scene.h"
#include "tests/support/rm_world/client_script.h"

namespace heddle::rm::test {

struct Job {
    ApplicationSubmission submission;
    std::int32_t pool = 0;    // long-lived containers
    std::int32_t pieces = 0;  // containers that end by themselves
    std::int32_t gpus = 0;    // of each piece
    bool extra = false;       // has one container more as long as it runs, with a label, if it can
    bool racks = false;       // pieces prefer a rack
    bool hold = false;
    bool new_generation = false;
    Duration piece_time;
    std::int32_t exit_code = 0;  // of a command
    std::optional<Duration> kill_after;
    std::unique_ptr<ClientScript> client;  // once its time has come
    std::string pool_constraint = {};      // both kinds of containers have tags then
    std::string pieces_constraint = {};
    bool claimed = false;
    bool kill_acknowledged = false;

    std::optional<ApplicationId> id() const {
        return client == nullptr ? std::nullopt : client->id();
    }
    bool submitted() const { return client != nullptr && client->submitted(); }
};

class Jobs {
public:
    explicit Jobs(Scene scene) : scene_(scene) {}

    /// Draws them all, and when each is submitted.
    void draw();
    const std::vector<Job>& all() const { return jobs_; }
    /// Before any is submitted.
    template <typename Change>
    void for_each(Change&& change) {
        for (Job& job : jobs_) {
            change(job);
        }
    }
    /// Null: nobody has an id of this application.
    const Job* find(const ApplicationId& id) const;
    /// Null: the one drawn has not been acknowledged.
    const Job* any_submitted();
    bool all_over() const;

private:
    Job draw_job();
    void draw_owner(Job& job);
    void draw_master(Job& job);
    void draw_limits(Job& job);
    void push(std::size_t index);
    void submitted(std::size_t index);
    void claim(std::size_t index);
    void kill(std::size_t index);

    Scene scene_;
    std::vector<Job> jobs_;
    std::map<ApplicationId, std::size_t> by_id_;
    std::set<ApplicationId> ids_;
};

}  // namespace heddle::rm::test
