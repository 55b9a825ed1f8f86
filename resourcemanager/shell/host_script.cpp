#include "resourcemanager/shell/host_script.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "common/base/clock.h"
#include "resourcemanager/core/config.h"

extern char** environ;

namespace heddle::rm {
namespace {

constexpr std::size_t kPrintedMax = kHostsPerRun * (kNodeTextMax + 2);
constexpr int kLookAgainMs = 5;  // whether a program that has closed its output has ended
constexpr std::int64_t kLookForStopMs = 20;  // whether nobody waits for its answer any more

Error failed(const HostScript& script, const std::string& why) {
    return {ErrorCode::Unavailable, script.what + " " + script.path + " " + why};
}

// A program in a group of its own, so that what it starts ends with it; killed unless it has ended.
class Running {
public:
    Running(pid_t pid, int output, std::stop_token stop)
        : pid_(pid), output_(output), stop_(std::move(stop)) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        if (pid_ > 0) {
            ::kill(-pid_, SIGKILL);
            int status = 0;
            while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
            }
        }
        ::close(output_);
    }

    /// False: the time is over, nobody waits any more, or it prints without end.
    bool read_all(TimePoint until, std::string& printed) const {
        std::array<char, 4096> buffer{};
        while (printed.size() <= kPrintedMax) {
            pollfd readable{output_, POLLIN, 0};
            const std::int64_t left = (until - monotonic_now()).milliseconds();
            if (left <= 0 || stop_.stop_requested()) {
                return false;
            }
            if (::poll(&readable, 1, static_cast<int>(std::min(left, kLookForStopMs))) <= 0) {
                continue;
            }
            const ssize_t got = ::read(output_, buffer.data(), buffer.size());
            if (got == 0) {
                return true;
            }
            if (got > 0) {
                printed.append(buffer.data(), static_cast<std::size_t>(got));
            } else if (errno != EINTR) {
                return false;
            }
        }
        return false;
    }

    /// Its wait status, or -1 when the time is over or nobody waits any more.
    int wait(TimePoint until) {
        for (;;) {
            int status = 0;
            const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
            if (ended == pid_) {
                ::kill(-pid_, SIGKILL);  // what it has left behind
                pid_ = 0;
                return status;
            }
            if (monotonic_now() >= until || stop_.stop_requested()) {
                return -1;
            }
            ::poll(nullptr, 0, kLookAgainMs);
        }
    }

private:
    pid_t pid_;
    int output_;
    std::stop_token stop_;
};

// 0: started. Its standard output is `output`; signals are as a program expects them.
int spawn(const std::string& script, const std::vector<std::string>& hosts, int output,
          pid_t& pid) {
    std::vector<std::string> words = {script};
    words.insert(words.end(), hosts.begin(), hosts.end());
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigaddset(&signals, SIGPIPE);
    sigaddset(&signals, SIGXFSZ);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const int error =
        ::posix_spawn(&pid, script.c_str(), &actions, &attributes, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

}  // namespace

Result<std::string> run_host_script(const HostScript& script, const std::vector<std::string>& hosts,
                                    std::stop_token stop) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
        return errno_error("cannot make a pipe for " + script.what);
    }
    pid_t pid = 0;
    const int error = spawn(script.path, hosts, pipe[1], pid);
    ::close(pipe[1]);
    Running running(error == 0 ? pid : 0, pipe[0], stop);
    if (error != 0) {
        return failed(script, std::string("cannot be started: ") + std::strerror(error));
    }
    const TimePoint until = monotonic_now() + script.limit;
    std::string printed;
    const int status = running.read_all(until, printed) ? running.wait(until) : -1;
    if (status < 0 && stop.stop_requested()) {
        return failed(script, "was stopped, as the resource manager ends");
    }
    if (status < 0) {
        const Error late =
            failed(script, "did not end within " + std::to_string(script.limit.milliseconds()) +
                               " ms with at most " + std::to_string(kPrintedMax) + " bytes");
        return Error{ErrorCode::Timeout, late.message};
    }
    if (status != 0) {
        return failed(script, WIFEXITED(status)
                                  ? "ended with " + std::to_string(WEXITSTATUS(status))
                                  : "was ended by signal " + std::to_string(WTERMSIG(status)));
    }
    return printed;
}

}  // namespace heddle::rm
