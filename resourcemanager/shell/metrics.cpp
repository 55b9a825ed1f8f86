#include "resourcemanager/shell/metrics.h"

#include <string_view>

#include "common/base/service.h"
#include "common/base/strings.h"

namespace heddle::rm {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

class Page {
public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        text_ += "# HELP " + name_ + " " + std::string(help) + "\n";
        text_ += "# TYPE " + name_ + " " + std::string(type) + "\n";
    }
    template <typename Number>
    void sample(std::string_view labels, Number value) {
        text_ += name_;
        if (!labels.empty()) {
            text_ += "{" + std::string(labels) + "}";
        }
        text_ += " " + std::to_string(value) + "\n";
    }
    template <typename Number>
    void single(std::string_view name, std::string_view type, std::string_view help, Number value) {
        family(name, type, help);
        sample("", value);
    }
    std::string take() && { return std::move(text_); }

private:
    std::string name_;
    std::string text_;
};

std::string label(std::string_view name, std::string_view value) {
    std::string text = std::string(name) + "=\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            text += '\\';
        }
        text += c == '\n' ? ' ' : c;
    }
    return text + "\"";
}

/// `labels` may be empty, or end in a comma. What the cluster has is always there, if it be 0.
void resource(Page& page, const std::string& labels, const Resource& amount, std::string_view kind,
              const Resource& total) {
    const std::string common = labels + label("kind", kind) + ",";
    page.sample(common + label("resource", "memory_bytes"), amount.memory_mib * kMiB);
    page.sample(common + label("resource", "vcores"), amount.vcores);
    for (const NamedCounts::Entry& entry : amount.named.entries()) {
        page.sample(common + label("resource", entry.name), entry.count);
    }
    for (const NamedCounts::Entry& entry : total.named.entries()) {
        if (amount.named.get(entry.name) == 0) {
            page.sample(common + label("resource", entry.name), 0);
        }
    }
}

void cluster(Page& page, const ClusterView& view) {
    page.family("heddle_nodes", "gauge", "Nodes by state");
    for (const auto& [state, count] : view.nodes) {
        page.sample(label("state", to_lower(to_string(state))), count);
    }
    page.family("heddle_cluster_resource", "gauge", "What running nodes have and what is in use");
    resource(page, "", view.total, "total", view.total);
    resource(page, "", view.allocated, "allocated", view.total);
    resource(page, "", view.pending, "pending", view.total);
    page.family("heddle_apps", "gauge", "Applications that are not over, by state");
    page.sample(label("state", "pending"), view.applications_pending);
    page.sample(label("state", "running"), view.applications_running);
    page.family("heddle_apps_finished_total", "counter", "Applications that are over, by state");
    page.sample(label("state", "finished"), view.applications_completed);
    page.sample(label("state", "failed"), view.applications_failed);
    page.sample(label("state", "killed"), view.applications_killed);
    page.family("heddle_waiting", "gauge",
                "Applications that wait, by what stands in their way most");
    for (const ReasonInfo& info : all_reasons()) {
        const auto it = view.waiting.find(info.reason);
        page.sample(label("reason", info.code), it == view.waiting.end() ? 0 : it->second);
    }
    page.single("heddle_apps_submitted_total", "counter", "Applications submitted",
                view.applications_submitted);
    page.single("heddle_containers", "gauge", "Containers that are allocated",
                view.containers_allocated);
    page.single("heddle_pending_requests", "gauge", "Containers that are asked for",
                view.containers_pending);
    page.single("heddle_scheduler_decisions_total", "counter", "Containers granted", view.grants);
    page.single("heddle_messages_stale_total", "counter",
                "Messages of older sessions, epochs or attempts that were dropped",
                view.messages_stale);
    page.single("heddle_epoch", "gauge", "The manager's epoch", view.epoch);
}

void queues(Page& page, const View& view) {
    page.family("heddle_queue_resource", "gauge", "What queues use and wait for");
    view.queues.for_each([&](const std::string& path, const auto& queue) {
        const std::string labels = label("queue", path) + ",";
        resource(page, labels, queue->used, "used", view.cluster.total);
        resource(page, labels, queue->pending, "pending", view.cluster.total);
        return true;
    });
    page.family("heddle_queue_preempted_total", "counter", "Containers taken back from queues");
    view.queues.for_each([&](const std::string& path, const auto& queue) {
        if (queue->leaf) {
            page.sample(label("queue", path),
                        std::int64_t{queue->preempted.containers} + queue->preempted.masters);
        }
        return true;
    });
}

}  // namespace

std::string metrics_text(const MetricsInput& input) {
    Page page;
    page.family("heddle_build_info", "gauge", "The version that runs");
    page.sample(label("version", version()), 1);
    cluster(page, input.view.cluster);
    queues(page, input.view);
    page.single("heddle_store_transactions_total", "counter", "Transactions of the state store",
                input.store.transactions);
    page.single("heddle_store_transaction_seconds_total", "counter",
                "Time in transactions of the state store", input.store.seconds);
    page.single("heddle_store_failures_total", "counter", "Transactions that failed",
                input.store.failures);
    page.single("heddle_http_requests_total", "counter", "HTTP requests", input.http_requests);
    page.single("heddle_http_connections", "gauge", "Open HTTP connections",
                input.http_connections);
    page.single("heddle_sse_clients", "gauge", "Open event streams", input.stream_clients);
    page.single("heddle_daemon_connections", "gauge", "Connected node agents and masters",
                input.daemon_connections);
    page.single("heddle_core_events_total", "counter", "Events that the core has taken",
                input.core_steps);
    page.single("heddle_artifact_received_bytes_total", "counter", "Bytes of uploaded artifacts",
                input.artifact_bytes);
    return std::move(page).take();
}

}  // namespace heddle::rm
