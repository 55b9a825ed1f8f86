// An executor process: connects to its driver, serves tasks and blocks, and ends with the driver.
// The loop thread owns the runtime; task threads only compute.
#include "executor/serve.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/net/event_loop.h"
#include "common/net/frame_channel.h"
#include "common/rdd/executor_frames.h"
#include "common/rdd/registry.h"
#include "executor/shell/block_client.h"
#include "executor/shell/block_server.h"
#include "executor/shell/parked_results.h"
#include "executor/shell/runtime.h"

namespace heddle::executor {

namespace {

constexpr Duration kConnectTimeout = seconds(30);
constexpr std::int64_t kMemoryDefault = std::int64_t{1} << 30;
// A larger answer does not fit into a frame; the driver would not want it in its memory, either.
constexpr std::size_t kResultBytesMax = std::size_t{192} << 20;
constexpr Duration kGather = milliseconds(1);  // answers of tiny tasks
constexpr int kExitDriverGone = 1;
constexpr int kExitConfiguration = 8;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

struct Identity {
    net::Endpoint driver;
    std::string secret;
    std::string host;
    std::string container;
    std::string folder;
    std::int32_t cores = 1;
    std::int64_t memory = kMemoryDefault;
};

Result<std::string> read_secret(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string secret((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file.is_open() || trim(secret).empty()) {
        return Error{ErrorCode::NotFound, "no application secret in '" + path + "'"};
    }
    return std::string(trim(secret));
}

// The first of the container's folders, or one for temporary files.
std::string local_folder() {
    const std::string folders = environment("LOCAL_DIRS");
    const std::string parent = folders.empty() ? std::filesystem::temp_directory_path().string()
                                               : std::string(split(folders, ',').front());
    return parent + "/heddle-executor-" + std::to_string(getpid());
}

Result<Identity> read_identity() {
    Identity identity;
    TRY(identity.driver, net::Endpoint::parse(environment(rdd::kDriverVariable)));
    TRY(identity.secret, read_secret(environment(rdd::kSecretVariable)));
    identity.host = environment("NM_HOST");
    if (identity.host.empty()) {
        identity.host = "localhost";
    }
    identity.container = environment("CONTAINER_ID");
    identity.folder = local_folder();
    const std::string cores = environment(rdd::kCoresVariable);
    if (!cores.empty() && (!parse_number(cores, identity.cores) || identity.cores < 1)) {
        return Error{ErrorCode::InvalidArgument,
                     std::string(rdd::kCoresVariable) + "='" + cores + "' is no number of cores"};
    }
    const std::string memory = environment(rdd::kMemoryVariable);
    if (!memory.empty() && (!parse_number(memory, identity.memory) || identity.memory < 1)) {
        return Error{ErrorCode::InvalidArgument,
                     std::string(rdd::kMemoryVariable) + "='" + memory + "' is no number of bytes"};
    }
    return identity;
}

class Server final : public Surroundings {
public:
    explicit Server(Identity identity)
        : identity_(std::move(identity)),
          client_(loop_, identity_.secret),
          runtime_(
              {identity_.cores, identity_.memory, identity_.folder}, this,
              [this] { loop_.post([this] { report(); }); },
              [this] { loop_.post_after(kGather, [this] { report(); }); }),
          server_(loop_, runtime_.cached(), runtime_.map_output(), identity_.secret) {}

    // Returns when the driver wants no more or is gone.
    int run() {
        net::FrameOptions options;
        net::connect_frames(
            loop_, identity_.driver, options, kConnectTimeout,
            [this](Result<net::FrameConnectionPtr> made) { connected(std::move(made)); });
        loop_.run();
        return exit_code_;
    }

    // Tasks may be deep in code that never looks up; the process is over nevertheless.
    [[noreturn]] void leave(int code) const {
        std::error_code ignored;
        std::filesystem::remove_all(identity_.folder, ignored);
        _exit(code);
    }

    void meet(const rdd::PeerJoined& peer) override { client_.meet(peer); }
    void lose(rdd::ExecutorId peer) override { client_.lose(peer); }
    void quit(const std::string& reason) override {
        if (reason.empty()) {
            finish(0);
        } else if (!known()) {
            log::error("the driver refused this executor", {{"reason", reason}});
            finish(kExitConfiguration);
        } else {
            // A process of the driver's own shares its terminal, where the driver has its say.
            if (parse_container_id(identity_.container)) {
                log::warning("the driver wants no more of this executor", {{"reason", reason}});
            }
            finish(kExitDriverGone);
        }
    }
    BlockSource* blocks() override { return &client_; }

private:
    bool known() const { return runtime_.books().id() != rdd::kNoExecutor; }

    void finish(int code) {
        if (!finished_) {
            finished_ = true;
            exit_code_ = code;
            loop_.stop();
        }
    }

    void connected(Result<net::FrameConnectionPtr> made) {
        if (!made) {
            log::error("cannot reach the driver",
                       {{"driver", identity_.driver.text()}, {"reason", made.error().message}});
            finish(kExitDriverGone);
            return;
        }
        connection_ = std::move(made).value();
        const auto address = net::local_address_towards(identity_.driver);
        const auto port = server_.listen(address ? *address : "127.0.0.1");
        if (!port) {
            log::error("cannot serve blocks", {{"reason", port.error().message}});
            finish(kExitConfiguration);
            return;
        }
        net::FrameConnection::Events events;
        events.on_frame = [this](const net::Frame& frame) { take(frame); };
        events.on_close = [this](const Status&) {
            // A process of the driver's own shares its terminal: to end with it is no news there.
            if (!finished_ && parse_container_id(identity_.container)) {
                log::warning("the driver is gone", {});
            }
            finish(kExitDriverGone);
        };
        connection_->start(std::move(events));
        client_.meet({rdd::kNoExecutor, identity_.driver.host, identity_.driver.port});
        connection_->send(static_cast<std::uint8_t>(rdd::FrameKind::Handshake), 0,
                          rdd::encode(rdd::Handshake{rdd::kRuntimeVersion, rdd::Purpose::Executor,
                                                     identity_.secret}));
        rdd::ExecutorHello hello;
        hello.program = rdd::program_identity();
        hello.host = identity_.host;
        hello.container = identity_.container;
        hello.address = address ? *address : "127.0.0.1";
        hello.port = *port;
        hello.slots = identity_.cores;
        hello.memory = identity_.memory;
        hello.pid = getpid();
        send({std::move(hello)});
    }

    void take(const net::Frame& frame) {
        const auto messages = rdd::split_messages(frame.payload.text());
        if (!messages) {
            log::error("bytes from the driver that mean nothing", {});
            finish(kExitDriverGone);
            return;
        }
        for (const std::string_view bytes : *messages) {
            const auto message = rdd::decode_to_executor(bytes);
            if (!message) {
                log::error("a message from the driver that means nothing",
                           {{"reason", message.error().message}});
                finish(kExitDriverGone);
                return;
            }
            const auto* welcome = std::get_if<rdd::ExecutorWelcome>(&*message);
            if (welcome != nullptr) {
                client_.set_transfer(welcome->transfer);
                direct_max_ = welcome->transfer.direct_result_max;
            }
            runtime_.deliver(*message);
            if (welcome != nullptr) {
                beat();
            }
        }
        report();
    }

    void report() { send(runtime_.take_messages()); }

    void beat() {
        send({runtime_.heartbeat()});
        const Duration interval = runtime_.books().heartbeat_interval();
        if (interval.microseconds > 0) {
            loop_.post_after(interval, [this] { beat(); });
        }
    }

    void send(std::vector<rdd::FromExecutor> messages) {
        if (messages.empty() || connection_ == nullptr) {
            return;
        }
        rdd::ByteWriter frame;
        for (rdd::FromExecutor& message : messages) {
            if (auto* done = std::get_if<rdd::TaskDone>(&message)) {
                const auto size = static_cast<std::int64_t>(done->result.value.size());
                if (size <= direct_max_ || !park_result(runtime_.cached(), done->result)) {
                    limit(done->result);
                }
            }
            rdd::append_message(frame, rdd::encode(message));
            if (frame.size() > kResultBytesMax / 8) {
                flush(frame);
            }
        }
        flush(frame);
    }

    void flush(rdd::ByteWriter& frame) {
        if (frame.size() > 0) {
            connection_->send(static_cast<std::uint8_t>(rdd::FrameKind::Messages), 0, {},
                              {net::SharedBytes::of(frame.take())});
        }
    }

    static void limit(rdd::TaskResult& result) {
        if (result.value.size() <= kResultBytesMax) {
            return;
        }
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::ExceptionFailure;
        failure.message = "the task's result takes " +
                          human_bytes(static_cast<std::int64_t>(result.value.size())) +
                          ", more than the " + human_bytes(kResultBytesMax) +
                          " that go to the driver: save it, or use more partitions";
        failure.final = true;
        result.failure = std::move(failure);
        result.value.clear();
    }

    Identity identity_;
    net::EventLoop loop_;
    BlockClient client_;
    Runtime runtime_;
    BlockServer server_;
    net::FrameConnectionPtr connection_;
    std::int64_t direct_max_ = 0;  // larger results wait in the store
    bool finished_ = false;
    int exit_code_ = 0;
};

}  // namespace

bool in_executor_role() {
    return environment(rdd::kRoleVariable) == "executor";
}

int serve(int, char**) {
    // What tasks start must not take itself for an executor.
    unsetenv(rdd::kRoleVariable);
    log::init("executor", log::Level::Info);
    auto identity = read_identity();
    if (!identity) {
        log::error("cannot serve as an executor", {{"reason", identity.error().message}});
        return kExitConfiguration;
    }
    auto* const server = new Server(std::move(identity).value());  // never destroyed: see leave()
    server->leave(server->run());
}

}  // namespace heddle::executor
