// Identity comes from a right credential and from nothing else.

#include "resourcemanager/shell/auth.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "resourcemanager/shell/token_book.h"

namespace heddle::rm {
namespace {

constexpr const char* kToken = "0123456789abcdef0123456789abcdef";
constexpr WallTime kNow{1'000'000};

Authenticator authenticator(bool anonymous_read = false) {
    return Authenticator({kToken, "ada", "heddle_8088", anonymous_read});
}

net::HttpRequest request(const std::string& name, const std::string& value,
                         const std::string& path = "/ws/v1/cluster") {
    net::HttpRequest head;
    head.method = "GET";
    head.path = path;
    if (!name.empty()) {
        head.headers.add(name, value);
    }
    return head;
}

TEST(Authenticator, TakesTheTokenAsBearerAndAsBasicPassword) {
    const Authenticator auth = authenticator();
    // "x:0123456789abcdef0123456789abcdef"
    const std::string basic = "Basic eDowMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==";
    for (const std::string& value :
         {std::string("Bearer ") + kToken, std::string("bearer  ") + kToken, basic}) {
        const auto who = auth.authenticate(request("Authorization", value), kNow);
        ASSERT_TRUE(who) << value;
        EXPECT_EQ(who->user, "ada");
        EXPECT_TRUE(who->may_write());
    }
}

TEST(Authenticator, RefusesEverythingElse) {
    const Authenticator auth = authenticator();
    EXPECT_FALSE(auth.authenticate(request("", ""), kNow));
    for (const std::string& value :
         {std::string("Bearer ") + kToken + "x", std::string("Bearer "), std::string(kToken),
          std::string("Basic !!!"), std::string("Basic eDp5"), std::string("Negotiate abc"),
          std::string("Bearer") + kToken}) {
        EXPECT_FALSE(auth.authenticate(request("Authorization", value), kNow)) << value;
    }
    EXPECT_FALSE(auth.authenticate(request("X-Forwarded-User", "ada"), kNow));
}

TEST(Authenticator, OpensReadingPathsOnlyWhenTold) {
    const Authenticator auth = authenticator(true);
    const auto who = auth.authenticate(request("", "", "/ws/v1/cluster/apps"), kNow);
    ASSERT_TRUE(who);
    EXPECT_FALSE(who->may_write());
    EXPECT_FALSE(auth.authenticate(request("", "", "/heddle/v1/stream"), kNow));
    EXPECT_FALSE(auth.authenticate(request("Authorization", "Bearer no", "/ws/v1/cluster/apps"),
                                   kNow));  // a wrong token is not nobody
    net::HttpRequest write = request("", "", "/ws/v1/cluster/apps");
    write.method = "POST";
    EXPECT_FALSE(auth.authenticate(write, kNow));
}

std::string cookie_of(const std::string& set_cookie) {
    return set_cookie.substr(0, set_cookie.find(';'));
}

TEST(Authenticator, ExchangesACodeOnceForASessionThatEnds) {
    Authenticator auth = authenticator();
    const std::string code = auth.new_code(kNow);
    EXPECT_FALSE(auth.redeem("0000", kNow));
    const auto cookie = auth.redeem(code, kNow);
    ASSERT_TRUE(cookie);
    EXPECT_NE(cookie->find("; HttpOnly; SameSite=Strict"), std::string::npos);
    EXPECT_FALSE(auth.redeem(code, kNow));

    const net::HttpRequest with = request("Cookie", "a=b; " + cookie_of(*cookie));
    ASSERT_TRUE(auth.authenticate(with, kNow));
    EXPECT_EQ(auth.authenticate(with, kNow)->kind, Principal::Kind::Cookie);
    // A restarted manager with the same token still knows the session.
    EXPECT_TRUE(authenticator().authenticate(with, kNow));
    const WallTime later{kNow.milliseconds + Authenticator::kSessionLifeMs + 1};
    EXPECT_FALSE(auth.authenticate(with, later));
    for (std::size_t i = cookie_of(*cookie).size() - 1; i > 20; i -= 7) {
        std::string forged = cookie_of(*cookie);
        forged[i] = forged[i] == '1' ? '2' : '1';
        EXPECT_FALSE(auth.authenticate(request("Cookie", forged), kNow)) << forged;
    }
}

TEST(Authenticator, ForgetsCodesInTime) {
    Authenticator auth = authenticator();
    const std::string code = auth.new_code(kNow);
    EXPECT_FALSE(auth.redeem(code, {kNow.milliseconds + Authenticator::kCodeLifeMs + 1}));
    const std::string oldest = auth.new_code(kNow);
    for (std::size_t i = 0; i < Authenticator::kCodesMax; ++i) {
        auth.new_code(kNow);
    }
    EXPECT_FALSE(auth.redeem(oldest, kNow));
}

TEST(Token, IsMadeOnceAndRefusedWhenOthersCanReadIt) {
    char name[] = "/tmp/heddle-token-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    const std::string path = std::string(name) + "/token";
    EXPECT_FALSE(load_token(path, false).ok());
    const auto made = load_token(path, true);
    ASSERT_TRUE(made.ok()) << made.error().message;
    EXPECT_EQ(made->size(), 64U);
    EXPECT_EQ(*load_token(path, true), *made);
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ::chmod(path.c_str(), 0644);
    EXPECT_EQ(load_token(path, true).error().code, ErrorCode::PermissionDenied);
    ::chmod(path.c_str(), 0600);
    std::ofstream(path) << "short\n";
    EXPECT_EQ(load_token(path, true).error().code, ErrorCode::InvalidArgument);
    std::filesystem::remove_all(name);
}

TEST(TokenBook, KnowsTokensUntilTheirApplicationGoes) {
    TokenBook book;
    const ApplicationId app{1, 1};
    book.learn({app, 1}, "first");
    book.learn({app, 2}, "second");
    book.learn({{1, 2}, 1}, "other");
    EXPECT_TRUE(book.knows("first"));
    EXPECT_FALSE(book.knows(""));
    EXPECT_EQ(book.token_of({app, 2}), "second");
    EXPECT_EQ(book.forget(app), (std::vector<AttemptId>{{app, 1}, {app, 2}}));
    EXPECT_FALSE(book.knows("second"));
    EXPECT_TRUE(book.knows("other"));
}

}  // namespace
}  // namespace heddle::rm
