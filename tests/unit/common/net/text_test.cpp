// Endpoints, host checks and event streams: text in, values out.

#include <gtest/gtest.h>

#include "common/net/address.h"
#include "common/net/host_check.h"
#include "common/net/server_events.h"

namespace heddle::net {
namespace {

TEST(Endpoint, ReadsTheFormsOfServers) {
    EXPECT_EQ(Endpoint::parse("http://h:80").value(), Endpoint::tcp("h", 80));
    EXPECT_EQ(Endpoint::parse("heddle://h", 8088).value(), Endpoint::tcp("h", 8088));
    EXPECT_EQ(Endpoint::parse("[::1]:9").value(), Endpoint::tcp("::1", 9));
    EXPECT_EQ(Endpoint::parse("unix:/run/x").value(), Endpoint::unix_socket("/run/x"));
    EXPECT_EQ(Endpoint::tcp("::1", 9).text(), "[::1]:9");
    for (const char* bad : {"", "h", "h:", "h:0", "h:70000", "h:x", "unix:x", "http://h/p:1"}) {
        EXPECT_FALSE(Endpoint::parse(bad)) << bad;
    }
}

TEST(HostCheck, AllowsLoopbackAndConfiguredNamesOnly) {
    const std::vector<std::string> names = {"Cluster.example"};
    for (const char* good : {"localhost", "LOCALHOST:8088", "127.0.0.1:1", "127.3.2.1", "[::1]:80",
                             "cluster.example:8088"}) {
        EXPECT_TRUE(host_allowed(good, names)) << good;
    }
    for (const char* bad : {"", "evil.test", "localhost.evil.test", "127.0.0.1.evil.test",
                            "128.0.0.1", "localhost:x", "[::1", "::1", "localhost:1:2", "127.1"}) {
        EXPECT_FALSE(host_allowed(bad, names)) << bad;
    }
}

TEST(HostCheck, OriginMatchesTheSameAuthorityOnly) {
    EXPECT_TRUE(origin_matches("http://localhost:8088", "localhost:8088"));
    EXPECT_FALSE(origin_matches("http://localhost:8089", "localhost:8088"));
    EXPECT_FALSE(origin_matches("null", "localhost:8088"));
    EXPECT_FALSE(origin_matches("http://localhost:8088.evil.test", "localhost:8088"));
}

TEST(EventStream, ReadsWhatWasWrittenInAnyPieces) {
    const std::string wire = format_event({"state", "one\ntwo", "7"}) +
                             std::string(kEventStreamPing) + format_event({"", "", ""}) +
                             format_event({"x\ninjected: 1", "3", ""});
    for (std::size_t piece = 1; piece < wire.size(); ++piece) {
        std::vector<ServerEvent> events;
        EventStreamReader reader([&](ServerEvent event) { events.push_back(std::move(event)); });
        for (std::size_t at = 0; at < wire.size(); at += piece) {
            reader.feed(std::string_view(wire).substr(at, piece));
        }
        ASSERT_EQ(events.size(), 3u);
        EXPECT_EQ(events[0].name, "state");
        EXPECT_EQ(events[0].data, "one\ntwo");
        EXPECT_EQ(events[0].id, "7");
        EXPECT_EQ(events[1].data, "");
        EXPECT_EQ(events[2].name, "xinjected: 1");
    }
}

TEST(LineReader, GivesTheLastLineAtTheEnd) {
    std::string got;
    LineReader reader([&](std::string_view line) { got += std::string(line) + "|"; });
    reader.feed("a\nb");
    reader.feed("c\n\nd");
    reader.finish();
    EXPECT_EQ(got, "a|bc||d|");
}

}  // namespace
}  // namespace heddle::net
