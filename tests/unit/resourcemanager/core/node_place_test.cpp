// Where a node stands, and what comes of it: racks written down, totals by label.

#include <gtest/gtest.h>

#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

NodeRegister labelled(const std::string& name, const std::string& label, Resource total) {
    NodeRegister message = CoreFixture::registration(name, std::move(total));
    message.info.label = label;
    return message;
}

TEST(NodePlace, TheTopologyComesBeforeWhatANodeSays) {
    Config config;
    config.topology = {{"n1", "/a"}, {"127.0.0.9", "/b"}};
    CoreFixture core(config);
    core.boot();
    NodeRegister by_address = CoreFixture::registration("n2");
    by_address.info.address = "127.0.0.9";
    core.step(NodeMessage{{1}, CoreFixture::registration("n1")});
    core.step(NodeMessage{{2}, by_address});
    core.step(NodeMessage{{3}, CoreFixture::registration("n3")});
    core.all_saved();
    const auto rack = [&](const char* name) {
        const Books& books = core.rm.books();
        return books.nodes.at(*books.nodes.find({name})).info.rack;
    };
    EXPECT_EQ(rack("n1"), "/a");
    EXPECT_EQ(rack("n2"), "/b");
    EXPECT_EQ(rack("n3"), "/default-rack");
}

TEST(NodePlace, MovesWithWhatIsFoundOutLater) {
    CoreFixture core;
    core.boot();
    core.step(NodeMessage{{1}, CoreFixture::registration("n1")});
    core.step(NodeMessage{{2}, CoreFixture::registration("n2")});
    core.all_saved();
    const auto racks = [&] {
        const Books& books = core.rm.books();
        return books.nodes.at(*books.nodes.find({"n1"})).info.rack + " " +
               books.nodes.at(*books.nodes.find({"n2"})).info.rack;
    };
    core.step(Request{{1}, ChangeRacks{{{"n1", "/a"}}, false}});
    EXPECT_EQ(racks(), "/a /default-rack");
    core.rm.check();
    core.step(Request{{2}, ChangeRacks{{{"n2", "/b"}}, true}});
    EXPECT_EQ(racks(), "/a /b");  // nothing is said of n1 any more: it stays
    core.step(NodeMessage{{3}, CoreFixture::registration("n1")});
    core.all_saved();
    EXPECT_EQ(racks(), "/default-rack /b");
    core.rm.check();
}

TEST(NodePlace, TotalsAreKeptByLabel) {
    CoreFixture core;
    core.boot();
    core.step(NodeMessage{{1}, labelled("n1", "", {1024, 1})});
    core.step(NodeMessage{{2}, labelled("n2", "ssd", {2048, 2, {{"gpu", 1}}})});
    core.step(NodeMessage{{3}, labelled("n3", "ssd", {4096, 4})});
    core.all_saved();
    const NodeTable& nodes = core.rm.books().nodes;
    EXPECT_EQ(nodes.total(), (Resource{7168, 7, {{"gpu", 1}}}));
    EXPECT_EQ(nodes.total(""), (Resource{1024, 1}));
    EXPECT_EQ(nodes.total("ssd"), (Resource{6144, 6, {{"gpu", 1}}}));
    EXPECT_TRUE(nodes.total("hdd").is_zero());
    // It comes again with another label.
    core.step(NodeMessage{{4}, labelled("n3", "", {4096, 4})});
    core.all_saved();
    EXPECT_EQ(nodes.total(""), (Resource{5120, 5}));
    EXPECT_EQ(nodes.total("ssd"), (Resource{2048, 2, {{"gpu", 1}}}));
}

TEST(NodePlace, RefusesAttributesAndLabelsWithoutEnd) {
    CoreFixture core;
    core.boot();
    NodeRegister message = labelled("n1", std::string(256, 'a'), {1024, 1});
    EXPECT_EQ(
        (CoreFixture::sent<NodeRefused, SendToNode>(core.step(NodeMessage{{1}, message}))).size(),
        1U);
    message.info.label.clear();
    for (int i = 0; i < 101; ++i) {
        message.info.attributes["a" + std::to_string(i)] = "";
    }
    EXPECT_EQ(
        (CoreFixture::sent<NodeRefused, SendToNode>(core.step(NodeMessage{{2}, message}))).size(),
        1U);
}

}  // namespace
}  // namespace heddle::rm::test
