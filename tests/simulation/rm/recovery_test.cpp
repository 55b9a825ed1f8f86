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
                " allocated " + to_string(application.allocated) + "\n";
        for (const Attempt& attempt : application.attempts) {
            text += "  attempt " + std::to_string(attempt.record.id.number) + " " +
                    std::string(to_string(attempt.state)) + "\n";
            for (const ContainerId& container : attempt.containers) {
                const Container& known = *books.containers.find(container);
                text += "    " + name_of(container) + " on " +
                        books.nodes.at(known.node).info.id.name + " " + to_string(known.size) +
                        " " + std::string(to_string(known.phase)) + " ask " +
                        std::to_string(known.key.ask) + "\n";
            }
            for (const Demand* demand : books.asks.of_attempt(attempt.record.id)) {
                text += "    waits for " + std::to_string(demand->outstanding) + " of ask " +
                        std::to_string(demand->ask.id) + "\n";
            }
        }
    }
    for (QueueIndex queue = 0; queue < books.queues.size(); ++queue) {
        text += books.queues.at(queue).path + " " + to_string(books.queues.at(queue).used) + "\n";
    }
    return text;
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
        world.manager().crash();
        world.run_for(milliseconds(moment * 50));
        world.manager().start();
        world.run_for(seconds(4));
        EXPECT_EQ(digest(world.manager().core()->books()), before) << "moment " << moment;
        EXPECT_EQ(world.stage().violation, "");
    }
}

}  // namespace
}  // namespace heddle::rm::test
