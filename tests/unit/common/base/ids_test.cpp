#include "common/base/ids.h"

#include <gtest/gtest.h>

namespace heddle {
namespace {

constexpr ApplicationId kApp{1700000000000, 7};

TEST(Ids, PrintAsYarnDoes) {
    EXPECT_EQ(to_string(kApp), "application_1700000000000_0007");
    EXPECT_EQ(to_string(AttemptId{kApp, 2}), "appattempt_1700000000000_0007_000002");
    EXPECT_EQ(to_string(ContainerId{{kApp, 2}, 1, 12}), "container_1700000000000_0007_02_000012");
    EXPECT_EQ(to_string(ContainerId{{kApp, 2}, 17, 12}),
              "container_e17_1700000000000_0007_02_000012");
}

TEST(Ids, ReadBackWhatTheyPrint) {
    for (const std::int64_t sequence : {1LL, 9999LL, 10000LL, 123456789LL}) {
        for (const std::int64_t epoch : {1LL, 2LL, 100LL}) {
            const ContainerId id{{{1700000000000, sequence}, 3}, epoch, sequence * 10};
            EXPECT_EQ(parse_container_id(to_string(id)).value(), id);
            EXPECT_EQ(parse_attempt_id(to_string(id.attempt)).value(), id.attempt);
            EXPECT_EQ(parse_application_id(to_string(id.attempt.application)).value(),
                      id.attempt.application);
        }
    }
}

TEST(Ids, RefuseWhatIsNotOne) {
    for (const char* text : {"", "application", "application_1", "application_1_x",
                             "application_-1_1", "app_1_1", "application_1_1_1"}) {
        const auto result = parse_application_id(text);
        ASSERT_FALSE(result.ok()) << text;
        EXPECT_EQ(result.error().code, ErrorCode::InvalidArgument);
        EXPECT_NE(result.error().message.find("application_<timestamp>"), std::string::npos);
    }
    EXPECT_FALSE(parse_container_id("container_e_1_1_1_1").ok());
    EXPECT_FALSE(parse_container_id("container_e2_1_1_1").ok());
}

}  // namespace
}  // namespace heddle
