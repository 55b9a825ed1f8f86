// Attributes that operators set for nodes: all of them or none, and on disk before they hold.

#include <gtest/gtest.h>

#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

using Kind = ChangeAttributes::Kind;
using Texts = std::map<std::string, std::string>;

const Texts& in_force(CoreFixture& core, const char* name) {
    const NodeTable& nodes = core.rm.books().nodes;
    return nodes.at(*nodes.find({name})).info.attributes;
}

Request change(Kind kind, std::vector<NodeAttributes> nodes) {
    return Request{{90}, ChangeAttributes{kind, std::move(nodes)}};
}

// Empty: it was answered well; "(later)": not yet.
std::string refusal(const Effects& effects) {
    for (const Effect& effect : effects) {
        if (const auto* reply = std::get_if<Reply>(&effect)) {
            return reply->answer.ok() ? "" : reply->answer.error().message;
        }
    }
    return "(later)";
}

NodeRegister with_os(const char* name) {
    NodeRegister message = CoreFixture::registration(name);
    message.info.attributes = {{"os", "linux"}};
    return message;
}

TEST(AttributeChange, HoldsForSeveralNodesWhenItIsSaved) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    core.add_node("n2");
    const Request request =
        change(Kind::Add, {{{"n1"}, {{"rm.yarn.io/os", "hurd"}}}, {{"n2"}, {{"tier", "gold"}}}});
    EXPECT_EQ(refusal(core.step(request)), "(later)");
    ASSERT_EQ(core.saves.size(), 1U);
    EXPECT_EQ(core.saves.back().changes.size(), 2U);
    EXPECT_TRUE(in_force(core, "n1").empty());
    EXPECT_EQ(refusal(core.save_failed()), "could not be saved: disk full; nothing changed");
    core.all_saved();
    EXPECT_TRUE(in_force(core, "n1").empty());
    core.step(request);
    EXPECT_EQ(refusal(core.saved()), "");
    EXPECT_EQ(in_force(core, "n1"), (Texts{{"os", "hurd"}, {"rm.yarn.io/os", "hurd"}}));
    EXPECT_EQ(in_force(core, "n2"), (Texts{{"tier", "gold"}, {"rm.yarn.io/tier", "gold"}}));
    core.rm.check();
    EXPECT_EQ(refusal(core.step(request)), "");  // as it is: no save
}

TEST(AttributeChange, ReplacesAddsAndRemovesBesideWhatTheNodeSays) {
    CoreFixture core;
    core.boot();
    core.step(NodeMessage{{1}, with_os("n1")});
    core.all_saved();
    const auto set = [&](Kind kind, Texts attributes) {
        core.step(change(kind, {{{"n1"}, std::move(attributes)}}));
        core.all_saved();
        core.rm.check();
        std::string text;
        for (const auto& [name, value] : in_force(core, "n1")) {
            text += name.find('/') == std::string::npos ? name + "=" + value + " " : "";
        }
        return text;
    };
    EXPECT_EQ(set(Kind::Add, {{"os", "hurd"}, {"tier", "gold"}}), "os=hurd tier=gold ");
    EXPECT_EQ(set(Kind::Add, {{"tier", "tin"}}), "os=hurd tier=tin ");
    EXPECT_EQ(set(Kind::Remove, {{"os", ""}, {"unknown", ""}}), "os=linux tier=tin ");
    EXPECT_EQ(set(Kind::Replace, {{"rack", "9"}}), "os=linux rack=9 ");
    EXPECT_EQ(set(Kind::Replace, {}), "os=linux ");
}

TEST(AttributeChange, StaysWhenTheNodeComesAgain) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    core.step(change(Kind::Add, {{{"n1"}, {{"os", "hurd"}}}}));
    core.all_saved();
    core.step(NodeMessage{{7}, with_os("n1")});
    core.all_saved();
    EXPECT_EQ(in_force(core, "n1"),
              (Texts{{"os", "hurd"}, {"nm.yarn.io/os", "linux"}, {"rm.yarn.io/os", "hurd"}}));
    core.rm.check();
}

TEST(AttributeChange, OneMistakeAndNothingChanges) {
    CoreFixture core;
    core.boot();
    core.add_node("n1");
    core.add_node("n2");
    const auto refused = [&](Kind kind, NodeAttributes second) {
        return refusal(core.step(change(kind, {{{"n1"}, {{"os", "hurd"}}}, std::move(second)})));
    };
    EXPECT_EQ(refused(Kind::Add, {{"n3"}, {{"os", "hurd"}}}), "nodeId, n3, is not found");
    EXPECT_EQ(refused(Kind::Add, {{"n1"}, {{"os", "hurd"}}}),
              "node n1 is named twice; name each node once");
    EXPECT_EQ(refused(Kind::Add, {{"n2"}, {{"o s", "hurd"}}}).substr(0, 16), "attribute 'o s':");
    EXPECT_EQ(refused(Kind::Add, {{"n2"}, {{"os", "a/b"}}}).substr(0, 11), "value 'a/b'");
    EXPECT_EQ(refused(Kind::Remove, {{"n2"}, {}}).substr(0, 19), "name the attributes");
    Texts many;
    for (int i = 0; i <= 100; ++i) {
        many["a" + std::to_string(i)] = "";
    }
    EXPECT_EQ(refused(Kind::Add, {{"n2"}, many}),
              "node n2 would have 101 attributes; at most 100 are set for a node");
    EXPECT_TRUE(core.saves.empty());
    EXPECT_TRUE(in_force(core, "n1").empty());
}

}  // namespace
}  // namespace heddle::rm::test
