// Groups of users as the configuration has them.

#include "resourcemanager/shell/user_groups.h"

#include <gtest/gtest.h>

namespace heddle::rm {
namespace {

TEST(StaticGroups, TakeThePrimaryGroupFirst) {
    const auto groups = parse_static_groups("ada=staff,ops; bob = dev ;eve=;");
    ASSERT_TRUE(groups.ok());
    EXPECT_EQ(*groups, (StaticGroups{{"ada", {"staff", "ops"}}, {"bob", {"dev"}}, {"eve", {}}}));
    EXPECT_TRUE(parse_static_groups("")->empty());
}

TEST(StaticGroups, RefuseWhatIsNoMapping) {
    for (const char* text : {"ada", "=staff", "a b=staff", "ada=staff,,ops", "ada=staff,staff",
                             "ada=*", "ada=x;ada=y", "ada=x=y"}) {
        const auto groups = parse_static_groups(text);
        ASSERT_FALSE(groups.ok()) << text;
        EXPECT_NE(groups.error().message.find("write user=group,group;user=group"),
                  std::string::npos)
            << groups.error().message;
    }
}

}  // namespace
}  // namespace heddle::rm
