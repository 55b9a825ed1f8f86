// Asks are absolute counts; identical ones are one class.

#include "resourcemanager/core/ask_book.h"

#include <gtest/gtest.h>

namespace heddle::rm {
namespace {

AskOwner owner(std::int64_t application, std::uint64_t serial, std::int32_t priority = 0) {
    return {{{1, application}, 1}, 0, priority, serial};
}

Ask ask_for(std::int32_t count, Resource size = {1024, 1}, std::int32_t generation = 0) {
    Ask ask;
    ask.id = 1;
    ask.generation = generation;
    ask.count = count;
    ask.size = size;
    return ask;
}

TEST(AskBook, CountsAbsolutely) {
    AskBook book(1);
    const AskOwner app = owner(1, 1);
    EXPECT_TRUE(book.state(app, ask_for(3), false));
    EXPECT_TRUE(book.state(app, ask_for(3), false));
    EXPECT_EQ(book.pending(0).count, 3);
    const AskKey key{app.attempt, 1, 0};
    book.count_live(key, +2);
    EXPECT_EQ(book.pending(0).count, 1);
    EXPECT_TRUE(book.state(app, ask_for(1), false));
    EXPECT_EQ(book.pending(0).count, 0);
    EXPECT_EQ(book.surplus(key), 1);
    book.check();
}

TEST(AskBook, DoesNotReplaceAnEndThatItsMasterHasNotSeen) {
    AskBook book(1);
    const AskOwner app = owner(1, 1);
    const AskKey key{app.attempt, 1, 0};
    book.state(app, ask_for(2), false);
    book.count_live(key, +2);
    book.count_unconfirmed(key, +1);
    book.count_live(key, -1);
    EXPECT_EQ(book.pending(0).count, 0);
    book.count_unconfirmed(key, -1);
    EXPECT_EQ(book.pending(0).count, 1);
    book.check();
}

TEST(AskBook, MakesOlderGenerationsSurplusAndRefusesToGoBack) {
    AskBook book(1);
    const AskOwner app = owner(1, 1);
    book.state(app, ask_for(2), false);
    book.count_live({app.attempt, 1, 0}, +2);
    EXPECT_TRUE(book.state(app, ask_for(2, {1024, 1}, 1), false));
    EXPECT_EQ(book.surplus({app.attempt, 1, 0}), 2);
    EXPECT_EQ(book.pending(0).count, 2);
    EXPECT_FALSE(book.state(app, ask_for(2), false));
    book.check();
}

TEST(AskBook, PutsIdenticalAsksIntoOneClassInOrderOfSubmission) {
    AskBook book(1);
    book.state(owner(3, 3), ask_for(1), false);
    book.state(owner(1, 1), ask_for(1), false);
    book.state(owner(2, 2, 5), ask_for(1), false);
    EXPECT_EQ(book.classes(), 1U);
    EXPECT_EQ(book.next(0)->owner.attempt.application.sequence, 2);  // higher priority
    book.forget_all(owner(2, 2).attempt);
    EXPECT_EQ(book.next(0)->owner.attempt.application.sequence, 1);
    book.check();
}

TEST(AskBook, BlocksAClassUntilANodeHasRoomForIt) {
    AskBook book(1);
    book.state(owner(1, 1), ask_for(1, {4096, 4}), false);
    book.state(owner(2, 2), ask_for(1, {1024, 1}), false);
    book.block(*book.next(0));
    EXPECT_EQ(book.next(0)->owner.attempt.application.sequence, 2);
    book.block(*book.next(0));
    EXPECT_FALSE(book.any_ready());
    book.unblock({"n1"}, {2048, 2});
    EXPECT_EQ(book.next(0)->owner.attempt.application.sequence, 2);
    book.unblock({"n1"}, {4096, 4});
    EXPECT_EQ(book.next(0)->owner.attempt.application.sequence, 1);
    book.check();
}

TEST(AskBook, WakesAStrictAskOnlyForItsNodes) {
    AskBook book(1);
    Ask ask = ask_for(1);
    ask.nodes = {{"n1"}};
    book.state(owner(1, 1), ask, false);
    book.block(*book.next(0));
    book.unblock({"n2"}, {8192, 8});
    EXPECT_FALSE(book.any_ready());
    book.unblock({"n1"}, {8192, 8});
    EXPECT_TRUE(book.any_ready());
    book.check();
}

}  // namespace
}  // namespace heddle::rm
