// Files of artifacts: which are removed, and which stay.

#include "resourcemanager/shell/artifact_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/base/clock.h"

namespace heddle::rm {
namespace {

using namespace literals;

const std::string kOld(64, 'a');
const std::string kNamed(64, 'b');
const std::string kUsed(64, 'c');

class ArtifactFiles : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "/artifacts-XXXXXX";
        directory = ::mkdtemp(pattern.data());
        ASSERT_TRUE(ArtifactStore::prepare(directory).ok());
        for (const std::string& digest : {kOld, kNamed, kUsed}) {
            std::ofstream(directory + "/" + digest) << "program";
            const timespec long_ago[2] = {{1000, 0}, {1000, 0}};
            ::utimensat(AT_FDCWD, (directory + "/" + digest).c_str(), long_ago, 0);
        }
        ApplicationSubmission submission;
        submission.master.artifacts = {{"program", "heddle:sha256/" + kNamed, kNamed, 7, true}};
        ApplicationView application;
        application.submission = std::make_shared<const ApplicationSubmission>(submission);
        application.state = AppState::Finished;
        auto shown = std::make_shared<View>();
        shown->cluster.settled = true;
        shown->applications.set({1, 1}, std::make_shared<const ApplicationView>(application));
        view = shown;
    }
    void TearDown() override { std::filesystem::remove_all(directory); }

    /// `decide` is called in between, when the files have been looked at.
    void collect(ArtifactStore& store, const std::function<void()>& decide) {
        store.collect({60_s, 0}, wall_now(), [&] {
            decide();
            return view;
        });
        // The file thread works in order: what was to be removed is, when this comes back.
        loop.run_blocking([] {}, [this] { loop.run_blocking([] {}, [this] { loop.stop(); }); });
        loop.run();
    }

    bool there(const std::string& digest) const {
        return std::filesystem::exists(directory + "/" + digest);
    }

    net::EventLoop loop;
    std::string directory;
    std::shared_ptr<const View> view;
};

TEST_F(ArtifactFiles, GoWhenNobodyNeedsThem) {
    ArtifactStore store(loop, directory, 1000);
    EXPECT_TRUE(std::holds_alternative<net::HttpResponse>(store.admit(kUsed)));
    collect(store, [] {});
    EXPECT_FALSE(there(kOld));
    EXPECT_TRUE(there(kNamed));
    EXPECT_TRUE(there(kUsed));
    EXPECT_TRUE(std::filesystem::is_empty(directory + "/incoming"));
}

TEST_F(ArtifactFiles, StayWhenSomebodyHasAskedForThemMeanwhile) {
    ArtifactStore store(loop, directory, 1000);
    collect(store, [&] { EXPECT_TRUE(store.find(kOld).ok()); });
    EXPECT_TRUE(there(kOld));
    EXPECT_FALSE(there(kUsed));
}

}  // namespace
}  // namespace heddle::rm
