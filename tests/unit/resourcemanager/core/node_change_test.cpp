// What operators decide about nodes: when it is told, what is saved, and what else is saved
// meanwhile.

#include <gtest/gtest.h>

#include "resourcemanager/core/node_change.h"
#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

const Reply* reply_in(const Effects& effects) {
    for (const Effect& effect : effects) {
        if (const auto* reply = std::get_if<Reply>(&effect)) {
            return reply;
        }
    }
    return nullptr;
}

const Node& node_of(CoreFixture& core, const char* name) {
    return core.rm.books().nodes.at(*core.rm.books().nodes.find({name}));
}

NodeState answered(const Effects& effects) {
    const Reply* reply = reply_in(effects);
    return reply != nullptr && reply->answer.ok() ? std::get<NodeChangeAnswer>(*reply->answer).state
                                                  : NodeState::New;
}

std::string refusal(const Effects& effects) {
    const Reply* reply = reply_in(effects);
    return reply == nullptr || reply->answer.ok() ? "" : reply->answer.error().message;
}

const NodeRecord& saved_record(const CoreFixture& core) {
    return std::get<NodeRecord>(core.saves.back().changes.at(0));
}

TEST(NodeChange, HoldsWhenItIsSavedAndOneIsUnderWay) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    core.submit();
    EXPECT_EQ(reply_in(core.step(Request{{90}, DrainNode{{"n1"}, {}}})), nullptr);
    EXPECT_EQ(node_of(core, "n1").state, NodeState::Running);
    EXPECT_EQ(saved_record(core).settings.service, NodeService::Draining);
    EXPECT_EQ(refusal(core.step(Request{{91}, RecommissionNode{{"n1"}}})),
              "another change of node n1 is just being saved; try again");
    core.saved();  // of the attempt
    EXPECT_EQ(answered(core.saved()), NodeState::Decommissioning);
    // What runs there counts on both sides of every share.
    EXPECT_EQ(core.rm.books().nodes.total(), (Resource{512, 1}));
    // The same again needs no store.
    EXPECT_EQ(answered(core.step(Request{{92}, DrainNode{{"n1"}, {}}})),
              NodeState::Decommissioning);
}

TEST(NodeChange, AFailedSaveChangesNothing) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    core.step(Request{{90}, ResizeNode{{"n1"}, 1024, 1, {}, {}}});
    EXPECT_EQ(refusal(core.save_failed()), "could not be saved: disk full; nothing changed");
    EXPECT_EQ(node_of(core, "n1").info.total, (Resource{8192, 8}));
    EXPECT_EQ(saved_record(core).settings, NodeSettings{});  // whatever carried it
    core.step(Request{{91}, ResizeNode{{"n1"}, 1024, 1, {}, {}}});
    core.all_saved();
    EXPECT_EQ(node_of(core, "n1").info.total, (Resource{1024, 1}));
    EXPECT_EQ(core.rm.books().nodes.total(), (Resource{1024, 1}));
}

CoreFixture labelled_cluster() {
    Config config;
    config.scheduler.labels = {{"ssd", true}};
    return CoreFixture(config);
}

RelabelNodes all_ssd() {
    return {{{{"n1"}, "ssd"}, {{"n2"}, "ssd"}}};
}

TEST(NodeChange, LabelsOfSeveralNodesChangeTogetherOrNotAtAll) {
    CoreFixture core = labelled_cluster();
    core.boot();
    core.add_node("n1");
    core.add_node("n2");
    core.step(Request{{90}, all_ssd()});
    ASSERT_EQ(core.saves.size(), 1U);
    EXPECT_EQ(core.saves.back().changes.size(), 2U);
    EXPECT_EQ(refusal(core.save_failed()), "could not be saved: disk full; nothing changed");
    EXPECT_EQ(node_of(core, "n1").info.label + node_of(core, "n2").info.label, "");
    EXPECT_EQ(saved_record(core).settings, NodeSettings{});  // what may be on disk is put right
    core.all_saved();
    core.step(Request{{91}, all_ssd()});
    const Effects effects = core.saved();
    const Reply* reply = reply_in(effects);
    ASSERT_TRUE(reply != nullptr && reply->answer.ok());
    EXPECT_EQ(node_of(core, "n1").info.label, "ssd");
    EXPECT_EQ(node_of(core, "n2").info.label, "ssd");
    EXPECT_NE(reply_in(core.step(Request{{92}, all_ssd()})), nullptr);  // as it is: no save
    EXPECT_TRUE(core.saves.empty());
}

TEST(NodeChange, LabelsOfSeveralNodesAreCheckedBeforeAnyChanges) {
    CoreFixture core = labelled_cluster();
    core.boot();
    core.add_node("n1");
    const auto refused = [&](RelabelNode second) {
        return refusal(
            core.step(Request{{90}, RelabelNodes{{{{"n1"}, "ssd"}, std::move(second)}}}));
    };
    EXPECT_EQ(refused({{"n2"}, "ssd"}), "nodeId, n2, is not found");
    EXPECT_EQ(refused({{"n1"}, ""}), "node n1 is named twice; name each node once");
    EXPECT_EQ(refused({{"n1"}, "hdd"}),
              "there is no node label 'hdd'; there are: ssd, with rmctl config apply");
    EXPECT_TRUE(core.saves.empty());
}

TEST(NodeChange, OneRequestChangesNoMoreNodesThanAStepMay) {
    CoreFixture core = labelled_cluster();
    core.boot();
    RelabelNodes relabel;
    for (std::size_t i = 0; i <= kNodesAtOnceMax; ++i) {
        core.add_node("n" + std::to_string(i));
        relabel.nodes.push_back({{"n" + std::to_string(i)}, "ssd"});
    }
    EXPECT_NE(refusal(core.step(Request{{90}, relabel})).find("at most 1000 nodes"),
              std::string::npos);
    EXPECT_TRUE(core.saves.empty());
    relabel.nodes.pop_back();
    core.step(Request{{91}, relabel});
    EXPECT_EQ(core.saves.back().changes.size(), kNodesAtOnceMax);
}

TEST(NodeChange, AnotherSaveOfTheRecordCarriesIt) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    core.step(Request{{90}, DrainNode{{"n1"}, seconds(60)}});
    // The agent comes with another total before the store has answered.
    core.step(NodeMessage{{7}, CoreFixture::registration("n1", {4096, 4})});
    EXPECT_EQ(saved_record(core).settings.service, NodeService::Draining);
    EXPECT_EQ(saved_record(core).settings.drain_until.milliseconds, 61000);
    EXPECT_EQ(saved_record(core).info.total, (Resource{4096, 4}));
    core.all_saved();
    EXPECT_EQ(node_of(core, "n1").state, NodeState::Decommissioned);  // nothing was on it
}

TEST(NodeChange, ARefusedOneDoesNotStayOnDiskInAnotherSave) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    core.step(Request{{90}, DrainNode{{"n1"}, {}}});
    core.step(NodeMessage{{7}, CoreFixture::registration("n1", {4096, 4})});
    ASSERT_EQ(saved_record(core).settings.service, NodeService::Draining);
    core.save_failed();
    EXPECT_EQ(saved_record(core).settings.service, NodeService::Normal);
    core.all_saved();
    EXPECT_EQ(node_of(core, "n1").state, NodeState::Running);
}

TEST(NodeChange, TheRecordKeepsWhatTheNodeSaidOfItself) {
    CoreFixture core;
    core.boot();
    core.add_node("n1", {8192, 8, {{"gpu", 2}}});
    core.step(Request{{90}, ResizeNode{{"n1"}, 1024, 1, {}, {}}});
    EXPECT_EQ(saved_record(core).info.total, (Resource{8192, 8, {{"gpu", 2}}}));
    EXPECT_EQ(saved_record(core).settings.total, (Resource{1024, 1, {{"gpu", 2}}}));
    core.all_saved();
    // It comes again and says the same: there is nothing to save.
    core.step(NodeMessage{{7}, CoreFixture::registration("n1", {8192, 8, {{"gpu", 2}}})});
    EXPECT_TRUE(core.saves.empty());
    EXPECT_EQ(node_of(core, "n1").info.total, (Resource{1024, 1, {{"gpu", 2}}}));
    EXPECT_EQ(refusal(core.step(Request{{91}, ResizeNode{{"n1"}, -1, 1, {}, {}}})).substr(0, 50),
              "a node needs resources, none of them negative, in ");
}

TEST(NodeChange, ALostNodeKeepsItUntilItComesBack) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    core.advance(seconds(60));
    core.all_saved();
    ASSERT_EQ(node_of(core, "n1").state, NodeState::Lost);
    core.step(Request{{90}, DrainNode{{"n1"}, {}}});
    EXPECT_EQ(answered(core.saved()), NodeState::Lost);
    core.add_node("n1");
    EXPECT_EQ(node_of(core, "n1").state, NodeState::Decommissioned);
}

TEST(NodeChange, ADecommissionedNodeMayBeSilentAndIsNotWaitedFor) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    core.step(Request{{90}, DrainNode{{"n1"}, {}}});
    core.saved();
    EXPECT_EQ(node_of(core, "n1").state, NodeState::Decommissioned);
    EXPECT_EQ(saved_record(core).settings.service, NodeService::Decommissioned);
    const NodeRecord record = saved_record(core);
    core.all_saved();
    core.advance(seconds(600));
    EXPECT_EQ(node_of(core, "n1").state, NodeState::Decommissioned);

    CoreFixture again;
    Booted booted;
    booted.nodes = {record};
    again.boot(booted);
    EXPECT_TRUE(again.rm.books().settled);
    EXPECT_EQ(node_of(again, "n1").state, NodeState::Decommissioned);
    // It is not there: it is lost until it comes.
    again.step(Request{{90}, RecommissionNode{{"n1"}}});
    EXPECT_EQ(answered(again.saved()), NodeState::Lost);
}

TEST(NodeChange, OnlyWhatUsesWhatIsTooMuchIsStopped) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    const ApplicationId first = core.submit();
    core.all_saved();
    core.now = core.now + seconds(1);
    core.submit();
    core.all_saved();
    core.step(Request{{90}, ResizeNode{{"n1"}, 600, 8, {}, seconds(5)}});
    core.saved();
    EXPECT_TRUE((CoreFixture::sent<NodeOrders, SendToNode>(core.advance(seconds(4))).empty()));
    const auto orders = CoreFixture::sent<NodeOrders, SendToNode>(core.advance(seconds(1)));
    ASSERT_EQ(orders.size(), 1U);
    ASSERT_EQ(orders[0].stops.size(), 1U);
    EXPECT_NE(orders[0].stops[0].container.attempt.application, first);  // the newest goes
    EXPECT_EQ(orders[0].stops[0].reason, "preempted: node n1 has been made smaller");
}

}  // namespace
}  // namespace heddle::rm::test
