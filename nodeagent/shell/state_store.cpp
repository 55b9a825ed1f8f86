// Files of epoch and container records.

#include "nodeagent/shell/state_store.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "common/base/log.h"
#include "common/base/strings.h"
#include "common/model/node_protocol.h"
#include "common/net/digest.h"
#include "common/wire/codec.h"
#include "nodeagent/shim/state_files.h"

namespace heddle::node {

namespace {

constexpr const char* kRecordFile = "record";
constexpr std::string_view kMagic = "heddle-container 1 ";
constexpr std::size_t kDigestHex = 64;
constexpr std::size_t kAgentIdBytes = 16;

Error system_error(std::string what, int code) {
    return Error{ErrorCode::Internal,
                 std::move(what) + ": " + std::error_code(code, std::generic_category()).message()};
}

Error damaged() {
    return Error{ErrorCode::DataLoss, "the container's record is damaged"};
}

Status write_in(const std::string& directory, const char* name, std::string_view bytes,
                bool durable) {
    const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return errno_error("cannot open " + directory);
    }
    const int error = write_file_at(descriptor, name, bytes, durable);
    ::close(descriptor);
    if (error != 0) {
        return system_error("cannot write " + directory + "/" + name, error);
    }
    return {};
}

Result<std::string> read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream contents;
    if (!file || !(contents << file.rdbuf())) {
        return Error{ErrorCode::NotFound, "cannot read " + path};
    }
    return contents.str();
}

ContainerReport as_report(const ContainerRecord& record) {
    ContainerReport report;
    report.container = record.order.container;
    report.key = record.order.key;
    report.size = record.order.size;
    report.user = record.order.user;
    report.tags = record.order.tags;
    report.phase = record.exit ? ContainerPhase::Done : ContainerPhase::Running;
    report.pid = record.pid;
    report.started = record.started;
    report.exit = record.exit;
    report.version = record.size_version;
    return report;
}

}  // namespace

// The two frames are those of the wire, whose decoding is total: the order as the manager's orders
// with one start, pid and exit as a status with one report. The stop's reason comes as a stop.
std::string encode_container_record(const ContainerRecord& record) {
    NodeOrders orders;
    orders.epoch = record.order.epoch;
    orders.starts = {record.order};
    if (!record.stop_reason.empty()) {
        orders.stops = {{record.order.container, {}, record.stop_reason}};
    }
    NodeStatus status;
    status.containers = {as_report(record)};
    const ManagerToNode order_message = orders;
    const NodeToManager status_message = status;
    const std::string first = wire::encode_frame({&order_message, 1});
    const std::string second = wire::encode_frame({&status_message, 1});
    std::string body = std::to_string(static_cast<int>(record.state)) + " " +
                       std::to_string(record.acknowledged ? 1 : 0) + " " +
                       std::to_string(first.size()) + " " + std::to_string(record.queued) + " " +
                       std::to_string(record.displaced ? 1 : 0) + "\n" + first + second;
    return std::string(kMagic) + net::sha256_hex(body) + "\n" + body;
}

Result<ContainerRecord> decode_container_record(std::string_view bytes) {
    const std::size_t head = kMagic.size() + kDigestHex + 1;
    if (bytes.size() < head || bytes[head - 1] != '\n' ||
        bytes.substr(0, kMagic.size()) != kMagic ||
        net::sha256_hex(bytes.substr(head)) != bytes.substr(kMagic.size(), kDigestHex)) {
        return damaged();
    }
    bytes.remove_prefix(head);
    const std::size_t line_end = bytes.find('\n');
    const auto fields = split(bytes.substr(0, line_end), ' ');
    int state = 0;
    int acknowledged = 0;
    std::size_t first_size = 0;
    std::uint64_t queued = 0;
    int displaced = 0;
    const bool earlier = fields.size() == 3;  // of an agent that had no queue
    if (line_end == std::string_view::npos || (!earlier && fields.size() != 5) ||
        !parse_number(fields[0], state) || state > static_cast<int>(ContainerState::Done) ||
        !parse_number(fields[1], acknowledged) || !parse_number(fields[2], first_size) ||
        first_size > bytes.size() - line_end - 1 ||
        (!earlier && (!parse_number(fields[3], queued) || !parse_number(fields[4], displaced)))) {
        return damaged();
    }
    bytes.remove_prefix(line_end + 1);
    TRY(auto orders, wire::decode_frame<ManagerToNode>(bytes.substr(0, first_size)));
    TRY(auto statuses, wire::decode_frame<NodeToManager>(bytes.substr(first_size)));
    const auto* order = orders.size() == 1 ? std::get_if<NodeOrders>(&orders[0]) : nullptr;
    const auto* status = statuses.size() == 1 ? std::get_if<NodeStatus>(&statuses[0]) : nullptr;
    if (order == nullptr || order->starts.size() != 1 || status == nullptr ||
        status->containers.size() != 1) {
        return damaged();
    }
    ContainerRecord record;
    record.order = order->starts[0];
    record.state = static_cast<ContainerState>(state);
    record.acknowledged = acknowledged != 0;
    record.queued = queued;
    record.displaced = displaced != 0;
    record.stop_reason = order->stops.empty() ? "" : order->stops[0].reason;
    record.pid = status->containers[0].pid;
    record.started = status->containers[0].started;
    record.exit = status->containers[0].exit;
    record.size_version = status->containers[0].version;
    if ((record.state == ContainerState::Done) != record.exit.has_value()) {
        return damaged();
    }
    return record;
}

Status StateStore::save_epoch(std::int64_t epoch) const {
    return write_in(paths_.root, "epoch", std::to_string(epoch) + "\n", true);
}

Result<std::int64_t> StateStore::load_epoch() const {
    if (::access(paths_.epoch_file().c_str(), F_OK) != 0 && errno == ENOENT) {
        return 0;
    }
    TRY(const std::string text, read_all(paths_.epoch_file()));
    std::int64_t epoch = 0;
    if (!parse_number(trim(text), epoch)) {
        return Error{ErrorCode::DataLoss, paths_.epoch_file() +
                                              " does not hold an epoch; remove it only if no "
                                              "earlier manager can come back"};
    }
    return epoch;
}

Result<std::string> StateStore::agent_id() const {
    if (::access(paths_.agent_file().c_str(), F_OK) != 0 && errno == ENOENT) {
        TRY(write_in(paths_.root, "agent", net::random_token(kAgentIdBytes) + "\n", true));
    }
    TRY(const std::string text, read_all(paths_.agent_file()));
    return std::string(trim(text));
}

Status StateStore::save(const ContainerRecord& record) const {
    const std::string directory = paths_.state(record.order.container);
    Status status = make_directories(directory);
    if (status) {
        status = write_in(directory, kRecordFile, encode_container_record(record), false);
    }
    if (!status && record.exit) {
        ::unlink((directory + "/" + kRecordFile).c_str());
    }
    return status;
}

StateStore::Found StateStore::load_all() const {
    Found found;
    std::vector<std::string> strange;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(paths_.state_root(), error)) {
        const std::string name = entry.path().filename().string();
        const auto id = parse_container_id(name);
        if (!id || to_string(*id) != name) {
            strange.push_back(name);
            continue;
        }
        const auto bytes = read_all(entry.path().string() + "/" + kRecordFile);
        auto record = bytes ? decode_container_record(*bytes) : Result<ContainerRecord>(damaged());
        if (record && record->order.container == *id) {
            found.records.push_back(std::move(record).value());
        } else {
            found.damaged.push_back(*id);
        }
    }
    for (const std::string& name : strange) {
        const std::string path = free_place(name);
        const bool moved = ::rename((paths_.state_root() + "/" + name).c_str(), path.c_str()) == 0;
        log::warning("what is no container's state was set aside",
                     {{"name", name}, {"path", moved ? path : errno_error("not moved").message}});
    }
    std::ranges::sort(found.damaged);
    return found;
}

std::string StateStore::free_place(const std::string& name) const {
    const std::string base = paths_.root + "/damaged-" + name;
    std::string path = base;
    for (int n = 2; ::access(path.c_str(), F_OK) == 0; ++n) {
        path = base + "-" + std::to_string(n);
    }
    return path;
}

std::string StateStore::set_record_aside(const ContainerId& id) const {
    const std::string record = paths_.state(id) + "/" + kRecordFile;
    if (::access(record.c_str(), F_OK) != 0) {
        return {};
    }
    const std::string path = free_place(to_string(id));
    const bool moved = ::mkdir(path.c_str(), 0700) == 0 &&
                       ::rename(record.c_str(), (path + "/" + kRecordFile).c_str()) == 0;
    log::warning(
        "a container's record is not readable; set aside",
        {{"container", to_string(id)}, {"path", moved ? path : errno_error("not moved").message}});
    return moved ? path : record;
}

void StateStore::remove(const ContainerId& id) const {
    std::error_code error;
    std::filesystem::remove_all(paths_.state(id), error);
}

}  // namespace heddle::node
