// The host of shims with real processes: shims that cannot be watched, and shims that do not end.

#include "nodeagent/shell/shim_host.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

#include "nodeagent/shell/leftovers.h"
#include "tests/integration/nodeagent/fake_manager.h"

namespace heddle::node {

namespace {

/// From now on the calling thread, and what it starts, gets `error` from pidfd_open.
void refuse_pidfd_open(int error) {
    sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{4, code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    EXPECT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0), 0);
}

class ShimHostTest : public ::testing::Test {
protected:
    ShimHostTest() : id(test_container(::getpid())), paths{temporary.path()} {
        for (const std::string& path : {paths.state(id), paths.work(id), paths.logs(id)}) {
            std::filesystem::create_directories(path);
        }
    }
    ~ShimHostTest() override {
        kill_leftovers(to_string(id), {});  // also frees a loop that waits for one of them
        if (thread.joinable()) {
            loop.stop();
            thread.join();
        }
    }

    void run(const std::string& shim) {
        ShimHost::Options options;
        options.paths = paths;
        options.shim = shim;
        host = std::make_unique<ShimHost>(loop, options, [this](Event event) {
            const std::lock_guard lock(mutex);
            events.push_back(std::move(event));
            changed.notify_all();
        });
        thread = std::thread([this] { loop.run(); });
    }
    /// A program in the place of the shim; it speaks on descriptor 3.
    std::string script(const std::string& body) const {
        std::string path = temporary.path() + "/shim";
        std::ofstream(path) << "#!/bin/sh\n" << body;
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return path;
    }
    void start(std::vector<std::string> argv) {
        ShimLaunch launch{
            id, std::move(argv), {"CONTAINER_ID=" + to_string(id), "PATH=/usr/bin:/bin"}};
        loop.post([this, launch] { host->start(launch); });
    }
    /// Waits for the last event of a container.
    Event end() {
        std::unique_lock lock(mutex);
        const auto over = [&] {
            return !events.empty() && !std::holds_alternative<Started>(events.back());
        };
        EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), over));
        return events.empty() ? Event{Tick{}} : events.back();
    }
    std::string failure() {
        const Event last = end();
        const auto* failed = std::get_if<StartFailed>(&last);
        return failed == nullptr ? "" : failed->reason;
    }
    /// Processes that live and carry the container's name.
    int processes() const {
        int count = 0;
        for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
            std::ifstream file(entry.path() / "environ", std::ios::binary);
            const std::string environment{std::istreambuf_iterator<char>(file), {}};
            count += environment.find("CONTAINER_ID=" + to_string(id)) != std::string::npos ? 1 : 0;
        }
        return count;
    }

    TemporaryDirectory temporary;
    ContainerId id;
    NodePaths paths;
    net::EventLoop loop;
    std::mutex mutex;  // guards `events`
    std::condition_variable changed;
    std::vector<Event> events;
    std::unique_ptr<ShimHost> host;
    std::thread thread;
};

}  // namespace

TEST_F(ShimHostTest, EndsAShimThatItCannotWatchAndSaysWhy) {
    loop.run_blocking([] { refuse_pidfd_open(EMFILE); }, [] {});
    run(script("setsid sleep 1000 &\nexec sleep 1000\n"));
    start({"unused"});
    EXPECT_EQ(failure(), "cannot start " + temporary.path() + "/shim: Too many open files");
    EXPECT_EQ(processes(), 0);
}

TEST_F(ShimHostTest, LeavesNothingOfAContainerWhoseShimItCannotWatch) {
    loop.run_blocking([] { refuse_pidfd_open(ENOSYS); }, [] {});
    run(programs_directory() + "/container-shim");
    start({"/bin/sh", "-c", "setsid sleep 1000 & exec sleep 1000"});
    const Event last = end();
    if (const auto* exited = std::get_if<ContainerExited>(&last)) {
        EXPECT_EQ(exited->exit.reason, ExitReason::Unknown);  // it was quick enough to start
    } else {
        EXPECT_NE(failure().find("Function not implemented"), std::string::npos);
    }
    EXPECT_EQ(processes(), 0);
}

TEST_F(ShimHostTest, DoesNotWaitForAShimThatFailedAndDoesNotEnd) {
    run(script("echo failed no luck >&3\nexec 3>&-\nkill -STOP $$\nexec sleep 1000\n"));
    start({"unused"});
    EXPECT_EQ(failure(), "no luck");
    EXPECT_EQ(processes(), 0);
}

TEST_F(ShimHostTest, EndsAShimThatHangsUpWithoutAWord) {
    run(script("exec 3>&-\nexec sleep 1000\n"));
    start({"unused"});
    EXPECT_EQ(failure(), "its shim ended before the process was started");
    EXPECT_EQ(processes(), 0);
}

}  // namespace heddle::node
