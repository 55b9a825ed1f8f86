#include "common/store/database.h"

#include <sqlite3.h>
#include <xxhash.h>

namespace heddle::store {
namespace {

constexpr int kSchemaVersion = 1;

std::uint64_t checksum(std::string_view kind, std::string_view key, std::string_view value) {
    XXH64_hash_t hash = XXH3_64bits(kind.data(), kind.size());
    hash = XXH3_64bits_withSeed(key.data(), key.size(), hash);
    return XXH3_64bits_withSeed(value.data(), value.size(), hash);
}

void bind_bytes(sqlite3_stmt* statement, int index, std::string_view bytes) {
    // An empty view may have a null pointer, which SQLite would take for NULL.
    sqlite3_bind_blob64(statement, index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                        SQLITE_STATIC);
}

std::string column(sqlite3_stmt* statement, int index) {
    const void* bytes = sqlite3_column_blob(statement, index);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
    return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

Error damaged(std::string_view what) {
    return Error{ErrorCode::DataLoss, "the state database is damaged: " + std::string(what) +
                                          "; restore state.db from a backup"};
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    std::unique_ptr<Database> database(new Database(handle));
    if (code != SQLITE_OK) {
        return Error{ErrorCode::Internal, "cannot open " + path + ": " + sqlite3_errstr(code)};
    }
    sqlite3_extended_result_codes(handle, 1);
    TRY(database->prepare());
    return database;
}

Database::~Database() {
    for (sqlite3_stmt* statement : {find_, put_, erase_, set_digest_}) {
        sqlite3_finalize(statement);
    }
    sqlite3_close(handle_);
}

Error Database::failure(std::string_view what) {
    const int code = sqlite3_extended_errcode(handle_);
    std::string message =
        std::string(what.substr(0, what.find(';'))) + ": " + sqlite3_errmsg(handle_);
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) {
        flush_failed_ = true;
    }
    switch (code & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return damaged(message);
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY: {
            const char* path = sqlite3_db_filename(handle_, "main");
            message = "cannot write " + std::string(path == nullptr ? "state.db" : path) + " (" +
                      message + ")";
            return Error{ErrorCode::Unavailable,
                         message + ((code & 0xff) == SQLITE_FULL
                                        ? "; make room on its disk, or give it another one"
                                        : "; see whether its disk is full or may not be written")};
        }
        default:
            return Error{ErrorCode::Internal, message};
    }
}

Status Database::execute(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return failure(sql);
    }
    return {};
}

Result<sqlite3_stmt*> Database::statement(const char* sql) {
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(handle_, sql, -1, &prepared, nullptr) != SQLITE_OK) {
        return failure(sql);
    }
    return prepared;
}

Status Database::prepare() {
    TRY(execute("PRAGMA locking_mode=EXCLUSIVE"));
    TRY(execute("PRAGMA journal_mode=WAL"));
    TRY(execute("PRAGMA synchronous=FULL"));
    TRY(execute("PRAGMA cell_size_check=ON"));
    TRY(sqlite3_stmt* const version, statement("PRAGMA user_version"));
    const int stepped = sqlite3_step(version);
    const int found = sqlite3_column_int(version, 0);
    sqlite3_finalize(version);
    if (stepped != SQLITE_ROW) {
        return failure("reading the schema version");
    }
    if (found > kSchemaVersion) {
        return Error{ErrorCode::Unsupported,
                     "the state database has schema version " + std::to_string(found) +
                         ", this program knows up to " + std::to_string(kSchemaVersion) +
                         "; it was written by a newer version"};
    }
    if (found == 0) {
        TRY(
            execute("BEGIN IMMEDIATE;"
                    "CREATE TABLE records(kind BLOB NOT NULL, key BLOB NOT NULL,"
                    " value BLOB NOT NULL, checksum INTEGER NOT NULL,"
                    " PRIMARY KEY(kind, key)) WITHOUT ROWID;"
                    "CREATE TABLE digest(id INTEGER PRIMARY KEY CHECK(id = 1),"
                    " digest INTEGER NOT NULL, count INTEGER NOT NULL);"
                    "INSERT INTO digest VALUES(1, 0, 0);"
                    "PRAGMA user_version=1;"
                    "COMMIT"));
    }
    TRY(find_, statement("SELECT checksum FROM records WHERE kind=?1 AND key=?2"));
    TRY(put_, statement("INSERT OR REPLACE INTO records VALUES(?1,?2,?3,?4)"));
    TRY(erase_, statement("DELETE FROM records WHERE kind=?1 AND key=?2"));
    TRY(set_digest_, statement("UPDATE digest SET digest=?1, count=?2 WHERE id=1"));
    return {};
}

Result<std::vector<Record>> Database::load() {
    std::vector<Record> records;
    digest_ = 0;
    count_ = 0;
    TRY(sqlite3_stmt* const all,
        statement("SELECT kind, key, value, checksum FROM records ORDER BY kind, key"));
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> close(all, sqlite3_finalize);
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(all)) == SQLITE_ROW) {
        Record record{column(all, 0), column(all, 1), column(all, 2)};
        const auto stored = static_cast<std::uint64_t>(sqlite3_column_int64(all, 3));
        if (stored != checksum(record.kind, record.key, record.value)) {
            return damaged("the " + record.kind + " record '" + record.key +
                           "' does not match its checksum");
        }
        digest_ ^= stored;
        ++count_;
        records.push_back(std::move(record));
    }
    if (code != SQLITE_DONE) {
        return failure("reading the records");
    }
    TRY(sqlite3_stmt* const totals, statement("SELECT digest, count FROM digest WHERE id=1"));
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> close_totals(totals,
                                                                             sqlite3_finalize);
    if (sqlite3_step(totals) != SQLITE_ROW) {
        return damaged("its digest is missing");
    }
    const std::int64_t count = sqlite3_column_int64(totals, 1);
    if (static_cast<std::uint64_t>(sqlite3_column_int64(totals, 0)) != digest_ || count != count_) {
        return damaged("it should hold " + std::to_string(count) + " records and holds " +
                       std::to_string(count_) + ", or one was replaced by an older one");
    }
    return records;
}

Status Database::change(const Change& change) {
    sqlite3_reset(find_);
    bind_bytes(find_, 1, change.kind);
    bind_bytes(find_, 2, change.key);
    const int found = sqlite3_step(find_);
    if (found == SQLITE_ROW) {
        digest_ ^= static_cast<std::uint64_t>(sqlite3_column_int64(find_, 0));
        --count_;
    }
    sqlite3_reset(find_);
    if (found != SQLITE_ROW && found != SQLITE_DONE) {
        return failure("finding a record");
    }
    sqlite3_stmt* const statement = change.value ? put_ : erase_;
    sqlite3_reset(statement);
    bind_bytes(statement, 1, change.kind);
    bind_bytes(statement, 2, change.key);
    if (change.value) {
        const std::uint64_t sum = checksum(change.kind, change.key, *change.value);
        bind_bytes(statement, 3, *change.value);
        sqlite3_bind_int64(statement, 4, static_cast<std::int64_t>(sum));
        digest_ ^= sum;
        ++count_;
    }
    const int done = sqlite3_step(statement);
    if (done != SQLITE_DONE) {
        Error error = failure("writing a record");
        sqlite3_reset(statement);
        return error;
    }
    sqlite3_reset(statement);
    return {};
}

Status Database::write_digest() {
    sqlite3_reset(set_digest_);
    sqlite3_bind_int64(set_digest_, 1, static_cast<std::int64_t>(digest_));
    sqlite3_bind_int64(set_digest_, 2, count_);
    const int done = sqlite3_step(set_digest_);
    if (done != SQLITE_DONE) {
        Error error = failure("writing the digest");
        sqlite3_reset(set_digest_);
        return error;
    }
    sqlite3_reset(set_digest_);
    return {};
}

Status Database::apply(const std::vector<std::vector<Change>>& batches) {
    const std::uint64_t digest = digest_;
    const std::int64_t count = count_;
    const auto write_all = [&]() -> Status {
        TRY(execute("BEGIN IMMEDIATE"));
        for (const std::vector<Change>& batch : batches) {
            for (const Change& one : batch) {
                TRY(change(one));
            }
        }
        TRY(write_digest());
        return execute("COMMIT");
    };
    Status status = write_all();
    if (!status) {
        // Fails when SQLite has rolled back by itself, which is as good.
        sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
        digest_ = digest;
        count_ = count;
    }
    return status;
}

}  // namespace heddle::store
