#include "common/config/schema.h"

#include "common/base/check.h"

namespace heddle::config {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kMiB = 1 << 20;

constexpr Key kKeys[] = {
    {"acl.enable", Type::Boolean, "false", 0, 0,
     "let every user of the machine in by the Unix socket, under the access lists of queues and "
     "applications; who holds the token operates the cluster and may everything"},
    {"acl.static_groups", Type::Text, "", 0, 0,
     "groups of users that the system is not asked for, the primary one first: "
     "ada=staff,ops;bob=dev"},
    {"auth.anonymous_read", Type::Boolean, "false", 0, 0,
     "answer GET under /ws/v1 and /api/v1 without a token; on loopback only"},
    {"auth.host_names", Type::TextList, "", 0, 0,
     "further names that a Host header may carry; loopback names always may"},
    {"auth.token_file", Type::Text, "", 0, 0,
     "file (0600) with the cluster's token; default: the service manager's credential `token`, "
     "else "
     "`token` in the daemon's own directory"},
    {"manager.address", Type::Text, "127.0.0.1", 0, 0, "address for REST, dashboard and nodes"},
    {"manager.artifact_bytes_kept", Type::Bytes, "32g", 0, INT64_MAX,
     "size of all uploaded artifacts beyond which those go that nobody needs, least recently used "
     "first"},
    {"manager.artifact_bytes_max", Type::Bytes, "16g", kMiB, INT64_MAX,
     "largest artifact that can be uploaded"},
    {"manager.artifact_retention", Type::Duration, "24h", 60 * kSecond, 365 * 24 * kHour,
     "how long an artifact is needed after its upload or last use, besides by applications on "
     "record"},
    {"manager.node_port", Type::Integer, "8031", 0, 65535, "port for node agents; 0: any free one"},
    {"manager.port", Type::Integer, "8088", 0, 65535,
     "port for REST, dashboard and masters; 0: any free one"},
    {"manager.socket", Type::Text, "", 0, 0,
     "Unix socket for the local user; default: resourcemanager.sock in systemd's runtime "
     "directory"},
    {"manager.state_dir", Type::Text, "", 0, 0,
     "the manager's database, token and artifacts; default: systemd's state directory, else "
     "~/.local/state/heddle/rm"},
    {"node.address", Type::Text, "127.0.0.1", 0, 0, "address of the node agent's REST"},
    {"node.attributes", Type::TextList, "", 0, 0,
     "what is shown of the machine: [\"os=debian\", \"disk=ssd\"]"},
    {"node.cache_bytes_max", Type::Bytes, "10g", 0, INT64_MAX,
     "artifacts kept on the node; beyond it the least recently used go, unless a container needs "
     "them"},
    {"node.isolation", Type::TextList, "rlimits,process-groups", 0, 0, "layers to use"},
    {"node.label", Type::Text, "", 0, 0,
     "label of the node: only asks that name it are placed there; default: none"},
    {"node.log_bytes_max", Type::Bytes, "64m", 4096, INT64_MAX,
     "size at which an output file starts anew; the one before it is kept"},
    {"node.log_retention", Type::Duration, "3h", 0, 365 * 24 * kHour,
     "how long logs stay after the end of their container"},
    {"node.logs_kept", Type::Integer, "1000", 0, 1'000'000,
     "ended containers whose logs stay, newest first"},
    {"node.manager_rest", Type::Text, "", 0, 0,
     "the manager's REST, for artifacts; default: port 8088 where node.server is"},
    {"node.memory", Type::Bytes, "0", 0, INT64_MAX,
     "memory for containers; 0: what the machine has, less a share for itself"},
    {"node.memory_check", Type::Duration, "0s", 0, kHour,
     "how often the memory of containers is compared with their size; over it twice: ended; 0: "
     "never"},
    {"node.name", Type::Text, "", 0, 0, "stable name of the node; default: the host's name"},
    {"node.opportunistic_queue_max", Type::Integer, "15", 0, 10'000,
     "opportunistic containers that may wait here for room; 0: this node takes none"},
    {"node.port", Type::Integer, "8042", 0, 65535,
     "port of the node agent's REST; 0: any free one"},
    {"node.rack", Type::Text, "/default-rack", 0, 0, "where the machine stands"},
    {"node.resources", Type::TextList, "", 0, 0,
     "what else containers can be given, by name and count: [\"gpu=2\", \"licence=10\"]"},
    {"node.server", Type::Text, "127.0.0.1:8031", 0, 0, "the resource manager's node port"},
    {"node.vcores", Type::Integer, "0", 0, 1 << 20, "vcores for containers; 0: the CPUs"},
    {"node.work_dir", Type::Text, "", 0, 0,
     "containers, logs and cache; default: systemd's state directory, else "
     "~/.local/state/heddle/node"},
    {"scheduler.applications_completed_for", Type::Duration, "168h", kSecond, 365 * 24 * kHour,
     "how long an application that is over stays on record and in lists"},
    {"scheduler.applications_completed_max", Type::Integer, "10000", 0, 1'000'000,
     "how many applications that are over stay on record; the oldest go first"},
    {"scheduler.attempts_max", Type::Integer, "2", 1, 1000,
     "upper bound of the attempts of one application"},
    {"scheduler.file", Type::Text, "/etc/heddle/scheduler.toml", 0, 0,
     "queues and the other rules of sharing, until others are applied; need not be there"},
    {"scheduler.heartbeat_interval", Type::Duration, "1s", 10, kHour,
     "how often nodes and masters prove that they live"},
    {"scheduler.label_script", Type::Text, "", 0, 0,
     "program that says which labels nodes have: names of nodes as arguments, one label for each "
     "in its answer, '-' for none; default: node.label of each, and operators"},
    {"scheduler.label_script_interval", Type::Duration, "30m", kSecond, 365 * 24 * kHour,
     "how often that program is asked for all nodes; for one that is new at once"},
    {"scheduler.label_script_timeout", Type::Duration, "10s", 100, 600 * kSecond,
     "time for one run of that program; then the last labels hold"},
    {"scheduler.locality_delay", Type::Duration, "3s", 0, kHour,
     "how long an ask waits for its preferred nodes"},
    {"scheduler.master_expiry", Type::Duration, "10s", 100, kHour,
     "silence after which a master counts as lost"},
    {"scheduler.master_register_expiry", Type::Duration, "10m", 100, 24 * kHour,
     "time for a started master to register"},
    {"scheduler.node_expiry", Type::Duration, "10s", 100, kHour,
     "silence after which a node counts as lost"},
    {"scheduler.node_forget_after", Type::Duration, "24h", kSecond, 365 * 24 * kHour,
     "how long a lost node stays on record and in lists"},
    {"scheduler.queues", Type::TextList, "root.default", 0, 0, "leaf queues below root"},
    {"scheduler.settle_time", Type::Duration, "10s", 0, kHour,
     "after a restart, time for nodes to come back before scheduling"},
    {"scheduler.stop_grace", Type::Duration, "5s", 0, kHour,
     "time between SIGTERM and SIGKILL of a container"},
    {"scheduler.topology_file", Type::Text, "", 0, 0,
     "where machines stand: lines \"host rack\", by node name or address; default: each node's own "
     "node.rack"},
    {"scheduler.topology_script", Type::Text, "", 0, 0,
     "program that says where machines stand: names of nodes as arguments, one rack for each in "
     "its "
     "answer; instead of scheduler.topology_file"},
    {"scheduler.topology_script_timeout", Type::Duration, "10s", 100, 600 * kSecond,
     "time for one run of that program; then what nodes say of themselves holds"},
};

}  // namespace

std::span<const Key> schema() {
    return kKeys;
}

std::string_view describe(Type type) {
    switch (type) {
        case Type::Text:
            return "a text";
        case Type::Integer:
            return "a whole number";
        case Type::Boolean:
            return "true or false";
        case Type::Duration:
            return "a duration such as 250ms, 10s or 5m";
        case Type::Bytes:
            return "a size such as 512m or 4g";
        case Type::TextList:
            return "a list of texts such as [\"a\", \"b\"]";
    }
    CHECK(false);
}

}  // namespace heddle::config
