// Filters of the application list, a node's JSON, and Spark's dates.

#include <gtest/gtest.h>

#include "resourcemanager/shell/app_filter.h"
#include "resourcemanager/shell/app_page.h"
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

TEST(AppFilter, TakesListsInOneParameterOrInSeveral) {
    EXPECT_TRUE(accepts({{"states", "RUNNING"}, {"states", "FINISHED"}}));
    EXPECT_TRUE(accepts({{"applicationTypes", "x"}, {"applicationTypes", "command"}}));
    EXPECT_TRUE(accepts({{"applicationTags", "y"}, {"applicationTags", "x"}}));
    EXPECT_FALSE(accepts({{"finalStatus", "ended"}}));
}

// YARN's words, which scripts look for; the last are our own.
TEST(AppFilter, RefusesABadParameterInYarnsWords) {
    const auto why = [](std::vector<std::pair<std::string, std::string>> query) {
        const auto filter = parse_app_filter(call(std::move(query)));
        EXPECT_FALSE(filter.ok());
        EXPECT_EQ(filter.error().code, ErrorCode::InvalidArgument);
        return filter.error().message;
    };
    EXPECT_EQ(why({{"states", "RUNNING, gone"}}),
              "Invalid application-state gone specified. It should be one of [NEW, NEW_SAVING, "
              "SUBMITTED, ACCEPTED, RUNNING, FINISHED, FAILED, KILLED]");
    EXPECT_TRUE(why({{"finalStatus", "x"}})
                    .starts_with("No enum constant "
                                 "org.apache.hadoop.yarn.api.records.FinalApplicationStatus.x"));
    EXPECT_EQ(why({{"limit", "0"}}), "limit value must be greater then 0");
    EXPECT_EQ(why({{"limit", "-1"}}), "limit value must be greater then 0");
    EXPECT_EQ(why({{"startedTimeBegin", "-1"}}), "startedTimeBegin must be greater than 0");
    EXPECT_EQ(why({{"finishedTimeEnd", "-5"}}), "finishTimeEnd must be greater than 0");
    EXPECT_EQ(why({{"startedTimeBegin", "5"}, {"startedTimeEnd", "4"}}),
              "startedTimeEnd must be greater than startTimeBegin");
    EXPECT_EQ(why({{"finishedTimeBegin", "5"}, {"finishedTimeEnd", "4"}}),
              "finishTimeEnd must be greater than finishTimeBegin");
    EXPECT_TRUE(why({{"deSelects", "queue"}}).starts_with("Invalid deSelects string queue "));
    EXPECT_EQ(why({{"limit", "x"}}), "limit must be a number, not 'x'");
    EXPECT_EQ(why({{"finishedTimeEnd", "1e9"}}), "finishedTimeEnd must be a number, not '1e9'");
}

std::string app_json(const ApplicationView& app, const AppParts& parts) {
    wire::JsonWriter json;
    write_app(json, View{}, app, ServerInfo{}, parts);
    return std::move(json).take();
}

TEST(AppJson, LeavesOutWhatIsDeselected) {
    ApplicationView app = application();
    app.state = AppState::Running;
    PendingView pending;
    pending.ask = 1;
    pending.size = {512, 1};
    pending.count = 3;
    app.pending.push_back(pending);
    const std::string all = app_json(app, AppParts{});
    EXPECT_NE(all.find("\"pending\":{\"memory\":1536,\"vCores\":3"), std::string::npos) << all;
    for (const char* name :
         {"resourceRequests", "timeouts", "amNodeLabelExpression", "resourceInfo"}) {
        const std::string key = "\"" + std::string(name) + "\":";
        EXPECT_NE(all.find(key), std::string::npos) << name;
        EXPECT_EQ(app_json(app, *parse_deselects(name)).find(key), std::string::npos) << name;
    }
    EXPECT_EQ(app_json(app, *parse_deselects("appNodeLabelExpression")), all);
    ApplicationSubmission labelled = *app.submission;
    labelled.label = "ssd";
    app.submission = std::make_shared<const ApplicationSubmission>(labelled);
    const std::string shown = "\"appNodeLabelExpression\":\"ssd\"";
    EXPECT_NE(app_json(app, AppParts{}).find(shown), std::string::npos);
    EXPECT_EQ(app_json(app, *parse_deselects("appNodeLabelExpression")).find(shown),
              std::string::npos);
    EXPECT_EQ(app_json(application(), AppParts{}).find("resourceInfo"), std::string::npos);
}

TEST(SchedulerJson, ListsTheUsersOfAQueue) {
    View view;
    view.cluster.total = {1000, 10};
    const QueueView root{"root", "root", "", false, 0, 1, 1, 0, {}, {}, {}};
    const QueueView etl{"root.etl", "etl", "root", true, 0, 1, 1, 0, {}, {}, {}};
    view.queues.set("root", std::make_shared<const QueueView>(root));
    view.queues.set("root.etl", std::make_shared<const QueueView>(etl));
    ApplicationView app = application();
    view.applications.set({1, 1}, std::make_shared<const ApplicationView>(app));
    const auto leaf = [&] {
        wire::JsonWriter json;
        write_scheduler(json, view);
        const auto read = wire::parse_json(json.text());
        const wire::Json* info = read->find("schedulerInfo");
        return info->find("queues")->find("queue")->array()->front();
    };
    EXPECT_EQ(leaf().find("users")->object()->size(), 0U);
    app.state = AppState::Running;
    app.allocated = {100, 1};
    view.applications.set({1, 1}, std::make_shared<const ApplicationView>(app));
    const wire::Json queue = leaf();
    const wire::Json& user = queue.find("users")->find("user")->array()->front();
    EXPECT_EQ(*user.find("username")->string(), "ada");
    EXPECT_EQ(*user.find("numActiveApplications")->integer(), 1);
    EXPECT_EQ(*user.find("resourcesUsed")->find("memory")->integer(), 100);
    const wire::Json& partition =
        queue.find("capacities")->find("queueCapacitiesByPartition")->array()->front();
    EXPECT_EQ(
        *partition.find("queueCapacityVectorInfo")->find("configuredCapacityVector")->string(),
        "[memory-mb=1.0w,vcores=1.0w]");
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

std::vector<AppRef> three_applications() {
    std::vector<AppRef> apps;
    for (const auto& [sequence, name, started] :
         {std::tuple{1, "b", 300}, std::tuple{2, "a", 200}, std::tuple{3, "a", 100}}) {
        ApplicationSubmission submission;
        submission.id = {1, sequence};
        submission.name = name;
        ApplicationView app;
        app.submission = std::make_shared<const ApplicationSubmission>(std::move(submission));
        app.submitted = {started};
        apps.push_back(std::make_shared<const ApplicationView>(std::move(app)));
    }
    return apps;
}

// The sequence numbers of what is shown.
std::string shown(std::vector<std::pair<std::string, std::string>> query,
                  std::int64_t limit = INT64_MAX) {
    const auto page = parse_app_page(call(std::move(query)), limit);
    EXPECT_TRUE(page.ok()) << page.error().message;
    std::string text;
    for (const AppRef& app : page->cut(three_applications(), limit, {1000})) {
        text += std::to_string(app->submission->id.sequence);
    }
    return text;
}

TEST(AppPage, SortsAndCutsTheList) {
    EXPECT_EQ(shown({}), "321");
    EXPECT_EQ(shown({}, 2), "32");
    EXPECT_EQ(shown({{"order", "asc"}}), "123");
    EXPECT_EQ(shown({{"sort", "name"}}), "231");
    EXPECT_EQ(shown({{"sort", "name"}, {"order", "desc"}}), "132");
    EXPECT_EQ(shown({{"sort", "startedTime"}}), "321");
    EXPECT_EQ(shown({{"sort", "elapsedTime"}}), "123");
    EXPECT_EQ(shown({{"offset", "1"}}), "21");
    EXPECT_EQ(shown({{"offset", "9"}}), "");
    EXPECT_EQ(shown({{"page", "2"}}, 2), "1");
    EXPECT_EQ(shown({{"page", "3"}}, 2), "");
}

TEST(AppPage, SaysWhatIsWrong) {
    const auto why = [](std::vector<std::pair<std::string, std::string>> query) {
        const auto page = parse_app_page(call(std::move(query)), INT64_MAX);
        EXPECT_FALSE(page.ok());
        return page.ok() ? std::string() : page.error().message;
    };
    EXPECT_NE(why({{"sort", "startTime"}}).find("'startedTime'"), std::string::npos);
    EXPECT_NE(why({{"order", "up"}}).find("asc or desc"), std::string::npos);
    EXPECT_NE(why({{"offset", "-1"}}).find("from 0 on"), std::string::npos);
    EXPECT_NE(why({{"page", "0"}}).find("from 1 on"), std::string::npos);
    EXPECT_NE(why({{"page", "2"}}).find("give limit"), std::string::npos);
    EXPECT_TRUE(
        why({{"fields", "id,appState"}}).starts_with("an application has no field 'appSta"));
    EXPECT_NE(why({{"fields", "finalState"}}).find("'finalStatus'?); there are id, user, name"),
              std::string::npos);
}

TEST(AppPage, ChoosesFields) {
    EXPECT_EQ(*chosen_fields(R"({"id":"a","n":1,"l":[{"x":2}]})", {"l", "id"}),
              R"({"id":"a","l":[{"x":2}]})");
    EXPECT_EQ(*chosen_fields(R"({"id":"a"})", {}), R"({"id":"a"})");
}

}  // namespace
}  // namespace heddle::rm
