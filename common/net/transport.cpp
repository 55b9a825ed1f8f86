// Sockets as the system gives them: non-blocking, close-on-exec, no Nagle.

#include "common/net/transport.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "common/base/log.h"

namespace heddle::net {

namespace {

constexpr std::size_t kReadBuffer = 64 * 1024;
constexpr int kReadsAtOnce = 4;    // then other connections get their turn
constexpr int kWritesAtOnce = 16;  // the same for a peer that reads as fast as we write
constexpr std::size_t kPiecesAtOnce = 64;
constexpr Duration kDefaultPeerTimeout = seconds(20);
constexpr Duration kAcceptPause = milliseconds(100);
constexpr int kBacklog = 1024;

// An address as bind() and connect() want it.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    int family() const { return storage.ss_family; }
};

std::optional<SocketAddress> numeric_address(const std::string& host, std::uint16_t port) {
    SocketAddress address;
    auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        address.length = sizeof(sockaddr_in);
        return address;
    }
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        address.length = sizeof(sockaddr_in6);
        return address;
    }
    return std::nullopt;
}

Result<SocketAddress> unix_address(const std::string& path) {
    SocketAddress address;
    auto* local = reinterpret_cast<sockaddr_un*>(&address.storage);
    if (path.size() >= sizeof local->sun_path) {
        return Error{ErrorCode::InvalidArgument,
                     "socket path '" + path + "' is longer than the system's " +
                         std::to_string(sizeof local->sun_path - 1) + " characters"};
    }
    local->sun_family = AF_UNIX;
    std::memcpy(local->sun_path, path.c_str(), path.size() + 1);
    address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return address;
}

std::uint16_t port_of(const SocketAddress& address) {
    if (address.family() == AF_INET) {
        return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
    }
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port);
}

Peer peer_of(int descriptor, const SocketAddress& address) {
    Peer peer;
    if (address.family() == AF_UNIX) {
        ucred credentials{};
        socklen_t length = sizeof credentials;
        if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0) {
            peer.user = credentials.uid;
        }
        return peer;
    }
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(address.get(), address.length, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) == 0) {
        peer.address = text.data();
    }
    peer.port = port_of(address);
    return peer;
}

void set_option(int descriptor, int level, int name, int value) {
    // On a Unix socket TCP options do not apply; nothing depends on them there.
    static_cast<void>(setsockopt(descriptor, level, name, &value, sizeof value));
}

void prepare(int descriptor) {
    set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    set_peer_timeout(descriptor, kDefaultPeerTimeout);
}

// One buffer serves all connections of a thread: it is used up before the next read.
std::span<char> read_buffer() {
    static thread_local std::vector<char> buffer(kReadBuffer);
    return buffer;
}

}  // namespace

void set_peer_timeout(int descriptor, Duration timeout) {
    const auto whole = static_cast<int>(std::max<std::int64_t>(1, timeout.milliseconds() / 1000));
    constexpr int kProbes = 3;
    set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, std::max(1, whole / 2));
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, whole / 2 / kProbes));
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
    set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(timeout.milliseconds()));
}

// -- Transport ----------------------------------------------------------------------------------

Transport::Transport(std::shared_ptr<LoopCore> core, int descriptor, Peer peer)
    : core_(std::move(core)), descriptor_(descriptor), peer_(std::move(peer)) {}

void Transport::open() {
    handle_ = core_->open(descriptor_, weak_from_this());
}

void Transport::set_timeout(Duration timeout) {
    set_peer_timeout(descriptor_, timeout);
}

void Transport::start_reading() {
    reading_ = true;
    if (handle_ && !ended_) {
        handle_->want_read();
    }
}

void Transport::on_readable() {
    const TransportPtr self = shared_from_this();
    for (int turn = 0; turn < kReadsAtOnce && reading_ && handle_; ++turn) {
        const std::shared_ptr<TransportUser> user = user_;
        if (!user) {
            return;
        }
        const std::span<std::byte> direct = user->direct_space();
        const std::span<char> buffer = read_buffer();
        void* target = direct.empty() ? static_cast<void*>(buffer.data()) : direct.data();
        const std::size_t room = direct.empty() ? buffer.size() : direct.size();
        const ssize_t got = recv(descriptor_, target, room, 0);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno != EAGAIN && errno != EWOULDBLOCK) {
                lose({ErrorCode::Unavailable, "connection lost: " + std::string(strerror(errno))});
                return;
            }
            break;
        }
        if (got == 0) {
            ended_ = true;
            user->on_end();
            return;
        }
        const auto size = static_cast<std::size_t>(got);
        if (direct.empty()) {
            user->on_bytes({buffer.data(), size});
        } else {
            user->on_direct(size);
        }
        if (size < room) {
            break;
        }
    }
    if (reading_ && handle_ && !ended_) {
        handle_->want_read();
    }
}

void Transport::write(std::vector<OutPiece> pieces) {
    for (OutPiece& piece : pieces) {
        const std::size_t size = piece.view().size();
        if (size != 0) {
            pending_ += size;
            out_.push_back(std::move(piece));
        }
    }
    flush();
}

void Transport::write(std::string bytes) {
    pending_ += bytes.size();
    out_.push_back({std::move(bytes), {}});
    flush();
}

void Transport::on_writable() {
    flush();
}

// Writes until the system takes no more, or others must have their turn. on_written() may write
// again, which this call then sees.
void Transport::flush() {
    if (!handle_ || flushing_) {
        return;
    }
    const TransportPtr self = shared_from_this();
    flushing_ = true;
    for (int turn = 0; turn < kWritesAtOnce && handle_ && pending_ != 0; ++turn) {
        std::size_t written = 0;
        const bool more = write_some(written);
        if (written != 0 && handle_ && user_) {
            const std::shared_ptr<TransportUser> user = user_;
            user->on_written(written, pending_ == 0);
        }
        if (!more) {
            break;
        }
    }
    flushing_ = false;
    if (handle_ && pending_ != 0) {
        handle_->want_write();
    }
}

// False: the system takes no more now, or the connection is lost.
bool Transport::write_some(std::size_t& written) {
    std::array<iovec, kPiecesAtOnce> vectors{};
    std::size_t count = 0;
    for (auto piece = out_.begin(); piece != out_.end() && count < vectors.size(); ++piece) {
        std::string_view view = piece->view();
        if (count == 0) {
            view.remove_prefix(out_offset_);
        }
        // sendmsg() does not write through the pointer; its type is older than const.
        vectors[count++] = {const_cast<char*>(view.data()), view.size()};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    const ssize_t sent = sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno == EINTR) {
            return true;
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            lose({ErrorCode::Unavailable, "connection lost: " + std::string(strerror(errno))});
        }
        return false;
    }
    written = static_cast<std::size_t>(sent);
    pending_ -= written;
    std::size_t left = written + out_offset_;
    while (!out_.empty() && left >= out_.front().view().size()) {
        left -= out_.front().view().size();
        out_.pop_front();
    }
    out_offset_ = left;
    return true;
}

void Transport::shut_down_writing() {
    if (handle_) {
        shutdown(descriptor_, SHUT_WR);
    }
}

void Transport::close() {
    handle_.reset();
    out_.clear();
    pending_ = 0;
    out_offset_ = 0;
    const std::shared_ptr<TransportUser> last = std::move(user_);
    user_ = nullptr;
}

void Transport::lose(Error why) {
    const std::shared_ptr<TransportUser> user = user_;
    close();
    if (user) {
        user->on_lost(std::move(why));
    }
}

void Transport::on_abandon() {
    const std::shared_ptr<TransportUser> user = user_;
    close();
    if (user) {
        user->on_abandon();
    }
}

// -- Listener -----------------------------------------------------------------------------------

namespace {

Error listen_error(const std::string& where) {
    const int number = errno;
    const ErrorCode code = number == EADDRINUSE      ? ErrorCode::Conflict
                           : number == EACCES        ? ErrorCode::PermissionDenied
                           : number == EADDRNOTAVAIL ? ErrorCode::InvalidArgument
                                                     : ErrorCode::Internal;
    return Error{code, "cannot listen on " + where + ": " + std::strerror(number)};
}

// True when a process accepts connections at `address`.
bool somebody_listens(const SocketAddress& address) {
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) {
        return false;
    }
    const bool answered = connect(probe, address.get(), address.length) == 0 || errno == EAGAIN;
    ::close(probe);
    return answered;
}

}  // namespace

Listener::Listener(std::shared_ptr<LoopCore> core, OnAccept on_accept)
    : core_(std::move(core)), on_accept_(std::move(on_accept)) {}

Listener::~Listener() {
    close();
}

Result<std::shared_ptr<Listener>> Listener::tcp(std::shared_ptr<LoopCore> core,
                                                const std::string& address, std::uint16_t port,
                                                OnAccept on_accept) {
    const std::string where = Endpoint::tcp(address, port).text();
    std::optional<SocketAddress> target = numeric_address(address, port);
    if (!target) {
        return Error{ErrorCode::InvalidArgument,
                     "cannot listen on " + where + ": '" + address + "' is no numeric address"};
    }
    const int descriptor = socket(target->family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) {
        return listen_error(where);
    }
    set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    if (target->family() == AF_INET6) {
        set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    }
    SocketAddress bound;
    bound.length = sizeof bound.storage;
    if (bind(descriptor, target->get(), target->length) != 0 ||
        ::listen(descriptor, kBacklog) != 0 ||
        getsockname(descriptor, bound.get(), &bound.length) != 0) {
        const Error error = listen_error(where);
        ::close(descriptor);
        return error;
    }
    auto listener = std::make_shared<Listener>(std::move(core), std::move(on_accept));
    listener->port_ = port_of(bound);
    listener->start(descriptor);
    return listener;
}

Result<std::shared_ptr<Listener>> Listener::unix_socket(std::shared_ptr<LoopCore> core,
                                                        const std::string& path, unsigned mode,
                                                        OnAccept on_accept) {
    const std::string where = "unix:" + path;
    TRY(const SocketAddress address, unix_address(path));
    struct stat found {};
    if (lstat(path.c_str(), &found) == 0) {
        if (!S_ISSOCK(found.st_mode) || somebody_listens(address)) {
            errno = EADDRINUSE;
            return listen_error(where);
        }
        unlink(path.c_str());
    }
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) {
        return listen_error(where);
    }
    // The mode of the file comes from the socket's, so that it is never wider for a moment.
    fchmod(descriptor, mode);
    if (bind(descriptor, address.get(), address.length) != 0) {
        const Error error = listen_error(where);
        ::close(descriptor);
        return error;
    }
    auto listener = std::make_shared<Listener>(std::move(core), std::move(on_accept));
    listener->unix_path_ = path;
    if (chmod(path.c_str(), mode) != 0 || ::listen(descriptor, kBacklog) != 0) {
        const Error error = listen_error(where);
        ::close(descriptor);
        return error;
    }
    listener->start(descriptor);
    return listener;
}

void Listener::start(int descriptor) {
    descriptor_ = descriptor;
    reserve_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    handle_ = core_->open(descriptor, weak_from_this());
    handle_->want_read();
}

void Listener::close() {
    handle_.reset();
    if (reserve_ >= 0) {
        ::close(std::exchange(reserve_, -1));
    }
    if (!unix_path_.empty()) {
        unlink(std::exchange(unix_path_, {}).c_str());
    }
}

void Listener::on_readable() {
    constexpr int kAcceptsAtOnce = 64;
    const auto self = shared_from_this();
    for (int turn = 0; turn < kAcceptsAtOnce && handle_; ++turn) {
        if (!accept_one()) {
            break;
        }
    }
    if (handle_ && !paused_) {
        handle_->want_read();
    }
}

// False: nobody waits any more.
bool Listener::accept_one() {
    SocketAddress address;
    address.length = sizeof address.storage;
    const int accepted =
        accept4(descriptor_, address.get(), &address.length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted >= 0) {
        prepare(accepted);
        on_accept_(accepted, peer_of(accepted, address));
        return true;
    }
    if (errno == EMFILE || errno == ENFILE) {
        return shed_one();
    }
    return errno == EINTR || errno == ECONNABORTED;
}

// The client sees a closed connection instead of one that hangs, and the listening socket does not
// stay readable, which would spin. False: nobody waited (the system asks for a descriptor first).
bool Listener::shed_one() {
    if (reserve_ >= 0) {
        ::close(std::exchange(reserve_, -1));
        SocketAddress address;
        address.length = sizeof address.storage;
        const int accepted =
            accept4(descriptor_, address.get(), &address.length, SOCK_CLOEXEC | SOCK_NONBLOCK);
        reserve_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (accepted < 0) {
            return false;
        }
        if (reserve_ >= 0) {
            prepare(accepted);  // others were closed meanwhile: there is room after all
            on_accept_(accepted, peer_of(accepted, address));
            return true;
        }
        ::close(accepted);
        reserve_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        log::warning("out of file descriptors: a connection was refused");
        return true;
    }
    // The reserve was lost to another thread: wait for better times without spinning.
    paused_ = true;
    core_->post_after(kAcceptPause, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self && self->handle_) {
            self->paused_ = false;
            self->reserve_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
            self->handle_->want_read();
        }
    });
    return false;
}

// -- connect ------------------------------------------------------------------------------------

namespace {

class Connector final : public Connecting,
                        public IoListener,
                        public std::enable_shared_from_this<Connector> {
public:
    Connector(std::shared_ptr<LoopCore> core, Endpoint server,
              std::function<void(Result<TransportPtr>)> done)
        : core_(std::move(core)), server_(std::move(server)), done_(std::move(done)) {}

    ~Connector() override {
        if (timer_ != 0) {
            core_->cancel(timer_);
        }
    }

    void start(Duration timeout) {
        timer_ = core_->post_after(timeout, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->finish(Error{ErrorCode::Timeout,
                                   "no connection to " + self->server_.text() + " in time"});
            }
        });
        if (server_.is_unix()) {
            const Result<SocketAddress> address = unix_address(server_.unix_path);
            if (!address) {
                finish(address.error());
                return;
            }
            addresses_.push_back(*address);
            try_next();
        } else if (const auto numeric = numeric_address(server_.host, server_.port)) {
            addresses_.push_back(*numeric);
            try_next();
        } else {
            look_up();
        }
    }

    void on_readable() override {}
    void on_abandon() override {
        handle_.reset();
        done_ = nullptr;
    }

    void on_writable() override {
        int error = 0;
        socklen_t length = sizeof error;
        getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &length);
        if (error != 0) {
            why_ = strerror(error);
            handle_.reset();
            try_next();
            return;
        }
        // The descriptor changes hands: the transport registers a copy of its own.
        const int own = fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
        handle_.reset();
        if (own < 0) {
            finish(errno_error("connection to " + server_.text()));
            return;
        }
        connected(own);
    }

private:
    // Name services answer when they like, so they are asked on the file thread.
    void look_up() {
        struct Found {
            std::vector<SocketAddress> addresses;
            std::string why;
        };
        const auto found = std::make_shared<Found>();  // shared by the look-up and its end
        core_->run_blocking(
            [found, host = server_.host, port = std::to_string(server_.port)] {
                addrinfo hints{};
                hints.ai_socktype = SOCK_STREAM;
                addrinfo* list = nullptr;
                const int failed = getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
                if (failed != 0) {
                    found->why = gai_strerror(failed);
                    return;
                }
                for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
                    SocketAddress address;
                    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
                    address.length = at->ai_addrlen;
                    found->addresses.push_back(address);
                }
                freeaddrinfo(list);
            },
            [weak = weak_from_this(), found] {
                if (const auto self = weak.lock()) {
                    self->addresses_ = found->addresses;
                    self->why_ = found->why;
                    self->try_next();
                }
            });
    }

    void try_next() {
        while (done_ && next_ < addresses_.size()) {
            const SocketAddress& address = addresses_[next_++];
            const int descriptor =
                socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            if (descriptor < 0) {
                why_ = strerror(errno);
                continue;
            }
            if (connect(descriptor, address.get(), address.length) == 0) {
                connected(descriptor);
                return;
            }
            if (errno == EINPROGRESS) {
                descriptor_ = descriptor;
                handle_ = core_->open(descriptor, weak_from_this());
                handle_->want_write();
                return;
            }
            why_ = strerror(errno);
            ::close(descriptor);
        }
        if (done_) {
            finish(
                Error{ErrorCode::Unavailable, "cannot connect to " + server_.text() + ": " + why_});
        }
    }

    void connected(int descriptor) {
        prepare(descriptor);
        Peer peer;
        peer.address = server_.host;
        peer.port = server_.port;
        auto transport = std::make_shared<Transport>(core_, descriptor, std::move(peer));
        transport->open();
        finish(std::move(transport));
    }

    void finish(Result<TransportPtr> result) {
        const auto self = shared_from_this();
        handle_.reset();
        if (const auto done = std::exchange(done_, nullptr)) {
            done(std::move(result));
        }
    }

    std::shared_ptr<LoopCore> core_;
    Endpoint server_;
    std::function<void(Result<TransportPtr>)> done_;
    std::vector<SocketAddress> addresses_;
    std::size_t next_ = 0;
    std::string why_ = "no address";
    int descriptor_ = -1;
    std::unique_ptr<IoHandle> handle_;
    LoopCore::TimerId timer_ = 0;
};

}  // namespace

std::shared_ptr<Connecting> connect_transport(const std::shared_ptr<LoopCore>& core,
                                              const Endpoint& server, Duration timeout,
                                              std::function<void(Result<TransportPtr>)> done) {
    auto connector = std::make_shared<Connector>(core, server, std::move(done));
    core->post([weak = std::weak_ptr(connector), timeout] {
        if (const auto self = weak.lock()) {
            self->start(timeout);
        }
    });
    return connector;
}

}  // namespace heddle::net
