#pragma once

// The manager's core with masters that run outside of the cluster, so that nothing of it is used
// for them: what they ask for, and what they are told.

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {

struct TestMaster {
    AttemptId attempt;
    ConnectionId connection;
    std::uint64_t session = 0;
    std::uint64_t sequence = 0;
};

class MasterFixture : public CoreFixture {
public:
    explicit MasterFixture(Config config = {}) : CoreFixture(std::move(config)) { boot(); }

    /// An application whose master has registered.
    TestMaster master(const std::string& user = "alice") { return master_in("", user); }
    TestMaster master_in(const std::string& queue, const std::string& user = "alice") {
        step(Request{{++requests}, NewApplication{}});
        all_saved();
        ApplicationSubmission submission;
        submission.id = {1, ++submitted};
        submission.kind = ApplicationKind::Master;
        submission.unmanaged = true;
        submission.user = user;
        submission.queue = queue;
        submission.master_size = {512, 1};
        step(Request{{++requests}, SubmitApplication{submission}});
        all_saved();
        const Effects claimed = step(Request{{++requests}, ClaimMaster{submission.id}});
        const Effects saved = all_saved();
        TestMaster master;
        master.connection = {++connections};
        for (const Effects* effects : {&claimed, &saved}) {
            for (const Effect& effect : *effects) {
                const auto* reply = std::get_if<Reply>(&effect);
                if (reply != nullptr && reply->answer.ok()) {
                    if (const auto* one = std::get_if<MasterCredentials>(&*reply->answer)) {
                        master.attempt = one->attempt;
                        step(MasterConnected{master.connection, one->token});
                    }
                }
            }
        }
        const Effects effects =
            step(MasterMessage{master.connection, MasterRegister{master.attempt, "h", 0, ""}});
        const auto welcomes = sent<MasterWelcome, SendToMaster>(effects);
        EXPECT_EQ(welcomes.size(), 1U);
        master.session = welcomes.empty() ? 0 : welcomes[0].session;
        say(master, {}, true);
        return master;
    }

    static Ask ask(std::int32_t id, Resource size, std::int32_t count) {
        Ask ask;
        ask.id = id;
        ask.launch_template = 1;
        ask.size = size;
        ask.count = count;
        return ask;
    }

    static Ask member(std::int32_t id, Resource size, std::int32_t count, std::int32_t least) {
        Ask one = ask(id, size, count);
        one.gang = 1;
        one.gang_min = least;
        return one;
    }

    Effects say(TestMaster& master, std::vector<Ask> asks, bool complete = false,
                std::vector<ContainerId> releases = {}) {
        MasterUpdate update;
        update.session = master.session;
        update.sequence = ++master.sequence;
        update.complete = complete;
        update.asks = std::move(asks);
        update.releases = std::move(releases);
        LaunchTemplate worker;
        worker.id = 1;
        worker.spec.argv = {"worker"};
        update.templates = {worker};
        return step(MasterMessage{master.connection, update});
    }

    Effects blacklist(TestMaster& master, std::vector<NodeId> nodes) {
        MasterUpdate update;
        update.session = master.session;
        update.sequence = ++master.sequence;
        update.blacklist = std::move(nodes);
        return step(MasterMessage{master.connection, update});
    }

    /// Lets time pass, and everything that is due happen when it is due.
    Effects pass(Duration time) {
        const TimePoint end = now + time;
        Effects all;
        const auto add = [&](Effects effects) {
            all.insert(all.end(), effects.begin(), effects.end());
        };
        for (auto due = rm.next_deadline(); due <= end; due = rm.next_deadline()) {
            add(advance(due > now ? due - now : Duration{}));
            add(all_saved());
        }
        add(advance(end - now));
        return all;
    }

    /// Names of nodes that containers were granted on, in order.
    static std::string granted(const Effects& effects) {
        std::string nodes;
        for (const MasterNews& news : sent<MasterNews, SendToMaster>(effects)) {
            for (const Grant& grant : news.granted) {
                nodes += (nodes.empty() ? "" : " ") + grant.node.name;
            }
        }
        return nodes;
    }

    static std::string refused(const Effects& effects) {
        std::string reasons;
        for (const MasterNews& news : sent<MasterNews, SendToMaster>(effects)) {
            for (const AskRefused& one : news.refused) {
                reasons += std::to_string(one.ask) + ": " + one.reason + "\n";
            }
        }
        return reasons;
    }

    std::size_t reserved() { return view().reservations->reservations.size(); }
    std::size_t gangs_waiting() { return view().reservations->gangs.size(); }

private:
    const View& view() {
        published_ = rm.publish({5000}).view;
        return *published_;
    }

    std::shared_ptr<const View> published_;
};

}  // namespace heddle::rm::test
