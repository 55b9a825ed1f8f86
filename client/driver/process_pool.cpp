// Starting, watching and ending executor processes.
#include "client/driver/process_pool.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <set>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/rdd/executor_frames.h"

extern char** environ;

namespace heddle::driver {

namespace {

constexpr Duration kRespawnDelay = milliseconds(100);
constexpr Duration kExitPatience = seconds(1);  // for the end of a process whose connection ended
constexpr std::int32_t kStopPatience = 3000;    // ms for executors to end by themselves

std::string describe_exit(int status) {
    if (WIFSIGNALED(status)) {
        return "ended by signal " + std::to_string(WTERMSIG(status));
    }
    return "exited with code " + std::to_string(WEXITSTATUS(status));
}

// Our environment without what belongs to another role, and `more`.
std::vector<std::string> child_environment(const std::vector<std::string>& more) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text(*entry);
        const std::string name = text.substr(0, text.find('='));
        const bool replaced = std::any_of(more.begin(), more.end(), [&](const std::string& other) {
            return other.compare(0, name.size() + 1, name + "=") == 0;
        });
        if (!replaced) {
            all.push_back(text);
        }
    }
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace

Status write_secret(const std::string& path, const std::string& secret) {
    const int file =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return errno_error("secret file '" + path + "'");
    }
    const ssize_t written = ::write(file, secret.data(), secret.size());
    ::close(file);
    if (written < 0 || static_cast<std::size_t>(written) != secret.size()) {
        return Error{ErrorCode::Internal, "secret file '" + path + "' could not be written"};
    }
    return {};
}

std::string running_program() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

Result<std::string> find_executor_program(const std::string& programs) {
    const std::filesystem::path here = std::filesystem::path(running_program()).parent_path();
    std::vector<std::string> places = {(here / "executor").string(),
                                       (here.parent_path() / "bin" / "executor").string()};
    if (const char* home = std::getenv("HEDDLE_HOME")) {
        places.push_back(std::string(home) + "/bin/executor");
    }
    if (!programs.empty()) {
        places.push_back(programs + "/executor");
    }
    std::string looked;
    for (const std::string& place : places) {
        if (access(place.c_str(), X_OK) == 0) {
            return place;
        }
        looked += (looked.empty() ? "" : ", ") + place;
    }
    return Error{ErrorCode::NotFound, "no executor program; looked for " + looked +
                                          "; set HEDDLE_HOME to the tree that holds bin/executor"};
}

ProcessPool::ProcessPool(ProcessPoolOptions options) : options_(std::move(options)) {}

ProcessPool::~ProcessPool() {
    stop(FinalStatus::Undefined, "");
}

Status ProcessPool::make_folder() {
    if (mkdir(options_.folder.c_str(), 0700) != 0) {
        return errno_error("folder '" + options_.folder + "'");
    }
    return write_secret(options_.folder + "/" + rdd::kSecretFile, secret());
}

Status ProcessPool::start(Post post) {
    TRY(executor_program_, find_executor_program(options_.programs));
    own_program_ = running_program();
    TRY(make_folder());
    opened_ = true;
    TRY(open("127.0.0.1", std::move(post)));
    std::promise<Status> begun;  // processes belong to the loop's thread
    wanted_ = options_.by_demand ? 0 : options_.executors;
    loop().post([this, &begun] {
        if (options_.by_demand) {
            begun.set_value({});
            return;
        }
        for (std::int32_t place = 0; place < options_.executors; ++place) {
            const Status started = begin(place);
            if (!started) {
                begun.set_value(started);
                return;
            }
        }
        begun.set_value({});
    });
    return begun.get_future().get();
}

// Those that are given back end by themselves when their connection does; others stay.
void ProcessPool::want(std::int32_t count, const std::vector<rdd::ExecutorId>&, bool) {
    loop().post([this, count] {
        wanted_ = count;
        fill();
    });
}

// The lowest places that nobody has. One that is given back holds its place until its end.
void ProcessPool::fill() {
    std::set<std::int32_t> taken;
    for (const auto& [name, process] : processes_) {
        taken.insert(process.place);
    }
    for (std::int32_t place = 0; !stopping_ && std::cmp_less(taken.size(), wanted_); ++place) {
        if (!taken.insert(place).second) {
            continue;
        }
        if (const Status begun = begin(place); !begun) {
            post(ExecutorLost{rdd::kNoExecutor, begun.error().message});
        }
    }
}

Status ProcessPool::begin(std::int32_t place) {
    const std::string name = "executor-" + std::to_string(next_++);
    TRY(const pid_t pid, spawn(place, name));
    Process process;
    process.pid = pid;
    process.place = place;
    process.descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (process.descriptor < 0) {
        return errno_error("pidfd_open");
    }
    fcntl(process.descriptor, F_SETFD, FD_CLOEXEC);
    TRY(process.watch, loop().watch_readable(process.descriptor, [this, name] { exited(name); }));
    processes_.emplace(name, process);
    return {};
}

Result<pid_t> ProcessPool::spawn(std::int32_t place, const std::string& name) {
    const std::int32_t nodes = options_.nodes > 0 ? options_.nodes : options_.executors;
    const std::string work = options_.folder + "/" + name;
    if (mkdir(work.c_str(), 0700) != 0) {
        return errno_error("folder '" + work + "'");
    }
    std::vector<std::string> environment = child_environment({
        std::string(rdd::kDriverVariable) + "=" + address(),
        std::string(rdd::kSecretVariable) + "=" + options_.folder + "/" + rdd::kSecretFile,
        std::string(rdd::kCoresVariable) + "=" + std::to_string(options_.cores),
        std::string(rdd::kMemoryVariable) + "=" + std::to_string(options_.memory),
        "NM_HOST=node-" + std::to_string(place % nodes + 1),
        "CONTAINER_ID=" + name,
        "LOCAL_DIRS=" + work,
    });
    std::vector<char*> variables;
    for (std::string& entry : environment) {
        variables.push_back(entry.data());
    }
    variables.push_back(nullptr);
    std::string program = executor_program_;
    std::string own = own_program_;
    std::array<char*, 3> arguments = {program.data(), own.data(), nullptr};

    // What an executor prints belongs to its driver's standard error, never into its output.
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    // A group of its own: Ctrl-C on the terminal reaches the driver, which ends its executors.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    pid_t pid = 0;
    const int error = posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments.data(),
                                  variables.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        errno = error;
        return errno_error("cannot start '" + program + "'");
    }
    return pid;
}

void ProcessPool::joined(const std::string&) {
    early_ends_ = 0;
}

// A process that ends closes its connection a moment before its end can be seen, and only the end
// says how. One that lives on without a connection is lost nevertheless.
void ProcessPool::gone(const std::string& container, ExecutorLost event, bool explained) {
    const auto it = processes_.find(container);
    if (explained || stopping_ || it == processes_.end()) {
        post(std::move(event));
        return;
    }
    it->second.lost = std::move(event);
    loop().post_after(kExitPatience, [this, container] {
        const auto found = processes_.find(container);
        if (found != processes_.end() && found->second.lost) {
            post(*std::exchange(found->second.lost, std::nullopt));
        }
    });
}

void ProcessPool::exited(const std::string& name) {
    const auto it = processes_.find(name);
    if (it == processes_.end()) {
        return;
    }
    const Process process = it->second;
    processes_.erase(it);
    int status = 0;
    waitpid(process.pid, &status, 0);
    loop().unwatch(process.watch);
    ::close(process.descriptor);
    std::error_code ignored;
    std::filesystem::remove_all(options_.folder + "/" + name, ignored);
    if (stopping_) {
        return;
    }
    const std::string reason = name + " " + describe_exit(status);
    if (process.lost) {
        post(ExecutorLost{process.lost->executor, reason, true});
    } else if (has_container(name)) {
        drop_container(name, reason, true);  // its connection's end is what the core hears
    } else if (!was_container(name)) {
        post(ExecutorLost{rdd::kNoExecutor, reason});
        if (++early_ends_ >= executor_failures_max(options_.executors)) {
            return;  // nothing that starts ever arrives: the core fails the jobs
        }
    }
    loop().post_after(kRespawnDelay, [this] { fill(); });
}

// Executors have been told to stop by the core; those that do not are killed. So are those that
// have not said hello, before the door closes: all they could do is complain that nobody is there.
void ProcessPool::stop(FinalStatus, const std::string&) {
    if (!std::exchange(opened_, false)) {
        return;
    }
    flush();
    std::promise<void> ended;
    loop().post([this, &ended] {
        stopping_ = true;
        for (const auto& [name, process] : processes_) {
            if (!was_container(name)) {
                kill(process.pid, SIGKILL);
            }
        }
        ended.set_value();
    });
    ended.get_future().wait();
    hang_up();
    std::promise<std::vector<Process>> taken;
    loop().post([this, &taken] {
        std::vector<Process> all;
        for (const auto& [name, process] : processes_) {
            loop().unwatch(process.watch);
            all.push_back(process);
        }
        processes_.clear();
        taken.set_value(std::move(all));
    });
    std::int32_t patience = kStopPatience;
    for (const Process& process : taken.get_future().get()) {
        for (; patience > 0 && waitpid(process.pid, nullptr, WNOHANG) == 0; --patience) {
            usleep(1000);
        }
        if (patience <= 0) {
            kill(process.pid, SIGKILL);
            waitpid(process.pid, nullptr, 0);
        }
        ::close(process.descriptor);
    }
    close();
    std::error_code ignored;
    std::filesystem::remove_all(options_.folder, ignored);
}

}  // namespace heddle::driver
