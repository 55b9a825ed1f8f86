#include "resourcemanager/shell/state_store.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "common/base/strings.h"
#include "common/config/scheduler_file.h"
#include "common/wire/codec.h"
#include "common/wire/json.h"

namespace heddle::rm {
namespace {

constexpr const char* kApplication = "application";
constexpr const char* kAttempt = "attempt";
constexpr const char* kNode = "node";
constexpr const char* kScheduler = "scheduler";
constexpr const char* kMeta = "meta";
constexpr const char* kClusterTimestamp = "cluster-timestamp";
constexpr const char* kEpoch = "epoch";
constexpr const char* kSequences = "application-sequences";

Error unreadable(const store::Record& record, std::string_view why) {
    return Error{ErrorCode::DataLoss, "the state database is damaged: the " + record.kind +
                                          " record '" + record.key + "': " + std::string(why) +
                                          "; restore state.db from a backup"};
}

// With leading zeros, so that keys sort as versions do.
std::string version_key(std::int64_t version) {
    std::string digits = std::to_string(version);
    return std::string(12 - std::min<std::size_t>(digits.size(), 12), '0') + digits;
}

std::string encode_version(const SchedulerVersion& version) {
    wire::JsonWriter json;
    json.begin_object().member("version", version.config.version);
    json.member("changed", version.changed.milliseconds).member("by", version.by);
    json.member("note", version.note);
    json.member("config", config::scheduler_text(version.config)).end_object();
    return std::move(json).take();
}

Result<SchedulerVersion> decode_version(const std::string& text) {
    TRY(const wire::Json json, wire::parse_json(text, {64U << 20U, 4, 100}));
    TRY(const std::string toml, json.string_or("config", ""));
    SchedulerVersion version;
    TRY(version.config, config::parse_scheduler(toml, "configuration"));
    TRY(version.config.version, json.integer_or("version", 0));
    TRY(version.changed.milliseconds, json.integer_or("changed", 0));
    TRY(version.by, json.string_or("by", ""));
    TRY(version.note, json.string_or("note", ""));
    return version;
}

Status decode_version(const store::Record& record, Booted& booted) {
    auto version = decode_version(record.value);
    if (!version) {
        return unreadable(record, version.error().message);
    }
    booted.scheduler_versions.push_back(std::move(version).value());
    return {};
}

template <typename T>
Status decode(const store::Record& record, std::vector<T>& out) {
    auto decoded = wire::decode_record<T>(record.value);
    if (!decoded) {
        return unreadable(record, decoded.error().message);
    }
    out.push_back(std::move(decoded).value());
    return {};
}

Status decode_number(const store::Record& record, Booted& booted) {
    std::int64_t number = 0;
    if (!parse_number(record.value, number)) {
        return unreadable(record, "not a number");
    }
    if (record.key == kClusterTimestamp) {
        booted.cluster_timestamp = number;
    } else if (record.key == kEpoch) {
        booted.epoch = number;
    } else if (record.key == kSequences) {
        booted.sequences_reserved = number;
    }
    return {};
}

store::Change number(const char* key, std::int64_t value) {
    return {kMeta, key, std::to_string(value)};
}

class Changes {
public:
    explicit Changes(TokenBook& tokens) : tokens_(tokens) {}

    void add(const ApplicationRecord& record) {
        list_.push_back(
            {kApplication, to_string(record.submission.id), wire::encode_record(record)});
    }
    void add(const AttemptRecord& record) {
        tokens_.learn(record.id, record.master_token);
        list_.push_back({kAttempt, to_string(record.id), wire::encode_record(record)});
    }
    void add(const NodeRecord& record) {
        list_.push_back({kNode, record.info.id.name, wire::encode_record(record)});
    }
    void add(const NodeRemoval& removal) {
        list_.push_back({kNode, removal.node.name, std::nullopt});
    }
    void add(const IdReservation& reservation) {
        list_.push_back(number(kSequences, reservation.sequences));
    }
    void add(const ApplicationRemoval& removal) {
        list_.push_back({kApplication, to_string(removal.application), std::nullopt});
        for (const AttemptId& attempt : tokens_.forget(removal.application)) {
            list_.push_back({kAttempt, to_string(attempt), std::nullopt});
        }
    }

    void add(const SchedulerVersion& version) {
        list_.push_back({kScheduler, version_key(version.config.version), encode_version(version)});
    }
    void add(const SchedulerVersionRemoval& removal) {
        list_.push_back({kScheduler, version_key(removal.version), std::nullopt});
    }

    std::vector<store::Change> take() && { return std::move(list_); }

private:
    TokenBook& tokens_;
    std::vector<store::Change> list_;
};

}  // namespace

Result<Booted> boot(store::Store& store, WallTime now, TokenBook& tokens) {
    TRY(const std::vector<store::Record> records, store.load());
    Booted booted;
    for (const store::Record& record : records) {
        Status status;
        if (record.kind == kApplication) {
            status = decode(record, booted.applications);
        } else if (record.kind == kAttempt) {
            status = decode(record, booted.attempts);
        } else if (record.kind == kNode) {
            status = decode(record, booted.nodes);
        } else if (record.kind == kScheduler) {
            status = decode_version(record, booted);
        } else if (record.kind == kMeta) {
            status = decode_number(record, booted);
        } else {
            status = unreadable(record, "of a kind that this version does not know");
        }
        TRY(status);
    }
    for (const AttemptRecord& attempt : booted.attempts) {
        tokens.learn(attempt.id, attempt.master_token);
    }
    if (booted.cluster_timestamp == 0) {
        booted.cluster_timestamp = now.milliseconds;
    }
    booted.epoch += 1;
    TRY(store.write_now(
        {number(kClusterTimestamp, booted.cluster_timestamp), number(kEpoch, booted.epoch)}));
    return booted;
}

std::vector<store::Change> probe_changes() {
    return {{kMeta, "probe", std::nullopt}};
}

std::vector<store::Change> to_changes(const std::vector<StoreChange>& changes, TokenBook& tokens) {
    Changes list(tokens);
    for (const StoreChange& change : changes) {
        std::visit([&](const auto& one) { list.add(one); }, change);
    }
    return std::move(list).take();
}

}  // namespace heddle::rm
