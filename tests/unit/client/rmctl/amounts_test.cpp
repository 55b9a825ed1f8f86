// Amounts of resources: read, shown and written.

#include "client/rmctl/amounts.h"

#include <gtest/gtest.h>

#include "client/rmctl/json_fields.h"
#include "client/rmctl/nodes.h"

namespace heddle::rmctl {
namespace {

Resource with(const std::string& text) {
    const auto change = parse_amount(text);
    EXPECT_TRUE(change.ok()) << text;
    return change.ok() ? changed({1, 1, {{"gpu", 1}}}, *change) : Resource{};
}

TEST(Amounts, AreReadAsYarnWritesThem) {
    const auto json = fields::parse(R"({"memory":4096,"vCores":2,"resourceInformations":{
        "resourceInformation":[{"name":"memory-mb","value":4096},{"name":"vcores","value":2},
                               {"name":"yarn.io/gpu","value":1},{"name":"licence","value":3}]}})");
    EXPECT_EQ(to_string(amount_of(*json)), "4096 MiB, 2 vcores, 1 gpu, 3 licence");
    EXPECT_EQ(amount_at(*json, "nothing"), Resource{});
    EXPECT_EQ(amount_text(*json, "nothing"), "");
}

TEST(Amounts, AreReadFromKeysAndValues) {
    const auto json = fields::parse(
        R"({"all":[{"key":"memory-mb","value":"64"},{"key":"yarn.io/gpu","value":"2"}]})");
    EXPECT_EQ(amount_in(fields::list(*json, "", "all")), (Resource{64, 0, {{"gpu", 2}}}));
}

TEST(Amounts, AreWrittenAsTheyAreRead) {
    const Resource amount{8192, 4, {{"gpu", 2}}};
    wire::JsonWriter json;
    write_amount(json, amount);
    EXPECT_EQ(amount_of(*fields::parse(json.text())), amount);
    EXPECT_NE(json.text().find("\"yarn.io/gpu\""), std::string::npos);
}

TEST(Amounts, OfPeopleChangeWhatTheyName) {
    EXPECT_EQ(with("memory=8192,vcores=4,gpu=2"), (Resource{8192, 4, {{"gpu", 2}}}));
    EXPECT_EQ(with("memory-mb = 8g"), (Resource{8192, 1, {{"gpu", 1}}}));
    EXPECT_EQ(with("yarn.io/gpu=0,fpga=1"), (Resource{1, 1, {{"fpga", 1}}}));
}

TEST(Amounts, AChangeSendsOnlyWhatItNames) {
    const auto sent = [](const char* text) {
        wire::JsonWriter json;
        const AmountChange change = *parse_amount(text);
        write_change(json, change, changed({1, 1, {{"gpu", 1}, {"fpga", 3}}}, change));
        return json.text();
    };
    EXPECT_EQ(sent("memory=8,vcores=2"), R"({"memory":8,"vCores":2})");
    EXPECT_EQ(sent("gpu=2"),
              R"({"resourceInformations":{"resourceInformation":[)"
              R"({"name":"yarn.io/fpga","value":3},{"name":"yarn.io/gpu","value":2}]}})");
    EXPECT_EQ(sent("gpu=0"), R"({"resourceInformations":{"resourceInformation":[)"
                             R"({"name":"yarn.io/fpga","value":3}]}})");
}

TEST(Amounts, ThatCannotBeReadSayWhatToWrite) {
    for (const char* text : {"", "gpu", "gpu=", "gpu=-1", "gpu=many", "memory=much", "memory=-1",
                             "vcores=1,vcores=2", "gpu=1,yarn.io/gpu=2", "1gpu=1", "gpu=1,"}) {
        const auto change = parse_amount(text);
        ASSERT_FALSE(change.ok()) << text;
        EXPECT_EQ(change.error().code, ErrorCode::InvalidArgument);
        EXPECT_NE(change.error().message.find("write memory=8192,vcores=4,gpu=2"),
                  std::string::npos)
            << change.error().message;
    }
}

TEST(Amounts, OfANodeAreAlsoMemoryAndVcoresInTurn) {
    const auto size = [](const char* amount, const char* vcores) {
        const auto change = asked_size({amount, vcores, ""});
        return change.ok() ? to_string(changed({1, 1, {{"gpu", 1}}}, *change))
                           : change.error().message;
    };
    EXPECT_EQ(size("8192", "4"), "8192 MiB, 4 vcores, 1 gpu");
    EXPECT_EQ(size("8g", ""), "8192 MiB, 1 vcore, 1 gpu");
    EXPECT_EQ(size("gpu=0", ""), "1 MiB, 1 vcore");
    EXPECT_EQ(size("gpu=2", "4"), "'4' behind 'gpu=2': write it as another part of that");
}

}  // namespace
}  // namespace heddle::rmctl
