// A real agent with real containers, and a manager that the test plays.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "common/net/digest.h"
#include "nodeagent/shim/state_files.h"
#include "tests/integration/nodeagent/fake_manager.h"

namespace heddle::node {

using namespace literals;

namespace {

std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool process_exists(pid_t pid) {
    const std::string stat = slurp("/proc/" + std::to_string(pid) + "/stat");
    return !stat.empty() && stat.find(") Z ") == std::string::npos;
}

class NodeAgentProcess : public ::testing::Test {
protected:
    std::string log(std::int64_t number, const std::string& file) const {
        return slurp(path("logs", number) + "/" + file);
    }
    std::string path(const std::string& what, std::int64_t number) const {
        const ContainerId id = test_container(number);
        return agent.directory() + "/node/" + what + "/" +
               (what == "state" ? "" : to_string(id.attempt.application) + "/") + to_string(id);
    }
    pid_t shim_of(std::int64_t number) const {
        const auto record = decode_started(slurp(path("state", number) + "/started"));
        return record ? record->shim.pid : 0;
    }
    /// The number that a container wrote to a file in its log directory.
    pid_t pid_from(std::int64_t number, const std::string& file) const {
        std::string text;
        EXPECT_TRUE(eventually([&] { return (text = log(number, file)).ends_with("\n"); }));
        return static_cast<pid_t>(std::stol(text));
    }

    FakeManager manager;
    TemporaryDirectory temporary;
    AgentProcess agent{manager, temporary.path()};
};

ContainerStart shell(const FakeManager& manager, std::int64_t number, const std::string& script) {
    return manager.order(number, {"/bin/sh", "-c", script});
}

}  // namespace

TEST_F(NodeAgentProcess, RunsACommandAndReportsItsExit) {
    const NodeRegister registration = manager.wait_registered();
    EXPECT_EQ(registration.info.id.name, "node-1");
    EXPECT_EQ(registration.info.total, (Resource{1024, 4}));
    ContainerStart order = shell(manager, 1,
                                 "echo $CONTAINER_ID $USER {{NM_HOST}} $0 $(pwd) >&2; "
                                 "echo $GREETING <LOG_DIR>; exit 7");
    order.spec.environment = {{"GREETING", "hello-{{USER}}"}};
    manager.start(order);
    const ContainerExit exit = manager.wait_end(test_container(1));
    EXPECT_EQ(exit.reason, ExitReason::Exited);
    EXPECT_EQ(exit.code, 7);
    EXPECT_EQ(log(1, "stdout"), "hello-ann " + path("logs", 1) + "\n");
    EXPECT_EQ(log(1, "stderr"),
              to_string(test_container(1)) + " ann 127.0.0.1 /bin/sh " + path("work", 1) + "\n");
    EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(path("work", 1)); }));
}

TEST_F(NodeAgentProcess, KeepsTheLogFilesThatArePicked) {
    manager.wait_registered();
    ContainerStart order = manager.order(
        1, {"/bin/sh", "-c",
            "cd <LOG_DIR>; echo a; touch gc.log old.log; mkdir sub; ln -s stdout link"});
    order.log_patterns = {"^std", "err$", "\\.log$", "^old"};
    manager.start(order);
    manager.wait_end(test_container(1));
    EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(path("logs", 1) + "/old.log"); }));
    EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(path("logs", 1) + "/stderr"); }));
    EXPECT_EQ(log(1, "stdout"), "a\n");
    EXPECT_TRUE(std::filesystem::exists(path("logs", 1) + "/gc.log"));
}

TEST_F(NodeAgentProcess, GivesAContainerThreeDescriptorsAndNoCoreFiles) {
    manager.wait_registered();
    // It says when its loader is done, which has libraries open at first.
    manager.start(shell(manager, 1, "echo up > $LOG_DIRS/up; while :; do sleep 1; done"));
    const ContainerReport report = manager.wait_running(test_container(1));
    const std::string proc = "/proc/" + std::to_string(report.pid);
    const auto descriptors = [&] {
        std::set<std::string> open;
        for (const auto& entry : std::filesystem::directory_iterator(proc + "/fd")) {
            open.insert(entry.path().filename().string());
        }
        return open;
    };
    EXPECT_TRUE(eventually([&] { return log(1, "up") == "up\n"; }));
    EXPECT_TRUE(eventually([&] { return descriptors().size() == 3; }));  // the shell closed "up"
    EXPECT_EQ(descriptors(), (std::set<std::string>{"0", "1", "2"}));
    EXPECT_NE(slurp(proc + "/limits").find("Max core file size        0 "), std::string::npos);
    EXPECT_NE(slurp(proc + "/status").find("NoNewPrivs:\t1"), std::string::npos);
    const std::string shim = "/proc/" + std::to_string(shim_of(1)) + "/fd";
    for (const auto& entry : std::filesystem::directory_iterator(shim)) {
        EXPECT_EQ(std::filesystem::read_symlink(entry).string().find("socket:"), std::string::npos);
    }
}

TEST_F(NodeAgentProcess, StopsAProcessThatIgnoresSigtermWithAllItsDescendants) {
    manager.wait_registered();
    manager.start(shell(manager, 1,
                        "trap '' TERM; setsid sh -c 'trap \"\" TERM; echo $$ > $LOG_DIRS/child; "
                        "while :; do sleep 1; done' & echo $$ > $LOG_DIRS/main; "
                        "while :; do sleep 1; done"));
    manager.wait_running(test_container(1));
    const pid_t child = pid_from(1, "child");
    const pid_t main = pid_from(1, "main");
    EXPECT_TRUE(process_exists(child));
    manager.stop(test_container(1), 200_ms);
    const ContainerExit exit = manager.wait_end(test_container(1));
    EXPECT_EQ(exit.reason, ExitReason::Stopped);
    EXPECT_EQ(exit.signal, SIGKILL);
    EXPECT_EQ(exit.message, "stopped by the test");
    EXPECT_FALSE(process_exists(child));
    EXPECT_FALSE(process_exists(main));
}

TEST_F(NodeAgentProcess, LetsAProcessEndByItselfOnSigterm) {
    manager.wait_registered();
    manager.start(shell(manager, 1,
                        "trap 'echo bye; exit 0' TERM; echo up > $LOG_DIRS/up; "
                        "while :; do sleep 0.05; done"));
    EXPECT_TRUE(eventually([&] { return log(1, "up") == "up\n"; }));
    manager.stop(test_container(1), 20_s);
    EXPECT_EQ(manager.wait_end(test_container(1)).signal, 0);
    EXPECT_EQ(log(1, "stdout"), "bye\n");
}

TEST_F(NodeAgentProcess, ReportsASignalThatNobodyHereSent) {
    manager.wait_registered();
    manager.start(shell(manager, 1, "kill -SEGV $$"));
    const ContainerExit exit = manager.wait_end(test_container(1));
    EXPECT_EQ(exit.reason, ExitReason::Signalled);
    EXPECT_EQ(exit.signal, SIGSEGV);
    EXPECT_EQ(exit.code, 128 + SIGSEGV);
}

TEST_F(NodeAgentProcess, EndsWhatAContainerLeavesBehind) {
    manager.wait_registered();
    manager.start(shell(manager, 1, "setsid sleep 1000 & echo $! > $LOG_DIRS/child; exit 0"));
    EXPECT_TRUE(manager.wait_end(test_container(1)).success());
    EXPECT_FALSE(process_exists(pid_from(1, "child")));
}

TEST_F(NodeAgentProcess, SaysWhyALaunchFailed) {
    manager.wait_registered();
    manager.start(manager.order(1, {"/no/such/program"}));
    ContainerExit exit = manager.wait_end(test_container(1));
    EXPECT_EQ(exit.reason, ExitReason::LaunchFailed);
    EXPECT_EQ(exit.message,
              "cannot start '/no/such/program' (executing): No such file or directory");
    ContainerStart bad = shell(manager, 2, "true");
    bad.spec.artifacts = {{"x", "file:/etc/hostname", "", 0, false}};
    bad.spec.secrets = {{"x", "xyzzy"}};
    manager.start(bad);
    exit = manager.wait_end(test_container(2));
    EXPECT_EQ(exit.reason, ExitReason::LaunchFailed);
    EXPECT_NE(exit.message.find("two artifacts or secrets have the name 'x'"), std::string::npos);
}

TEST_F(NodeAgentProcess, KeepsContainersAndExitCodesOverItsOwnDeath) {
    manager.wait_registered();
    manager.start(shell(manager, 1, "echo one; sleep 1000; echo two"));
    manager.start(shell(manager, 2, "while [ ! -e $LOG_DIRS/go ]; do sleep 0.01; done; exit 5"));
    const ContainerReport one = manager.wait_running(test_container(1));
    manager.wait_running(test_container(2));
    EXPECT_TRUE(eventually([&] { return log(1, "stdout") != ""; }));
    agent.kill_hard();
    std::ofstream(path("logs", 2) + "/go") << "\n";  // ends while nobody looks
    EXPECT_TRUE(eventually([&] { return slurp(path("state", 2) + "/exit") != ""; }));
    EXPECT_TRUE(process_exists(static_cast<pid_t>(one.pid)));
    agent.start();
    const NodeRegister registration = manager.wait_registered(2);
    ASSERT_EQ(registration.containers.size(), 2u);
    EXPECT_EQ(registration.containers[0].phase, ContainerPhase::Running);
    EXPECT_EQ(registration.containers[0].pid, one.pid);
    EXPECT_EQ(registration.containers[0].key, manager.order(1, {}).key);
    EXPECT_EQ(manager.wait_end(test_container(2)).code, 5);
    manager.stop(test_container(1), 0_s);
    EXPECT_EQ(manager.wait_end(test_container(1)).reason, ExitReason::Stopped);
    EXPECT_EQ(log(1, "stdout"), "one\n");
}

TEST_F(NodeAgentProcess, SeesTheEndOfAnAdoptedContainer) {
    manager.wait_registered();
    manager.start(shell(manager, 1, "while [ ! -e $LOG_DIRS/go ]; do sleep 0.01; done; exit 9"));
    manager.wait_running(test_container(1));
    agent.kill_hard();
    agent.start();
    manager.wait_registered(2);
    std::ofstream(path("logs", 1) + "/go") << "\n";
    EXPECT_EQ(manager.wait_end(test_container(1)).code, 9);
}

TEST_F(NodeAgentProcess, LeavesContainersAliveOnSigterm) {
    manager.wait_registered();
    manager.start(manager.order(1, {"/bin/sleep", "1000"}));
    const ContainerReport report = manager.wait_running(test_container(1));
    EXPECT_EQ(agent.terminate(), 0);
    EXPECT_TRUE(process_exists(static_cast<pid_t>(report.pid)));
    agent.start();
    EXPECT_EQ(manager.wait_registered(2).containers.at(0).pid, report.pid);
}

TEST_F(NodeAgentProcess, ReportsUnknownAndCleansUpWhenAShimIsKilled) {
    manager.wait_registered();
    manager.start(
        shell(manager, 1, "setsid sleep 1000 & echo $! > $LOG_DIRS/child; exec sleep 1000"));
    const ContainerReport report = manager.wait_running(test_container(1));
    const pid_t child = pid_from(1, "child");
    ::kill(shim_of(1), SIGKILL);
    EXPECT_EQ(manager.wait_end(test_container(1)).reason, ExitReason::Unknown);
    EXPECT_FALSE(process_exists(child));
    EXPECT_FALSE(process_exists(static_cast<pid_t>(report.pid)));
}

TEST_F(NodeAgentProcess, ReportsUnknownWhenShimAndAgentAreKilledTogether) {
    manager.wait_registered();
    manager.start(
        shell(manager, 1, "setsid sleep 1000 & echo $! > $LOG_DIRS/child; exec sleep 1000"));
    manager.wait_running(test_container(1));
    const pid_t child = pid_from(1, "child");
    const pid_t shim = shim_of(1);
    agent.kill_hard();
    ::kill(shim, SIGKILL);
    EXPECT_TRUE(eventually([&] { return !process_exists(shim); }));
    agent.start();
    manager.wait_registered(2);
    EXPECT_EQ(manager.wait_end(test_container(1)).reason, ExitReason::Unknown);
    EXPECT_FALSE(process_exists(child));
}

TEST_F(NodeAgentProcess, ReportsUnknownWhenTheShimIsKilledBeforeTheAgent) {
    manager.wait_registered();
    manager.start(
        shell(manager, 1, "setsid sleep 1000 & echo $! > $LOG_DIRS/child; exec sleep 1000"));
    manager.wait_running(test_container(1));
    const pid_t child = pid_from(1, "child");
    ::kill(shim_of(1), SIGKILL);
    agent.kill_hard();  // it may have seen the end or not
    agent.start();
    EXPECT_EQ(manager.wait_end(test_container(1)).reason, ExitReason::Unknown);
    EXPECT_TRUE(eventually([&] { return !process_exists(child); }));
}

TEST_F(NodeAgentProcess, EndsAndReportsContainersWhoseStateIsDamaged) {
    manager.wait_registered();
    for (std::int64_t number : {1, 2, 3}) {
        manager.start(shell(manager, number,
                            "setsid sleep 1000 & echo $! > $LOG_DIRS/child; exec sleep 1000"));
    }
    std::vector<pid_t> children;
    for (std::int64_t number : {1, 2, 3}) {
        manager.wait_running(test_container(number));
        children.push_back(pid_from(number, "child"));
    }
    agent.kill_hard();
    std::ofstream(path("state", 1) + "/record") << "nonsense";
    std::ofstream(path("state", 2) + "/record") << "";
    std::ofstream(path("state", 2) + "/started") << "nonsense";
    agent.start();
    manager.wait_registered(2);
    for (std::int64_t number : {1, 2}) {
        const ContainerExit exit = manager.wait_end(test_container(number));
        EXPECT_EQ(exit.reason, ExitReason::Unknown);
        EXPECT_NE(exit.message.find("its record on the node was damaged"), std::string::npos);
        const std::string kept =
            agent.directory() + "/node/damaged-" + to_string(test_container(number));
        EXPECT_TRUE(std::filesystem::exists(kept + "/record"));
        EXPECT_FALSE(process_exists(children.at(static_cast<std::size_t>(number) - 1)));
    }
    EXPECT_TRUE(process_exists(children[2]));
    EXPECT_EQ(manager.wait_registered(2).containers.at(2).phase, ContainerPhase::Running);
}

TEST_F(NodeAgentProcess, FetchesAnArtifactOnceAndCopiesIt) {
    manager.wait_registered();
    const std::string program = "#!/bin/sh\nstat -c %a token; cat token; exit 4\n";
    const std::string digest = net::sha256_hex(program);
    manager.put_artifact(digest, program);
    for (int number = 1; number <= 5; ++number) {
        ContainerStart order = manager.order(number, {"program"});  // found in the work directory
        order.spec.artifacts = {{"program", "heddle:sha256/" + digest, "", program.size(), true}};
        order.spec.secrets = {{"token", "xyzzy"}};
        manager.start(order);
    }
    for (int number = 1; number <= 5; ++number) {
        EXPECT_EQ(manager.wait_end(test_container(number)).code, 4);
        EXPECT_EQ(log(number, "stdout"), "600\nxyzzy");
    }
    EXPECT_EQ(manager.artifact_requests(), 1);
    EXPECT_TRUE(std::filesystem::exists(agent.directory() + "/node/cache/" + digest));
}

TEST_F(NodeAgentProcess, RefusesAnArtifactWithOtherContents) {
    manager.wait_registered();
    const std::string digest = net::sha256_hex("what was promised");
    manager.put_artifact(digest, "something else");
    ContainerStart order = manager.order(1, {"program"});
    order.spec.artifacts = {{"program", "heddle:sha256/" + digest, "", 0, true}};
    manager.start(order);
    const ContainerExit exit = manager.wait_end(test_container(1));
    EXPECT_EQ(exit.reason, ExitReason::LaunchFailed);
    EXPECT_NE(exit.message.find("its SHA-256 is"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(agent.directory() + "/node/cache/" + digest));
    order = manager.order(2, {"program"});
    order.spec.artifacts = {{"program", "heddle:sha256/" + std::string(64, '0'), "", 0, true}};
    manager.start(order);
    EXPECT_NE(manager.wait_end(test_container(2)).message.find("the server answered 404"),
              std::string::npos);
}

TEST_F(NodeAgentProcess, StartsNothingTwiceAcrossItsOwnDeath) {
    manager.wait_registered();
    for (int round = 2; round < 8; ++round) {
        manager.start(shell(manager, round, "echo run >> " + agent.directory() + "/count"));
        agent.kill_hard();  // at any point of the launch
        agent.start();
        manager.wait_registered(round);
        manager.start(shell(manager, round, "echo run >> " + agent.directory() + "/count"));
        manager.wait_end(test_container(round));
    }
    EXPECT_EQ(slurp(agent.directory() + "/count"), "run\nrun\nrun\nrun\nrun\nrun\n");
}

namespace {

/// An agent on a file system of 1 MiB, in a mount namespace of its own.
class NodeAgentDisk : public ::testing::Test {
protected:
    NodeAgentDisk() { manager.wait_registered(); }

    static std::vector<std::string> small_disk(const std::string& node) {
        std::filesystem::create_directories(node);
        return {"unshare", "-rm", "/bin/sh", "-c",
                "mount -t tmpfs -o size=1m none " + node + " && exec \"$0\" \"$@\""};
    }
    /// As the agent sees it.
    std::string node(const std::string& path) const {
        return "/proc/" + std::to_string(agent.pid()) + "/root" + temporary.path() + "/node/" +
               path;
    }

    FakeManager manager;
    TemporaryDirectory temporary;
    AgentProcess agent{manager, temporary.path(), small_disk(temporary.path() + "/node")};
};

}  // namespace

TEST_F(NodeAgentDisk, NamesTheArtifactThatDoesNotFitAndKeepsNothingOfIt) {
    const std::string large(2 << 20, 'x');
    const std::string digest = net::sha256_hex(large);
    manager.put_artifact(digest, large);
    std::ofstream(temporary.path() + "/large") << large;
    std::int64_t number = 0;
    for (const std::string& source :
         {"heddle:sha256/" + digest, "file:" + temporary.path() + "/large"}) {
        ContainerStart order = shell(manager, ++number, "true");
        order.spec.artifacts = {{"data", source, digest, large.size(), false}};
        manager.start(order);
        const ContainerExit exit = manager.wait_end(test_container(number));
        EXPECT_EQ(exit.reason, ExitReason::LaunchFailed);
        for (const char* part : {"artifact 'data'", "2097152 bytes", "/node/cache/partial/",
                                 "No space left on device"}) {
            EXPECT_NE(exit.message.find(part), std::string::npos) << exit.message;
        }
        EXPECT_TRUE(std::filesystem::is_empty(node("cache/partial")));
    }
    manager.start(shell(manager, 9, "exit 6"));
    EXPECT_EQ(manager.wait_end(test_container(9)).code, 6);
}

// The artifact fits, the container's copy of it does not.
TEST_F(NodeAgentDisk, NamesTheCopyThatDoesNotFit) {
    const std::string large(700 << 10, 'x');
    const std::string digest = net::sha256_hex(large);
    manager.put_artifact(digest, large);
    ContainerStart order = shell(manager, 1, "true");
    order.spec.artifacts = {{"data", "heddle:sha256/" + digest, "", 0, false}};
    manager.start(order);
    const ContainerExit exit = manager.wait_end(test_container(1));
    EXPECT_EQ(exit.reason, ExitReason::LaunchFailed);
    EXPECT_NE(exit.message.find("/data (716800 bytes): No space left on device"), std::string::npos)
        << exit.message;
    manager.start(shell(manager, 2, "exit 6"));
    EXPECT_EQ(manager.wait_end(test_container(2)).code, 6);
}

TEST_F(NodeAgentDisk, KnowsTheExitCodeOfAContainerThatFilledTheDisk) {
    manager.start(shell(manager, 1,
                        "dd if=/dev/zero of=$LOG_DIRS/fill bs=4096; "
                        "dd if=/dev/zero bs=65536 count=3; exit 5"));
    const ContainerExit exit = manager.wait_end(test_container(1));
    EXPECT_EQ(exit.reason, ExitReason::Exited) << exit.message;
    EXPECT_EQ(exit.code, 5);
    EXPECT_NE(exit.message.find("bytes of its output could not be written"), std::string::npos)
        << exit.message;
}

TEST_F(NodeAgentDisk, SurvivesAFullDiskAndSaysSo) {
    ContainerStart large = shell(manager, 1, "true");
    large.spec.secrets = {{"large", std::string(900 << 10, 'x')}};
    manager.start(large);
    const ContainerExit exit = manager.wait_end(test_container(1));
    EXPECT_EQ(exit.reason, ExitReason::LaunchFailed);
    EXPECT_NE(exit.message.find("bytes): No space left on device"), std::string::npos)
        << exit.message;
    manager.start(shell(manager, 2, "exit 6"));  // room again
    EXPECT_EQ(manager.wait_end(test_container(2)).code, 6);
}

// A program that starts with a signal ignored cannot even be told to handle it by a shell.
TEST_F(NodeAgentProcess, StartsProgramsWithNoSignalIgnored) {
    manager.wait_registered();
    int number = 1;
    for (const auto& [name, signal] :
         {std::pair{"INT", SIGINT}, {"HUP", SIGHUP}, {"PIPE", SIGPIPE}}) {
        manager.start(shell(manager, number, std::string("kill -") + name + " $$; exit 3"));
        const ContainerExit exit = manager.wait_end(test_container(number++));
        EXPECT_EQ(exit.reason, ExitReason::Signalled) << name;
        EXPECT_EQ(exit.signal, signal);
    }
}

TEST(NodeAgentWithoutManager, SaysOnceWhyItCannotConnect) {
    auto manager = std::make_unique<FakeManager>();
    const TemporaryDirectory temporary;
    AgentProcess agent(*manager, temporary.path());
    manager->wait_registered();
    manager.reset();
    const auto refusals = [&] {
        std::istringstream lines(slurp(temporary.path() + "/agent.log"));
        int count = 0;
        for (std::string line; std::getline(lines, line);) {
            count += line.find("cannot connect to the manager") != std::string::npos &&
                             line.find("refused") != std::string::npos
                         ? 1
                         : 0;
        }
        return count;
    };
    EXPECT_TRUE(eventually([&] { return refusals() > 0; }));
    agent.terminate();
    EXPECT_EQ(refusals(), 1);
}

}  // namespace heddle::node
