// Which ends of a master's container count as failures of its application.

#include <gtest/gtest.h>

#include "tests/unit/resourcemanager/core/core_fixture.h"

namespace heddle::rm::test {
namespace {

class MasterEnd : public testing::Test {
protected:
    void SetUp() override {
        core.boot();
        node = ConnectionId{++core.connections};
        join("boot 1", {});
        application = core.submit();
        core.all_saved();
    }

    void join(const std::string& boot, std::vector<ContainerReport> containers) {
        NodeRegister registration = CoreFixture::registration("n1", {8192, 8});
        registration.agent = "directory";
        registration.boot = boot;
        registration.containers = std::move(containers);
        Effects effects = core.step(NodeMessage{node, registration});
        for (Effects later = core.all_saved(); const Effect& effect : later) {
            effects.push_back(effect);
        }
        session = CoreFixture::sent<NodeWelcome, SendToNode>(effects).at(0).session;
        sequence = 0;
    }

    const Attempt& attempt() const {
        return core.rm.books().applications.find(application)->attempts.back();
    }

    /// The node says all that is there: the given containers.
    void status(std::vector<ContainerReport> containers) {
        NodeStatus status;
        status.session = session;
        status.sequence = ++sequence;
        status.orders_seen = 1000;
        status.complete = true;
        status.containers = std::move(containers);
        core.step(NodeMessage{node, status});
        core.all_saved();
    }

    ContainerReport master() const {
        ContainerReport report;
        report.container = *attempt().record.master_container;
        report.key = {attempt().record.id, 0, 0};
        report.size = {512, 1};
        report.phase = ContainerPhase::Running;
        return report;
    }

    CoreFixture core;
    ConnectionId node;
    std::uint64_t session = 0;
    std::uint64_t sequence = 0;
    ApplicationId application;
};

TEST_F(MasterEnd, CountsWhenItsProcessFails) {
    status({master()});
    ContainerReport ended = master();
    ended.phase = ContainerPhase::Done;
    ended.exit = ContainerExit{ExitReason::Exited, 1, 0, "", 0, {}};
    status({ended});
    EXPECT_EQ(core.rm.books().applications.find(application)->failures({}), 1);
}

TEST_F(MasterEnd, CountsWhenItsShimWasKilled) {
    status({master()});
    ContainerReport ended = master();
    ended.phase = ContainerPhase::Done;
    ended.exit = ContainerExit{ExitReason::Unknown, -100, 0, "its shim was killed", 0, {}};
    status({ended});
    EXPECT_EQ(core.rm.books().applications.find(application)->failures({}), 1);
    EXPECT_EQ(core.rm.books().applications.find(application)->state, AppState::Failed);  // of 1
}

TEST_F(MasterEnd, DoesNotCountWhenItsMachineWasStartedAnew) {
    status({master()});
    ContainerReport ended = master();
    ended.phase = ContainerPhase::Done;
    ended.exit = {ExitReason::Unknown, -100, 0, "its shim was killed", 0, {}};
    core.step(NodeDisconnected{node});
    node = ConnectionId{++core.connections};
    join("boot 2", {ended});
    const Application& known = *core.rm.books().applications.find(application);
    EXPECT_EQ(known.failures({}), 0);
    EXPECT_EQ(known.state, AppState::Accepted);
    EXPECT_EQ(attempt().record.id.number, 2);
    EXPECT_NE(known.attempts.front().record.diagnostics.find("n1 has been started anew"),
              std::string::npos)
        << known.attempts.front().record.diagnostics;
}

TEST_F(MasterEnd, DoesNotCountWhenItsNodeHasNoRecordOfIt) {
    for (std::int32_t number = 1; number <= 5; ++number) {
        ASSERT_EQ(attempt().record.id.number, number);
        ASSERT_TRUE(attempt().record.master_container.has_value());
        status({master()});
        status({});
    }
    EXPECT_EQ(core.rm.books().applications.find(application)->failures({}), 0);
    EXPECT_EQ(core.rm.books().applications.find(application)->state, AppState::Accepted);
}

}  // namespace
}  // namespace heddle::rm::test
