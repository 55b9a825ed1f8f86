// Submission bodies as YARN's clients write them, and clear refusals of what is wrong.

#include "resourcemanager/shell/submission.h"

#include <gtest/gtest.h>

#include "common/wire/codec.h"

namespace heddle::rm {
namespace {

constexpr const char* kId = R"("application-id":"application_1700000000000_0001")";

Result<ApplicationSubmission> parse(const std::string& fields) {
    return parse_submission("{" + std::string(kId) + "," + fields + "}");
}

void expect_refused(const std::string& fields, ErrorCode code, const std::string& message) {
    const auto submission = parse(fields);
    ASSERT_FALSE(submission.ok()) << fields;
    EXPECT_EQ(submission.error().code, code) << submission.error().message;
    EXPECT_NE(submission.error().message.find(message), std::string::npos)
        << submission.error().message;
}

TEST(Submission, ReadsYarnsExample) {
    const auto submission = parse(R"(
        "application-name":"count","queue":"default","priority":3,"max-app-attempts":4,
        "application-type":"YARN","unmanaged-AM":false,
        "application-tags":{"tag":["a","b"]},
        "resource":{"memory":2048,"vCores":2},
        "keep-containers-across-application-attempts":true,
        "am-container-spec":{
          "commands":{"command":"run 1><LOG_DIR>/stdout"},
          "environment":{"entry":[{"key":"A","value":"1"},{"key":"N","value":2}]},
          "local-resources":{"entry":[{"key":"program","value":{
             "resource":"heddle:sha256/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
             "type":"FILE","visibility":"APPLICATION","size":5,"timestamp":1}}]},
          "credentials":{"tokens":{},"secrets":{}},"service-data":{},
          "application-acls":{"entry":[{"key":"VIEW_APP","value":"*"}]}},
        "log-aggregation-context":{},"unknown-field":1)");
    ASSERT_TRUE(submission.ok()) << submission.error().message;
    EXPECT_EQ(submission->name, "count");
    EXPECT_EQ(submission->queue, "default");
    EXPECT_EQ(submission->priority, 3);
    EXPECT_EQ(submission->attempts_max, 4);
    EXPECT_EQ(submission->type, "YARN");
    EXPECT_EQ(submission->kind, ApplicationKind::Command);
    EXPECT_EQ(submission->tags, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(submission->master_size, (Resource{2048, 2}));
    EXPECT_TRUE(submission->keep_containers);
    EXPECT_EQ(submission->master.argv,
              (std::vector<std::string>{"/bin/sh", "-c", "run 1><LOG_DIR>/stdout"}));
    EXPECT_EQ(submission->master.environment.at("N"), "2");
    ASSERT_EQ(submission->master.artifacts.size(), 1U);
    EXPECT_EQ(submission->master.artifacts[0].sha256, std::string(64, 'a'));
    EXPECT_TRUE(submission->master.artifacts[0].executable);
}

TEST(Submission, TakesOneEntryAsAnObjectAndACommandAsAList) {
    const auto submission = parse(R"("am-container-spec":{"commands":{"command":["a","b"]},
        "environment":{"entry":{"key":"A","value":"1"}}})");
    ASSERT_TRUE(submission.ok()) << submission.error().message;
    EXPECT_EQ(submission->master.argv.back(), "a b");
    EXPECT_EQ(submission->master.environment.at("A"), "1");
    EXPECT_EQ(submission->type, "COMMAND");
    EXPECT_EQ(submission->master_size, (Resource{1024, 1}));
}

TEST(Submission, TakesARootElementAndOurOwnFields) {
    const auto submission = parse_submission(
        R"({"application-submission-context":{)" + std::string(kId) +
        R"(,"heddle-kind":"rdd","heddle-argv":["./p","a b"],"unmanaged-AM":"false"}})");
    ASSERT_TRUE(submission.ok()) << submission.error().message;
    EXPECT_EQ(submission->kind, ApplicationKind::Rdd);
    EXPECT_EQ(submission->type, "HEDDLE-RDD");
    EXPECT_EQ(submission->master.argv, (std::vector<std::string>{"./p", "a b"}));
}

std::string sized(const std::string& informations) {
    return R"("heddle-argv":["./p"],"resource":{"memory":512,"resourceInformations":{)"
           R"("resourceInformation":)" +
           informations + "}}";
}

TEST(Submission, TakesNamedResourcesUnderEitherName) {
    const auto submission = parse(
        sized(R"([{"name":"memory-mb","units":"Mi","value":9},{"name":"vcores","value":3},)"
              R"({"name":"yarn.io/gpu","units":"","value":"2"},{"name":"licence","value":1}])"));
    ASSERT_TRUE(submission.ok()) << submission.error().message;
    EXPECT_EQ(submission->master_size, (Resource{512, 3, {{"gpu", 2}, {"licence", 1}}}));
    EXPECT_EQ(parse(sized(R"({"name":"gpu","value":1})"))->master_size.named,
              (NamedCounts{{"gpu", 1}}));
}

TEST(Submission, RefusesNamedResourcesThatMakeNoSense) {
    for (const char* bad :
         {R"([{"name":"gpu","value":-1}])", R"([{"name":"gpu","value":99999999999}])",
          R"([{"name":"g pu","value":1}])", R"([{"value":1}])",
          R"([{"name":"gpu","value":1,"units":"k"}])",
          R"([{"name":"gpu","value":1},{"name":"yarn.io/gpu","value":1}])",
          R"([{"name":"memory-mb","value":1,"units":"Gi"}])"}) {
        EXPECT_FALSE(parse(sized(bad)).ok()) << bad;
    }
}

TEST(Submission, TakesLabelsOfNodes) {
    const auto submission = parse(R"("heddle-argv":["./p"],"app-node-label-expression":"ssd",
        "am-container-node-label-expression":" hdd ")");
    ASSERT_TRUE(submission.ok()) << submission.error().message;
    EXPECT_EQ(submission->label, "ssd");
    EXPECT_EQ(submission->master_label, "hdd");
    EXPECT_FALSE(parse(R"("heddle-argv":["./p"],"app-node-label-expression":"a && b")").ok());
}

TEST(Submission, SaysWhatIsWrong) {
    const std::string run = R"("heddle-argv":["x"],)";
    expect_refused(R"("priority":1)", ErrorCode::InvalidArgument, "nothing to run");
    expect_refused(run + R"("resourse":{})", ErrorCode::InvalidArgument,
                   "unknown field 'resourse' (did you mean 'resource'?)");
    expect_refused(run + R"("heddle-unknown":1)", ErrorCode::InvalidArgument, "unknown field");
    expect_refused(run + R"("resource":{"memory":0})", ErrorCode::InvalidArgument, "at least 1");
    expect_refused(run + R"("resource":{"memory":"many"})", ErrorCode::InvalidArgument,
                   "'memory' must be a whole number");
    expect_refused(run + R"("heddle-kind":"spark")", ErrorCode::InvalidArgument,
                   "rdd, master or command");
    expect_refused(run + R"("max-app-attempts":0)", ErrorCode::InvalidArgument,
                   "'max-app-attempts'");
    expect_refused(run + R"("application-name":"a\nb")", ErrorCode::InvalidArgument,
                   "control characters");
    expect_refused(run + R"("reservation-id":"r")", ErrorCode::Unsupported, "reservation-id");
    expect_refused(run + R"("am-container-resource-request":{"capability":{"memory":1}})",
                   ErrorCode::Unsupported, "give the master's size as resource");
    expect_refused(R"("unmanaged-AM":true)", ErrorCode::InvalidArgument, "no master");
    const std::string files = R"("am-container-spec":{"local-resources":{"entry":[{"key":")";
    expect_refused(run + files + R"(../x","value":{"resource":"file:/x"}}]}})",
                   ErrorCode::InvalidArgument, "plain file name");
    expect_refused(run + files + R"(a\tb","value":{"resource":"file:/x"}}]}})",
                   ErrorCode::InvalidArgument, "plain file name");
    expect_refused(run + files + R"(master.token","value":{"resource":"file:/x"}}]}})",
                   ErrorCode::InvalidArgument, "token file");
    expect_refused(run + files + R"(x","value":{"resource":"file:/x"}},
                   {"key":"x","value":{"resource":"file:/y"}}]}})",
                   ErrorCode::InvalidArgument, "two have the name 'x'");
    expect_refused(run + files + R"(x","value":{"resource":"hdfs://x"}}]}})",
                   ErrorCode::Unsupported, "hdfs");
    expect_refused(run + files + R"(x","value":{"resource":"file:/x","type":"ARCHIVE"}}]}})",
                   ErrorCode::Unsupported, "ARCHIVE");
    expect_refused(run + files + R"(x","value":{"resource":"heddle:sha256/ABC"}}]}})",
                   ErrorCode::InvalidArgument, "64 lower-case hex");
    expect_refused(run + R"("am-container-spec":{"environment":{"entry":{"key":"A",
                   "value":"a\u0000b"}}})",
                   ErrorCode::InvalidArgument, "NUL");
    for (const char* body : {"", "[]", "null", "\"x\"", "{\"application-id\":7}",
                             "{\"application-id\":\"app_1\",\"heddle-argv\":[\"x\"]}"}) {
        EXPECT_FALSE(parse_submission(body).ok()) << body;
    }
}

// A record that cannot be read again would keep the manager from starting.
TEST(Submission, TakesNoSizeThatItsRecordCouldNotHold) {
    const std::string run = R"("heddle-argv":["x"],)";
    expect_refused(run + R"("resource":{"memory":1099511627777})", ErrorCode::InvalidArgument,
                   "at most 1099511627776 MiB");
    expect_refused(run + R"("resource":{"memory":1,"vCores":2147483649})",
                   ErrorCode::InvalidArgument, "vCores");
    const auto largest = parse(run + R"("resource":{"memory":1099511627776,"vCores":2147483648})");
    ASSERT_TRUE(largest.ok()) << largest.error().message;
    ApplicationRecord record;
    record.submission = *largest;
    const auto again = wire::decode_record<ApplicationRecord>(wire::encode_record(record));
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(again->submission, *largest);
}

TEST(Submission, TakesLimitsOfTimeAndAccessLists) {
    const auto all = parse(R"("heddle-argv":["x"],"attempt-failures-validity-interval":10000,
        "heddle-pending-limit":30,
        "application-timeouts":{"entry":[{"key":"LIFETIME","value":"60"}]},
        "am-container-spec":{"application-acls":{"entry":[
            {"key":"VIEW_APP","value":"*"},{"key":"MODIFY_APP","value":"bob,eve ops"}]}})");
    ASSERT_TRUE(all.ok()) << all.error().message;
    EXPECT_EQ(all->failures_validity, seconds(10));
    EXPECT_EQ(all->pending_max, seconds(30));
    EXPECT_EQ(all->lifetime, seconds(60));
    EXPECT_TRUE(all->viewers.everybody);
    EXPECT_EQ(all->modifiers, (AccessList{false, {"bob", "eve"}, {"ops"}}));
    const auto none = parse(R"("heddle-argv":["x"],"attempt-failures-validity-interval":-1,
        "application-timeouts":{"entry":[{"key":"LIFETIME","value":0}]})");
    ASSERT_TRUE(none.ok()) << none.error().message;
    EXPECT_EQ(none->failures_validity, std::nullopt);
    EXPECT_EQ(none->lifetime, std::nullopt);
}

TEST(Submission, SaysWhatIsWrongWithALimitOfTimeOrAnAccessList) {
    const std::string run = R"("heddle-argv":["x"],)";
    expect_refused(run + R"("application-timeouts":{"entry":{"key":"IDLE","value":1}})",
                   ErrorCode::InvalidArgument, "the only one is LIFETIME");
    expect_refused(run + R"("application-timeouts":{"entry":{"key":"LIFETIME","value":31536001}})",
                   ErrorCode::InvalidArgument, "at most 31536000 (a year)");
    expect_refused(run + R"("heddle-pending-limit":99999999999)", ErrorCode::InvalidArgument,
                   "leave it out");
    expect_refused(run + R"("heddle-pending-limits":9)", ErrorCode::InvalidArgument,
                   "heddle-pending-limit");
    expect_refused(run + R"("am-container-spec":{"application-acls":{"entry":
                   {"key":"KILL_APP","value":"*"}}})",
                   ErrorCode::InvalidArgument, "neither VIEW_APP nor MODIFY_APP");
}

TEST(Submission, SaysWhichNodesTheNextMasterKeepsOff) {
    EXPECT_TRUE(parse(R"("heddle-argv":["x"])")->master_blacklist);
    const auto off = parse(R"("heddle-argv":["x"],
        "am-black-listing-requests":{"am-black-listing-enabled":"false"})");
    ASSERT_TRUE(off.ok()) << off.error().message;
    EXPECT_FALSE(off->master_blacklist);
    const auto some = parse(R"("heddle-argv":["x"],
        "am-black-listing-requests":{"am-black-listing-enabled":true,"disable-failure-threshold":0.33})");
    ASSERT_TRUE(some.ok()) << some.error().message;
    EXPECT_TRUE(some->master_blacklist);
    EXPECT_EQ(some->master_blacklist_below, 330);
    ApplicationRecord record;
    record.submission = *some;
    const auto again = wire::decode_record<ApplicationRecord>(wire::encode_record(record));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->submission.master_blacklist_below, 330);
    EXPECT_TRUE(again->submission.master_blacklist);
    expect_refused(R"("heddle-argv":["x"],
        "am-black-listing-requests":{"am-black-listing-enabled":"zzz"})",
                   ErrorCode::InvalidArgument, "'am-black-listing-enabled' must be true or false");
    expect_refused(R"("heddle-argv":["x"],
        "am-black-listing-requests":{"disable-failure-threshold":1.5})",
                   ErrorCode::InvalidArgument, "a part of the nodes from 0 to 1");
    expect_refused(R"("heddle-argv":["x"],
        "am-black-listing-requests":{"am-blacklisting-enabled":true})",
                   ErrorCode::InvalidArgument, "did you mean 'am-black-listing-enabled'?");
    expect_refused(R"("heddle-argv":["x"],"am-black-listing-requests":[1])",
                   ErrorCode::InvalidArgument, "must be an object");
}

TEST(Submission, RefusesNonsenseAboutLogs) {
    const auto parsed = parse(R"~("heddle-argv":["x"],"log-aggregation-context":{
        "log-include-pattern":"[)(]x\\[|(a|b)\\)","log-exclude-pattern":null,
        "rolled-log-include-pattern":"gc","rolled-log-exclude-pattern":"old",
        "log-aggregation-policy-class-name":"org.example.Policy"})~");
    ASSERT_TRUE(parsed.ok());
    const LogPatterns patterns{R"([)(]x\[|(a|b)\))", "", "gc", "old"};
    EXPECT_EQ(parsed->log_patterns, patterns);
    ApplicationRecord record;
    record.submission = *parsed;
    const auto again = wire::decode_record<ApplicationRecord>(wire::encode_record(record));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->submission.log_patterns, patterns);
    expect_refused(
        R"("heddle-argv":["x"],"log-aggregation-context":{"log-include-pattern":"[bad("})",
        ErrorCode::InvalidArgument,
        "log-aggregation-context: '[bad(' is no regular expression that is known here: "
        "missing ]: [bad(");
    expect_refused(
        R"~("heddle-argv":["x"],"log-aggregation-context":{"log-exclude-pattern":"a)"})~",
        ErrorCode::InvalidArgument, "unexpected ): a)");
    expect_refused(R"("heddle-argv":["x"],"log-aggregation-context":{"bogus":3})",
                   ErrorCode::InvalidArgument, "unknown field 'bogus'");
    expect_refused(R"("heddle-argv":["x"],"log-aggregation-context":{"log-include-pattern":3})",
                   ErrorCode::InvalidArgument, "must be a text");
}

}  // namespace
}  // namespace heddle::rm
