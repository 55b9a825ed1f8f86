// The file belongs to the file thread; the loop thread only counts what is under way.

#include "common/net/file_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "common/net/digest.h"

namespace heddle::net {

namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kQueueLimit = 4 * 1024 * 1024;

Error file_error(const std::string& path) {
    const int number = errno;
    const ErrorCode code = number == EEXIST                       ? ErrorCode::AlreadyExists
                           : number == ENOSPC || number == EDQUOT ? ErrorCode::ResourceExhausted
                                                                  : ErrorCode::Internal;
    return Error{code, errno_error("file '" + path + "'").message};
}

}  // namespace

struct FileSink::File {
    std::string path;
    int descriptor = -1;
    Sha256 digest;
    std::uint64_t size = 0;
    std::optional<Error> error;

    File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() { remove(); }

    void create() {
        descriptor =
            ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (descriptor < 0) {
            error = file_error(path);
        }
    }

    void append(std::string_view bytes) {
        digest.update(bytes);
        size += bytes.size();
        while (!error && !bytes.empty()) {
            const ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
            if (put >= 0) {
                bytes.remove_prefix(static_cast<std::size_t>(put));
            } else if (errno != EINTR) {
                error = file_error(path);
            }
        }
    }

    Result<Upload> finish() {
        if (descriptor >= 0 && !error && ::close(std::exchange(descriptor, -1)) != 0) {
            error = file_error(path);
            unlink(path.c_str());
        }
        if (error) {
            remove();
            return *error;
        }
        return Upload{path, size, digest.finish_hex()};
    }

    void remove() {
        if (descriptor >= 0) {
            ::close(std::exchange(descriptor, -1));
            unlink(path.c_str());
        }
    }
};

struct FileSink::State {
    std::string gathered;
    std::size_t under_way = 0;
    std::function<void()> on_room;
};

FileSink::FileSink(std::shared_ptr<LoopCore> core, std::string path)
    : core_(std::move(core)), file_(std::make_shared<File>()), state_(std::make_shared<State>()) {
    file_->path = std::move(path);
    core_->run_blocking([file = file_] { file->create(); }, nullptr);
}

FileSink::~FileSink() {
    state_->on_room = nullptr;
}

bool FileSink::write(std::string_view bytes, std::function<void()> on_room) {
    state_->gathered += bytes;
    if (state_->gathered.size() >= kPiece) {
        send_piece();
    }
    if (state_->under_way <= kQueueLimit) {
        return true;
    }
    state_->on_room = std::move(on_room);
    return false;
}

void FileSink::send_piece() {
    const std::size_t size = state_->gathered.size();
    state_->under_way += size;
    auto piece = std::make_shared<const std::string>(std::exchange(state_->gathered, {}));
    core_->run_blocking([file = file_, piece] { file->append(*piece); },
                        [state = state_, size] {
                            state->under_way -= size;
                            if (state->on_room && state->under_way <= kQueueLimit / 2) {
                                std::exchange(state->on_room, nullptr)();
                            }
                        });
}

void FileSink::finish(std::function<void(Result<Upload>)> done) {
    send_piece();
    const auto outcome = std::make_shared<std::optional<Result<Upload>>>();
    core_->run_blocking([file = file_, outcome] { *outcome = file->finish(); },
                        [outcome, done = std::move(done)] { done(std::move(**outcome)); });
}

}  // namespace heddle::net
