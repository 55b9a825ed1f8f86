// Tasks, results, program identities and block names as bytes and text.
#include <gtest/gtest.h>

#include "common/rdd/executor_protocol.h"
#include "common/rdd/registry.h"
#include "common/rdd/task.h"
#include "common/rdd/text_split.h"

namespace heddle::rdd {
namespace {

TEST(TaskCodec, EverythingComesBack) {
    TaskDescription task{{1}, {2}, 3, {4}, 5, 6, {{{7}, 8, "payload"}}};
    EXPECT_EQ(*decode_task_description(encode(task)), task);

    TaskResult result;
    result.task.value = 99;
    result.failure = TaskFailure{
        FailureKind::FetchFailed, "gone", "op", "in", true, {1}, {2}, 3, 4, "executor-1"};
    result.map = MapStatus{{99}, 3, "executor-2", {0, 1, 1'000'000'000'000}};
    result.value = "answer";
    result.blocks = {{BlockId::rdd({3}, 4), 100, 0}};
    result.accumulators = {{{7}, "rows", "12", std::string("\0x", 2)}, {{8}, "", "", ""}};
    result.metrics.shuffle_records_written = 12;
    const auto copy = decode_task_result(encode(result));
    ASSERT_TRUE(copy.ok());
    EXPECT_EQ(*copy, result);
    const Bytes bytes = encode(result);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        EXPECT_FALSE(decode_task_result(bytes.substr(0, cut)).ok());
    }
}

TEST(ExecutorCodec, WhatBarrierTasksSayComesBack) {
    const BarrierRequest request{TaskId{7}, 3, true, "from one"};
    const auto asked = decode_from_executor(encode(FromExecutor(request)));
    ASSERT_TRUE(asked.ok());
    EXPECT_EQ(std::get<BarrierRequest>(*asked), request);
    TaskLaunch launch;
    launch.gang = {"10.0.0.1:7", "10.0.0.2:7"};
    const auto launched = decode_to_executor(encode(ToExecutor(launch)));
    ASSERT_TRUE(launched.ok());
    EXPECT_EQ(std::get<TaskLaunch>(*launched), launch);
    BarrierAnswer answer{TaskId{7}, 3, nullptr, "nobody came"};
    for (const bool heard : {false, true}) {
        if (heard) {
            answer.messages = std::make_shared<const std::vector<Bytes>>(2, "x");
            answer.error = "";
        }
        const auto answered = decode_to_executor(encode(ToExecutor(answer)));
        ASSERT_TRUE(answered.ok());
        const auto& back = std::get<BarrierAnswer>(*answered);
        EXPECT_EQ(back.task, answer.task);
        EXPECT_EQ(back.epoch, 3);
        EXPECT_EQ(back.error, answer.error);
        EXPECT_EQ(back.messages->size(), heard ? 2U : 0U);
    }
}

TEST(TaskFailure, SaysWhatFailedWhereAndOnWhat) {
    TaskFailure failure;
    failure.kind = FailureKind::ExceptionFailure;
    failure.message = "bad date";
    failure.operation = "map at main.cpp:42 (RDD 3)";
    failure.input = "\"2024-13\"";
    EXPECT_EQ(describe(failure),
              "ExceptionFailure in map at main.cpp:42 (RDD 3): bad date [input: \"2024-13\"]");
}

TEST(BlockId, NamesAreSparks) {
    for (const char* name :
         {"rdd_3_0", "shuffle_1_17_4", "broadcast_2", "broadcast_2_piece0", "taskresult_99"}) {
        const auto id = parse_block_id(name);
        ASSERT_TRUE(id.ok()) << name;
        EXPECT_EQ(to_string(*id), name);
    }
    for (const char* name : {"", "rdd_3", "rdd_3_0_1", "shuffle_1_2", "rdd_x_0", "table_1_2",
                             "rdd_3_piece0", "broadcast_2_0"}) {
        EXPECT_FALSE(parse_block_id(name).ok()) << name;
    }
}

TEST(ProgramIdentity, AnotherBuildIsRefusedWithWhatDiffers) {
    ProgramIdentity driver;
    driver.entries = 5;
    driver.modules = {{"program", "aaaa"}};
    ProgramIdentity executor = driver;
    EXPECT_TRUE(check_same_program(driver, executor).ok());
    EXPECT_EQ(*decode_program_identity(encode(driver)), driver);
    executor.modules[0].build_id = "bbbb";
    const Status status = check_same_program(driver, executor);
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.error().message.find("bbbb"), std::string::npos);
    executor = driver;
    executor.names_hash = 1;
    EXPECT_FALSE(check_same_program(driver, executor).ok());
}

TEST(TextSplit, ComesBackAndRefusesNonsense) {
    const TextSplit split{"/data/x", 100, 10, 60, "\n\n", true};
    EXPECT_EQ(*decode_text_split(encode(split)), split);
    EXPECT_FALSE(decode_text_split(encode(TextSplit{"/x", 100, 60, 10, "\n", false})).ok());
    EXPECT_FALSE(decode_text_split(encode(TextSplit{"/x", 100, 0, 10, "", false})).ok());
}

}  // namespace
}  // namespace heddle::rdd
