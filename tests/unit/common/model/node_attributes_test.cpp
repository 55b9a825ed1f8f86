// Names of attributes, and what holds of a node.

#include "common/model/node_attributes.h"

#include <gtest/gtest.h>

namespace heddle {
namespace {

TEST(NodeAttributes, WhatOperatorsSetComesBeforeWhatTheNodeSays) {
    const Attributes all = attributes_in_force(
        {{"os", "linux"}, {"java", "11"}, {"nm.yarn.io/tier", "a"}, {"rm.yarn.io/faked", "x"}},
        {{"os", "hurd"}, {"gold", ""}});
    EXPECT_EQ(all, (Attributes{{"gold", ""},
                               {"java", "11"},
                               {"nm.yarn.io/java", "11"},
                               {"nm.yarn.io/os", "linux"},
                               {"nm.yarn.io/tier", "a"},
                               {"os", "hurd"},
                               {"rm.yarn.io/gold", ""},
                               {"rm.yarn.io/os", "hurd"},
                               {"tier", "a"}}));
}

TEST(NodeAttributes, NamesAndValuesAreSuchAsConstraintsCanWrite) {
    const auto named = [](std::string_view text) {
        const auto name = attribute_named(text, kAttributePrefixManager);
        return name.ok() ? *name : "no: " + name.error().message;
    };
    EXPECT_EQ(named("os"), "os");
    EXPECT_EQ(named("rm.yarn.io/os_1-a"), "os_1-a");
    EXPECT_EQ(named("nm.yarn.io/os"),
              "no: attribute 'nm.yarn.io/os': the prefix here is rm.yarn.io, or none");
    for (const char* bad : {"", "-os", "a b", "a.b", "rm.yarn.io/", "rm.yarn.io/a/b", "a=b"}) {
        EXPECT_EQ(named(bad).substr(0, 4), "no: ") << bad;
    }
    EXPECT_EQ(named(std::string(255, 'a')), std::string(255, 'a'));
    EXPECT_EQ(named(std::string(256, 'a')).substr(0, 4), "no: ");
    for (const char* good : {"", "a.b-c_d", "11"}) {
        EXPECT_TRUE(check_attribute_value("os", good).ok()) << good;
    }
    for (const char* bad : {".a", "a,b", "a b", "a/b"}) {
        EXPECT_FALSE(check_attribute_value("os", bad).ok()) << bad;
    }
    EXPECT_FALSE(check_attribute_value("os", std::string(256, 'a')).ok());
}

}  // namespace
}  // namespace heddle
