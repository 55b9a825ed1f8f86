// JSON in and out: guards before the tree, and only valid JSON leaves.

#include "common/wire/json.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/prng.h"
#include "common/wire/http_status.h"

namespace heddle::wire {
namespace {

std::string echo(std::string_view text) {
    const auto json = parse_json(text);
    return json.ok() ? std::move(JsonWriter().value(*json)).take() : json.error().message;
}

TEST(Json, ReadsWhatItWrites) {
    for (const char* text : {"null", "true", "[]", "{}", R"({"a":[1,-2,2.5,"x\n",{"b":null}]})",
                             R"("\u0001\"\\")", "[[],[[]],{}]"}) {
        EXPECT_EQ(echo(text), text);
    }
    EXPECT_EQ(echo(R"("€ \ud83d\ude00")"), "\"€ 😀\"");
}

TEST(Json, RefusesDepthCountAndSizeBeforeBuildingATree) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(parse_json(nested(64)).ok());
    for (const std::size_t depth : {std::size_t{65}, std::size_t{100'000}, std::size_t{500'000}}) {
        const auto json = parse_json(nested(depth));
        ASSERT_FALSE(json.ok());
        EXPECT_NE(json.error().message.find("deeper than 64"), std::string::npos);
    }
    EXPECT_FALSE(parse_json(std::string(1 << 20, '[')).ok());
    std::string many = "[0";
    for (int i = 0; i < 200'000; ++i) {
        many += ",0";
    }
    EXPECT_EQ(parse_json(many + "]").error().code, ErrorCode::ResourceExhausted);
    EXPECT_EQ(parse_json(std::string((1 << 20) + 1, ' ')).error().code,
              ErrorCode::ResourceExhausted);
}

TEST(Json, RefusesWhatIsAmbiguousOrBroken) {
    EXPECT_NE(echo(R"({"a":1,"b":2,"a":3})").find("'a' occurs twice"), std::string::npos);
    for (const char* text : {"", "{", "[1,]", "1e999999", "18446744073709551615", "nul",
                             "{\"a\":1}x", "\"\\ud800\"", "\"\xff\"", "'a'"}) {
        EXPECT_FALSE(parse_json(text).ok()) << text;
    }
}

TEST(Json, TakesAnyMutationOfAText) {
    const std::string text = R"({"a":[1,-2,2.5e3,"x\n€",{"b":null,"c":true}],"d":"\u00e9"})";
    Prng random(1);
    for (int round = 0; round < 10'000; ++round) {
        std::string mutated = text.substr(0, random.below(text.size() + 1));
        for (std::uint64_t i = random.below(4); i > 0 && !mutated.empty(); --i) {
            mutated[random.below(mutated.size())] = static_cast<char>(random.below(256));
        }
        const auto json = parse_json(mutated);
        if (json.ok()) {
            EXPECT_TRUE(parse_json(std::move(JsonWriter().value(*json)).take()).ok());
        }
    }
}

TEST(Json, WritesStringsOfAnyBytesSafely) {
    EXPECT_EQ(quote_json("a\xff"
                         "b"),
              "\"a\xEF\xBF\xBD"
              "b\"");
    EXPECT_EQ(quote_json("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // surrogate
    EXPECT_EQ(quote_json(std::string("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
    Prng random(2);
    for (int round = 0; round < 10'000; ++round) {
        std::string bytes;
        for (std::uint64_t i = random.below(12); i > 0; --i) {
            bytes += static_cast<char>(random.below(256));
        }
        EXPECT_TRUE(parse_json(quote_json(bytes)).ok());
    }
}

TEST(Json, WritesIntegersAsIntegersAndShareAsFractions) {
    JsonWriter json;
    json.begin_array()
        .value(1)
        .value(100.0)
        .value(0.1)
        .value(1e300)
        .value(std::nan(""))
        .value(true);
    json.value(std::int64_t{-5}).value(std::uint64_t{5}).end_array();
    EXPECT_EQ(json.text(), "[1,100.0,0.1,1e+300,null,true,-5,5]");
}

TEST(Json, ReadsMembersAsYarnsClientsWriteThem) {
    const auto json = parse_json(R"({"n":"12","m":-3,"b":"true","s":"x","z":null})");
    ASSERT_TRUE(json.ok());
    EXPECT_EQ(*json->integer_or("n", 0), 12);
    EXPECT_EQ(*json->integer_or("m", 0), -3);
    EXPECT_EQ(*json->integer_or("z", 7), 7);
    EXPECT_TRUE(*json->boolean_or("b", false));
    EXPECT_EQ(json->string_or("n", "").ok(), true);
    EXPECT_EQ(json->integer_or("s", 0).error().message, "'s' must be a whole number");
    EXPECT_FALSE(json->string_or("m", "").ok());
}

TEST(HttpStatus, ErrorsComeBackAsThemselves) {
    const Error error{ErrorCode::NotFound, "no application 'x'"};
    EXPECT_EQ(http_status(error.code), 404);
    EXPECT_EQ(
        remote_exception(error),
        R"({"RemoteException":{"exception":"NotFoundException","message":"no application 'x'",)"
        R"("javaClassName":"org.apache.hadoop.yarn.webapp.NotFoundException"}})");
    EXPECT_EQ(error_of(404, remote_exception(error)), error);
    EXPECT_EQ(error_of(503, "").message, "HTTP status 503");
}

}  // namespace
}  // namespace heddle::wire
