// What masters get wrong in their asks, as a table: each is refused with a sentence that says what
// to do, and nothing changes.

#include <gtest/gtest.h>

#include <functional>

#include "resourcemanager/core/ask_check.h"
#include "resourcemanager/core/explanations.h"
#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

struct Case {
    const char* name;
    std::function<void(Ask&)> spoil;
    const char* expected;
};

std::string repeated(const std::string& part, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
        text += part;
    }
    return text;
}

const std::vector<Case>& cases() {
    static const std::vector<Case> kCases = {
        {"IdZero", [](Ask& ask) { ask.id = 0; }, "its id is 0; number asks from 1"},
        {"IdNegative", [](Ask& ask) { ask.id = -7; }, "its id is -7; number asks from 1"},
        {"CountNegative", [](Ask& ask) { ask.count = -1; },
         "its count is -1; write a number from 0 to 1000000"},
        {"CountHuge", [](Ask& ask) { ask.count = kAskCountMax + 1; }, "its count is 1000001"},
        {"MemoryZero", [](Ask& ask) { ask.size.memory_mib = 0; }, "must be positive"},
        {"MemoryNegative", [](Ask& ask) { ask.size.memory_mib = INT64_MIN; }, "must be positive"},
        {"MemoryLarge", [](Ask& ask) { ask.size.memory_mib = 1 << 20; },
         "asked 1048576 MiB, 1 vcore; the largest node has 8192 MiB, 8 vcores"},
        {"MemoryHuge", [](Ask& ask) { ask.size.memory_mib = INT64_MAX; },
         "one container has at most 1099511627776 of a resource"},
        {"VcoresZero", [](Ask& ask) { ask.size.vcores = 0; }, "must be positive"},
        {"VcoresHuge", [](Ask& ask) { ask.size.vcores = INT64_MAX; }, "one container has at most"},
        {"NamedNegative", [](Ask& ask) { ask.size.named.set("gpu", -1); },
         "other resources not negative"},
        {"NamedUnknown", [](Ask& ask) { ask.size.named.set("fpga", 1); }, "no node has any 'fpga'"},
        {"NamedHuge", [](Ask& ask) { ask.size.named.set("fpga", INT64_MAX); },
         "one container has at most"},
        {"LabelUnknown", [](Ask& ask) { ask.label = "gone"; }, "no node has the label 'gone'"},
        {"NodeUnknown",
         [](Ask& ask) {
             ask.nodes = {{"n9"}};
             ask.relax_locality = false;
         },
         "it takes nothing but node n9, and no such node is known; name nodes that are there"},
        {"PlacesTooMany",
         [](Ask& ask) {
             ask.nodes.assign(kAskPlacesMax, {"n1"});
             ask.racks = {"/a"};
         },
         "it names 10001 nodes and racks, and at most 10000 are taken"},
        {"TemplateUnknown", [](Ask& ask) { ask.launch_template = 9; },
         "launch template 9 is not known"},
        {"ConstraintMeaningless", [](Ask& ask) { ask.constraint = "near,node,zk"; }, "near"},
        {"ConstraintLong",
         [](Ask& ask) { ask.constraint = "in,node," + std::string(kConstraintBytesMax, 'x'); },
         "4096"},
        {"ConstraintDeep",
         [](Ask& ask) { ask.constraint = repeated("and(", 20) + "in,node,zk" + repeated(")", 20); },
         "8"},
        {"ConstraintOfTooManyTerms",
         [](Ask& ask) { ask.constraint = "in,node" + repeated(",zk", kConstraintTermsMax + 1); },
         "32"},
        {"TagsTooMany",
         [](Ask& ask) {
             for (std::size_t i = 0; i <= kAskTagsMax; ++i) {
                 ask.tags.push_back("t" + std::to_string(i));
             }
         },
         "an ask has at most 16 tags, not 17"},
        {"TagEmpty", [](Ask& ask) { ask.tags = {""}; }, "tag"},
        {"GangMinimumAboveCount",
         [](Ask& ask) {
             ask.gang = 1;
             ask.gang_min = 3;
         },
         "a gang's minimum is at most the count of the ask"},
        {"OpportunisticGang",
         [](Ask& ask) {
             ask.gang = 1;
             ask.gang_min = 1;
             ask.execution = ExecutionType::Opportunistic;
         },
         "an opportunistic ask names no gang"},
    };
    return kCases;
}

class BadAsks : public testing::Test {
protected:
    void SetUp() override {
        core.boot();
        core.add_node("n1");
        core.submit(ApplicationKind::Master);
        core.all_saved();
        const AttemptId attempt{{1, 1}, 1};
        core.step(MasterConnected{kMaster,
                                  core.rm.books().applications.find(attempt)->record.master_token});
        MasterRegister hello;
        hello.attempt = attempt;
        for (const auto& welcome : CoreFixture::sent<MasterWelcome, SendToMaster>(
                 core.step(MasterMessage{kMaster, hello}))) {
            session = welcome.session;
        }
        EXPECT_TRUE(state(good()).empty());
    }

    // One that waits for more than there is.
    static Ask good() {
        Ask ask;
        ask.id = 1;
        ask.launch_template = 1;
        ask.size = {1024, 1};
        ask.count = 20;
        return ask;
    }

    std::vector<AskRefused> state(const Ask& ask) {
        MasterUpdate update;
        update.session = session;
        update.sequence = ++sequence;
        update.complete = true;
        update.templates.push_back({1, {}});
        update.asks = {good()};
        if (ask.id != 1) {
            update.asks.push_back(ask);
        }
        std::vector<AskRefused> refused;
        for (const auto& news : CoreFixture::sent<MasterNews, SendToMaster>(
                 core.step(MasterMessage{kMaster, update}))) {
            refused.insert(refused.end(), news.refused.begin(), news.refused.end());
        }
        return refused;
    }

    // All that a refusal must leave as it was.
    std::string everything() {
        const Books& books = core.rm.books();
        const Application& application = books.applications.all().begin()->second;
        const Explanation why = explain(books, application);
        return why.headline + " " + to_string(why.requested) + " " + to_string(why.used) + " " +
               std::to_string(why.asks_count) + " " + to_string(books.queues.at(0).used) + " " +
               std::to_string(books.asks.size_of(application.current()->record.id)) + " " +
               std::to_string(books.containers.size()) + " " + std::to_string(core.saves.size());
    }

    static constexpr ConnectionId kMaster{100};
    CoreFixture core;
    std::uint64_t session = 0;
    std::uint64_t sequence = 0;
};

TEST_F(BadAsks, AreEachRefusedWithASentenceAndNothingChanges) {
    const std::string before = everything();
    for (const Case& one : cases()) {
        Ask ask = good();
        ask.id = 2;
        ask.count = 1;
        one.spoil(ask);
        const std::vector<AskRefused> refused = state(ask);
        ASSERT_EQ(refused.size(), 1U) << one.name;
        EXPECT_EQ(refused[0].ask, ask.id) << one.name;
        EXPECT_NE(refused[0].reason.find(one.expected), std::string::npos)
            << one.name << ": " << refused[0].reason;
        EXPECT_EQ(everything(), before) << one.name;
    }
}

}  // namespace
}  // namespace heddle::rm::test
