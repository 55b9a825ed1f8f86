// Filters of the application list, a node's JSON, and Spark's dates.

#include <gtest/gtest.h>

#include "resourcemanager/shell/app_filter.h"
#include "resourcemanager/shell/json_views.h"
#include "resourcemanager/shell/spark_time.h"

namespace heddle::rm {
namespace {

Call call(std::vector<std::pair<std::string, std::string>> query) {
    Call call;
    call.request.query = std::move(query);
    return call;
}

ApplicationView application() {
    ApplicationSubmission submission;
    submission.id = {1, 1};
    submission.name = "count";
    submission.type = "COMMAND";
    submission.queue = "root.etl";
    submission.user = "ada";
    submission.tags = {"Nightly", "x"};
    ApplicationView app;
    app.submission = std::make_shared<const ApplicationSubmission>(std::move(submission));
    app.state = AppState::Finished;
    app.final_status = FinalStatus::Succeeded;
    app.submitted = {1000};
    app.finished = {2000};
    return app;
}

bool accepts(std::vector<std::pair<std::string, std::string>> query) {
    const auto filter = parse_app_filter(call(std::move(query)));
    EXPECT_TRUE(filter.ok());
    return filter->accepts(application());
}

TEST(AppFilter, ChoosesByEveryParameter) {
    EXPECT_TRUE(accepts({}));
    EXPECT_TRUE(accepts({{"states", "running,Finished"}}));
    EXPECT_TRUE(accepts({{"state", "FINISHED"}}));
    EXPECT_FALSE(accepts({{"states", "RUNNING"}}));
    EXPECT_TRUE(accepts({{"finalStatus", "succeeded"}}));
    EXPECT_FALSE(accepts({{"finalStatus", "FAILED"}}));
    EXPECT_TRUE(accepts({{"user", "ada"}, {"name", "count"}, {"queue", "etl"}}));
    EXPECT_TRUE(accepts({{"queue", "root.etl"}}));
    EXPECT_FALSE(accepts({{"user", "ad"}}));
    EXPECT_FALSE(accepts({{"queue", "tl"}}));
    EXPECT_TRUE(accepts({{"applicationTypes", "spark,command"}}));
    EXPECT_FALSE(accepts({{"applicationTypes", "spark"}}));
    EXPECT_TRUE(accepts({{"applicationTags", "y,nightly"}}));
    EXPECT_FALSE(accepts({{"applicationTags", "y"}}));
    EXPECT_TRUE(accepts({{"startedTimeBegin", "1000"}, {"startedTimeEnd", "1000"}}));
    EXPECT_FALSE(accepts({{"startedTimeBegin", "1001"}}));
    EXPECT_FALSE(accepts({{"startedTimeEnd", "999"}}));
    EXPECT_FALSE(accepts({{"finishedTimeBegin", "2001"}}));
    EXPECT_FALSE(accepts({{"finishedTimeEnd", "1999"}}));
    EXPECT_TRUE(accepts({{"states", ""}}));
}

TEST(AppFilter, NamesABadParameter) {
    for (const auto& [name, value] : {std::pair<std::string, std::string>{"limit", "0"},
                                      {"limit", "x"},
                                      {"states", "GONE"},
                                      {"finalStatus", "x"},
                                      {"startedTimeBegin", "-1"},
                                      {"finishedTimeEnd", "1e9"}}) {
        const auto filter = parse_app_filter(call({{name, value}}));
        ASSERT_FALSE(filter.ok()) << name;
        EXPECT_EQ(filter.error().code, ErrorCode::InvalidArgument);
    }
}

TEST(NodeJson, NamesTheNodeAndSaysWhereItIs) {
    NodeView node;
    node.info.id = {"node-1"};
    node.info.address = "127.0.0.2";
    node.info.http_port = 8042;
    wire::JsonWriter json;
    write_node(json, node);
    const auto read = wire::parse_json(json.text());
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(*read->find("id")->string(), "node-1");
    EXPECT_EQ(*read->find("nodeHostName")->string(), "node-1");
    EXPECT_EQ(*read->find("nodeHTTPAddress")->string(), "127.0.0.2:8042");
}

TEST(SparkTime, WritesAndReadsSparksDates) {
    EXPECT_EQ(spark_time({1422981760123}), "2015-02-03T16:42:40.123GMT");
    EXPECT_EQ(spark_time({}), "1969-12-31T23:59:59.999GMT");
    EXPECT_EQ(parse_spark_time("2015-02-03T16:42:40.123GMT"), WallTime{1422981760123});
    EXPECT_EQ(parse_spark_time("2015-02-03"), WallTime{1422921600000});
    EXPECT_FALSE(parse_spark_time("2015-02-03T16:42"));
    EXPECT_FALSE(parse_spark_time("yesterday"));
}

}  // namespace
}  // namespace heddle::rm
