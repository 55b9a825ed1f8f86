// The manager killed between any two effects: whatever was on its way, the cluster comes to the
// state that it comes to without that.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "resourcemanager/core/books.h"
#include "tests/support/rm_world/client_script.h"
#include "tests/support/rm_world/world.h"

namespace heddle::rm::test {
namespace {

Config config_of_story() {
    Config config;
    config.scheduler.queues = {queue_config("root.default"), queue_config("root.tight")};
    // Of 24 vcores 6: its application waits for what it may not have.
    config.scheduler.queues[1].capacity[kNoLabel].maximum.all = {Share::Kind::Percent, 25'000};
    config.scheduler.labels = {{"spot", true}};
    config.ids_per_reservation = 2;
    return config;
}

// The same, and its tight queue gets 8 of 24 vcores.
SchedulerConfig wider(SchedulerConfig config) {
    config.queues[1].capacity[kNoLabel].maximum.all = {Share::Kind::Percent, 34'000};
    return config;
}

// An operator gives a node its label; masters with asks, one with a label whose containers grow and
// with a gang; a configuration under which more may run; and two commands that run on. Ids differ
// after a kill, names do not.
class Story {
public:
    Story() : world_(1, config_of_story()) {
        world_.on_master = [this](MasterScript& master) {
            master.on_registered = [this, &master] { state(master); };
            master.on_granted = [&master](const Grant& grant) {
                if (grant.size == kSmall) {
                    master.resize(grant.container, kGrown);
                }
            };
        };
    }

    World& world() { return world_; }

    // Submits one after the other, and lets the cluster come to rest; a dead manager comes back.
    std::string run() {
        world_.manager().start();
        for (const char* name : {"n1", "n2", "n3"}) {
            world_.add_node(name, {8192, 8});
        }
        world_.add_node("n4", {4096, 4});
        insist(RelabelNode{NodeId{"n4"}, "spot"});
        for (const char* name : {"wide", "first", "tight", "grows", "second"}) {
            submit(name);
            run_for(milliseconds(300));
        }
        ReplaceScheduler replace;
        replace.config = wider(config_of_story().scheduler);
        insist(std::move(replace));
        run_for(seconds(8));
        EXPECT_EQ(world_.stage().violation, "");
        return digest();
    }

private:
    void submit(const std::string& name) {
        ApplicationSubmission submission;
        submission.name = name;
        const bool leads = name != "first" && name != "second";
        submission.kind = leads ? ApplicationKind::Master : ApplicationKind::Command;
        submission.queue = name == "tight" ? "tight" : "default";
        submission.user = "alice";
        submission.master.argv = {"program"};
        submission.master_size = {512, 1};
        clients_.push_back(
            std::make_unique<ClientScript>(world_.stage(), world_.manager(), submission));
        clients_.back()->start();
    }

    void state(MasterScript& master) {
        const auto& stored = world_.manager().store().applications;
        const std::string& name = stored.at(master.attempt().application).submission.name;
        Ask ask;
        ask.id = 1;
        ask.launch_template = 1;
        ask.size = {512, 1};
        ask.count = name == "tight" ? 8 : 5;
        if (name == "grows") {
            ask.size = kSmall;
            ask.count = 2;
            ask.label = "spot";
        }
        master.ask(ask);
        if (name == "grows") {
            ask.id = 2;
            ask.size = {1024, 1};
            ask.count = ask.gang_min = 3;
            ask.label.clear();
            ask.gang = 1;
            master.ask(ask);
        }
    }

    // Until it is answered; who asks again after a kill may ask for what is so already.
    template <typename What>
    void insist(const What& what) {
        const auto done = std::make_shared<bool>(false);  // with answers, which may come late
        for (int tries = 0; tries < 20 && !*done; ++tries) {
            world_.manager().request(
                what, [done](const Result<Answer>& answer) { *done = *done || answer.ok(); });
            run_for(milliseconds(500));
        }
        EXPECT_TRUE(*done);
    }

    void run_for(Duration time) {
        const TimePoint end = world_.stage().now() + time;
        while (world_.stage().now() < end) {
            world_.run_for(milliseconds(50));
            if (!world_.manager().up()) {
                world_.manager().start();
            }
        }
    }

    std::string digest() {
        const Books& books = world_.manager().core()->books();
        std::map<std::string, std::string> by_name;
        for (const auto& [id, application] : books.applications.all()) {
            std::string& text = by_name[application.submission->name];
            EXPECT_EQ(text, "") << "submitted twice: " << application.submission->name;
            text = " " + std::string(to_string(application.state)) + " " +
                   to_string(application.allocated);
            for (const Attempt& attempt : application.attempts) {
                text += ", attempt " + std::to_string(attempt.record.id.number) + " " +
                        std::string(to_string(attempt.state));
                for (const Demand* demand : books.asks.of_attempt(attempt.record.id)) {
                    text += ", ask " + std::to_string(demand->ask.id) + " has " +
                            std::to_string(books.asks.count(demand->key()).live) +
                            " and waits for " + std::to_string(demand->outstanding);
                }
            }
        }
        std::string text;
        for (const auto& [name, line] : by_name) {
            text += name + line + "\n";
        }
        for (QueueIndex queue = 0; queue < books.queues.size(); ++queue) {
            text +=
                books.queues.at(queue).path + " " + to_string(books.queues.at(queue).used) + "\n";
        }
        return text + std::to_string(world_.running()) + " processes\n";
    }

    static constexpr Resource kSmall{256, 1};
    static constexpr Resource kGrown{768, 1};

    World world_;
    std::vector<std::unique_ptr<ClientScript>> clients_;
};

TEST(Recovery, ComesToTheSameStateAfterAKillBetweenAnyTwoEffects) {
    Story undisturbed;
    const std::string expected = undisturbed.run();
    const std::uint64_t effects = undisturbed.world().manager().effects_done;
    ASSERT_NE(expected.find("ask 1 has 7 and waits for 1"), std::string::npos) << expected;
    ASSERT_NE(expected.find("grows RUNNING 5120 MiB, 6 vcores"), std::string::npos) << expected;
    ASSERT_NE(expected.find("ask 2 has 3 and waits for 0"), std::string::npos) << expected;
    ASSERT_GT(effects, 30U);
    for (std::uint64_t gap = 1; gap <= effects; ++gap) {
        Story story;
        story.world().manager().die_before_effect = gap;
        ASSERT_EQ(story.run(), expected) << "killed before effect " << gap << " of " << effects;
        ASSERT_EQ(story.world().manager().life(), 2U);
    }
}

}  // namespace
}  // namespace heddle::rm::test
