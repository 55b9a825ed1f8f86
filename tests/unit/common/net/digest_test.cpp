#include "common/net/digest.h"

#include <gtest/gtest.h>

#include <fstream>

#include "common/base/strings.h"
#include "tests/unit/common/net/fixture.h"

namespace heddle::net {
namespace {

TEST(Sha256, AgreesWithTheStandardsExample) {
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Sha256 pieces;
    pieces.update("a");
    pieces.update("bc");
    EXPECT_EQ(pieces.finish_hex(), sha256_hex("abc"));
}

TEST(Sha256, OfAFileIsThatOfItsBytesAndAMissingFileIsNotFound) {
    const TemporaryFolder folder;
    const std::string path = folder.path + "/file";
    std::ofstream(path) << "abc";
    EXPECT_EQ(sha256_of_file(path).value(), sha256_hex("abc"));
    EXPECT_EQ(sha256_of_file(folder.path + "/none").error().code, ErrorCode::NotFound);
}

TEST(Hmac, AgreesWithRfc4231) {
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Secrets, TokensDifferAndCompare) {
    const std::string one = random_token(32);
    EXPECT_EQ(one.size(), 64u);
    EXPECT_NE(one, random_token(32));
    EXPECT_TRUE(constant_time_equal(one, std::string(one)));
    EXPECT_FALSE(constant_time_equal(one, "x"));
    EXPECT_TRUE(is_sha256_hex(one));
    EXPECT_FALSE(is_sha256_hex("A" + one.substr(1)));
}

}  // namespace
}  // namespace heddle::net
