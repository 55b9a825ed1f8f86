// The store's thread: takes what is queued, writes it in one transaction, reports each batch.

#include "common/store/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "common/base/bounded_queue.h"
#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/store/database.h"
#include "common/store/lock_file.h"

namespace heddle::store {
namespace {

constexpr std::size_t kQueueMax = 65'536;
constexpr std::size_t kBatchesPerTransactionMax = 512;

struct Batch {
    std::uint64_t id = 0;
    std::vector<Change> changes;
};

class SqliteStore final : public Store {
public:
    SqliteStore(LockFile lock, std::unique_ptr<Database> database, Report report)
        : lock_(std::move(lock)), database_(std::move(database)), report_(std::move(report)) {}

    ~SqliteStore() override { close(); }

    Result<std::vector<Record>> load() override {
        CHECK(!thread_.joinable());
        return database_->load();
    }

    Status write_now(const std::vector<Change>& changes) override {
        CHECK(!thread_.joinable());
        return database_->apply({changes});
    }

    void write(std::uint64_t batch, std::vector<Change> changes) override {
        if (!thread_.joinable()) {
            thread_ = std::thread([this] { run(); });
        }
        queue_.push({batch, std::move(changes)});
    }

    void close() override {
        queue_.close();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    Figures figures() const override {
        const std::lock_guard lock(mutex_);
        return figures_;
    }

private:
    void run() {
        while (true) {
            std::deque<Batch> taken = queue_.pop_all(seconds(3600));
            if (taken.empty() && queue_.closed()) {
                return;
            }
            while (!taken.empty()) {
                write_group(taken);
            }
        }
    }

    void write_group(std::deque<Batch>& taken) {
        const std::size_t size = std::min(taken.size(), kBatchesPerTransactionMax);
        std::vector<std::uint64_t> ids;
        std::vector<std::vector<Change>> batches;
        for (std::size_t i = 0; i < size; ++i) {
            ids.push_back(taken.front().id);
            batches.push_back(std::move(taken.front().changes));
            taken.pop_front();
        }
        const TimePoint begin = monotonic_now();
        const Status status = database_->apply(batches);
        count(ids.size(), status.ok(), monotonic_now() - begin);
        for (const std::uint64_t id : ids) {
            Outcome outcome{id, std::nullopt, database_->flush_failed()};
            if (!status) {
                outcome.error = status.error();
            }
            report_(outcome);
        }
    }

    void count(std::size_t batches, bool ok, Duration took) {
        const std::lock_guard lock(mutex_);
        figures_.transactions += 1;
        figures_.batches += batches;
        figures_.failures += ok ? 0 : 1;
        figures_.seconds += took.seconds();
    }

    LockFile lock_;
    std::unique_ptr<Database> database_;
    Report report_;
    BoundedQueue<Batch> queue_{kQueueMax};
    std::thread thread_;
    mutable std::mutex mutex_;  // guards figures_
    Figures figures_;
};

bool exists(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& directory, Report report) {
    TRY(LockFile lock, LockFile::take(directory + "/state.lock"));
    const std::string path = directory + "/state.db";
    // Says that state.db was there once: an empty cluster after the loss of a file would be silent.
    const std::string marker = directory + "/state.created";
    if (!exists(path) && exists(marker)) {
        return Error{ErrorCode::DataLoss,
                     path +
                         " is missing although this directory was in use; restore it from a "
                         "backup, or remove " +
                         marker + " to start with an empty cluster"};
    }
    const mode_t mask = ::umask(0077);  // tokens are inside
    auto database = Database::open(path);
    ::umask(mask);
    TRY(std::unique_ptr<Database> opened, std::move(database));
    const int created = ::open(marker.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (created < 0) {
        return errno_error("cannot create " + marker);
    }
    ::close(created);
    return std::unique_ptr<Store>(
        new SqliteStore(std::move(lock), std::move(opened), std::move(report)));
}

}  // namespace heddle::store
