// Where the parts of a file are, as far as its file system says.
#include "client/api/input_places.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/common/fs/no_files.h"

namespace heddle::api {
namespace {

class Blocks final : public fs::test::NoFiles {
public:
    Result<std::vector<fs::BlockPlace>> places(const fs::FileInfo& file) override {
        ++asked;
        if (file.path == "silent") {
            return Error{ErrorCode::Timeout, "no answer"};
        }
        return std::vector<fs::BlockPlace>{{0, 100, {"a", "b"}}, {100, 50, {"b", "c"}}};
    }
    int asked = 0;
};

TEST(InputPlaces, AreTheHostsWithTheMostBytes) {
    Blocks files;
    bool answers = true;
    const InputPlaces places(files, {"x", 150}, answers);
    EXPECT_EQ(places.hosts(0, 150), (std::vector<std::string>{"b", "a", "c"}));
    EXPECT_EQ(places.hosts(110, 150), (std::vector<std::string>{"b", "c"}));
}

TEST(InputPlaces, AFileSystemThatDoesNotAnswerIsAskedOnce) {
    Blocks files;
    bool answers = true;
    for (const char* path : {"x", "silent", "y", "z"}) {
        const InputPlaces places(files, {path, 150}, answers);
        EXPECT_EQ(places.hosts(0, 150).empty(), std::string(path) != "x") << path;
    }
    EXPECT_EQ(files.asked, 2);
}

}  // namespace
}  // namespace heddle::api
