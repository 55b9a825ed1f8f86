#pragma once

// What the servers answer, as the few fields that commands show. The one place that reads JSON;
// `-o json` prints the server's own text instead.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/resource.h"
#include "common/base/result.h"

namespace heddle::rmctl {

struct ApplicationAnswer {
    std::string id;
    std::string name;
    std::string user;
    std::string queue;
    std::string type;
    std::string state;
    std::string final_status;
    std::string diagnostics;
    std::string tracking_url;
    std::string master_node;
    std::string master_container;  // of the current attempt; empty before it has one
    double progress = 0;           // percent
    std::int64_t started_ms = 0;
    std::int64_t elapsed_ms = 0;
    std::int64_t running_containers = 0;
    Resource held;
    std::int64_t priority = 0;
    std::string tags;          // "nightly,team:data"
    std::string label;         // of the nodes for its containers
    std::string master_label;  // and for its master's
    std::string expires;       // when it is ended, as the server writes it; empty: never

    bool is_final() const { return state == "FINISHED" || state == "FAILED" || state == "KILLED"; }
};

/// The sentences of an explanation; they are the server's.
struct BlockerAnswer {
    std::string reason;
    std::string sentence;
    std::vector<std::string> holders;   // "application_1_0001  4096 MiB, 2 vcores"
    std::vector<std::string> rejected;  // "3 memory"
};
struct AskReasonAnswer {
    std::int64_t ask = 0;
    std::int64_t containers = 0;
    Resource size;
    std::int64_t ahead_containers = 0;
    std::int64_t ahead_applications = 0;
    bool never = false;
    std::vector<BlockerAnswer> blockers;
    std::string estimate;
    std::string next_step;
};
struct PromotionAnswer {  // a container that waits to become guaranteed
    std::string container;
    std::string node;
    std::vector<BlockerAnswer> blockers;
};
struct ExplanationAnswer {
    std::string application;
    std::string headline;
    std::string reason;  // empty: it waits for nothing
    std::vector<BlockerAnswer> blockers;
    std::vector<AskReasonAnswer> asks;
    std::int64_t asks_count = 0;
    std::vector<PromotionAnswer> promotions;
};

struct NodeAnswer {
    std::string id;
    std::string host;
    std::string http_address;
    std::string state;
    std::string health;
    std::string version;
    std::string rack;
    std::vector<std::string> labels;
    std::vector<std::string> isolation;   // layers in use
    std::vector<std::string> attributes;  // "os=linux" of itself, "rm.yarn.io/os=linux" set
    std::vector<std::string> tags;        // "web 2": of allocations, and how many containers
    std::int64_t heard_ms = 0;            // when it was last heard
    std::int64_t containers = 0;
    std::int64_t opportunistic_running = 0;
    std::int64_t opportunistic_queued = 0;
    Resource used;
    Resource total;
    std::int64_t memory_measured_mib = 0;             // of the machine, whoever uses it
    std::int64_t memory_measured_containers_mib = 0;  // of its containers
    double vcores_measured = 0;
    double memory_percent = 0;
    double vcores_percent = 0;
};

struct QueueAnswer {
    std::string path;
    std::string state;
    double capacity = 0;  // percent of the parent
    double used = 0;      // percent of the capacity
    std::int64_t applications_running = 0;
    std::int64_t applications_pending = 0;
    Resource held;
    std::size_t depth = 0;
};

struct AttemptAnswer {
    std::string id;
    std::string state;
    std::string container;
};

struct ContainerAnswer {
    std::string id;
    std::string state;
    std::string node;
};

struct LogFileAnswer {
    std::string name;
    std::int64_t size = 0;
};

struct StageAnswer {
    std::int64_t id = 0;
    std::string name;
    std::string status;  // ACTIVE, PENDING, COMPLETE, FAILED, SKIPPED
    std::int64_t tasks = 0;
    std::int64_t tasks_complete = 0;
    std::int64_t tasks_active = 0;
    std::int64_t tasks_failed = 0;
};

struct ClusterAnswer {
    std::string version;
    std::string state;
    std::int64_t started_ms = 0;
};

struct NewApplicationAnswer {
    std::string id;
    std::int64_t memory_max_mib = 0;
    std::int64_t vcores_max = 0;
};

// Each: Errors: DataLoss when the text is not the expected JSON.
/// Of a change, a dry run or a difference; what an answer does not have is empty.
struct ConfigAnswer {
    struct Queue {
        std::string path;
        Resource guaranteed;
        Resource maximum;
        std::string label = {};  // of the nodes; empty: those without one
    };
    std::int64_t version = 0;
    std::vector<std::string> lines;
    std::vector<Queue> queues;
};
struct ConfigVersionAnswer {
    std::int64_t version = 0;
    std::int64_t changed_ms = 0;
    std::int64_t changes = 0;
    std::string by;
    std::string note;
};
Result<ConfigAnswer> read_config(std::string_view body);
Result<std::vector<ConfigVersionAnswer>> read_config_versions(std::string_view body);

Result<std::vector<ApplicationAnswer>> read_applications(std::string_view body);
Result<ApplicationAnswer> read_application(std::string_view body);
Result<ExplanationAnswer> read_explanation(std::string_view body);
Result<std::vector<NodeAnswer>> read_nodes(std::string_view body);
Result<NodeAnswer> read_node(std::string_view body);
Result<std::vector<QueueAnswer>> read_queues(std::string_view body);
Result<std::vector<AttemptAnswer>> read_attempts(std::string_view body);
Result<std::vector<ContainerAnswer>> read_containers(std::string_view body);
/// The files of /heddle/v1/containers/ID/logs.
Result<std::vector<LogFileAnswer>> read_log_files(std::string_view body);
Result<std::vector<StageAnswer>> read_stages(std::string_view body);
Result<ClusterAnswer> read_cluster(std::string_view body);
Result<NewApplicationAnswer> read_new_application(std::string_view body);
Result<std::string> read_text_field(std::string_view body, std::string_view field);

}  // namespace heddle::rmctl
