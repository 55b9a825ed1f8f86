// Routes: exact segments, named ones, methods, and nothing by default.

#include "resourcemanager/shell/router.h"

#include <gtest/gtest.h>

namespace heddle::rm {
namespace {

Router router() {
    Router router;
    const Handler nothing = [](Call, net::Responder) {};
    router.add({"GET", "/", Permission::Public, Body::Nothing, nothing});
    router.add({"GET", "/apps", Permission::Read, Body::Nothing, nothing});
    router.add({"POST", "/apps", Permission::Write, Body::Json, nothing});
    router.add({"GET", "/apps/{id}", Permission::Read, Body::Nothing, nothing});
    router.add({"GET", "/api/{id}/{*}", Permission::Read, Body::Nothing, nothing});
    return router;
}

TEST(Router, FindsRoutesAndTheirParameters) {
    const Router table = router();
    EXPECT_EQ(table.match("GET", {}).route->pattern, "/");
    EXPECT_EQ(table.match("HEAD", {"apps"}).route->pattern, "/apps");
    EXPECT_EQ(table.match("POST", {"apps"}).route->permission, Permission::Write);
    const Match one = table.match("GET", {"apps", "x"});
    EXPECT_EQ(one.parameters, std::vector<std::string>{"x"});
    const Match tail = table.match("GET", {"api", "x", "jobs", "1"});
    EXPECT_EQ(tail.parameters, (std::vector<std::string>{"x", "jobs", "1"}));
}

TEST(Router, DeniesByDefault) {
    const Router table = router();
    EXPECT_TRUE(table.match("GET", {"nothing"}).allowed.empty());
    EXPECT_TRUE(table.match("GET", {"api", "x"}).allowed.empty());
    const Match match = table.match("DELETE", {"apps"});
    EXPECT_EQ(match.route, nullptr);
    EXPECT_EQ(match.allowed, (std::vector<std::string>{"GET", "POST"}));
    EXPECT_EQ(table.match("PROPFIND", {}).route, nullptr);
}

}  // namespace
}  // namespace heddle::rm
