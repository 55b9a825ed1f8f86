// Outputs in S3: there once, complete, and never mixed with somebody else's.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/fs/file_systems.h"
#include "tests/unit/common/fs/fake_bucket.h"
#include "tests/unit/common/fs/scripted_server.h"

namespace heddle::fs {
namespace {

using test::Asked;
using test::FakeBucket;
using test::Said;
using test::ScriptedServer;

const std::string kTarget = "s3a://b/out";
const OutputMark kMark{"_SUCCESS", ""};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

bool completes(const Asked& asked) {
    return asked.method == "POST" && has(asked.target, "?uploadId=");
}

class S3Outputs : public ::testing::Test {
protected:
    S3Outputs()
        : server_([this](const Asked& asked) { return bucket_.answer(asked); }),
          files_(make_file_system({{"fs.s3a.endpoint", "http://" + server_.host()},
                                   {"fs.s3a.path.style.access", "true"},
                                   {"fs.s3a.access.key", "key"},
                                   {"fs.s3a.secret.key", "secret"},
                                   {"fs.s3a.attempts.maximum", "2"}})) {}

    std::string begin(const std::string& target = kTarget) {
        const auto place = files_->begin_output(target, "app");
        EXPECT_TRUE(place.ok());
        return place ? *place : "";
    }
    std::vector<OutputPart> write(const std::string& place, int count) {
        std::vector<OutputPart> parts;
        for (int i = 0; i < count; ++i) {
            const std::string name = "part-" + std::to_string(10000 + i);
            auto part = files_->create_part(place, name, "task-1");
            EXPECT_TRUE(part.ok() && (*part)->write("text").ok() && (*part)->close().ok());
            parts.push_back({name, (*part)->token()});
        }
        return parts;
    }

    FakeBucket bucket_;
    ScriptedServer server_;
    std::unique_ptr<FileSystem> files_;
};

TEST_F(S3Outputs, AreVisibleWhenTheyAreCommitted) {
    const std::string place = begin();
    const auto parts = write(place, 20);
    EXPECT_TRUE(bucket_.objects().empty());
    EXPECT_TRUE(files_->commit_output(place, kTarget, parts, kMark).ok());
    files_->end_output(place, {});
    EXPECT_EQ(bucket_.objects().size(), 21U);
    EXPECT_EQ(bucket_.objects().count("out/_SUCCESS"), 1U);
    EXPECT_TRUE(bucket_.uploads().empty());
}

TEST_F(S3Outputs, ACompletionWhoseAnswerWasLostHasHappened) {
    const std::string place = begin();
    const auto parts = write(place, 1);
    bool first = true;
    bucket_.fault = [&](const Asked& asked) -> std::optional<Said> {
        if (!completes(asked) || !first) {
            return std::nullopt;
        }
        first = false;
        (void)bucket_.obey(asked);
        return Said{200, "", "", true};
    };
    const Status done = files_->commit_output(place, kTarget, parts, kMark);
    EXPECT_TRUE(done.ok()) << done.error().message;
    EXPECT_EQ(bucket_.objects().size(), 2U);
}

TEST_F(S3Outputs, AnotherWritersObjectIsNotTakenForOurs) {
    const std::string place = begin();
    const auto parts = write(place, 1);
    bucket_.fault = [&](const Asked& asked) -> std::optional<Said> {
        if (completes(asked)) {  // the other one commits now, and all uploads are aborted
            bucket_.put("out/part-10000", "another");
            bucket_.forget_uploads();
        }
        return std::nullopt;
    };
    const Status done = files_->commit_output(place, kTarget, parts, kMark);
    ASSERT_FALSE(done.ok());
    EXPECT_TRUE(has(done.error().message, "s3a://b/out/part-10000: this upload is gone"))
        << done.error().message;
    files_->end_output(place, parts);
    EXPECT_EQ(bucket_.objects(),
              (std::map<std::string, std::string>{{"out/part-10000", "another"}}));
}

TEST_F(S3Outputs, TheSecondOfTwoWritersChangesNothing) {
    const std::string one = begin();
    const std::string two = begin();
    const auto parts_of_one = write(one, 3);
    const auto parts_of_two = write(two, 2);
    EXPECT_TRUE(files_->commit_output(one, kTarget, parts_of_one, kMark).ok());
    files_->end_output(one, {});
    EXPECT_EQ(bucket_.uploads().size(), 2U);  // those of the other are its own affair
    const auto before = bucket_.objects();
    const Status done = files_->commit_output(two, kTarget, parts_of_two, kMark);
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, ErrorCode::AlreadyExists);
    EXPECT_TRUE(has(done.error().message, "something has come to 's3a://b/out'"));
    files_->end_output(two, parts_of_two);
    EXPECT_EQ(bucket_.objects(), before);
    EXPECT_TRUE(bucket_.uploads().empty());
}

TEST_F(S3Outputs, BeginningAndEndingOneBesideAnotherHarmsNothing) {
    const std::string place = begin("s3a://b/out/sub");
    const auto parts = write(place, 2);
    files_->end_output(begin(), {});
    EXPECT_EQ(bucket_.uploads().size(), 2U);
    EXPECT_TRUE(files_->commit_output(place, "s3a://b/out/sub", parts, kMark).ok());
}

TEST_F(S3Outputs, ACommitThatFailsTakesEverythingBack) {
    const std::string place = begin();
    const auto parts = write(place, 12);
    bucket_.fault = [](const Asked& asked) -> std::optional<Said> {
        if (completes(asked) && has(asked.target, "part-10009")) {
            return Said{409, "<Error><Code>InternalProblem</Code><Message>no</Message></Error>"};
        }
        return std::nullopt;
    };
    const Status done = files_->commit_output(place, kTarget, parts, kMark);
    ASSERT_FALSE(done.ok());
    EXPECT_TRUE(has(done.error().message, "s3a://b/out/part-10009: InternalProblem: no"));
    EXPECT_FALSE(has(done.error().message, "may be left")) << done.error().message;
    files_->end_output(place, parts);
    EXPECT_TRUE(bucket_.objects().empty());
    EXPECT_TRUE(bucket_.uploads().empty());
}

TEST_F(S3Outputs, AServerThatGoesAwayIsNotAskedForEachPart) {
    const std::string place = begin();
    const auto parts = write(place, 60);
    std::atomic<bool> away{false};
    bucket_.fault = [&](const Asked& asked) -> std::optional<Said> {
        away = away || (completes(asked) && has(asked.target, "part-10020"));
        return away ? std::optional<Said>(Said{200, "", "", true}) : std::nullopt;
    };
    const std::size_t before = server_.log().size();
    const Status done = files_->commit_output(place, kTarget, parts, kMark);
    ASSERT_FALSE(done.ok());
    EXPECT_TRUE(has(done.error().message, "parts may be left")) << done.error().message;
    EXPECT_TRUE(has(done.error().message, "'s3a://b/out/part-10000' is the first"))
        << done.error().message;
    files_->end_output(place, parts);
    // Those before it, and one round of eight each to complete, to take back and to abort, twice.
    EXPECT_LE(server_.log().size() - before, 1U + 28U + 3U * 16U);
}

}  // namespace
}  // namespace heddle::fs
