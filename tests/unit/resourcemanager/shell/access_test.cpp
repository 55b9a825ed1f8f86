// Who may do what: the table of roles and rights.

#include "resourcemanager/shell/access.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <optional>

#include "common/base/strings.h"
#include "common/net/event_loop.h"
#include "resourcemanager/shell/front.h"
#include "resourcemanager/shell/services.h"

namespace heddle::rm {
namespace {

// root: ops administer. root.etl: alice's queue (submit eve and group etl, view vera).
// root.etl.daily: submit dora, nothing else.
std::vector<QueueConfig> queues() {
    std::vector<QueueConfig> all = {queue_config("root"), queue_config("root.etl"),
                                    queue_config("root.etl.daily"), queue_config("root.open")};
    all[0].administer.groups = {"ops"};
    all[1].administer.users = {"alice"};
    all[1].submit = {false, {"eve"}, {"etl"}};
    all[1].view.users = {"vera"};
    all[2].submit.users = {"dora"};
    all[3].submit.everybody = true;
    return all;
}

std::vector<std::string> groups_of(const std::string& user) {
    return user == "otto"    ? std::vector<std::string>{"users", "ops"}
           : user == "greta" ? std::vector<std::string>{"etl"}
                             : std::vector<std::string>{};
}

AccessPolicy policy(bool enabled = true) {
    return AccessPolicy(enabled, queues(), groups_of);
}

Principal user(const std::string& name) {
    return {Principal::Kind::Socket, name, false};
}

// Owned by bob in root.etl.daily; max may modify it, and group "ops" sees it by the queue.
ApplicationSubmission application() {
    ApplicationSubmission app;
    app.id = {1, 1};
    app.user = "bob";
    app.queue = "root.etl.daily";
    app.viewers.users = {"victor"};
    app.modifiers.users = {"max"};
    return app;
}

// submit, administer, view of root.etl.daily; view and modify of the application: a letter each.
std::string rights(const AccessPolicy& access, const Principal& who) {
    std::string text;
    text += access.may(who, QueueRight::Submit, "root.etl.daily") ? "s" : "-";
    text += access.may(who, QueueRight::Administer, "root.etl.daily") ? "a" : "-";
    text += access.may(who, QueueRight::View, "root.etl.daily") ? "v" : "-";
    text += access.may(who, AppRight::View, application()) ? "V" : "-";
    text += access.may(who, AppRight::Modify, application()) ? "M" : "-";
    return text;
}

TEST(AccessPolicy, GrantsWhatTheTableSays) {
    struct Row {
        const char* who;
        const char* rights;
    };
    constexpr Row kTable[] = {
        {"bob", "---VM"},     // the owner
        {"victor", "---V-"},  // in VIEW_APP
        {"max", "----M"},     // in MODIFY_APP
        {"alice", "savVM"},   // administers a queue above
        {"otto", "savVM"},    // in a group that administers root
        {"eve", "s----"},     // submits to a queue above
        {"greta", "s----"},   // in a group that does
        {"dora", "s----"},    // submits to the queue itself
        {"vera", "--vV-"},    // sees a queue above
        {"nobody", "-----"},
    };
    for (const Row& row : kTable) {
        EXPECT_EQ(rights(policy(), user(row.who)), row.rights) << row.who;
        EXPECT_EQ(rights(policy(false), user(row.who)), "savVM") << row.who << ", lists off";
    }
    EXPECT_EQ(rights(policy(), {Principal::Kind::Token, "ada", true}), "savVM");
    EXPECT_EQ(rights(policy(), {Principal::Kind::Anonymous, "bob", false}), "-----");
    EXPECT_TRUE(policy().may(user("nobody"), QueueRight::Submit, "root.open"));
    EXPECT_FALSE(policy().may(user("dora"), QueueRight::Submit, "root.etl"));  // not upwards
}

TEST(AccessPolicy, SaysWhoAskedForWhat) {
    const Status view = policy().check(user("nobody"), AppRight::View, application());
    EXPECT_EQ(view.error().code, ErrorCode::PermissionDenied);
    EXPECT_NE(view.error().message.find("User nobody cannot see application_1_0001 of bob"),
              std::string::npos);
    const Status submit = policy().check(user("nobody"), QueueRight::Submit, "root.etl");
    EXPECT_NE(submit.error().message.find("submit applications to queue root.etl"),
              std::string::npos);
}

TEST(AccessPolicy, TakesOtherListsAtOnce) {
    AccessPolicy access(true, queues(), groups_of);
    access.set_queues({});
    EXPECT_FALSE(access.may(user("alice"), QueueRight::Submit, "root.etl"));
}

TEST(GroupBook, AsksAgainAfterAMinute) {
    int asked = 0;
    GroupBook groups([&](const std::string&) {
        return std::vector<std::string>{"g" + std::to_string(++asked)};
    });
    const TimePoint start{};
    EXPECT_EQ(groups.of("ada", start), std::vector<std::string>{"g1"});
    EXPECT_EQ(groups.of("ada", start + seconds(59)), std::vector<std::string>{"g1"});
    EXPECT_EQ(groups.of("bob", start + seconds(59)), std::vector<std::string>{"g2"});
    EXPECT_EQ(groups.of("ada", start + seconds(60)), std::vector<std::string>{"g3"});
}

// The table of routes, with nothing behind it.
struct Routes {
    net::EventLoop loop;
    CoreDoor door;
    ViewBoard board;
    Authenticator auth{{"token", "ada", "cookie", true, true}};
    TokenBook tokens;
    ArtifactStore artifacts{loop, "/nonexistent", 0};
    ServerInfo server;
    EventHub hub{loop, board, tokens, server};
    Metrics metrics;
    AccessPolicy access{policy()};
    SchedulerLog scheduler_log{"/nonexistent"};
    Services services{loop, door, board, auth,   tokens, artifacts,     hub, metrics, server,
                      "",   "",   {},    access, {},     scheduler_log, {},  {},      {}};
    Router router;

    Routes() { add_routes(router, services); }
};

// 0: let in.
int refusal(const Front::Parts& parts, const char* method, const std::string& path,
            std::optional<std::uint32_t> uid) {
    net::HttpRequest head;
    head.method = method;
    head.path = path;
    for (const std::string_view part : split(path, '/')) {
        if (!part.empty()) {
            head.segments.emplace_back(part);
        }
    }
    head.headers.add("Host", "127.0.0.1");
    head.peer.user = uid;
    Front front(parts);
    const net::Admission admission = front.admit(head);
    const auto* refused = std::get_if<net::HttpResponse>(&admission);
    return refused == nullptr ? 0 : refused->status;
}

TEST(Front, LetsUsersOfTheMachineInToWhatIsOpenToThem) {
    Routes routes;
    const Front::Parts parts{routes.router,
                             routes.auth,
                             routes.tokens,
                             routes.artifacts,
                             routes.metrics,
                             routes.access,
                             {},
                             {}};
    const passwd* nobody = ::getpwnam("nobody");
    ASSERT_NE(nobody, nullptr);
    const std::uint32_t user = nobody->pw_uid;
    EXPECT_EQ(refusal(parts, "GET", "/ws/v1/cluster/apps", user), 0);
    EXPECT_EQ(refusal(parts, "POST", "/ws/v1/cluster/apps/new-application", user), 0);
    EXPECT_EQ(refusal(parts, "GET", "/heddle/v1/apps/application_1_0001/explain", user), 0);
    EXPECT_EQ(refusal(parts, "GET", "/heddle/v1/waiting", user), 0);
    EXPECT_EQ(refusal(parts, "POST", "/heddle/v1/codes", user), 403);  // a cookie operates
    EXPECT_EQ(refusal(parts, "GET", "/api/v1/applications", user), 403);
    EXPECT_EQ(refusal(parts, "GET", "/metrics", user), 403);
    EXPECT_EQ(refusal(parts, "POST", "/heddle/v1/codes", ::geteuid()), 0);
    EXPECT_EQ(refusal(parts, "GET", "/ws/v1/cluster/apps", 3'999'999'999U), 401);  // nobody's
    EXPECT_EQ(refusal(parts, "POST", "/heddle/v1/codes", std::nullopt), 401);
    EXPECT_EQ(refusal(parts, "GET", "/api/v1/applications", std::nullopt), 403);  // anonymous
}

TEST(OpenToUsers, NamesRoutesThatThereAreAndNoneThatGivesPower) {
    const Routes routes;
    int open = 0;
    for (const Route& route : routes.router.routes()) {
        open += open_to_users(route) ? 1 : 0;
        EXPECT_FALSE(route.pattern == "/heddle/v1/codes" && open_to_users(route));
        EXPECT_FALSE(route.pattern.starts_with("/api/v1") && open_to_users(route));
        // Of nodes and labels everybody reads, and operators decide.
        const bool of_nodes = route.pattern.find("/nodes/{id}/") != std::string::npos ||
                              route.pattern.find("-labels") != std::string::npos;
        EXPECT_FALSE(of_nodes && route.method != "GET" && open_to_users(route)) << route.pattern;
    }
    EXPECT_EQ(open, 47);
}

}  // namespace
}  // namespace heddle::rm
