// What commands say: lines that fit the terminal, times, refusals, and what to type next.

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "client/rmctl/amounts.h"
#include "client/rmctl/command_line.h"
#include "client/rmctl/dev_cluster.h"
#include "client/rmctl/logs.h"
#include "client/rmctl/output.h"
#include "client/rmctl/server.h"
#include "client/rmctl/submit.h"
#include "client/rmctl/terminal.h"
#include "common/base/display.h"

namespace heddle::rmctl {
namespace {

TEST(Progress, DrawsNoMoreThanOneRow) {
    const std::string line =
        "0007 RUNNING \xc2\xb7 stage 7 12/16 reduce_by_key at archive_rank.cpp:101 \xc2\xb7 stage "
        "8 "
        "sort_by_key at archive_rank.cpp:120 0/16 \xc2\xb7 5 stages done";
    ASSERT_GT(display_width(line), 80U);
    for (const std::size_t columns : {1U, 20U, 80U, 200U}) {
        const std::string drawn = drawn_line(line, columns);
        ASSERT_TRUE(drawn.starts_with("\r\033[K"));
        EXPECT_LT(display_width(drawn.substr(4)), columns) << columns;
    }
    EXPECT_EQ(drawn_line("short", 80), "\r\033[Kshort");
}

TEST(Progress, SaysTheShortIdAndTheStages) {
    ApplicationAnswer app;
    app.id = "application_1732459149000_0007";
    app.state = "RUNNING";
    EXPECT_EQ(progress_text(app, {}), "0007 RUNNING");
    EXPECT_EQ(progress_text(app, {{1, "map", "COMPLETE", 4, 4, 0, 0},
                                  {2, "sort_by_key", "ACTIVE", 16, 12, 2, 0}}),
              "0007 RUNNING \xc2\xb7 stage 2 12/16 sort_by_key \xc2\xb7 1 stages done");
    app.state = "ACCEPTED";
    app.diagnostics = "queue full";
    EXPECT_EQ(progress_text(app, {}), "0007 ACCEPTED: queue full");
}

// What rmctl says on standard error of a command line.
std::string said_of(std::vector<std::string> words) {
    words.insert(words.begin(), "rmctl");
    std::vector<char*> arguments;
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    ::testing::internal::CaptureStderr();
    (void)run_command_line(static_cast<int>(arguments.size()), arguments.data());
    return ::testing::internal::GetCapturedStderr();
}

TEST(Words, AFlagThatIsGivenTwiceIsNotOneWithoutAValue) {
    EXPECT_EQ(said_of({"submit", "--queue", "a", "--queue", "b", "./x"}).substr(0, 42),
              "rmctl: --queue is given more than once\nTry");
    EXPECT_EQ(said_of({"submit", "--queue"}).substr(0, 29), "rmctl: --queue needs a value\n");
}

TEST(Words, SettingsOfFileSystemsMeanSomething) {
    const auto warned = [](const std::string& pair) {
        return said_of({"submit", "--conf", pair, "/no/such/program"});
    };
    EXPECT_EQ(warned("spark.hadoop.fs.s3a.endpoint=x").find("means nothing"), std::string::npos);
    EXPECT_NE(warned("spark.hadoop.fs.s3a.endpoints=x").find("means nothing"), std::string::npos);
    const std::string secret = warned("spark.hadoop.fs.s3a.secret.key=hidden");
    EXPECT_NE(secret.find("where others may see it"), std::string::npos) << secret;
    EXPECT_EQ(secret.find("hidden"), std::string::npos) << secret;
}

TEST(Words, DurationsAreThoseOfTheDashboard) {
    EXPECT_EQ(human_duration(340), "340 ms");
    EXPECT_EQ(human_duration(4'250), "4.2 s");
    EXPECT_EQ(human_duration(12'999), "12 s");
    EXPECT_EQ(human_duration(192'000), "3 min 12 s");
    EXPECT_EQ(human_duration(7'500'000), "2 h 5 min");
    EXPECT_EQ(human_duration(4 * 86'400'000LL + 3 * 3'600'000LL), "4 d 3 h");
    EXPECT_EQ(human_duration(-1), "-");
}

TEST(Words, TimesAreLocalAndSayTheirZone) {
    setenv("TZ", "XYZ-2", 1);
    tzset();
    EXPECT_EQ(human_time(1'732'459'149'000), "2024-11-24 16:39:09 XYZ");
    unsetenv("TZ");
    tzset();
    EXPECT_EQ(human_time(0), "-");
    EXPECT_EQ(human_age(1'000'000, 1'012'500), "12 s ago");
    EXPECT_EQ(human_age(1'000'000, 1'000'500), "just now");
    EXPECT_EQ(human_age(0, 1'000'500), "-");
}

TEST(Words, OneIsNoPlural) {
    EXPECT_EQ(count_of(1, "node agent"), "1 node agent");
    EXPECT_EQ(count_of(3, "node agent"), "3 node agents");
}

TEST(Words, WhatToTypeNextReachesTheSameCluster) {
    Options options;
    EXPECT_EQ(command_text(options, "app logs a"), "rmctl app logs a");
    options.directory = "/tmp/my dev";
    EXPECT_EQ(command_text(options, "app logs a"), "rmctl --dir '/tmp/my dev' app logs a");
}

TEST(Refusals, NameTheObjectOnce) {
    const auto words = [](const char* message, const char* what) {
        return refusal_of(404,
                          std::string(R"({"RemoteException":{"message":")") + message + R"("}})",
                          what)
            .message;
    };
    EXPECT_EQ(words("no application application_1_2", "application application_1_2"),
              "no application application_1_2");
    EXPECT_EQ(words("it is over", "kill of application_1_2"),
              "kill of application_1_2: it is over");
}

TEST(Refusals, APageIsNotPassedOn) {
    const Error error = refusal_of(404, "<!DOCTYPE html><p>Not here</p>", "the list of nodes");
    EXPECT_EQ(error.code, ErrorCode::Unavailable);
    EXPECT_NE(error.message.find("this is no Heddle resource manager"), std::string::npos);
    EXPECT_EQ(error.message.find('<'), std::string::npos);
}

TEST(Settings, AMisspeltKeyIsRefusedBeforeAnythingIsSent) {
    const Status wrong = check_settings({"executor.cores=2", "executor.memry=1g"});
    ASSERT_FALSE(wrong.ok());
    EXPECT_EQ(wrong.error().code, ErrorCode::InvalidArgument);
    EXPECT_NE(wrong.error().message.find("did you mean 'executor.memory'"), std::string::npos);
    EXPECT_TRUE(check_settings({"executor.memory=1g", "my.own.key=x"}).ok());
    EXPECT_FALSE(check_settings({"executor.memory"}).ok());
}

TEST(Logs, AContainerOfAnotherApplicationIsRefused) {
    const std::string container = "container_1732459149000_0007_01_000002";
    EXPECT_TRUE(check_container("application_1732459149000_0007", container).ok());
    const Status other = check_container("application_1732459149000_0008", container);
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().code, ErrorCode::NotFound);
    EXPECT_NE(other.error().message.find("application_1732459149000_0007"), std::string::npos);
    EXPECT_EQ(check_container("application_1732459149000_0008", "x").error().code,
              ErrorCode::InvalidArgument);
}

TEST(DevCluster, TheManagersCommandTellsItsHeartbeat) {
    const DevLayout layout{"/d"};
    EXPECT_EQ(heartbeat_in(manager_command("/bin", layout, {}, seconds(60))), seconds(60));
    EXPECT_EQ(heartbeat_in(manager_command("/bin", layout, {}, {})), Duration{});
}

TEST(DevCluster, AgentsAreNumbered) {
    EXPECT_EQ(node_number(node_name(12)), 12);
    EXPECT_EQ(node_number(kManagerName), 0);
}

TEST(Amounts, MemoryWithoutAUnitIsInMebibytes) {
    EXPECT_EQ(*parse_memory("512"), 512);
    EXPECT_EQ(*parse_memory("2g"), 2048);
    EXPECT_EQ(*parse_memory("1k"), 1);
    EXPECT_FALSE(parse_memory("much").ok());
}

}  // namespace
}  // namespace heddle::rmctl
