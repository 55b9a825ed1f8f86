// Recovery equivalence: the store, the nodes' reports and the masters' asks give back the state
// that the manager had before it was killed.

#include <gtest/gtest.h>

#include <string>

#include "resourcemanager/core/books.h"
#include "tests/support/rm_world/names.h"
#include "tests/support/rm_world/world.h"

namespace heddle::rm::test {
namespace {

// All that matters of the books, in order, without what is new by right (sessions, epoch).
std::string digest(const Books& books) {
    std::string text;
    for (const auto& [id, application] : books.applications.all()) {
        text += name_of(id) + " state " + std::to_string(static_cast<int>(application.state)) +
                " allocated " + to_string(application.allocated) + " in " +
                books.queues.at(application.queue).path + " priority " +
                std::to_string(application.submission->priority) + "\n";
        for (const Attempt& attempt : application.attempts) {
            text += "  attempt " + std::to_string(attempt.record.id.number) + " " +
                    std::string(to_string(attempt.state)) + "\n";
            for (const ContainerId& container : attempt.containers) {
                const Container& known = *books.containers.find(container);
                text += "    " + name_of(container) + " on " +
                        books.nodes.at(known.node).info.id.name + " " + to_string(known.size) +
                        " " + std::string(to_string(known.phase)) + " ask " +
                        std::to_string(known.key.ask) + " " +
                        std::string(to_string(known.execution)) + " version " +
                        std::to_string(known.version) + (known.labelled ? " labelled" : "") + "\n";
            }
            for (const Demand* demand : books.asks.of_attempt(attempt.record.id)) {
                text += "    waits for " + std::to_string(demand->outstanding) + " of ask " +
                        std::to_string(demand->ask.id) +
                        (demand->gang_waits ? ", with its gang" : "") + "\n";
            }
        }
    }
    for (QueueIndex queue = 0; queue < books.queues.size(); ++queue) {
        text += books.queues.at(queue).path + " " + to_string(books.queues.at(queue).used) + "\n";
    }
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        const Node& node = books.nodes.at(index);
        text += node.info.id.name + " of " + node.info.rack + " labelled '" + node.info.label + "'";
        for (const auto& [name, value] : node.info.attributes) {
            text += " " + name + "=" + value;
        }
        text += "\n";
    }
    return text + "configuration " + std::to_string(books.scheduler.present().version) + "\n";
}

/// Lets the manager die and come back.
void restart(World& world, Duration down) {
    world.manager().crash();
    world.run_for(down);
    world.manager().start();
    world.run_for(seconds(4));
}

void submit(World& world, std::int32_t containers) {
    world.manager().request(NewApplication{}, [&world, containers](const Result<Answer>& answer) {
        ApplicationSubmission submission;
        submission.id = std::get<NewApplicationAnswer>(*answer).application;
        submission.kind = containers > 0 ? ApplicationKind::Master : ApplicationKind::Command;
        submission.user = "alice";
        submission.master.argv = {"program"};
        submission.master_size = {512, 1};
        world.manager().request(SubmitApplication{submission}, [](const Result<Answer>&) {});
    });
    world.run_for(milliseconds(100));
}

TEST(Recovery, GivesBackTheStateOfBeforeAtEveryMoment) {
    for (std::int64_t moment = 0; moment < 40; ++moment) {
        World world(static_cast<std::uint64_t>(moment) + 1, Config{});
        world.manager().start();
        for (const char* name : {"n1", "n2", "n3"}) {
            world.add_node(name, {4096, 4});
        }
        world.on_master = [](MasterScript& master) {
            master.on_registered = [&master] {
                Ask ask;
                ask.id = 1;
                ask.launch_template = 1;
                ask.size = {512, 1};
                ask.count = 3 + static_cast<std::int32_t>(master.attempt().application.sequence);
                master.ask(ask);
            };
        };
        for (const std::int32_t containers : {3, 0, 4, 0}) {
            submit(world, containers);
        }
        world.run_for(seconds(2) + milliseconds(moment * 37));
        const std::string before = digest(world.manager().core()->books());
        ASSERT_NE(before.find("waits for 1"), std::string::npos) << before;
        restart(world, milliseconds(moment * 50));
        EXPECT_EQ(digest(world.manager().core()->books()), before) << "moment " << moment;
        EXPECT_EQ(world.stage().violation, "");
    }
}

// A cluster in which there is one of everything that outlives the manager.
class Whole {
public:
    Whole() : world(7, config()) {
        world.on_master = [this](MasterScript& script) {
            master = &script;
            script.on_registered = [this] { state(); };
            script.on_granted = [this](const Grant& grant) { granted(grant); };
        };
        world.manager().start();
        world.add_node("n1", {8192, 8});
        world.add_node("n2", {4096, 4}, "/default-rack", "ssd");
        for (const char* queue : {"root.made.etl", "root.default"}) {
            submit_to(queue, queue == std::string("root.default"));
        }
        world.manager().request(ReplaceScheduler{changed(), {}, "alice", "", false}, ignored);
        world.manager().request(ChangePriority{last_, 3, "", {}}, ignored);
        world.manager().request(
            ChangeAttributes{ChangeAttributes::Kind::Add, {{{"n1"}, {{"tier", "gold"}}}}}, ignored);
        world.run_for(seconds(3));
    }

    std::string state_of_books() { return digest(world.manager().core()->books()); }

    World world;
    MasterScript* master = nullptr;

private:
    static void ignored(const Result<Answer>&) {}

    static Config config() {
        Config config;
        config.scheduler.labels = {{"ssd", true}};
        config.scheduler.queues = {queue_config("root.default"), queue_config("root.made")};
        config.scheduler.queues[1].auto_creation.enabled = true;
        return config;
    }

    SchedulerConfig changed() {
        SchedulerConfig changed = world.manager().core()->books().scheduler.present();
        changed.queues[0].applications_max = 77;
        return changed;
    }

    void submit_to(const std::string& queue, bool leads) {
        world.manager().request(
            NewApplication{}, [this, queue, leads](const Result<Answer>& answer) {
                ApplicationSubmission submission;
                submission.id = std::get<NewApplicationAnswer>(*answer).application;
                last_ = submission.id;
                submission.kind = leads ? ApplicationKind::Master : ApplicationKind::Command;
                submission.queue = queue;
                submission.user = "alice";
                submission.master.argv = {"program"};
                submission.master_size = {512, 1};
                world.manager().request(SubmitApplication{submission}, ignored);
            });
        world.run_for(milliseconds(500));
    }

    static Ask ask(std::int32_t id, std::int32_t count) {
        Ask ask;
        ask.id = id;
        ask.launch_template = 1;
        ask.size = {512, 1};
        ask.count = count;
        return ask;
    }

    void state() {
        master->ask(ask(1, 2));
        Ask labelled = ask(2, 1);
        labelled.label = "ssd";
        master->ask(labelled);
        Ask gang = ask(3, 2);  // has no room, and so waits
        gang.size = {4096, 4};
        gang.gang = 1;
        gang.gang_min = 2;
        master->ask(gang);
        Ask opportunistic = ask(4, 2);
        opportunistic.execution = ExecutionType::Opportunistic;
        master->ask(opportunistic);
    }

    void granted(const Grant& grant) {
        if (grant.key.ask == 1 && !grew_) {
            grew_ = true;
            master->resize(grant.container, {1024, 1});
        }
        if (grant.key.ask == 4 && !promoted_) {
            promoted_ = true;
            master->change_execution(grant.container, ExecutionType::Guaranteed);
        }
    }

    ApplicationId last_;
    bool grew_ = false;
    bool promoted_ = false;
};

TEST(Recovery, GivesBackGangsSizesExecutionTypesLabelsCreatedQueuesAndTheConfiguration) {
    Whole whole;
    const std::string before = whole.state_of_books();
    for (const char* shown :
         {", with its gang", "version 1", " labelled", "OPPORTUNISTIC", "ask 4 GUARANTEED",
          "root.made.etl", "priority 3", "configuration 1", "1024 MiB", "rm.yarn.io/tier=gold"}) {
        EXPECT_NE(before.find(shown), std::string::npos) << shown << " is missing in\n" << before;
    }
    restart(whole.world, milliseconds(200));
    EXPECT_EQ(whole.state_of_books(), before);
    EXPECT_EQ(whole.world.stage().violation, "");
}

}  // namespace
}  // namespace heddle::rm::test
