// Asks are absolute counts; identical ones are one class.

#include "resourcemanager/core/ask_book.h"

#include <gtest/gtest.h>

namespace heddle::rm {
namespace {

// A book with one leaf, and applications in it.
struct Fixture {
    Fixture() { queues.refresh({{kNoLabel, {1 << 20, 1 << 10}}}); }

    AskOwner owner(std::int64_t application, std::uint64_t serial, std::int32_t priority = 0) {
        const ApplicationId id{1, application};
        if (queues.seat(id) == nullptr) {
            queues.enter({id, leaf, "alice", priority, serial});
        }
        return {{id, 1}, leaf, AskKind::Ordinary};
    }
    void check() const {
        queues.check();
        book.check();
    }

    QueueTree queues{default_scheduler_config()};
    QueueIndex leaf = queues.find_leaf("").value();
    AskBook book{queues};
};

Ask ask_for(std::int32_t count, Resource size = {1024, 1}, std::int32_t generation = 0) {
    Ask ask;
    ask.id = 1;
    ask.generation = generation;
    ask.count = count;
    ask.size = size;
    return ask;
}

TEST(AskBook, CountsAbsolutely) {
    Fixture fixture;
    AskBook& book = fixture.book;
    const AskOwner app = fixture.owner(1, 1);
    EXPECT_TRUE(book.state(app, ask_for(3), false));
    EXPECT_TRUE(book.state(app, ask_for(3), false));
    EXPECT_EQ(book.pending(fixture.leaf).count, 3);
    const AskKey key{app.attempt, 1, 0};
    book.count_live(key, +2);
    EXPECT_EQ(book.pending(fixture.leaf).count, 1);
    EXPECT_TRUE(book.state(app, ask_for(1), false));
    EXPECT_EQ(book.pending(fixture.leaf).count, 0);
    EXPECT_EQ(book.surplus(key), 1);
    fixture.check();
}

TEST(AskBook, DoesNotReplaceAnEndThatItsMasterHasNotSeen) {
    Fixture fixture;
    AskBook& book = fixture.book;
    const AskOwner app = fixture.owner(1, 1);
    const AskKey key{app.attempt, 1, 0};
    book.state(app, ask_for(2), false);
    book.count_live(key, +2);
    book.count_unconfirmed(key, +1);
    book.count_live(key, -1);
    EXPECT_EQ(book.pending(fixture.leaf).count, 0);
    book.count_unconfirmed(key, -1);
    EXPECT_EQ(book.pending(fixture.leaf).count, 1);
    fixture.check();
}

TEST(AskBook, MakesOlderGenerationsSurplusAndRefusesToGoBack) {
    Fixture fixture;
    AskBook& book = fixture.book;
    const AskOwner app = fixture.owner(1, 1);
    book.state(app, ask_for(2), false);
    book.count_live({app.attempt, 1, 0}, +2);
    EXPECT_TRUE(book.state(app, ask_for(2, {1024, 1}, 1), false));
    EXPECT_EQ(book.surplus({app.attempt, 1, 0}), 2);
    EXPECT_EQ(book.pending(fixture.leaf).count, 2);
    EXPECT_FALSE(book.state(app, ask_for(2), false));
    fixture.check();
}

TEST(AskBook, PutsIdenticalAsksIntoOneClassInOrderOfSubmission) {
    Fixture fixture;
    AskBook& book = fixture.book;
    book.state(fixture.owner(3, 3), ask_for(1), false);
    book.state(fixture.owner(1, 1), ask_for(1), false);
    book.state(fixture.owner(2, 2, 5), ask_for(1), false);
    EXPECT_EQ(book.classes(), 1U);
    EXPECT_EQ(book.next().owner.attempt.application.sequence, 2);  // higher priority
    book.forget_all(fixture.owner(2, 2).attempt);
    EXPECT_EQ(book.next().owner.attempt.application.sequence, 1);
    fixture.check();
}

TEST(AskBook, BlocksAClassUntilANodeHasRoomForIt) {
    Fixture fixture;
    AskBook& book = fixture.book;
    book.state(fixture.owner(1, 1), ask_for(1, {4096, 4}), false);
    book.state(fixture.owner(2, 2), ask_for(1, {1024, 1}), false);
    book.block(book.next());
    EXPECT_EQ(book.next().owner.attempt.application.sequence, 2);
    book.block(book.next());
    EXPECT_FALSE(book.any_ready());
    book.unblock({"n1"}, "", {2048, 2});
    EXPECT_EQ(book.next().owner.attempt.application.sequence, 2);
    book.unblock({"n1"}, "", {4096, 4});
    EXPECT_EQ(book.next().owner.attempt.application.sequence, 1);
    fixture.check();
}

TEST(AskBook, WakesAStrictAskOnlyForItsNodes) {
    Fixture fixture;
    AskBook& book = fixture.book;
    Ask ask = ask_for(1);
    ask.nodes = {{"n1"}};
    book.state(fixture.owner(1, 1), ask, false);
    book.block(book.next());
    book.unblock({"n2"}, "", {8192, 8});
    EXPECT_FALSE(book.any_ready());
    book.unblock({"n1"}, "", {8192, 8});
    EXPECT_TRUE(book.any_ready());
    fixture.check();
}

}  // namespace
}  // namespace heddle::rm
