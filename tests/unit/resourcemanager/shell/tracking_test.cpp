// Where a browser is led that asks for an application.

#include "resourcemanager/shell/tracking.h"

#include <gtest/gtest.h>

namespace heddle::rm {
namespace {

ApplicationView application(ApplicationKind kind, bool unmanaged = false) {
    ApplicationSubmission submission;
    submission.id = {1, 1};
    submission.kind = kind;
    submission.unmanaged = unmanaged;
    ApplicationView app;
    app.submission = std::make_shared<const ApplicationSubmission>(std::move(submission));
    return app;
}

TEST(Tracking, LeadsToHttpAndHttpsOnly) {
    EXPECT_TRUE(leads_safely("http://node-1:4040"));
    EXPECT_TRUE(leads_safely("HTTPS://node-1/x?y=z#a"));
    for (const char* url : {"", "node-1:4040", "javascript:alert(1)", "javascript://x/%0aalert(1)",
                            "ftp://node-1/", "http://", "http:///x", "http://a@b/", "http://a b/",
                            "http://a\\b", "http://a/\r\nSet-Cookie: x", "//node-1/"}) {
        EXPECT_FALSE(leads_safely(url)) << url;
    }
}

TEST(Tracking, GoesByTheProxyPathToTheMastersOwnPages) {
    const ServerInfo server{"rm:8088", "", ""};
    const std::string id = to_string(ApplicationId{1, 1});
    const std::string page = "http://rm:8088/apps/" + id;
    EXPECT_EQ(tracking_url(server, application(ApplicationKind::Master), "http://n:1/"),
              "http://rm:8088/proxy/" + id + "/");
    EXPECT_EQ(tracking_url(server, application(ApplicationKind::Master), ""), page);
    EXPECT_EQ(tracking_url(server, application(ApplicationKind::Master), "javascript:x"), page);
    EXPECT_EQ(tracking_url(server, application(ApplicationKind::Rdd), "http://n:1/"), page);
    EXPECT_EQ(tracking_url(server, application(ApplicationKind::Master, true), "http://n:1/"),
              "http://n:1/");
}

}  // namespace
}  // namespace heddle::rm
