// The operator's program that knows racks: what it answers, and what becomes of one that does not.

#include "resourcemanager/shell/topology_script.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <future>

#include "resourcemanager/shell/rack_finder.h"

namespace heddle::rm {
namespace {

class Script : public testing::Test {
protected:
    void write(const std::string& body) const {
        std::ofstream(path_) << "#!/bin/sh\n" << body << "\n";
        ::chmod(path_.c_str(), 0700);
    }
    Result<std::vector<std::string>> run(Duration limit = seconds(20)) const {
        return run_topology_script(path_, {"node-1", "node-2"}, limit);
    }
    std::string refusal(Duration limit = seconds(20)) const {
        const auto racks = run(limit);
        return racks.ok() ? "" : racks.error().message;
    }
    std::string path_ = testing::TempDir() + "heddle_topology_script_test";
};

TEST_F(Script, AnswersARackPerMachine) {
    write("for host; do echo /of/$host; done");
    EXPECT_EQ(*run(), (std::vector<std::string>{"/of/node-1", "/of/node-2"}));
}

TEST_F(Script, ThatFailsIsNamedWithWhatItDid) {
    write("exit 3");
    EXPECT_NE(refusal().find("ended with 3"), std::string::npos) << refusal();
    write("kill -9 $$");
    EXPECT_NE(refusal().find("ended by signal 9"), std::string::npos) << refusal();
    write("echo /one");
    EXPECT_NE(refusal().find("1 racks for 2 machines"), std::string::npos) << refusal();
    write("echo one; echo two");
    EXPECT_NE(refusal().find("'one' is no rack"), std::string::npos) << refusal();
    write("yes /rack");
    EXPECT_NE(refusal().find("with at most"), std::string::npos) << refusal();
}

TEST_F(Script, ThatTakesTooLongIsKilledWithWhatItStarted) {
    write("sleep 1000 & wait");
    EXPECT_NE(refusal(milliseconds(50)).find("did not end within 50 ms"), std::string::npos);
    write("exec >&-; sleep 1000");
    EXPECT_NE(refusal(milliseconds(50)).find("did not end within 50 ms"), std::string::npos);
}

TEST_F(Script, ThatRunsIsKilledWhenTheFinderEnds) {
    write("sleep 1000 & wait");
    std::promise<void> started;
    std::promise<std::string> failure;
    {
        RackFinder finder{[&](const auto& hosts, const std::stop_token& stop) {
                              started.set_value();
                              return run_topology_script(path_, hosts, seconds(20), stop);
                          },
                          [](const RackFinder::Racks&, const auto& done) { done(true); }};
        finder.refresh({"a"},
                       [&](const TopologyReport& report) { failure.set_value(report.failure); });
        started.get_future().wait();
    }
    EXPECT_NE(failure.get_future().get().find("was stopped"), std::string::npos);
}

TEST_F(Script, ThatIsNotThereIsSaidToBe) {
    EXPECT_NE(run_topology_script("/nonexistent/script", {"n"}, seconds(1))
                  .error()
                  .message.find("cannot be started"),
              std::string::npos);
}

// What was asked of the script, and what the core was told.
class Finder : public testing::Test {
protected:
    Result<std::vector<std::string>> script(const std::vector<std::string>& hosts) {
        ++runs;
        largest = std::max(largest, hosts.size());
        if (failing) {
            return Error{ErrorCode::Unavailable, "no"};
        }
        std::vector<std::string> racks;
        for (const std::string& host : hosts) {
            racks.push_back("/" + prefix + host);
        }
        return racks;
    }
    void find(const std::string& host) {
        std::promise<void> found;
        finder.find(host, [&] { found.set_value(); });
        found.get_future().wait();
    }
    TopologyReport refresh(std::vector<std::string> hosts) {
        std::promise<TopologyReport> done;
        finder.refresh(std::move(hosts), [&](TopologyReport report) { done.set_value(report); });
        return done.get_future().get();
    }

    std::atomic<int> runs{0};
    std::atomic<bool> failing{false};
    std::size_t largest = 0;
    std::string prefix;
    RackFinder::Racks told;
    RackFinder finder{[this](const auto& hosts, const std::stop_token&) { return script(hosts); },
                      [this](const RackFinder::Racks& found, const auto& done) {
                          for (const auto& [host, rack] : found) {
                              told[host] = rack;
                          }
                          done(true);
                      }};
};

TEST_F(Finder, AsksOnceForAMachineAndAgainWhenToldTo) {
    find("a");
    find("a");
    EXPECT_EQ(runs, 1);
    EXPECT_TRUE(finder.knows("a"));
    EXPECT_EQ(told["a"], "/a");
    prefix = "new-";
    EXPECT_EQ(refresh({"a", "b"}).answered, 2);
    EXPECT_EQ(told["a"], "/new-a");
    EXPECT_TRUE(finder.knows("b"));
}

TEST_F(Finder, GoesOnWithoutAnAnswerAndAsksTheNextTime) {
    failing = true;
    find("a");
    EXPECT_FALSE(finder.knows("a"));
    EXPECT_TRUE(told.empty());
    EXPECT_EQ(refresh({"a"}).failure, "no");
    failing = false;
    find("a");
    EXPECT_EQ(told["a"], "/a");
}

TEST_F(Finder, GivesTheScriptABoundedNumberOfNames) {
    std::vector<std::string> hosts;
    for (int i = 0; i < 250; ++i) {
        hosts.push_back("n" + std::to_string(i));
    }
    EXPECT_EQ(refresh(hosts).answered, 250);
    EXPECT_EQ(runs, 3);
    EXPECT_EQ(largest, kHostsPerRun);
}

}  // namespace
}  // namespace heddle::rm
