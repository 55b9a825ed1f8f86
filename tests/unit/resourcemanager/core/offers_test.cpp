// With placements_per_status a node takes containers only when it has said all it has, and few.

#include <gtest/gtest.h>

#include <algorithm>

#include "resourcemanager/core/resource_manager.h"

namespace heddle::rm {
namespace {

Config by_heartbeat(std::int32_t placements) {
    Config config;
    config.placements_per_status = placements;
    return config;
}

// One node with room for all; saves are answered at once.
class Offers : public testing::Test {
protected:
    void boot(std::int32_t placements) {
        rm = std::make_unique<ResourceManager>(by_heartbeat(placements));
        Booted booted;
        booted.epoch = 1;
        booted.cluster_timestamp = 1;
        booted.secrets = {"a", "b", "c", "d"};
        step(booted);
        NodeRegister registration;
        registration.info.id = {"n1"};
        registration.info.total = {4096, 8};
        step(NodeMessage{{1}, registration});
    }

    void submit_command() {
        step(Request{{++requests}, NewApplication{}});
        SubmitApplication submit;
        submit.submission.id = application;
        submit.submission.kind = ApplicationKind::Command;
        submit.submission.user = "ann";
        submit.submission.master.argv = {"true"};
        submit.submission.master_size = {1024, 1};
        step(Request{{++requests}, submit});
    }

    void status(bool complete) {
        NodeStatus status;
        status.session = session;
        status.sequence = ++sequence;
        status.complete = complete;
        step(NodeMessage{{1}, status});
    }

    void step(Event event) {
        Effects effects;
        rm->step(now, WallTime{1000}, std::move(event), effects);
        rm->check();
        std::vector<BatchId> saves;
        for (const Effect& effect : effects) {
            if (const auto* save = std::get_if<Save>(&effect)) {
                saves.push_back(save->batch);
            } else if (const auto* node = std::get_if<SendToNode>(&effect)) {
                if (const auto* welcome = std::get_if<NodeWelcome>(&node->message)) {
                    session = welcome->session;
                } else if (const auto* orders = std::get_if<NodeOrders>(&node->message)) {
                    started += orders->starts.size();
                }
            } else if (const auto* reply = std::get_if<Reply>(&effect)) {
                ASSERT_TRUE(reply->answer.ok());
                if (const auto* id = std::get_if<NewApplicationAnswer>(&*reply->answer)) {
                    application = id->application;
                }
            }
        }
        for (const BatchId batch : saves) {
            step(Saved{batch});
        }
        while (rm->next_deadline() <= now) {
            step(Tick{});
        }
    }

    std::unique_ptr<ResourceManager> rm;
    TimePoint now;
    std::uint64_t requests = 0;
    std::uint64_t session = 0;
    std::uint64_t sequence = 0;
    std::size_t started = 0;
    ApplicationId application;
};

TEST_F(Offers, WaitForACompleteStatusAndTakeNoMoreThanAllowed) {
    boot(1);
    submit_command();
    submit_command();
    submit_command();
    status(false);
    EXPECT_EQ(started, 0U);
    status(true);
    EXPECT_EQ(started, 1U);
    status(true);
    EXPECT_EQ(started, 2U);
    boot(2);
    started = 0;
    sequence = 0;
    submit_command();
    submit_command();
    submit_command();
    status(true);
    EXPECT_EQ(started, 2U);
}

TEST_F(Offers, AreNotWaitedForUnlessAsked) {
    boot(0);
    submit_command();
    submit_command();
    EXPECT_EQ(started, 2U);
}

}  // namespace
}  // namespace heddle::rm
