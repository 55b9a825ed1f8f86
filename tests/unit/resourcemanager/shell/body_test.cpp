#include "resourcemanager/shell/body.h"

#include <gtest/gtest.h>

namespace heddle::rm {
namespace {

TEST(Body, IsTheSameWithItsRootAndWithout) {
    for (const char* text :
         {R"({"resource":{"memory":5}})", R"({"resourceOption":{"resource":{"memory":5}}})"}) {
        const auto body = body_of(text, "resourceOption");
        ASSERT_TRUE(body.ok()) << text;
        const wire::Json* resource = body->find("resource");
        ASSERT_NE(resource, nullptr) << text;
        EXPECT_EQ(*resource->integer_or("memory", 0), 5) << text;
    }
    EXPECT_FALSE(body_of("{", "resourceOption").ok());
}

}  // namespace
}  // namespace heddle::rm
