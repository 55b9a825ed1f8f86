// Following a log file.

#include "nodeagent/shell/log_follower.h"

#include <sys/stat.h>

#include <utility>

namespace heddle::node {

namespace {

constexpr Duration kPoll = milliseconds(200);
constexpr std::size_t kPiece = 64 * 1024;

bool same_file(const OpenLog& a, const OpenLog& b) {
    struct stat first {};
    struct stat second {};
    return ::fstat(*a.descriptor, &first) == 0 && ::fstat(*b.descriptor, &second) == 0 &&
           first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

// Kept alive by the timer or by the stream's callback that will go on.
class Follower : public std::enable_shared_from_this<Follower> {
public:
    Follower(net::EventLoop& loop, net::ResponseStreamPtr stream, OpenLog log, Follow follow)
        : loop_(loop),
          stream_(std::move(stream)),
          log_(std::move(log)),
          follow_(std::move(follow)) {}

    void start() {
        stream_->on_closed([self = weak_from_this()](const Status&) {
            if (const auto follower = self.lock()) {
                follower->closed_ = true;
            }
        });
        stream_->on_drained([self = weak_from_this()] {
            if (const auto follower = self.lock(); follower && follower->slow_) {
                follower->slow_ = false;
            }
        });
        turn();
    }

private:
    void turn() {
        const bool ended = follow_.ended();
        while (!closed_ && !slow_) {
            std::string bytes = read_log(log_, follow_.offset, kPiece);
            if (bytes.empty()) {
                if (take_successor()) {
                    continue;
                }
                break;
            }
            follow_.offset += bytes.size();
            const auto written = stream_->write(std::move(bytes));
            closed_ = written == net::ResponseStream::Write::Closed;
            slow_ = written == net::ResponseStream::Write::Slow;
        }
        if (closed_) {
            return;
        }
        if (ended && !slow_) {
            stream_->close();
            return;
        }
        loop_.post_after(kPoll, [self = shared_from_this()] { self->turn(); });
    }

    /// The file began anew and this one is all sent.
    bool take_successor() {
        auto now = follow_.reopen();
        if (!now || same_file(*now, log_)) {
            return false;
        }
        log_ = std::move(now).value();
        follow_.offset = 0;
        return true;
    }

    net::EventLoop& loop_;
    net::ResponseStreamPtr stream_;
    OpenLog log_;
    Follow follow_;
    bool closed_ = false;
    bool slow_ = false;
};

}  // namespace

void follow_log(net::EventLoop& loop, net::ResponseStreamPtr stream, OpenLog log, Follow follow) {
    std::make_shared<Follower>(loop, std::move(stream), std::move(log), std::move(follow))->start();
}

}  // namespace heddle::node
