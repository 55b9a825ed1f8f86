// Spawning, watching and adopting shims.

#include "nodeagent/shell/shim_host.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "common/base/log.h"
#include "common/base/strings.h"
#include "nodeagent/shell/leftovers.h"

namespace heddle::node {

namespace {

constexpr int kNotifyDescriptor = 3;  // in the shim
constexpr int kBusyPollsMax = 200;
constexpr Duration kBusyPoll = milliseconds(10);
constexpr Duration kWatchRetry = milliseconds(500);

/// A descriptor of the process; -1 with errno otherwise.
int open_process(pid_t pid) {
    return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

void send_signal(int descriptor, int number) {
    syscall(SYS_pidfd_send_signal, descriptor, number, nullptr, 0);
}

class DirectoryDescriptor {
public:
    explicit DirectoryDescriptor(const std::string& path)
        : descriptor_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}
    ~DirectoryDescriptor() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }
    DirectoryDescriptor(const DirectoryDescriptor&) = delete;
    DirectoryDescriptor& operator=(const DirectoryDescriptor&) = delete;
    int get() const { return descriptor_; }

private:
    int descriptor_;
};

std::optional<StartedRecord> read_started(const std::string& directory) {
    const DirectoryDescriptor state(directory);
    const auto text = read_file_at(state.get(), kStartedFile);
    return text ? decode_started(*text) : std::nullopt;
}

std::optional<ExitRecord> read_exit(const std::string& directory) {
    const DirectoryDescriptor state(directory);
    const auto text = read_file_at(state.get(), kExitFile);
    return text ? decode_exit(*text) : std::nullopt;
}

/// True while a shim holds the container's lock.
bool locked(const std::string& directory) {
    const int file = ::open((directory + "/" + kLockFile).c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    const bool free = ::flock(file, LOCK_EX | LOCK_NB) == 0;
    ::close(file);
    return !free;
}

bool alive(const ProcessIdentity& process) {
    return process_start_ticks(process.pid) == process.start_ticks;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) {
        all.push_back(text.data());
    }
    all.push_back(nullptr);
    return all;
}

// What a program wrote, as text that every protocol carries.
std::string text_of(std::string bytes) {
    for (char& byte : bytes) {
        if (byte < ' ' || byte > '~') {
            byte = byte == '\t' ? ' ' : '?';
        }
    }
    return bytes;
}

ContainerExit unknown_exit() {
    ContainerExit exit;
    exit.reason = ExitReason::Unknown;
    exit.code = kExitAborted;
    exit.message = "the record of its end is missing: its shim was killed";
    return exit;
}

}  // namespace

ContainerExit exit_of(const ExitRecord& record) {
    const std::string said = text_of(record.message);
    const std::string last_words = said.empty() ? said : ": " + said;
    ContainerExit exit;
    exit.code = record.code;
    exit.signal = record.signal;
    exit.memory_peak_mib = record.memory_peak_mib;
    exit.finished = {record.finished_ms};
    switch (record.kind) {
        case EndKind::Exited:
            exit.reason = ExitReason::Exited;
            if (record.code != 0) {
                exit.message = "exited with code " + std::to_string(record.code) + last_words;
            }
            break;
        case EndKind::Signalled:
            exit.reason = ExitReason::Signalled;
            exit.message = "killed by signal " + std::to_string(record.signal) + " (" +
                           std::string(strsignal(record.signal)) + ")" + last_words;
            break;
        case EndKind::LaunchFailed:
            exit.reason = ExitReason::LaunchFailed;
            exit.message = record.message;
            exit.code = kExitAborted;
            break;
    }
    if (record.output_lost > 0) {
        exit.message += (exit.message.empty() ? "" : "; ") + std::to_string(record.output_lost) +
                        " bytes of its output could not be written";
    }
    return exit;
}

ShimHost::ShimHost(net::EventLoop& loop, Options options, OnEvent on_event)
    : loop_(loop),
      options_(std::move(options)),
      on_event_(std::move(on_event)),
      alive_(std::make_shared<bool>(true)) {}

ShimHost::~ShimHost() {
    *alive_ = false;
    while (!shims_.empty()) {
        forget(shims_.begin()->first);
    }
}

// Starting.

// What the file thread hands to the loop thread: errno belongs to a thread, so it is kept here.
struct ShimHost::Spawned {
    int error = 0;  // of whatever failed first
    pid_t pid = 0;
    int descriptor = -1;
    int notify = -1;
};

namespace {

/// Blocks for less than a millisecond: the parent waits for the exec.
int spawn_shim(const std::string& program, std::vector<std::string> arguments,
               std::vector<std::string> environment, int notify, pid_t& pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, notify, kNotifyDescriptor);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, 0, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, kNotifyDescriptor + 1);
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    const std::vector<char*> argv = pointers(arguments);
    const std::vector<char*> envp = pointers(environment);
    const int error =
        posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(), envp.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/// Ends a shim that cannot be watched, and whatever it has started. `pid` is our child and is
/// collected last: until then its number, and that of its session, belong to nobody else. Blocks
/// for milliseconds.
void end_unwatched(const ContainerId& container, pid_t pid) {
    const ProcessIdentity shim{pid, process_start_ticks(pid).value_or(0)};
    ::kill(pid, SIGKILL);
    siginfo_t ended{};
    while (::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR) {
    }
    kill_leftovers(to_string(container), shim);
    ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED);
}

}  // namespace

void ShimHost::start(ShimLaunch launch) {
    auto result = std::make_shared<Spawned>();  // shared by the work and what follows it
    const ContainerId id = launch.container;
    std::vector<std::string> arguments{options_.shim,
                                       options_.paths.state(id),
                                       options_.paths.work(id),
                                       options_.paths.logs(id),
                                       std::to_string(options_.log_bytes_max),
                                       std::to_string(options_.files_max),
                                       std::to_string(kNotifyDescriptor)};
    arguments.insert(arguments.end(), launch.argv.begin(), launch.argv.end());
    const auto work = [result, id, program = options_.shim, arguments = std::move(arguments),
                       environment = std::move(launch.environment)] {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) {
            result->error = errno;
            return;
        }
        result->error = spawn_shim(program, arguments, environment, ends[1], result->pid);
        ::close(ends[1]);
        if (result->error != 0) {
            result->pid = 0;
            ::close(ends[0]);
            return;
        }
        result->descriptor = open_process(result->pid);
        if (result->descriptor < 0) {
            result->error = errno;
            ::close(ends[0]);
            end_unwatched(id, result->pid);
            return;
        }
        result->notify = ends[0];
    };
    loop_.run_blocking(work, [this, alive = alive_, id, result] {
        if (*alive) {
            spawned(id, *result);
        }
    });
}

void ShimHost::spawned(const ContainerId& id, const Spawned& result) {
    if (result.error != 0) {
        const std::string reason =
            "cannot start " + options_.shim + ": " + std::strerror(result.error);
        const auto started = read_started(options_.paths.state(id));
        if (result.pid > 0 && started) {  // it may have run for a moment
            log::error("a shim was ended because it cannot be watched",
                       {{"container", to_string(id)}, {"reason", reason}});
            on_event_(Started{id, started->user.pid});
            report_end(id);
        } else {
            on_event_(StartFailed{id, reason});
        }
        return;
    }
    Shim& shim = shims_[id];
    shim.pid = result.pid;
    shim.descriptor = result.descriptor;
    shim.notify = result.notify;
    shim.child = true;
    listen(id);
}

void ShimHost::listen(const ContainerId& id) {
    const auto it = shims_.find(id);
    if (it == shims_.end() || it->second.notify < 0) {
        return;
    }
    const auto watched = loop_.watch_readable(it->second.notify, [this, id] { answered(id); });
    if (watched) {
        it->second.notify_watch = *watched;
        return;
    }
    cannot_watch(id, watched.error());
    loop_.post_after(kWatchRetry, [this, alive = alive_, id] {
        if (*alive) {
            listen(id);
        }
    });
}

void ShimHost::answered(const ContainerId& id) {
    std::array<char, 2048> buffer{};
    Shim& shim = shims_.at(id);
    const ssize_t n = ::read(shim.notify, buffer.data(), buffer.size());
    const std::string line(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    close_notify(shim);
    answer_line(id, std::string(trim(line)));
}

void ShimHost::answer_line(const ContainerId& id, const std::string& line) {
    constexpr std::string_view kStarted = "started ";
    Shim& shim = shims_.at(id);
    std::int64_t pid = 0;
    if (line.starts_with(kStarted) && parse_number(std::string_view(line).substr(8), pid)) {
        shim.user.pid = static_cast<pid_t>(pid);
        shim.user.start_ticks = process_start_ticks(shim.user.pid).value_or(0);
        on_event_(Started{id, pid});
    } else {
        // It has no more to do or cannot be heard, and must be gone before anybody looks at what
        // it left. The signal makes sure of that even when it is stopped; its end comes by pidfd.
        shim.last_words = line;
        send_signal(shim.descriptor, SIGKILL);
    }
    watch(id);
}

void ShimHost::ended_unstarted(const ContainerId& id, const std::string& line) {
    constexpr std::string_view kFailed = "failed ";
    if (line == "busy") {
        look_for_other(id, 0);
    } else if (line.starts_with(kFailed)) {
        on_event_(StartFailed{id, line.substr(kFailed.size())});
    } else {
        look_for_other(id, kBusyPollsMax);  // it was killed before it could speak
    }
}

// Another shim has the container: one that an earlier agent started just before its death.
void ShimHost::look_for_other(const ContainerId& id, int polls) {
    const std::string state = options_.paths.state(id);
    const auto exit = read_exit(state);
    const auto started = read_started(state);
    if (exit && exit->kind == EndKind::LaunchFailed) {
        on_event_(StartFailed{id, exit->message});
    } else if (started && (exit || alive(started->shim) || polls >= kBusyPollsMax)) {
        on_event_(Started{id, started->user.pid});
        adopt(id);
    } else if (polls >= kBusyPollsMax) {
        on_event_(StartFailed{id, "its shim ended before the process was started"});
    } else {
        loop_.post_after(kBusyPoll, [this, alive = alive_, id, polls] {
            if (*alive) {
                look_for_other(id, polls + 1);
            }
        });
    }
}

// Watching.

void ShimHost::cannot_watch(const ContainerId& id, const Error& error) {
    log::error("cannot watch a container; trying again",
               {{"container", to_string(id)}, {"reason", error.message}});
}

void ShimHost::watch(const ContainerId& id) {
    const auto it = shims_.find(id);
    if (it == shims_.end() || it->second.watch != 0) {
        return;
    }
    const auto watched = loop_.watch_readable(it->second.descriptor, [this, id] { ended(id); });
    if (watched) {
        it->second.watch = *watched;
        return;
    }
    cannot_watch(id, watched.error());
    loop_.post_after(kWatchRetry, [this, alive = alive_, id] {
        if (*alive) {
            watch(id);
        }
    });
}

void ShimHost::adopt(const ContainerId& id) {
    const auto started = read_started(options_.paths.state(id));
    const int descriptor = started ? open_process(started->shim.pid) : -1;
    const int error = descriptor < 0 ? errno : 0;
    if (started && alive(started->shim)) {
        if (descriptor < 0) {  // too many descriptors, for example: no reason to end a container
            cannot_watch(id, {ErrorCode::Internal, std::strerror(error)});
            loop_.post_after(kWatchRetry, [this, alive = alive_, id] {
                if (*alive) {
                    adopt(id);
                }
            });
            return;
        }
        Shim& shim = shims_[id];
        shim.pid = started->shim.pid;
        shim.descriptor = descriptor;
        shim.user = started->user;
        watch(id);
        return;
    }
    if (descriptor >= 0) {
        ::close(descriptor);
    }
    loop_.post([this, alive = alive_, id] {
        if (*alive) {
            report_end(id);
        }
    });
}

void ShimHost::ended(const ContainerId& id) {
    const Shim& shim = shims_.at(id);
    if (shim.child) {
        ::waitid(P_PIDFD, static_cast<id_t>(shim.descriptor), nullptr, WEXITED | WNOHANG);
    }
    const auto last_words = shim.last_words;
    forget(id);
    if (last_words) {
        ended_unstarted(id, *last_words);
    } else {
        report_end(id);
    }
}

void ShimHost::report_end(const ContainerId& id) {
    const std::string state = options_.paths.state(id);
    if (const auto record = read_exit(state)) {
        on_event_(ContainerExited{id, exit_of(*record)});
        return;
    }
    const auto started = read_started(state);
    const ProcessIdentity shim = started ? started->shim : ProcessIdentity{};
    loop_.run_blocking([name = to_string(id), shim] { kill_leftovers(name, shim); },
                       [this, alive = alive_, id] {
                           if (*alive) {
                               on_event_(ContainerExited{id, unknown_exit()});
                           }
                       });
}

void ShimHost::signal(const ContainerId& id, SignalKind signal) {
    const auto it = shims_.find(id);
    if (it == shims_.end()) {
        return;  // its end is being reported
    }
    Shim& shim = it->second;
    if (signal != SignalKind::Kill) {
        send_signal(shim.descriptor, signal == SignalKind::Terminate ? SIGTERM : SIGQUIT);
        return;
    }
    send_signal(shim.descriptor, SIGUSR1);
    if (std::exchange(shim.killed, true)) {
        log::warning("a shim does not end its container; killing both",
                     {{"container", to_string(id)}});
        if (shim.user.pid > 1 && alive(shim.user)) {
            ::kill(-shim.user.pid, SIGKILL);
        }
        send_signal(shim.descriptor, SIGKILL);
    }
}

decltype(RecoveredContainer::process) ShimHost::inspect(const ContainerId& id) const {
    const std::string state = options_.paths.state(id);
    for (int polls = 0;; ++polls) {
        if (const auto record = read_exit(state)) {
            return exit_of(*record);
        }
        const auto started = read_started(state);
        if (started && alive(started->shim)) {
            return RecoveredContainer::Running{started->user.pid, {started->started_ms}};
        }
        // The lock is held a little longer than both: from before `started` to after `exit`.
        if (locked(state) && polls < kBusyPollsMax) {
            ::usleep(static_cast<useconds_t>(kBusyPoll.microseconds));
            continue;
        }
        if (const auto record = read_exit(state)) {
            return exit_of(*record);
        }
        if (started) {
            kill_leftovers(to_string(id), started->shim);
            return ProcessLost{};
        }
        return RecoveredContainer::NotStarted{};
    }
}

ContainerExit ShimHost::end_unrecorded(const ContainerId& id) const {
    const std::string state = options_.paths.state(id);
    if (const auto record = read_exit(state)) {
        return exit_of(*record);
    }
    const auto started = read_started(state);
    kill_leftovers(to_string(id), started ? started->shim : ProcessIdentity{});
    return unknown_exit();
}

std::map<std::int64_t, std::string> ShimHost::sessions() const {
    std::map<std::int64_t, std::string> all;
    for (const auto& [id, shim] : shims_) {
        all[shim.pid] = to_string(id);
    }
    return all;
}

void ShimHost::close_notify(Shim& shim) {
    if (shim.notify_watch != 0) {
        loop_.unwatch(std::exchange(shim.notify_watch, 0));
    }
    if (shim.notify >= 0) {
        ::close(std::exchange(shim.notify, -1));
    }
}

void ShimHost::forget(const ContainerId& id) {
    Shim& shim = shims_.at(id);
    close_notify(shim);
    if (shim.watch != 0) {
        loop_.unwatch(shim.watch);
    }
    ::close(shim.descriptor);
    shims_.erase(id);
}

}  // namespace heddle::node
