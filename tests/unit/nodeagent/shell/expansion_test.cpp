// Environment and variables of a container.

#include "nodeagent/shell/expansion.h"

#include <gtest/gtest.h>

namespace heddle::node {

TEST(Expansion, ReplacesYarnsVariables) {
    const Environment environment{{"A", "1"}, {"B", "{{A}}"}};
    const std::string text = expand("{{A}}-{{B}}-{{C}}-<LOG_DIR>/x<CPS>y {{A", environment, "/l");
    EXPECT_EQ(text, "1-{{A}}--/l/x:y {{A");
    EXPECT_EQ(expand("", environment, "/l"), "");
}

TEST(Expansion, MakesTheEnvironmentOfAContainer) {
    LaunchSpec spec;
    spec.environment["PATH"] = "/opt/bin";
    spec.environment["CONTAINER_ID"] = "mine";
    spec.environment["MINE"] = "{{CONTAINER_ID}}:{{LOG_DIRS}}";
    ContainerPlace place;
    place.container = "c1";
    place.work_dir = "/work";
    place.log_dir = "/logs";
    place.http_port = 8042;
    place.programs_dir = "/heddle";
    place.node_path = "/usr/bin";
    const Environment environment = container_environment(spec, place);
    EXPECT_EQ(environment.at("CONTAINER_ID"), "c1");
    EXPECT_EQ(environment.at("PATH"), "/heddle:/opt/bin");
    EXPECT_EQ(environment.at("MINE"), "c1:/logs");
    EXPECT_EQ(environment.at("LOCAL_DIRS"), "/work");
    EXPECT_EQ(environment.at("NM_HTTP_PORT"), "8042");
    EXPECT_EQ(environment.at("HOME"), "/work");
}

}  // namespace heddle::node
