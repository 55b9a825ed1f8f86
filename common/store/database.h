#pragma once

// The SQLite file of a store: records with checksums, and a digest over all of them, so that a
// record that vanished is noticed like one that changed. SQLite's own check finds few of the single
// flipped bytes.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/store/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace heddle::store {

class Database {
public:
    /// Opens or creates the file. Errors as Store::open.
    static Result<std::unique_ptr<Database>> open(const std::string& path);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Errors: DataLoss.
    Result<std::vector<Record>> load();

    /// One transaction, durable when this returns. Nothing is changed on an error.
    Status apply(const std::vector<std::vector<Change>>& batches);

    /// After an error of apply(): a flush failed, so what is on disk is not known.
    bool flush_failed() const { return flush_failed_; }

private:
    explicit Database(sqlite3* handle) : handle_(handle) {}

    Status prepare();
    Status execute(const char* sql);
    Result<sqlite3_stmt*> statement(const char* sql);
    Status change(const Change& change);
    Status write_digest();
    Error failure(std::string_view what);

    sqlite3* handle_;
    sqlite3_stmt* find_ = nullptr;
    sqlite3_stmt* put_ = nullptr;
    sqlite3_stmt* erase_ = nullptr;
    sqlite3_stmt* set_digest_ = nullptr;
    // Of the records in the file: exclusive or of their checksums, and how many there are.
    std::uint64_t digest_ = 0;
    std::int64_t count_ = 0;
    bool flush_failed_ = false;
};

}  // namespace heddle::store
