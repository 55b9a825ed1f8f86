// Saving to a bucket, by the real task body on one thread.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <heddle/heddle.h>

#include "tests/support/inline_runner.h"
#include "tests/unit/common/fs/fake_bucket.h"
#include "tests/unit/common/fs/scripted_server.h"

namespace heddle {
namespace {

// For tasks, which capture nothing; they run in this process.
fs::test::FakeBucket* bucket = nullptr;
std::size_t waiting = 0;

class S3Saves : public ::testing::Test {
protected:
    S3Saves()
        : server_([this](const fs::test::Asked& asked) { return bucket_.answer(asked); }),
          context_(std::make_unique<test::InlineRunner>(
              std::int64_t{1} << 30, 2,
              fs::Settings{{"fs.s3a.endpoint", "http://" + server_.host()},
                           {"fs.s3a.path.style.access", "true"}})) {}

    fs::test::FakeBucket bucket_;
    fs::test::ScriptedServer server_;
    Context context_;
};

TEST_F(S3Saves, AreVisibleAtTheEnd) {
    context_.parallelize(std::vector<int>{1, 2, 3}, 3).save_as_text_file("s3a://b/out");
    EXPECT_EQ(bucket_.objects().size(), 4U);
    EXPECT_TRUE(bucket_.uploads().empty());
}

TEST_F(S3Saves, AJobThatFailsLeavesNoneOfTheUploadsThatWait) {
    bucket = &bucket_;
    waiting = 0;
    const auto rows = context_.parallelize(std::vector<int>{1, 2, 3}, 3).map([](int row) -> int {
        if (row == 3) {
            waiting = bucket->uploads().size();
            throw std::runtime_error("the last one fails");
        }
        return row;
    });
    EXPECT_THROW(rows.save_as_text_file("s3a://b/out"), JobFailed);
    EXPECT_EQ(waiting, 2U);
    EXPECT_TRUE(bucket_.uploads().empty());
    EXPECT_TRUE(bucket_.objects().empty());
}

// Somebody else may be writing there.
TEST_F(S3Saves, ACheckTouchesNoUploads) {
    auto place = fs::make_file_system(
        {{"fs.s3a.endpoint", "http://" + server_.host()}, {"fs.s3a.path.style.access", "true"}});
    auto part = place->create_part("s3a://b/out", "part-00000", "task-1");
    ASSERT_TRUE(part.ok() && (*part)->write("x").ok() && (*part)->close().ok());
    context_.check_output("s3a://b/out");
    EXPECT_EQ(bucket_.uploads().size(), 1U);
}

}  // namespace
}  // namespace heddle
