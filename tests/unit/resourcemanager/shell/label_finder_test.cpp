// The operator's program that knows labels: when it is asked, and what becomes of its answers.

#include "resourcemanager/shell/label_finder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>

#include "resourcemanager/shell/found_labels.h"
#include "resourcemanager/shell/label_script.h"

namespace heddle::rm {
namespace {

using Texts = std::vector<std::string>;

TEST(LabelScript, PrintsALabelPerNode) {
    EXPECT_EQ(*parse_labels("ssd\n-\ngpu spot", 4), (Texts{"ssd", "", "gpu", "spot"}));
    EXPECT_EQ(parse_labels("ssd", 2).error().message,
              "1 labels for 2 nodes; print one per argument, '-' for none");
    EXPECT_FALSE(parse_labels(std::string(256, 'a'), 1).ok());
}

// A script and a core that are functions, and what passes between them.
class LabelFinding : public testing::Test {
protected:
    LabelFinder make(Duration interval = seconds(3600)) {
        return LabelFinder(
            {interval,
             [this](const Texts& nodes, const std::stop_token&) { return answer_of(nodes); },
             [this] {
                 const std::lock_guard lock(mutex_);
                 return nodes_;
             },
             [this](const LabelFinder::Labels& found, auto done) {
                 {
                     const std::lock_guard lock(mutex_);
                     held_.insert(found.begin(), found.end());
                 }
                 taken_.notify_all();
                 done(static_cast<std::int64_t>(found.size()));
             }});
    }

    Result<Texts> answer_of(const Texts& nodes) {
        const std::lock_guard lock(mutex_);
        if (fails_ || std::ranges::find(nodes, bad_) != nodes.end()) {
            return Error{ErrorCode::Unavailable, "the label script ended with 7"};
        }
        Texts labels;
        for (const std::string& node : nodes) {
            labels.push_back("of-" + node);
        }
        return labels;
    }

    static LabelReport refreshed(LabelFinder& finder) {
        std::promise<LabelReport> report;
        finder.refresh([&](const LabelReport& told) { report.set_value(told); });
        return report.get_future().get();
    }

    std::mutex mutex_;
    std::condition_variable taken_;
    Texts nodes_;
    LabelFinder::Labels held_;
    bool fails_ = false;
    std::string bad_;  // a node that the script fails for
};

TEST_F(LabelFinding, AsksForAllNodesInBatches) {
    for (int i = 0; i < 250; ++i) {
        nodes_.push_back("n" + std::to_string(i));
    }
    LabelFinder finder = make();
    const LabelReport report = refreshed(finder);
    EXPECT_EQ(report.asked, 250);
    EXPECT_EQ(report.changed, 250);
    EXPECT_EQ(report.failure, "");
    EXPECT_EQ(held_.size(), 250U);
    EXPECT_EQ(held_["n249"], "of-n249");
    EXPECT_GT(finder.last().at.milliseconds, 0);
}

TEST_F(LabelFinding, ANameThatFailsKeepsNoOtherFromItsLabel) {
    for (int i = 0; i < 250; ++i) {
        nodes_.push_back("n" + std::to_string(i));
    }
    bad_ = "n3";
    LabelFinder finder = make();
    const LabelReport report = refreshed(finder);
    EXPECT_EQ(report.failure, "the label script ended with 7");
    EXPECT_EQ(report.asked, 249);
    EXPECT_EQ(report.unanswered, 1);
    EXPECT_EQ(held_.size(), 249U);
}

TEST_F(LabelFinding, TheFirstRunIsOverTheFirstNodes) {
    LabelFinder finder = make();
    finder.seen({});
    std::unique_lock lock(mutex_);
    nodes_ = {"n1"};
    for (const char* node : {"n1", "n2"}) {
        lock.unlock();
        finder.seen({{node}});
        lock.lock();
        taken_.wait(lock, [&] { return held_.contains(node); });
    }
    lock.unlock();
    EXPECT_EQ(finder.last().asked, 1);
}

TEST_F(LabelFinding, ANodeThatWasForgottenIsAskedForWhenItComesBack) {
    nodes_ = {"n1"};
    LabelFinder finder = make();
    refreshed(finder);
    {
        const std::lock_guard lock(mutex_);
        held_.clear();
    }
    finder.forgotten({{"n1"}});
    finder.seen({{"n1"}});
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(taken_.wait_for(lock, std::chrono::seconds(20), [this] { return !held_.empty(); }));
}

TEST_F(LabelFinding, AFailureIsToldAndChangesNothing) {
    nodes_ = {"n1"};
    fails_ = true;
    LabelFinder finder = make();
    EXPECT_EQ(refreshed(finder).failure, "the label script ended with 7");
    EXPECT_EQ(finder.last().failure, "the label script ended with 7");
    EXPECT_TRUE(held_.empty());
    {
        const std::lock_guard lock(mutex_);
        fails_ = false;
    }
    EXPECT_EQ(refreshed(finder).failure, "");
    EXPECT_EQ(finder.last().failure, "");
}

TEST_F(LabelFinding, ANodeThatIsNewIsAskedForAtOnce) {
    LabelFinder finder = make();
    refreshed(finder);  // there is none
    finder.seen({{"n7"}});
    std::unique_lock lock(mutex_);
    taken_.wait(lock, [this] { return !held_.empty(); });
    EXPECT_EQ(held_, (LabelFinder::Labels{{"n7", "of-n7"}}));
}

TEST(FoundLabels, LeaveOutNodesAndLabelsThatAreNotKnown) {
    View view;
    SchedulerVersion version;
    version.config.labels = {{"ssd", true}};
    view.scheduler = std::make_shared<const SchedulerVersions>(
        SchedulerVersions{std::make_shared<const SchedulerVersion>(version)});
    for (const char* name : {"n1", "n2", "n3"}) {
        NodeView node;
        node.info.id = {name};
        node.info.label = "ssd";
        view.nodes.set({name}, std::make_shared<const NodeView>(node));
    }
    const FoundLabels labels =
        found_labels(view, {{"n1", "ssd"}, {"n2", ""}, {"n3", "gold"}, {"gone", "ssd"}});
    ASSERT_EQ(labels.order.nodes.size(), 2U);
    EXPECT_EQ(labels.order.nodes[0].node.name + labels.order.nodes[1].node.name, "n1n2");
    EXPECT_EQ(labels.changed, 1);
    ASSERT_EQ(labels.different.nodes.size(), 1U);
    EXPECT_EQ(labels.different.nodes[0].node.name, "n2");
    EXPECT_EQ(labels.unknown,
              "the label script gives node n3 the label 'gold', which the scheduler's "
              "configuration does not have; add it with rmctl label add");
}

}  // namespace
}  // namespace heddle::rm
