// What it costs to look at claims that may be carried out when the turn of their asks comes.

#include <gtest/gtest.h>

#include "resourcemanager/core/books.h"
#include "resourcemanager/core/claim_room.h"
#include "resourcemanager/core/preemption_stop.h"

namespace heddle::rm {
namespace {

class KillableClaims : public testing::Test {
protected:
    KillableClaims() {
        NodeInfo info;
        info.id = {"n1"};
        books.nodes.add(info);
        demand.owner.attempt = {{1, 1}, 1};
        demand.ask.id = 1;
    }

    Claim& claim(std::uint64_t id) {
        Claim one;
        one.id = id;
        one.attempt = demand.owner.attempt;
        one.ask = demand.ask.id;
        one.killable = books.now;
        one.due = books.now + seconds(3);
        books.claims.killable.insert({one.attempt, one.ask, id});
        return books.claims.all.emplace(id, one).first->second;
    }

    Books books{Config{}};
    Demand demand;
};

TEST_F(KillableClaims, AreLookedAtWhenTheTurnComes) {
    const Claim& mine = claim(1);
    turn_came(books, demand);
    EXPECT_EQ(mine.due, books.now);
    EXPECT_EQ(books.deadlines.next(), books.now);
}

TEST_F(KillableClaims, AreNotLookedAtAgainAtOnce) {
    claim(1).due = books.now;
    claims_due(books);  // which looks at all queues
    const Claim& other = claim(2);
    turn_came(books, demand);
    EXPECT_EQ(other.due, books.now + milliseconds(300));
    turn_came(books, demand);
    EXPECT_EQ(other.due, books.now + milliseconds(300));
    books.now = books.now + milliseconds(300);
    Claim& third = claim(3);
    turn_came(books, demand);
    EXPECT_EQ(third.due, books.now);
}

}  // namespace
}  // namespace heddle::rm
