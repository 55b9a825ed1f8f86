// Frames and records survive the way there and back, and no bytes whatsoever do harm.

#include "common/wire/codec.h"

#include <gtest/gtest.h>

#include "common/base/prng.h"

namespace heddle::wire {
namespace {

constexpr ApplicationId kApplication{1'700'000'000'000, 12};
constexpr AttemptId kAttempt{kApplication, 2};

ContainerId container(std::int64_t sequence) {
    return {kAttempt, 3, sequence};
}

LaunchSpec launch_spec() {
    LaunchSpec spec;
    spec.argv = {"/bin/sh", "-c", std::string("echo \xff\0!", 8)};
    spec.environment = {{"A", "1"}, {"B", ""}};
    spec.artifacts = {{"program", "heddle:sha256/ab", std::string(64, 'a'), 1U << 30U, true},
                      {"data", "file:/tmp/data", "", 0, false}};
    spec.secrets = {{"token", "s3cret"}};
    return spec;
}

std::vector<ContainerReport> reports() {
    ContainerReport running{
        container(1), {kAttempt, 0, 0},    {1024, 1},   "ada", ContainerPhase::Running,
        4711,         {1'700'000'000'001}, std::nullopt};
    ContainerReport done{container(2),
                         {kAttempt, 1, 7},
                         {512, 2},
                         "ada",
                         ContainerPhase::Done,
                         0,
                         {5},
                         ContainerExit{ExitReason::Signalled, 139, 11, "signal 11", 77, {9}}};
    running.version = 4;
    return {running, done};
}

std::vector<NodeToManager> node_to_manager() {
    const NodeInfo info{{"node-1"}, "127.0.0.1", 8042,  "/rack",          {4096, 4},
                        "0.1.0",    {"rlimits"}, "ssd", {{"os", "linux"}}};
    return {NodeRegister{info, 99, 3, reports(), "directory", "boot", 15},
            NodeStatus{8, 1, 4, true, reports(), {100, 50, 1.25, "disk full"}}, NodeLeaving{8}};
}

std::vector<ManagerToNode> manager_to_node() {
    const ContainerStart start{container(3),
                               {kAttempt, 1, 1},
                               3,
                               {1024, 1},
                               "ada",
                               true,
                               launch_spec(),
                               {"web"},
                               ExecutionType::Opportunistic,
                               {"in", "ex", "rolled in", "rolled ex"}};
    return {NodeWelcome{8, 3, seconds(1)}, NodeRefused{"another node-1 is connected"},
            NodeOrders{8,
                       2,
                       3,
                       {start},
                       {container(1)},
                       {{container(2), seconds(5), "released"}},
                       {container(4)},
                       {{container(5), SignalKind::Kill}},
                       {container(6)},
                       {{container(7), ExecutionType::Opportunistic}},
                       {{container(6), 5, {2048, 2}}}}};
}

std::vector<MasterToManager> master_to_manager() {
    const Ask ask{1,
                  2,
                  3,
                  4,
                  {256, 1, {{"gpu", 2}, {"licence", 1}}},
                  100,
                  {{"node-1"}, {"node-2"}},
                  false,
                  true,
                  {"/rack-1"},
                  "ssd",
                  7,
                  2,
                  seconds(30),
                  {"web", "front"},
                  "notin,node,web",
                  ExecutionType::Opportunistic,
                  true};
    return {MasterRegister{kAttempt, "127.0.0.1", 4040, "http://127.0.0.1:4040"},
            MasterUpdate{8,
                         1,
                         6,
                         true,
                         {{3, launch_spec()}},
                         {ask},
                         {container(1)},
                         {container(2)},
                         {container(3)},
                         50,
                         std::vector<NodeId>{{"node-3"}},
                         {{container(1), ExecutionType::Opportunistic}},
                         {{container(7), 6, {512, 1, {{"gpu", 1}}}}},
                         true},
            MasterFinish{8, FinalStatus::Succeeded, "fine", "http://x"}};
}

std::vector<ManagerToMaster> manager_to_master() {
    const Grant grant{container(1),
                      {kAttempt, 1, 2},
                      {"node-1"},
                      "127.0.0.1",
                      8042,
                      {256, 1},
                      ExecutionType::Opportunistic,
                      7};
    return {MasterWelcome{8, 3, seconds(1), {4096, 4}, {grant}},
            MasterNews{8,
                       9,
                       {grant},
                       {{container(2), {}}},
                       {{1, 2, "too large"}},
                       {{container(1), 1, {"node-1"}, {256, 1}, {5000}, true, "owed"}},
                       {container(2)},
                       {{container(3), 1, {512, 1}}},
                       {{container(4), 2, "too large"}},
                       Resource{512, 1, {{"gpu", 1}}},
                       {container(5)},
                       {container(6), container(7)}},
            MasterFinished{8}, MasterRejected{"attempt 2 is current"}};
}

template <typename Message>
void expect_round_trip(const std::vector<Message>& messages) {
    const std::string bytes = encode_frame(messages);
    const auto decoded = decode_frame<Message>(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(*decoded, messages);
}

TEST(Codec, FramesSurviveTheWayThereAndBack) {
    expect_round_trip(node_to_manager());
    expect_round_trip(manager_to_node());
    expect_round_trip(master_to_manager());
    expect_round_trip(manager_to_master());
    expect_round_trip(std::vector<NodeToManager>{});
}

ApplicationRecord application_record() {
    ApplicationRecord record;
    record.submission = {kApplication,
                         "count \xe2\x82\xac",
                         "HEDDLE-RDD",
                         ApplicationKind::Rdd,
                         "root.default",
                         "ada",
                         5,
                         3,
                         {"nightly", "x"},
                         launch_spec(),
                         {512, 1},
                         true,
                         true,
                         "ssd",
                         "hdd",
                         seconds(10),
                         seconds(20),
                         seconds(30),
                         {true, {}, {}},
                         {false, {"bob"}, {"ops", "dev"}}};
    record.state = AppState::Killed;
    record.final_status = FinalStatus::Killed;
    record.diagnostics = "killed by ada";
    record.tracking_url = "http://x";
    record.submitted = {1};
    record.launched = {2};
    record.finished = {3};
    record.kill_requested = true;
    record.memory_mib_seconds = 4;
    record.vcore_seconds = 5;
    record.kill_reason = "killed by user ada";
    record.expires = {6};
    record.pending_until = {7};
    record.sent = {"batch", -1, "ssd", {512, 1}, 4};
    record.named_seconds = {{"fpga", 8}, {"gpu", std::int64_t{1} << 40}};
    return record;
}

AttemptRecord attempt_record() {
    return {kAttempt,
            AttemptState::Running,
            container(1),
            {"node-1"},
            "directory boot",
            "token",
            "http://x",
            "d",
            FinalStatus::Failed,
            {1},
            {2}};
}

// The first records had the submission's queue in field 15.
TEST(Codec, RecordsWithFieldsThatAreNotUsedAnyMoreAreRead) {
    ApplicationRecord record = application_record();
    record.sent = {};
    record.sent.queue = record.submission.queue;
    const std::string queue = "root.default";
    std::string bytes = encode_record(record);
    bytes += static_cast<char>(15 << 3 | 2);
    bytes += static_cast<char>(queue.size());
    bytes += queue;
    const auto decoded = decode_record<ApplicationRecord>(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(*decoded, record);
}

TEST(Codec, RecordsSurviveTheWayThereAndBack) {
    EXPECT_EQ(*decode_record<ApplicationRecord>(encode_record(application_record())),
              application_record());
    EXPECT_EQ(*decode_record<AttemptRecord>(encode_record(attempt_record())), attempt_record());
    AttemptRecord unplaced = attempt_record();
    unplaced.master_container.reset();
    unplaced.master_node = {};
    EXPECT_EQ(*decode_record<AttemptRecord>(encode_record(unplaced)), unplaced);
    const NodeRecord node{{{"node-1"}, "127.0.0.1", 8042, "/r", {1, 2}, "0.1", {}}, {7}, {8}};
    EXPECT_EQ(*decode_record<NodeRecord>(encode_record(node)), node);
    NodeRecord decided = node;
    decided.settings = {NodeService::Draining, {9}, "ssd", Resource{3, 4, {{"gpu", 1}}}, {10}};
    EXPECT_EQ(*decode_record<NodeRecord>(encode_record(decided)), decided);
    decided.settings = {NodeService::Decommissioned, {}, "", {}, {}};
    EXPECT_EQ(*decode_record<NodeRecord>(encode_record(decided)), decided);
}

template <typename Message>
void expect_total(const std::vector<Message>& messages, std::uint64_t seed) {
    const std::string bytes = encode_frame(messages);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        // A cut may fall between two messages; then it is a valid, shorter frame.
        const auto decoded = decode_frame<Message>(std::string_view(bytes).substr(0, size));
        EXPECT_TRUE(!decoded.ok() || decoded->size() < messages.size());
    }
    Prng random(seed);
    for (int round = 0; round < 2500; ++round) {
        std::string mutated = bytes;
        for (std::uint64_t i = random.below(8) + 1; i > 0; --i) {
            mutated[random.below(mutated.size())] = static_cast<char>(random.below(256));
        }
        const auto decoded = decode_frame<Message>(mutated);
        if (decoded.ok()) {  // whatever is accepted can be said again
            const auto again = decode_frame<Message>(encode_frame(*decoded));
            EXPECT_TRUE(again.ok());
        }
    }
}

TEST(Codec, TakesEveryTruncationAndTenThousandMutations) {
    expect_total(node_to_manager(), 1);
    expect_total(manager_to_node(), 2);
    expect_total(master_to_manager(), 3);
    expect_total(manager_to_master(), 4);
}

template <typename Message>
void expect_refused(const Message& message, std::string_view reason) {
    const auto decoded = decode_frame<Message>(encode_frame(std::vector<Message>{message}));
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.error().code, ErrorCode::InvalidArgument);
    EXPECT_NE(decoded.error().message.find(reason), std::string::npos) << decoded.error().message;
}

TEST(Codec, RefusesWhatIsOutOfRange) {
    expect_refused<NodeToManager>(NodeRegister{}, "node's name");
    NodeRegister registration = std::get<NodeRegister>(node_to_manager()[0]);
    registration.info.id.name = "../node";
    expect_refused<NodeToManager>(registration, "node's name");
    registration = std::get<NodeRegister>(node_to_manager()[0]);
    registration.info.total.named.set("gpu", -1);
    expect_refused<NodeToManager>(registration, "named resource");
    registration.info.total.named.set("gpu", 1);
    registration.info.total.memory_mib = -1;
    expect_refused<NodeToManager>(registration, "resource");
    registration = std::get<NodeRegister>(node_to_manager()[0]);
    registration.containers[0].phase = ContainerPhase::Done;
    expect_refused<NodeToManager>(registration, "exactly when it is done");
    registration = std::get<NodeRegister>(node_to_manager()[0]);
    registration.containers[0].container.sequence = 0;
    expect_refused<NodeToManager>(registration, "container id");
    NodeOrders orders = std::get<NodeOrders>(manager_to_node()[2]);
    orders.starts[0].spec.artifacts[0].name = "../escape";
    expect_refused<ManagerToNode>(orders, "plain file name");
    MasterUpdate update = std::get<MasterUpdate>(master_to_manager()[1]);
    update.asks[0].count = -1;
    expect_refused<MasterToManager>(update, "ask");
}

TEST(Codec, RefusesOversizedFramesUnread) {
    const auto decoded = decode_frame<NodeToManager>(std::string(kFrameBytesMax + 1, '\0'));
    ASSERT_FALSE(decoded.ok());
    EXPECT_NE(decoded.error().message.find("larger than"), std::string::npos);
}

}  // namespace
}  // namespace heddle::wire
