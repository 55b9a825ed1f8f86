// Runs scenario files: small stories of a cluster in virtual time, one feature each.
//
//   heartbeat SECONDS                of nodes and masters; first of all
//   queue PATH [key=value ...]       the queues, before there is a cluster; without any: default,
//                                    batch, small (limits) and stopped. Keys: weight, percent,
//                                    memory and vcores (what it is owed), max (percent), priority,
//                                    order (fifo, fair), user_limit (percent), factor
//                                    (thousandths), user_weight (NAME:THOUSANDTHS), apps, parallel,
//                                    masters (percent), state (running, draining, stopped),
//                                    container_memory, keep (yes: nothing is taken from it),
//                                    keep_inside (yes: nor inside it), inside_order (priority,
//                                    limit: what comes first inside it), creates (seconds that an
//                                    empty one stays; of applications that name queues below it),
//                                    creates_max, creates_depth, template (weight of leaves),
//                                    priority_limit (USER:MOST,...), submit and administer (a user,
//                                    or nobody), and as in TOML queue_order, size_based_weight,
//                                    node_order, container_max, labels_usable, label_default,
//                                    labels.NAME.capacity, labels.NAME.capacity_max,
//                                    labels.NAME.masters_percent_max; there are the labels ssd
//                                    (exclusive) and spot (shared)
//   rule POLICY [PARENT] [create]    a placement rule, after those before it; as queue. In place of
//                                    the parent custom and setDefaultQueue have a path
//   rules_first                      rules come before the queue that a user names; as queue
//   workflow NAME:QUEUE:PRIORITY     of applications with the tag workflowid:NAME; as queue
//   parallel USER N                  applications of a user that run at once; as queue
//   container_min MEMORY VCORES      as queue
//   retention N [SECONDS]            applications that are remembered when they are over, and for
//                                    how long; as queue
//   preemption [key=value ...]       switched on; keys: grace, interval (seconds), round, dead_zone
//                                    (percent), dry, lazy, inside (priority, limit: what comes
//                                    first), inside_threshold, inside_max, natural (percent);
//                                    without it, off
//   reservations [key=value ...]     keys: after, timeout (seconds), percent, application, queue,
//                                    off; without it, as by default
//   opportunistic [key=value ...]    keys: queue (containers that wait on a node), application, off
//   node NAME MEMORY VCORES [resources=gpu:2,...] [rack=/R] [label=L] [attributes=java:11,...]
//                                    a machine joins
//   submit KIND MEMORY VCORES [key=value ...]
//                                    kinds: command, master, rdd, outside (its master is no
//                                    container);
//                                    keys: queue, groups (of the user), lists (access lists hold
//                                    for the user), tags, attempts, priority,
//                                    user, resources, label, master-label, keep (its containers
//                                    across attempts; each next master asks for what the last one
//                                    did), validity, lifetime, pending (seconds: of failures, in
//                                    all, and until it starts), blacklist (off, or the percentage
//                                    of nodes from which on its next master goes anywhere). Names
//                                    are app1, app2, ...
//   claim APP                        an outside master asks for its token and connects
//   ask APP ID count=N memory=M vcores=V [generation=G] [nodes=a,b] [strict] [hold] [priority=P]
//       [resources=gpu:1,...] [racks=/a,/b] [label=L] [tags=a,b] [constraint=TEXT]
//       [gang=G min=N deadline=SECONDS] [opportunistic] [enforce] [more]
//                                    more: the next line belongs to the same update
//   avoid APP [NODE ...]             its master wants nothing on these any more
//   start|release APP CONTAINER      of a held container; of any
//   promote|demote APP CONTAINER     its execution type is to be the other one
//   size APP CONTAINER MEMORY VCORES [resources=...] [version=V]
//                                    its master wishes for another size
//   finish APP succeeded|failed      the master says so
//   linger APP                       its master's process goes on when the finish is acknowledged
//   show APP                         shows its state and final status
//   explain APP                      shows why it waits: the headline, then each ask with its
//                                    blockers and what could be done
//   listed APP                       shows its line in lists, and the reasons that are counted
//   nodes                            shows the nodes and their states
//   queued                           shows the opportunistic containers of each node
//   exit CONTAINER CODE | signal CONTAINER SIGNAL
//   kill APP; fail APP               the application; its present attempt
//   move APP QUEUE [USER]; priority APP N [USER]
//                                    to another queue; to another priority, as USER wants it
//   lifetime APP SECONDS             from now on; 0: without end
//   dump CONTAINER                   a person wishes its threads to be dumped (SIGQUIT)
//   queues                           shows what each leaf holds and what waits in it
//   preemptions                      shows what was taken back since the start, or would have been
//   reserved                         shows what is reserved, and the gangs that wait
//   marks                            shows what will be, or is being, taken back
//   notices APP                      shows what its master was told of containers that make way, or
//   had better power off|on NODE; agent kill|start NODE; partition on|off NODE; leave NODE drain
//   NODE [SECONDS]; recommission NODE; relabel NODE [LABEL] resize NODE MEMORY VCORES [SECONDS |
//   resources=gpu:1,...]
//                                    operators' decisions; with a time after which what is left, or
//                                    too much, is stopped
//   configure QUEUE [key=value ...]  another configuration, in which the queue is so; as queue
//   configured                       the version that holds, and how many are kept
//   rollback VERSION                 what that version said is to hold again
//   attributes replace|add|remove NODE:NAME=VALUE,... [NODE:...]
//                                    what operators set for nodes
//   manager kill|start; saves fail|work; disconnect APP
//   advance SECONDS
//   expect                           followed by indented lines: exactly what was shown since the
//                                    last expect, in this order
//
// After every command the cluster runs for 100 ms.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include "common/base/strings.h"
#include "tests/scenarios/shown.h"
#include "tests/scenarios/story_config.h"
#include "tests/scenarios/story_words.h"
#include "tests/support/rm_world/names.h"
#include "tests/support/rm_world/world.h"

namespace heddle::rm::test {
namespace {

class Runner {
public:
    explicit Runner(const Config& config) : world_(1, config) {
        world_.stage().collect = true;
        world_.manager().check_every_step = config.feature_off == Feature::None;
        world_.on_master = [this](MasterScript& master) { lead(master); };
        world_.manager().start();
    }

    void run(const std::string& path) {
        std::ifstream file(path);
        ASSERT_TRUE(file.is_open()) << path;
        std::string line;
        int number = 0;
        while (std::getline(file, line)) {
            ++number;
            SCOPED_TRACE(path + ":" + std::to_string(number) + ": " + line);
            if (expecting_ && (line.starts_with(" ") || line.empty())) {
                take_expected(line);
                continue;
            }
            finish_expect();
            const Words words = words_of(line);
            if (!words.empty() && words[0][0] != '#') {
                command(words);
            }
            ASSERT_EQ(world_.stage().violation, "");
            if (testing::Test::HasFatalFailure()) {
                return;
            }
        }
        finish_expect();
    }

private:
    // A master whose application keeps containers asks for what the one before it asked for.
    void lead(MasterScript& master) {
        const ApplicationId id = master.attempt().application;
        if (keeps_.contains(id)) {
            master.on_registered = [this, id, &master] {
                for (const Ask& ask : asks_[id]) {
                    master.ask(ask);
                }
            };
        }
    }

    void take_expected(const std::string& line) {
        const std::string text(trim(line));
        if (!text.empty()) {
            expected_.push_back(text);
        }
    }

    void finish_expect() {
        if (!std::exchange(expecting_, false)) {
            return;
        }
        const Words shown = std::exchange(world_.stage().shown, {});
        EXPECT_EQ(join(shown, "\n"), join(expected_, "\n"));
        expected_.clear();
    }

    // A story that has gone another way fails here, and the next one runs.
    MasterScript& master(const std::string& name) {
        MasterScript* found = world_.master(application(name));
        if (found == nullptr) {
            throw std::runtime_error("no master of " + name + " is alive");
        }
        return *found;
    }

    void command(const Words& words) {
        const std::string& verb = words[0];
        if (verb == "expect") {
            expecting_ = true;
            return;
        }
        if (verb == "advance") {
            world_.run_for(milliseconds(static_cast<std::int64_t>(std::stod(words[1]) * 1000)));
            return;
        }
        if (!on_cluster(verb, words) && !on_application(verb, words)) {
            FAIL() << "unknown command '" << verb << "'";
        }
        if (words.back() != "more") {
            world_.run_for(milliseconds(100));
        }
    }

    bool on_cluster(const std::string& verb, const Words& words) {
        if (verb == "node") {
            auto keys = keys_of(words, 4);
            world_.add_node(words[1], size_of(words[2], words[3], keys),
                            keys["rack"].empty() ? "/default-rack" : keys["rack"], keys["label"],
                            attributes_of(keys["attributes"]));
        } else if (verb == "power") {
            NodeHost& node = world_.node(words[2]);
            words[1] == "off" ? node.lose_power() : node.start_agent();
        } else if (verb == "agent") {
            NodeHost& node = world_.node(words[2]);
            words[1] == "kill" ? node.kill_agent() : node.start_agent();
        } else if (verb == "partition") {
            world_.node(words[2]).partition(words[1] == "on");
        } else if (verb == "leave") {
            world_.node(words[1]).shut_down();
        } else if (verb == "manager") {
            words[1] == "kill" ? world_.manager().crash() : world_.manager().start();
        } else if (verb == "nodes") {
            show_nodes(world_);
        } else if (verb == "queued") {
            show_queued(world_);
        } else if (verb == "drain" || verb == "recommission" || verb == "relabel" ||
                   verb == "resize") {
            decide(verb, words);
        } else if (verb == "configure" || verb == "rollback" || verb == "configured") {
            configure(verb, words);
        } else if (verb == "attributes") {
            request(ChangeAttributes{kind_of_change(words[1]), mappings_of(words)}, verb);
        } else if (verb == "saves") {
            world_.manager().fail_saves = words[1] == "fail";
        } else if (verb == "dump") {
            request(SignalContainer{container(words[1]), SignalKind::ThreadDump}, "signal");
        } else if (verb == "queues") {
            show_queues(world_);
        } else if (verb == "preemptions") {
            show_preemptions(world_);
        } else if (verb == "notices") {
            show_notices(words[1]);
        } else if (verb == "marks") {
            show_marks(world_);
        } else if (verb == "reserved") {
            show_reserved(world_);
        } else if (verb == "exit") {
            EXPECT_TRUE(world_.end_process(container(words[1]), std::stoi(words[2])));
        } else if (is_configuration(verb)) {
            auto keys = keys_of(words, 1);
            if (verb == "opportunistic" && keys.contains("queue")) {
                world_.ground().opportunistic_queue_max = std::stoi(keys["queue"]);
            }
            // The rest was taken by config_of() before there was a cluster.
        } else if (verb == "signal") {
            EXPECT_TRUE(world_.end_process(container(words[1]), 0, std::stoi(words[2])));
        } else {
            return false;
        }
        return true;
    }

    void configure(const std::string& verb, const Words& words) {
        const SchedulerVersions& versions = *world_.manager().view()->scheduler;
        if (verb == "configured") {
            world_.stage().show("version " + std::to_string(versions.back()->config.version) +
                                " holds, of " + std::to_string(versions.size()));
            return;
        }
        ReplaceScheduler what;
        if (verb == "rollback") {
            const auto asked = std::ranges::find_if(versions, [&](const auto& version) {
                return std::to_string(version->config.version) == words[1];
            });
            if (asked == versions.end()) {
                world_.stage().show("there is no version " + words[1]);
                return;
            }
            what.config = (*asked)->config;
        } else {
            what.config = versions.back()->config;
            std::erase_if(what.config.queues,
                          [&](const QueueConfig& queue) { return queue.path == words[1]; });
            what.config.queues.push_back(queue_of(words));
        }
        request(std::move(what), verb);
    }

    bool on_application(const std::string& verb, const Words& words) {
        if (verb == "submit") {
            submit(words);
        } else if (verb == "claim") {
            claim(application(words[1]));
        } else if (verb == "kill") {
            request(KillApplication{application(words[1]), "killed by user alice"}, "kill");
        } else if (verb == "fail") {
            const auto view = world_.manager().view()->applications.find(application(words[1]));
            request(FailAttempt{view->attempts.back().id, "failed by user alice"}, "fail");
        } else if (verb == "move") {
            request(
                MoveApplication{application(words[1]), words[2], words.size() > 3 ? words[3] : ""},
                "move");
        } else if (verb == "priority") {
            request(ChangePriority{application(words[1]),
                                   std::stoi(words[2]),
                                   words.size() > 3 ? words[3] : "",
                                   {}},
                    "priority");
        } else if (verb == "lifetime") {
            const std::int64_t left = std::stoll(words[2]) * 1000;
            const std::int64_t now = world_.stage().wall().milliseconds;
            request(ChangeLifetime{application(words[1]), {left == 0 ? 0 : now + left}},
                    "lifetime");
        } else if (verb == "ask") {
            ask(words);
        } else if (verb == "avoid") {
            std::vector<NodeId>& blacklist = master(words[1]).blacklist;
            blacklist.clear();
            for (std::size_t i = 2; i < words.size(); ++i) {
                blacklist.push_back({words[i]});
            }
        } else if (verb == "start") {
            master(words[1]).start_held(container(words[2]));
        } else if (verb == "release") {
            master(words[1]).release(container(words[2]));
        } else if (verb == "promote" || verb == "demote") {
            master(words[1]).change_execution(
                container(words[2]),
                verb == "promote" ? ExecutionType::Guaranteed : ExecutionType::Opportunistic);
        } else if (verb == "size") {
            auto keys = keys_of(words, 5);
            const std::string version = keys["version"];
            master(words[1]).resize(
                container(words[2]), size_of(words[3], words[4], keys),
                version.empty() ? std::nullopt : std::optional(std::stoll(version)));
        } else if (verb == "finish") {
            master(words[1]).finish(words[2] == "succeeded" ? FinalStatus::Succeeded
                                                            : FinalStatus::Failed);
        } else if (verb == "linger") {
            master(words[1]).lingers = true;
        } else if (verb == "show") {
            show_application(world_, application(words[1]));
        } else if (verb == "explain") {
            explain(application(words[1]));
        } else if (verb == "listed") {
            show_listed(world_, application(words[1]));
        } else if (verb == "disconnect") {
            MasterScript& gone = master(words[1]);
            gone.die();
            gone.disconnect();
        } else {
            return false;
        }
        return true;
    }

    void request(
        decltype(Request::what) what, const std::string& name,
        const std::function<void(const Answer&)>& on_answer = [](const Answer&) {}) {
        world_.manager().request(
            std::move(what), [this, name, on_answer](const Result<Answer>& answer) {
                if (answer.ok()) {
                    on_answer(*answer);
                } else {
                    world_.stage().show(name +
                                        " refused: " + std::string(to_string(answer.error().code)) +
                                        ": " + answer.error().message);
                }
            });
    }

    void submit(const Words& words) {
        auto keys = keys_of(words, 4);
        const std::vector<std::string> groups = texts_of(keys["groups"]);
        const bool lists = keys.contains("lists");
        ApplicationSubmission submission = submission_of(words);
        world_.manager().request(NewApplication{}, [this, submission, groups,
                                                    lists](const Result<Answer>& answer) mutable {
            if (!answer.ok()) {
                world_.stage().show("new-application refused: " + answer.error().message);
                return;
            }
            submission.id = std::get<NewApplicationAnswer>(*answer).application;
            submission.name = name_of(submission.id);
            if (submission.keep_containers) {
                keeps_.insert(submission.id);
            }
            request(SubmitApplication{submission, groups, lists},
                    "submit " + name_of(submission.id));
        });
    }

    void decide(const std::string& verb, const Words& words) {
        const NodeId node{words[1]};
        const auto seconds_at = [&](std::size_t index) {
            return words.size() > index ? std::optional(seconds(std::stoll(words[index])))
                                        : std::nullopt;
        };
        if (verb == "drain") {
            request(DrainNode{node, seconds_at(2)}, verb);
        } else if (verb == "recommission") {
            request(RecommissionNode{node}, verb);
        } else if (verb == "relabel") {
            request(RelabelNode{node, words.size() > 2 ? words[2] : ""}, verb);
        } else {
            auto keys = keys_of(words, 4);
            const Resource size = size_of(words[2], words[3], keys);
            const bool named = keys.contains("resources");
            request(ResizeNode{node, size.memory_mib, size.vcores,
                               named ? std::optional(size.named) : std::nullopt,
                               named ? std::nullopt : seconds_at(4)},
                    verb);
        }
    }

    void show_notices(const std::string& name) {
        for (const auto& [id, notice] : master(name).notices()) {
            const std::int64_t left =
                notice.until.milliseconds - world_.stage().wall().milliseconds;
            world_.stage().show(name_of(id) + " makes way in " +
                                std::to_string((left + 500) / 1000) + " s" +
                                (notice.strict ? ": "
                                               : " or another of " + to_string(notice.size) +
                                                     " on " + notice.node.name + ": ") +
                                notice.reason);
        }
        for (const ContainerId& id : master(name).draining()) {
            world_.stage().show(name_of(id) + " is on a node that drains");
        }
    }

    void explain(const ApplicationId& id) {
        request(ExplainApplication{id, {}}, "explain", [this](const Answer& answer) {
            show_explanation(world_.stage(), std::get<Explanation>(answer));
        });
    }

    void claim(const ApplicationId& id) {
        world_.manager().request(ClaimMaster{id}, [this](const Result<Answer>& answer) {
            ASSERT_TRUE(answer.ok());
            const auto& credentials = std::get<MasterCredentials>(*answer);
            world_.outside_master(credentials.attempt, credentials.token);
        });
    }

    void ask(const Words& words) {
        const Ask ask = ask_of(words);
        master(words[1]).ask(ask);
        std::vector<Ask>& asks = asks_[application(words[1])];
        std::erase_if(asks, [&](const Ask& before) { return before.id == ask.id; });
        asks.push_back(ask);
    }

    World world_;
    std::set<ApplicationId> keeps_;
    std::map<ApplicationId, std::vector<Ask>> asks_;  // as last given
    bool expecting_ = false;
    Words expected_;
};

class Scenario : public testing::TestWithParam<std::string> {};

TEST_P(Scenario, GoesAsWritten) {
    Runner runner(config_of(GetParam()));
    runner.run(GetParam());
}

std::vector<std::string> scenario_files() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator("tests/scenarios/rm")) {
        if (entry.path().extension() == ".scenario") {
            files.push_back(entry.path().string());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::string name_of_file(const testing::TestParamInfo<std::string>& info) {
    return std::filesystem::path(info.param).stem().string();
}

// Prints them, too: tests/scenarios/features takes them from there.
TEST(Features, HaveNamesThatAreFoundAgain) {
    for (const NamedFeature& known : kFeatures) {
        EXPECT_EQ(feature_named(known.name), known.feature);
        std::printf("feature %.*s\n", static_cast<int>(known.name.size()), known.name.data());
    }
    EXPECT_EQ(feature_named("no-such-feature"), Feature::None);
}

INSTANTIATE_TEST_SUITE_P(Files, Scenario, testing::ValuesIn(scenario_files()), name_of_file);

}  // namespace
}  // namespace heddle::rm::test
