#include "common/model/workflow_priority.h"

#include <gtest/gtest.h>

namespace heddle {
namespace {

TEST(WorkflowPriority, IsWhatTheNearestQueueUpwardsSays) {
    const auto mappings =
        parse_workflow_priorities("Nightly:root.etl:7, nightly:root.etl.big:2,x:root.etl:1");
    ASSERT_TRUE(mappings.ok()) << mappings.error().message;
    const std::vector<std::string> tags = {"team", " WorkflowId:nightly"};
    EXPECT_EQ(workflow_priority(*mappings, tags, "root.etl"), 7);
    EXPECT_EQ(workflow_priority(*mappings, tags, "root.etl.small"), 7);
    EXPECT_EQ(workflow_priority(*mappings, tags, "root.etl.big"), 2);
    EXPECT_EQ(workflow_priority(*mappings, tags, "root.etlx"), std::nullopt);
    EXPECT_EQ(workflow_priority(*mappings, {"nightly"}, "root.etl"), std::nullopt);
    EXPECT_EQ(workflow_priority(*mappings, {"workflowid:"}, "root.etl"), std::nullopt);
    EXPECT_EQ(workflow_priority(*mappings, {"workflowid:nightly", "workflowid:x"}, "root.etl"), 1);
    EXPECT_EQ(workflow_priorities_text(*mappings),
              "nightly:root.etl:7,nightly:root.etl.big:2,x:root.etl:1");
}

TEST(WorkflowPriority, SaysTheForm) {
    for (const char* text : {"nightly:root.etl", "nightly:root.etl:high", ":root.etl:1", "a::1"}) {
        const auto mappings = parse_workflow_priorities(text);
        ASSERT_FALSE(mappings.ok()) << text;
        EXPECT_EQ(mappings.error().message,
                  "'" + std::string(text) +
                      "' was found; write entries such as nightly:root.etl:7, a workflow, the full "
                      "path of a queue and a priority");
    }
    EXPECT_TRUE(parse_workflow_priorities("none")->empty());
}

}  // namespace
}  // namespace heddle
