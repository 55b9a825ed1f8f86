// One thread feeds and reads the program, so neither side can wait for the other for ever.
#include "executor/task/pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <string_view>

#include "common/rdd/record_face.h"
#include "common/rdd/scope.h"

namespace heddle::executor {

using rdd::Flow;

namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;
constexpr std::size_t kComplaintBytes = 2000;  // of standard error, for the message
constexpr int kPollMs = 100;                   // how soon a cancelled task notices

class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    ~Fd() { reset(); }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    int get() const { return fd_; }
    bool open() const { return fd_ >= 0; }
    void reset(int fd = -1) {
        if (fd_ >= 0) {
            ::close(fd_);
        }
        fd_ = fd;
    }

private:
    int fd_ = -1;
};

// False: errno says why. The ends are closed on exec.
bool make_pipe_ends(Fd& read_end, Fd& write_end) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return false;
    }
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
    return true;
}

void set_nonblocking(const Fd& fd) {
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

// A program that no longer reads must not end this process by a signal.
ssize_t write_quietly(int fd, std::string_view bytes) {
    sigset_t pipe_signal;
    sigset_t before;
    sigset_t waiting;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&waiting);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    const int error = errno;
    if (written < 0 && error == EPIPE && sigismember(&waiting, SIGPIPE) == 0) {
        const timespec now{};
        while (sigtimedwait(&pipe_signal, nullptr, &now) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return written;
}

class PipeOperator final : public rdd::Operator {
public:
    using Environment = std::map<std::string, std::string>;

    PipeOperator(const rdd::OperatorInit& init, rdd::Sink& next, std::vector<std::string> command,
                 const Environment& environment)
        : scope_(init.scope),
          operation_(init.operation),
          next_(next),
          command_(std::move(command)) {
        if (const int error = start(environment); error != 0) {
            fail("cannot start '" + command_.front() + "': " + std::strerror(error));
        }
    }
    ~PipeOperator() override {
        if (child_ > 0) {
            ::kill(child_, SIGKILL);
            (void)wait_for_child();
        }
    }

    Flow push(rdd::Batch& batch) override {
        const auto* rows = static_cast<const std::string_view*>(batch.rows);
        for (std::uint32_t i = 0; i < batch.count && input_.open(); ++i) {
            to_child_ += rows[i];
            to_child_ += '\n';
            if (to_child_.size() >= kBufferBytes) {
                pump(true);
            }
        }
        return done_ ? Flow::Stop : scope_.flow();
    }

    Flow close() override {
        pump(true);
        input_.reset();
        pump(false);
        if (scope_.stopped() || done_) {
            return Flow::Stop;
        }
        if (!line_.empty()) {
            add(line_);
        }
        flush();
        const int status = wait_for_child();
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fail("'" + command_.front() + "' " +
                 (WIFEXITED(status) ? "exited with code " + std::to_string(WEXITSTATUS(status))
                                    : "was ended by signal " + std::to_string(WTERMSIG(status))) +
                 (complaint_.empty() ? "" : ": " + complaint_));
        }
        return scope_.flow();
    }

private:
    int start(const Environment& environment) {
        Fd child_in;
        Fd child_out;
        Fd child_err;
        if (!make_pipe_ends(child_in, input_) || !make_pipe_ends(output_, child_out) ||
            !make_pipe_ends(errors_, child_err)) {
            return errno;
        }
        for (const Fd* fd : {&input_, &output_, &errors_}) {
            set_nonblocking(*fd);
        }
        std::vector<std::string> variables;
        for (char** at = environ; *at != nullptr; ++at) {
            const std::string_view text(*at);
            if (environment.count(std::string(text.substr(0, text.find('=')))) == 0) {
                variables.emplace_back(text);
            }
        }
        for (const auto& [name, value] : environment) {
            variables.push_back(name + "=" + value);
        }
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, child_in.get(), 0);
        posix_spawn_file_actions_adddup2(&actions, child_out.get(), 1);
        posix_spawn_file_actions_adddup2(&actions, child_err.get(), 2);
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        sigset_t none;
        sigemptyset(&none);
        sigset_t usual;
        sigemptyset(&usual);
        sigaddset(&usual, SIGPIPE);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &usual);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        const int error = ::posix_spawnp(&child_, command_.front().c_str(), &actions, &attributes,
                                         pointers(command_).data(), pointers(variables).data());
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        if (error != 0) {
            child_ = -1;
        }
        return error;
    }
    static std::vector<char*> pointers(std::vector<std::string>& texts) {
        std::vector<char*> out;
        for (std::string& text : texts) {
            out.push_back(text.data());
        }
        out.push_back(nullptr);
        return out;
    }

    // Until all input is written (`feeding`), or until the program has closed its output.
    void pump(bool feeding) {
        while (!scope_.stopped() && !done_ &&
               (feeding ? input_.open() && !to_child_.empty() : output_.open() || errors_.open())) {
            std::array<pollfd, 3> polled{pollfd{to_child_.empty() ? -1 : input_.get(), POLLOUT, 0},
                                         pollfd{output_.get(), POLLIN, 0},
                                         pollfd{errors_.get(), POLLIN, 0}};
            (void)::poll(polled.data(), polled.size(), kPollMs);
            if (polled[1].revents != 0) {
                read_output();
            }
            if (polled[2].revents != 0) {
                read_errors();
            }
            if (polled[0].revents != 0) {
                write_input();
            }
        }
    }
    void write_input() {
        const ssize_t written = write_quietly(input_.get(), to_child_);
        if (written > 0) {
            to_child_.erase(0, static_cast<std::size_t>(written));
        } else if (written < 0 && errno != EAGAIN && errno != EINTR) {
            to_child_.clear();  // it reads no more
            input_.reset();
        }
    }
    // Empty: the end, or nothing yet.
    std::string_view read_some(Fd& fd) {
        const ssize_t got = ::read(fd.get(), buffer_.data(), buffer_.size());
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
            fd.reset();
        }
        return {buffer_.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
    }
    void read_errors() {
        complaint_ += read_some(errors_);
        if (complaint_.size() > kComplaintBytes) {
            complaint_.erase(0, complaint_.size() - kComplaintBytes);
        }
    }
    void read_output() {
        std::string_view text = read_some(output_);
        for (std::size_t end = text.find('\n'); end != std::string_view::npos;
             end = text.find('\n')) {
            line_ += text.substr(0, end);
            add(line_);
            line_.clear();
            text.remove_prefix(end + 1);
        }
        line_ += text;
        flush();
    }
    void add(const std::string& line) {
        rows_.push_back(scope_.keep(line));
        if (rows_.size() == rdd::kBatchRecords) {
            flush();
        }
    }
    void flush() {
        if (!rows_.empty() && !done_) {
            rdd::Batch batch;
            batch.count = static_cast<std::uint32_t>(rows_.size());
            batch.rows = rows_.data();
            batch.face = &rdd::text_face();
            batch.movable = true;
            done_ = next_.push(batch) == Flow::Stop;
        }
        rows_.clear();
    }
    int wait_for_child() {
        int status = 0;
        while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
        }
        child_ = -1;
        return status;
    }
    void fail(std::string message) {
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::ExceptionFailure;
        failure.operation = operation_;
        failure.message = std::move(message);
        scope_.fail(std::move(failure));
    }

    rdd::TaskScope& scope_;
    std::string operation_;
    rdd::Sink& next_;
    std::vector<std::string> command_;
    pid_t child_ = -1;
    Fd input_;
    Fd output_;
    Fd errors_;
    std::string to_child_;
    std::string line_;  // of the program's output, not yet ended
    std::string complaint_;
    bool done_ = false;  // nobody wants more
    std::vector<std::string_view> rows_;
    std::array<char, kBufferBytes> buffer_;
};

}  // namespace

std::unique_ptr<rdd::Operator> make_pipe(const rdd::OperatorInit& init, rdd::Sink& next) {
    rdd::ByteReader in(init.payload);
    std::vector<std::string> command(in.count_of(1));
    for (std::string& argument : command) {
        argument = in.text();
    }
    PipeOperator::Environment environment;
    for (std::size_t left = in.count_of(2); left > 0 && !in.failed(); --left) {
        std::string name(in.text());
        environment[std::move(name)] = in.text();
    }
    if (!in.status("pipe") || command.empty() || init.face != &rdd::text_face()) {
        return nullptr;
    }
    return std::make_unique<PipeOperator>(init, next, std::move(command), environment);
}

}  // namespace heddle::executor
