#include "common/model/queue_settings.h"

#include <gtest/gtest.h>

#include "common/model/share_text.h"

namespace heddle {
namespace {

TEST(Shares, AreReadAndWrittenAsPeopleDo) {
    for (const char* text : {"3w", "1.5w", "40%", "12.25%", "[memory=10240,vcores=12]",
                             "[*=1w,vcores=50%]", "[gpu=1,memory=50%,vcores=2w]"}) {
        const auto shares = parse_shares(text, kRestOfGuaranteed);
        ASSERT_TRUE(shares.ok()) << text;
        EXPECT_EQ(shares_text(*shares, kRestOfGuaranteed), text);
    }
    EXPECT_EQ(parse_shares("[memory-mb=2g]", kRestOfGuaranteed)->by_resource.at("memory"),
              (Share{Share::Kind::Absolute, 2048}));
}

TEST(Shares, AreRefusedWhenTheyCouldMeanSomethingElse) {
    for (const char* text :
         {"", "40", "-3w", "1.2345w", "40 percent", "[memory]", "[memory=1,memory=2]",
          "[memory=50%", "[vcores=2.5]", "[memory=100k]", "w", "%"}) {
        EXPECT_FALSE(parse_shares(text, kRestOfGuaranteed).ok()) << text;
    }
}

TEST(Amounts, AreOfResourcesThatCanBe) {
    const auto amount = parse_resource("memory=8g,vcores=4,yarn.io/gpu=2,fpga=1");
    ASSERT_TRUE(amount.ok()) << amount.error().message;
    EXPECT_EQ(resource_text(*amount), "memory=8192,vcores=4,fpga=1,gpu=2");
    const auto refused = [](const std::string& text) {
        const auto bad = parse_resource("memory=8g,vcores=4," + text);
        return bad ? std::string("taken") : bad.error().message;
    };
    EXPECT_NE(refused("g p u=1").find("'g p u' is no name of a resource"), std::string::npos);
    const std::string count = "of gpu write, once, 1 to 2147483648, or leave it out";
    for (const char* text : {"gpu=0", "gpu=2147483649", "gpu=1,yarn.io/gpu=2"}) {
        EXPECT_NE(refused(text).find(std::string(text).starts_with("gpu=1,")
                                         ? "of yarn.io/gpu write, once"
                                         : count),
                  std::string::npos)
            << refused(text);
    }
}

TEST(Access, IsYarnsForm) {
    EXPECT_EQ(access_text(*parse_access("alice,bob etl,ops")), "alice,bob etl,ops");
    EXPECT_EQ(access_text(*parse_access(" ops")), " ops");
    EXPECT_TRUE(parse_access("*")->everybody);
    EXPECT_EQ(*parse_access(" "), AccessList{});
    EXPECT_FALSE(parse_access("a b c").ok());
}

TEST(PriorityLimits, AreRefusedWhenTheyAreNotYarnsForm) {
    QueueConfig queue = queue_config("root.a");
    for (const char* text : {"9", "[user=alice]", "[max_priority=9]", "[user=alice max_priority=x]",
                             "[user=a", "[user=a max_priority=1 colour=red]",
                             "[user= max_priority=1]", "user=a max_priority=1"}) {
        const Status status = set_setting(queue, "application_priority_limits", text);
        ASSERT_FALSE(status.ok()) << text;
        EXPECT_NE(status.error().message.find("write entries such as [user="), std::string::npos);
    }
    EXPECT_TRUE(queue.priority_limits.empty());
}

TEST(Settings, GoBackWithAnEmptyText) {
    QueueConfig queue = queue_config("root.a");
    for (const char* name : {"capacity", "capacity_max", "state", "user_limit_factor"}) {
        const char* text = name == std::string_view("state") ? "stopped" : "50%";
        if (name == std::string_view("user_limit_factor")) {
            text = "2.5";
        }
        ASSERT_TRUE(set_setting(queue, name, text).ok()) << name;
        ASSERT_TRUE(set_setting(queue, name, "").ok()) << name;
    }
    EXPECT_EQ(queue, queue_config("root.a"));
}

TEST(Settings, NameTheNearestOfUnknownOnes) {
    QueueConfig queue = queue_config("root.a");
    const Status status = set_setting(queue, "user_limit_facter", "2");
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().message,
              "unknown setting 'user_limit_facter' (did you mean 'user_limit_factor'?)");
}

TEST(Settings, DifferSettingBySetting) {
    SchedulerConfig before = default_scheduler_config();
    SchedulerConfig after = before;
    after.queues.push_back(queue_config("root.new"));
    ASSERT_TRUE(set_setting(after.queues[1], "weight", "3").ok());
    ASSERT_TRUE(set_setting(after.queues[0], "capacity_max", "50%").ok());
    after.application_priority_max = 7;
    after.rules.emplace_back();
    EXPECT_EQ(
        difference(before, after),
        (std::vector<std::string>{"+ application_priority_max = 7",
                                  "+ root.default capacity_max = 50%", "+ queue root.new",
                                  "+ root.new capacity = 3w", "+ rule (all as without settings)"}));
    EXPECT_TRUE(difference(before, before).empty());
}

}  // namespace
}  // namespace heddle
