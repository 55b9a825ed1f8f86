#pragma once

// A small durable table of records: (kind, key) -> bytes. What is reported as written is on disk
// and stays there through power loss; what is read back is what was written, or the start is
// refused with a message that names the record.
//
// One process at a time: a lock file beside the database says who. Batches are written by a thread
// of the store's own, many in one transaction, so that an fsync never stands in front of its
// caller.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace heddle::store {

/// Puts `value` under (kind, key), or removes what is there when it is empty.
struct Change {
    std::string kind;
    std::string key;
    std::optional<std::string> value;
};

struct Record {
    std::string kind;
    std::string key;
    std::string value;

    friend bool operator==(const Record&, const Record&) = default;
};

/// How a batch ended. `fatal`: the disk's answer to a flush cannot be trusted any more; the process
/// must end and start again from what is on disk.
struct Outcome {
    std::uint64_t batch = 0;
    std::optional<Error> error;
    bool fatal = false;
};

struct Figures {
    std::uint64_t transactions = 0;
    std::uint64_t batches = 0;
    std::uint64_t failures = 0;
    double seconds = 0;  // inside transactions
};

class Store {
public:
    using Report = std::function<void(const Outcome&)>;

    /// Opens or creates `directory`/state.db. `report` is called on the store's thread, once for
    /// each batch, in the order of write(). Errors: Conflict when another process holds the
    /// directory (with its pid), DataLoss when the database is damaged or missing, Unsupported when
    /// a newer version wrote it, Internal with the system's reason.
    static Result<std::unique_ptr<Store>> open(const std::string& directory, Report report);

    virtual ~Store() = default;

    /// All records, ordered by kind and key. Only before the first write.
    /// Errors: DataLoss naming kind and key of the first damaged record.
    virtual Result<std::vector<Record>> load() = 0;

    /// Writes at once and waits; only before the first write().
    virtual Status write_now(const std::vector<Change>& changes) = 0;

    /// All of `changes` or none, after all earlier batches.
    virtual void write(std::uint64_t batch, std::vector<Change> changes) = 0;

    /// Writes what is queued, reports it, and stops. Called by the destructor too.
    virtual void close() = 0;

    virtual Figures figures() const = 0;
};

}  // namespace heddle::store
