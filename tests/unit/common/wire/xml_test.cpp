// XML made from JSON answers, and who gets it.

#include "common/wire/xml.h"

#include <gtest/gtest.h>

namespace heddle::wire {
namespace {

constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";

std::string body(std::string_view json, std::string_view root = "response") {
    const auto document = xml_of(json, root);
    EXPECT_TRUE(document.ok());
    EXPECT_TRUE(document->starts_with(kHead));
    return document->substr(kHead.size());
}

TEST(Xml, RepeatsTheElementOfAListAndLeavesOutNulls) {
    EXPECT_EQ(body(R"({"apps":{"app":[{"id":"a","progress":100.0},{"id":"b","user":null}]}})"),
              "<apps><app><id>a</id><progress>100.0</progress></app><app><id>b</id></app></apps>");
    EXPECT_EQ(body(R"({"apps":{}})"), "<apps/>");
    EXPECT_EQ(body(R"({"node":{"nodeLabels":[],"n":-1,"up":true,"why":""}})"),
              "<node><n>-1</n><up>true</up><why/></node>");
}

TEST(Xml, NamesTheRootWhereJsonHasNone) {
    EXPECT_EQ(body(R"({"state":"RUNNING"})", xml_root("/ws/v1/cluster/apps/a/state")),
              "<appstate><state>RUNNING</state></appstate>");
    EXPECT_EQ(body(R"({"application-id":"a","maximum-resource-capability":{"memory":1}})",
                   xml_root("/ws/v1/cluster/apps/new-application")),
              "<NewApplication><application-id>a</application-id><maximum-resource-capability>"
              "<memory>1</memory></maximum-resource-capability></NewApplication>");
    EXPECT_EQ(body(R"({"container":[{"id":1}],"containers":{"container":[{"id":1}]}})",
                   xml_root("/x/containers")),
              "<containers><container><id>1</id></container></containers>");
    EXPECT_EQ(body(R"({"appAttemptId":"x"})", xml_root("/c/apps/a/appattempts/x")),
              "<appAttempt><appAttemptId>x</appAttemptId></appAttempt>");
    EXPECT_EQ(body(R"({"containerId":"y"})", xml_root("/c/appattempts/x/containers/y")),
              "<container><containerId>y</containerId></container>");
    EXPECT_EQ(body(R"({"containerLogsInfo":[{"nodeId":"n"}]})", xml_root("/c/logs")),
              "<containerLogsInfoes><containerLogsInfo><nodeId>n</nodeId></containerLogsInfo>"
              "</containerLogsInfoes>");
}

TEST(Xml, MakesTheKindOfASchedulerAnAttribute) {
    EXPECT_EQ(
        body(R"({"scheduler":{"schedulerInfo":{"type":"capacityScheduler","queues":)"
             R"({"queue":[{"type":"capacitySchedulerLeafQueueInfo","queueName":"a"}]}}}})"),
        "<scheduler><schedulerInfo xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
        "xsi:type=\"capacityScheduler\"><queues><queue "
        "xsi:type=\"capacitySchedulerLeafQueueInfo\"><queueName>a</queueName></queue></queues>"
        "</schedulerInfo></scheduler>");
    EXPECT_EQ(body(R"({"t":{"type":"LIFETIME"}})"), "<t><type>LIFETIME</type></t>");
}

TEST(Xml, EscapesTextAndNames) {
    EXPECT_EQ(body(R"({"a":{"n":"<&>\"'\u0001\r\u00e9\ufffe","1 b":"x"}})"),
              "<a><n>&lt;&amp;&gt;&quot;'\xEF\xBF\xBD&#13;\xC3\xA9\xEF\xBF\xBD</n>"
              "<_1_b>x</_1_b></a>");
}

TEST(Xml, IsAnsweredOnlyToThoseWhoPreferIt) {
    for (const char* yes :
         {"application/xml", "application/xml, */*", "text/html,application/xml",
          "text/html,application/xml;q=0.9,*/*;q=0.8", "application/json;q=0.5, application/xml"}) {
        EXPECT_TRUE(prefers_xml(yes)) << yes;
    }
    for (const char* no : {"", "*/*", "application/json", "application/json, application/xml",
                           "application/xml;q=0", "text/xml", "application/xml;q=0.5, */*"}) {
        EXPECT_FALSE(prefers_xml(no)) << no;
    }
    const auto asked = [](std::string_view path, std::string_view type) {
        return asked_as_xml("application/xml", path, type, "{}").has_value();
    };
    EXPECT_TRUE(asked("/ws/v1/cluster/info", "application/json; charset=utf-8"));
    EXPECT_FALSE(asked("/api/v1/applications", "application/json"));
    EXPECT_FALSE(asked("/ws/v1/cluster/info", "text/plain"));
    EXPECT_FALSE(asked_as_xml("application/xml", "/ws/v1/x", "application/json", ""));
}

TEST(Xml, NamesTheRootOfAPriorityAsHadoopDoes) {
    const auto xml = asked_as_xml("application/xml", "/ws/v1/cluster/apps/a/priority",
                                  "application/json", R"({"priority":3})");
    ASSERT_TRUE(xml.has_value());
    EXPECT_NE(xml->find("<applicationpriority><priority>3</priority>"), std::string::npos) << *xml;
}

}  // namespace
}  // namespace heddle::wire
