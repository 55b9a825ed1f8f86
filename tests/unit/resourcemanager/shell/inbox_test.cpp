// An application that says much waits for itself.

#include "resourcemanager/shell/inbox.h"

#include <gtest/gtest.h>

#include <string>

namespace heddle::rm {
namespace {

constexpr ConnectionId kLoud{1};
constexpr ConnectionId kQuiet{2};

Event update(ConnectionId master, std::uint64_t sequence) {
    MasterUpdate message;
    message.sequence = sequence;
    return MasterMessage{master, message};
}

// "1:7": the seventh message of master 1; "T": of the common line; "1:end".
std::string name(const Event& event) {
    if (const auto* message = std::get_if<MasterMessage>(&event)) {
        return std::to_string(message->connection.value) + ":" +
               std::to_string(std::get<MasterUpdate>(message->message).sequence);
    }
    if (const auto* end = std::get_if<MasterDisconnected>(&event)) {
        return std::to_string(end->connection.value) + ":end";
    }
    return "T";
}

std::vector<std::string> names(const std::vector<Event>& events) {
    std::vector<std::string> all;
    for (const Event& event : events) {
        all.push_back(name(event));
    }
    return all;
}

TEST(Inbox, TakesMastersInTurnsAndTheCommonLineWhole) {
    Inbox inbox;
    for (std::uint64_t i = 1; i <= Inbox::kMasterMessagesMax; ++i) {
        ASSERT_EQ(inbox.push_from_master(kLoud, update(kLoud, i), 10), Inbox::Taken::Yes);
    }
    ASSERT_EQ(inbox.push_from_master(kQuiet, update(kQuiet, 1), 10), Inbox::Taken::Yes);
    ASSERT_TRUE(inbox.push(Tick{}));
    const auto turn = names(inbox.take({}));
    ASSERT_EQ(turn.size(), 1 + Inbox::kTurnMessages + 1);
    EXPECT_EQ(turn[0], "T");
    EXPECT_EQ(turn[1], "1:1");
    EXPECT_EQ(turn[2], "2:1");  // not behind ten thousand
    EXPECT_EQ(turn[3], "1:2");
    // Those who come later wait for one turn as well.
    inbox.push_from_master(kQuiet, update(kQuiet, 2), 10);
    EXPECT_EQ(names(inbox.take({}))[1], "2:2");
}

TEST(Inbox, CountsWhatMessagesTake) {
    Inbox inbox;
    for (std::uint64_t i = 1; i <= 3; ++i) {
        inbox.push_from_master(kLoud, update(kLoud, i), Inbox::kTurnBytes);
    }
    inbox.push_from_master(kQuiet, update(kQuiet, 1), 1);
    inbox.push_from_master(kQuiet, update(kQuiet, 2), 1);
    EXPECT_EQ(names(inbox.take({})), (std::vector<std::string>{"1:1", "2:1", "2:2"}));
    EXPECT_EQ(names(inbox.take({})), (std::vector<std::string>{"1:2"}));
    EXPECT_EQ(inbox.size(), 1U);
}

TEST(Inbox, RefusesWhatOneMasterHasTooMuchOfAndKeepsItsEnd) {
    Inbox inbox;
    for (std::uint64_t i = 1; i <= Inbox::kMasterMessagesMax; ++i) {
        inbox.push_from_master(kLoud, update(kLoud, i), 1);
    }
    EXPECT_EQ(inbox.push_from_master(kLoud, update(kLoud, 0), 1), Inbox::Taken::TooMuch);
    EXPECT_EQ(inbox.push_from_master(kQuiet, update(kQuiet, 1), 1), Inbox::Taken::Yes);
    inbox.end_of_master(kLoud);
    std::vector<std::string> last;
    while (inbox.size() > 0) {
        last = names(inbox.take({}));
    }
    EXPECT_EQ(last.back(), "1:end");
}

TEST(Inbox, RefusesByBytesButNeverTheOnlyMessage) {
    Inbox inbox;
    EXPECT_EQ(inbox.push_from_master(kLoud, update(kLoud, 1), Inbox::kMasterBytesMax + 1),
              Inbox::Taken::Yes);
    EXPECT_EQ(inbox.push_from_master(kLoud, update(kLoud, 2), 1), Inbox::Taken::TooMuch);
    EXPECT_EQ(names(inbox.take({})), (std::vector<std::string>{"1:1"}));
    EXPECT_EQ(inbox.push_from_master(kLoud, update(kLoud, 2), 1), Inbox::Taken::Yes);
}

TEST(Inbox, GivesEverythingBeforeItIsOver) {
    Inbox inbox;
    inbox.push(Tick{});
    inbox.push_from_master(kLoud, update(kLoud, 1), 1);
    inbox.close();
    EXPECT_FALSE(inbox.push(Tick{}));
    EXPECT_EQ(inbox.push_from_master(kLoud, update(kLoud, 2), 1), Inbox::Taken::Closed);
    EXPECT_EQ(names(inbox.take({})), (std::vector<std::string>{"T", "1:1"}));
    EXPECT_TRUE(inbox.take({}).empty());
    EXPECT_TRUE(inbox.closed());
}

}  // namespace
}  // namespace heddle::rm
