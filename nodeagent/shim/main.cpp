// container-shim: the parent of one container's process. It survives the agent that started it,
// owns the log pipes, ends all descendants when the process is gone, and leaves the exit status in
// a file.
//
//   container-shim STATE_DIR WORK_DIR LOG_DIR LOG_LIMIT NOFILE NOTIFY_FD PROGRAM [ARGUMENT...]
//
// The environment is the container's. NOTIFY_FD gets one line: "started PID", "failed REASON", or
// "busy" when another shim has this container already (an agent that was restarted in between).
// SIGTERM and SIGQUIT are passed to the process group; SIGUSR1 kills all descendants.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "nodeagent/shim/descendants.h"
#include "nodeagent/shim/log_pump.h"
#include "nodeagent/shim/state_files.h"

using namespace heddle::node;

namespace {

constexpr int kFixedArguments = 7;

struct Settings {
    int state = -1;  // descriptors of the directories
    int work = -1;
    int logs = -1;
    std::uint64_t log_limit = 0;
    rlim_t files_max = 0;
    int notify = -1;
    char** program = nullptr;
};

std::int64_t now_ms() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void notify(const Settings& settings, std::string line) {
    line += '\n';
    // The agent may be gone: it will read the state files.
    [[maybe_unused]] const ssize_t n = write(settings.notify, line.data(), line.size());
    close(settings.notify);
}

/// What went wrong, and where in the launch.
struct LaunchError {
    int error = 0;
    char step[32] = {};
};

[[noreturn]] void fail_in_child(int report, const char* step) {
    LaunchError failure;
    failure.error = errno;
    strncpy(failure.step, step, sizeof failure.step - 1);
    [[maybe_unused]] const ssize_t n = write(report, &failure, sizeof failure);
    _exit(127);
}

void set_limits(const Settings& settings) {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = std::min(settings.files_max, files.rlim_max);
        setrlimit(RLIMIT_NOFILE, &files);
    }
    // Before the daemons when memory runs out. Raising it needs no privilege.
    const int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score >= 0) {
        [[maybe_unused]] const ssize_t n = write(score, "300", 3);
        close(score);
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/// The user's process up to its program: own group, exactly descriptors 0, 1 and 2.
[[noreturn]] void become_program(const Settings& settings, int out, int err, int go, int report) {
    setpgid(0, 0);
    // Should the shim be killed, nobody could tell the end of this process: it goes with it.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char byte = 0;
    if (read(go, &byte, 1) != 1) {  // the shim is gone
        _exit(127);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGPIPE, SIGHUP, SIGINT}) {  // what the shim ignores
        signal(number, SIG_DFL);
    }
    if (dup2(out, 1) < 0 || dup2(err, 2) < 0) {
        fail_in_child(report, "redirecting output");
    }
    if (fchdir(settings.work) != 0) {
        fail_in_child(report, "entering the work directory");
    }
    set_limits(settings);
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    const std::string name = settings.program[0];
    if (name.find('/') == std::string::npos && access(name.c_str(), X_OK) == 0) {
        execve(("./" + name).c_str(), settings.program, environ);
        fail_in_child(report, "executing");
    }
    execvp(name.c_str(), settings.program);
    fail_in_child(report, "executing");
}

class Shim {
public:
    explicit Shim(const Settings& settings) : settings_(settings) {}

    int run() {
        const int lock = openat(settings_.state, kLockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0 ||
            faccessat(settings_.state, kExitFile, F_OK, 0) == 0) {
            notify(settings_,
                   lock < 0 ? "failed cannot open the lock file: " + error_text(errno) : "busy");
            return 0;
        }
        if (!launch()) {
            return 0;
        }
        watch();
        end_descendants();
        drain();
        record_.finished_ms = now_ms();
        leave_record();
        return 0;
    }

private:
    static std::string error_text(int error) { return std::strerror(error); }

    bool launch() {
        std::string failure = prepare();
        if (failure.empty()) {
            failure = start_process();
        }
        if (failure.empty()) {
            notify(settings_, "started " + std::to_string(child_));
            return true;
        }
        record_.kind = EndKind::LaunchFailed;
        record_.message = failure;
        record_.finished_ms = now_ms();
        leave_record();
        notify(settings_, "failed " + failure);
        return false;
    }

    /// Signals, pipes and log files. The failure in words, or empty.
    std::string prepare() {
        sigset_t set;
        sigemptyset(&set);
        for (const int number : {SIGCHLD, SIGTERM, SIGQUIT, SIGUSR1}) {
            sigaddset(&set, number);
        }
        sigprocmask(SIG_BLOCK, &set, nullptr);
        signal(SIGPIPE, SIG_IGN);
        for (const int number : {SIGHUP, SIGINT}) {
            signal(number, SIG_IGN);
        }
        signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (signals_ < 0 || pipe2(out_, O_CLOEXEC) != 0 || pipe2(err_, O_CLOEXEC) != 0 ||
            pipe2(go_, O_CLOEXEC) != 0 || pipe2(report_, O_CLOEXEC) != 0) {
            return "cannot make pipes: " + error_text(errno);
        }
        fcntl(out_[0], F_SETFL, O_NONBLOCK);
        fcntl(err_[0], F_SETFL, O_NONBLOCK);
        if (const int error = reserve_file_at(settings_.state, kExitFile)) {
            return "cannot write the state directory: " + error_text(error);
        }
        stdout_.emplace(settings_.logs, "stdout", out_[0], settings_.log_limit);
        stderr_.emplace(settings_.logs, "stderr", err_[0], settings_.log_limit);
        for (auto* pump : {&*stdout_, &*stderr_}) {
            if (const int error = pump->open()) {
                return "cannot open a log file: " + error_text(error);
            }
        }
        return {};
    }

    std::string start_process() {
        child_ = fork();
        if (child_ < 0) {
            return "cannot make a process: " + error_text(errno);
        }
        if (child_ == 0) {
            close(go_[1]);
            become_program(settings_, out_[1], err_[1], go_[0], report_[1]);
        }
        setpgid(child_, child_);
        for (const int end : {out_[1], err_[1], go_[0], report_[1]}) {
            close(end);
        }
        StartedRecord started;
        started.shim = {getpid(), process_start_ticks(getpid()).value_or(0)};
        started.user = {child_, process_start_ticks(child_).value_or(0)};
        started.started_ms = now_ms();
        const int error = write_file_at(settings_.state, kStartedFile, encode(started), false);
        if (error != 0) {  // nobody could find it again
            kill(child_, SIGKILL);
            waitpid(child_, nullptr, 0);
            return "cannot write the state directory: " + error_text(error);
        }
        [[maybe_unused]] const ssize_t n = write(go_[1], "g", 1);
        close(go_[1]);
        return executed();
    }

    /// Waits until the program runs: the reporting end then closes without a word.
    std::string executed() {
        LaunchError failure;
        ssize_t n = 0;
        while ((n = read(report_[0], &failure, sizeof failure)) < 0 && errno == EINTR) {
        }
        close(report_[0]);
        if (n != sizeof failure) {
            return {};
        }
        waitpid(child_, nullptr, 0);
        return "cannot start '" + std::string(settings_.program[0]) + "' (" + failure.step +
               "): " + error_text(failure.error);
    }

    void watch() {
        while (!exited_) {
            pollfd descriptors[] = {
                {signals_, POLLIN, 0}, {stdout_->pipe(), POLLIN, 0}, {stderr_->pipe(), POLLIN, 0}};
            poll(descriptors, 3, -1);
            stdout_->pump();
            stderr_->pump();
            take_signals();
        }
    }

    void take_signals() {
        signalfd_siginfo info{};
        while (read(signals_, &info, sizeof info) == sizeof info) {
            if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGQUIT) {
                kill(-child_, static_cast<int>(info.ssi_signo));
            } else if (info.ssi_signo == SIGUSR1) {
                kill_everything(child_);
            }
        }
        while (reap(WNOHANG)) {
        }
    }

    /// Collects one child that has ended. False: there is none (any more).
    bool reap(int flags) {
        int status = 0;
        rusage usage{};
        const pid_t pid = wait4(-1, &status, flags, &usage);
        if (pid <= 0) {
            return pid < 0 && errno == EINTR;
        }
        record_.memory_peak_mib =
            std::max<std::int64_t>(record_.memory_peak_mib, usage.ru_maxrss / 1024);
        if (pid == child_) {
            exited_ = true;
            if (WIFSIGNALED(status)) {
                record_.kind = EndKind::Signalled;
                record_.signal = WTERMSIG(status);
                record_.code = 128 + record_.signal;
            } else {
                record_.code = WEXITSTATUS(status);
            }
        }
        return true;
    }

    /// The main process is gone; what it left behind goes too. A fork bomb is met by killing
    /// again until nothing is left.
    void end_descendants() {
        for (;;) {
            while (reap(WNOHANG)) {
            }
            if (waitid(P_ALL, 0, nullptr, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD) {
                return;
            }
            kill_everything(child_);
            reap(0);
        }
    }

    void drain() {
        while (stdout_->pump()) {
        }
        while (stderr_->pump()) {
        }
        record_.output_lost = stdout_->lost() + stderr_->lost();
        if (record_.code != 0) {
            record_.message = stderr_->last_line();
        }
    }

    void leave_record() {
        // Into the space taken at the start: the container may have filled the disk.
        write_file_at(settings_.state, kExitFile, encode(record_), true);
    }

    Settings settings_;
    pid_t child_ = 0;
    int signals_ = -1;
    int out_[2] = {-1, -1};
    int err_[2] = {-1, -1};
    int go_[2] = {-1, -1};
    int report_[2] = {-1, -1};
    std::optional<LogPump> stdout_;
    std::optional<LogPump> stderr_;
    bool exited_ = false;
    ExitRecord record_;
};

int open_directory(const char* path) {
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc <= kFixedArguments) {
        const char usage[] =
            "usage: container-shim STATE_DIR WORK_DIR LOG_DIR LOG_LIMIT NOFILE NOTIFY_FD "
            "PROGRAM [ARGUMENT...]\nStarted by nodeagent, not by hand.\n";
        [[maybe_unused]] const ssize_t n = write(2, usage, sizeof usage - 1);
        return 2;
    }
    Settings settings;
    settings.state = open_directory(argv[1]);
    settings.work = open_directory(argv[2]);
    settings.logs = open_directory(argv[3]);
    settings.log_limit = std::strtoull(argv[4], nullptr, 10);
    settings.files_max = std::strtoull(argv[5], nullptr, 10);
    settings.notify = static_cast<int>(std::strtol(argv[6], nullptr, 10));
    settings.program = argv + kFixedArguments;
    fcntl(settings.notify, F_SETFD, FD_CLOEXEC);
    if (settings.state < 0 || settings.work < 0 || settings.logs < 0) {
        notify(settings, std::string("failed cannot open a directory of the container: ") +
                             std::strerror(errno));
        return 0;
    }
    setsid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return Shim(settings).run();
}
