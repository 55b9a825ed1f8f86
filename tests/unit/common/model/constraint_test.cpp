#include "common/model/constraint.h"

#include <gtest/gtest.h>

#include <map>

#include "common/base/prng.h"

namespace heddle {
namespace {

std::string round_trip(std::string_view text) {
    const auto parsed = parse_constraint(text);
    return parsed ? to_string(*parsed) : parsed.error().message;
}

TEST(Constraint, IsWrittenAsItIsRead) {
    for (const std::string text :
         {"in,node,zk", "notin,rack,not-self/hbase", "cardinality,node,zk,0,2",
          "in,node,a,all/b,app-id/application_1_0001/c,app-tag/etl/d", "java=11",
          "rm.yarn.io/os!=linux", "and(in,rack,zk:or(java=11:java=17):notin,node,self-made)", ""}) {
        EXPECT_EQ(round_trip(text), text);
    }
    EXPECT_EQ(round_trip("IN,NODE,zk"), "in,node,zk");
    EXPECT_EQ(round_trip("in,node,self/zk"), "in,node,zk");
    EXPECT_EQ(round_trip("Cardinality,Node,zk,1,2147483647"), "in,node,zk");
}

TEST(Constraint, HasAlternativesInTime) {
    EXPECT_EQ(round_trip("dor(in,node,zk@30s:and(java=11:in,rack,zk)@120s:java!=8)"),
              "dor(in,node,zk@30s:and(java=11:in,rack,zk)@2m:java!=8)");
    const Constraint all = parse_constraint("dor(in,node,zk@30s:in,rack,zk@500ms:java=11)").value();
    ASSERT_EQ(all.parts.size(), 3U);
    EXPECT_EQ(all.parts[1].patience, milliseconds(500));
    EXPECT_EQ(to_string(first_alternatives(all, 1)), "in,node,zk");
    EXPECT_EQ(to_string(first_alternatives(all, 3)), "or(in,node,zk:in,rack,zk:java=11)");
}

TEST(Constraint, SaysWhatIsWrongWithAlternativesInTime) {
    const std::map<std::string, std::string> cases = {
        {"dor(in,node,zk:in,rack,zk)", "expected '@' and how long it is waited for"},
        {"dor(in,node,zk)", "expected '@' and how long it is waited for"},
        {"dor(in,node,zk@5s:java=11:java=8)", "expected '@' and a time, or ')'"},
        {"dor(in,node,zk@5s:java=11@5s)", "expected ':' and what comes after that time"},
        {"dor(in,node,zk@5y:java=11)", "expected a time from 1ms to 1d (500ms, 30s, 2m) at "},
        {"dor(in,node,zk@0s:java=11)", "expected a time from 1ms to 1d"},
        {"dor(in,node,zk@500us:java=11)", "expected a time from 1ms to 1d"},
        {"dor(in,node,zk@25h:java=11)", "expected a time from 1ms to 1d"},
        {"or(java=8:dor(in,node,zk@5s:java=11))", "write it outside of all others"},
        {"dor(dor(in,node,a@5s:java=8)@5s:java=11)", "write it outside of all others"},
    };
    for (const auto& [text, sentence] : cases) {
        EXPECT_NE(round_trip(text).find(sentence), std::string::npos) << round_trip(text);
    }
}

TEST(Constraint, SaysWhereItCouldNotBeRead) {
    EXPECT_EQ(round_trip("in,node"),
              "placement constraint: expected ',' and a tag at character 8, "
              "found the end");
    EXPECT_EQ(round_trip("in,cluster,zk"),
              "placement constraint: expected node or rack after 'in,' at character 4, found "
              "'cluster,zk'");
    EXPECT_EQ(
        round_trip("near,node,zk"),
        "placement constraint: expected in, notin, cardinality, and(...), or(...), dor(...) or "
        "attribute=value at character 1, found 'near,node,zk'");
    EXPECT_EQ(round_trip("and(java=11"),
              "placement constraint: expected ':' or ')' at character 12, found the end");
    EXPECT_NE(round_trip("cardinality,node,zk,3,1").find("minimum not above"), std::string::npos);
    EXPECT_NE(round_trip("java=11)").find("expected the end"), std::string::npos);
    EXPECT_NE(round_trip("java!11").find("'=' after '!'"), std::string::npos);
    EXPECT_NE(round_trip("in,node,other/zk").find("app-tag/<tag>/"), std::string::npos);
}

TEST(Constraint, IsBoundedInDepthTermsAndLength) {
    const auto nested = [](int depth) {
        std::string text = "java=11";
        for (int level = 1; level < depth; ++level) {
            text = "and(" + text + ")";
        }
        return text;
    };
    EXPECT_TRUE(parse_constraint(nested(kConstraintDepthMax)).ok());
    EXPECT_NE(round_trip(nested(kConstraintDepthMax + 1)).find("nested more"), std::string::npos);
    EXPECT_NE(round_trip(nested(600)).find("nested more"), std::string::npos);
    std::string wide = "in,node";
    for (std::size_t term = 0; term < kConstraintTermsMax; ++term) {
        wide += ",t" + std::to_string(term);
    }
    EXPECT_TRUE(parse_constraint(wide).ok());
    EXPECT_NE(round_trip(wide + ",x").find("more than 32 terms"), std::string::npos);
    EXPECT_NE(round_trip("in,node," + std::string(5000, 'x')).find("5008 bytes"),
              std::string::npos);
    EXPECT_NE(round_trip("in,node," + std::string(200, 'x')).find("expected a tag"),
              std::string::npos);
}

struct World {
    std::map<std::string, std::int64_t> on_node;
    std::map<std::string, std::int64_t> on_rack;
    std::map<std::string, std::string> attributes;

    bool allows(std::string_view text) const {
        PlaceFacts facts;
        facts.count = [this](Constraint::Scope scope, const TagTarget& target) {
            const auto& counts = scope == Constraint::Scope::Node ? on_node : on_rack;
            const auto it = counts.find(target.tag);
            return it == counts.end() ? 0 : it->second;
        };
        facts.attribute = [this](std::string_view name) -> const std::string* {
            const auto it = attributes.find(std::string(name));
            return it == attributes.end() ? nullptr : &it->second;
        };
        return satisfied(parse_constraint(text).value(), facts);
    }
};

TEST(Constraint, HoldsAsYarnsDo) {
    const World world{{{"zk", 1}, {"hb", 2}}, {{"zk", 3}}, {{"java", "11"}}};
    EXPECT_TRUE(world.allows(""));
    EXPECT_TRUE(world.allows("in,node,zk"));
    EXPECT_TRUE(world.allows("in,node,zk,hb"));
    EXPECT_FALSE(world.allows("in,node,zk,spark"));
    EXPECT_FALSE(world.allows("notin,node,zk"));
    EXPECT_TRUE(world.allows("notin,node,spark"));
    EXPECT_FALSE(world.allows("notin,node,spark,zk"));
    // The maximum holds with the container that is being placed, the minimum without it.
    EXPECT_TRUE(world.allows("cardinality,node,hb,0,3"));
    EXPECT_FALSE(world.allows("cardinality,node,hb,0,2"));
    EXPECT_TRUE(world.allows("cardinality,rack,zk,3,4"));
    EXPECT_FALSE(world.allows("cardinality,rack,zk,4,9"));
    EXPECT_TRUE(world.allows("java=11"));
    EXPECT_FALSE(world.allows("java!=11"));
    EXPECT_FALSE(world.allows("python=3"));
    EXPECT_TRUE(world.allows("python!=3"));
    EXPECT_TRUE(world.allows("or(java=17:and(in,node,zk:notin,rack,hb))"));
    EXPECT_FALSE(world.allows("and(java=11:in,rack,hb)"));
}

// Whatever is typed: an answer, and one that is read back as itself.
TEST(Constraint, SurvivesMutatedText) {
    Prng prng(7);
    const std::vector<std::string> seeds = {
        "and(in,node,zk:or(java=11:java!=17):cardinality,rack,all/hb,1,3)",
        "notin,node,app-id/application_1_0001/x,app-tag/etl/y"};
    const std::string letters = "in,ode(r):=!/-_.1 9Az\x01\xff";
    std::int64_t accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text = seeds[prng.below(seeds.size())];
        for (std::uint64_t change = prng.below(4); change > 0; --change) {
            const std::size_t at = prng.below(text.size());
            switch (prng.below(3)) {
                case 0:
                    text[at] = letters[prng.below(letters.size())];
                    break;
                case 1:
                    text.erase(at, 1 + prng.below(5));
                    break;
                default:
                    text.insert(at, 1, letters[prng.below(letters.size())]);
                    break;
            }
            if (text.empty()) {
                break;
            }
        }
        const auto parsed = parse_constraint(text);
        if (parsed) {
            ++accepted;
            const auto again = parse_constraint(to_string(*parsed));
            ASSERT_TRUE(again.ok()) << text;
            ASSERT_EQ(*again, *parsed) << text;
        } else {
            ASSERT_EQ(parsed.error().code, ErrorCode::InvalidArgument);
        }
    }
    EXPECT_GT(accepted, 5'000);
    EXPECT_LT(accepted, 19'000);
}

}  // namespace
}  // namespace heddle
