#include "resourcemanager/shell/event_hub.h"

#include <algorithm>

#include "common/base/clock.h"
#include "common/base/strings.h"
#include "common/net/digest.h"
#include "common/net/server_events.h"

namespace heddle::rm {
namespace {

constexpr Duration kFlushInterval = milliseconds(250);
constexpr Duration kPingInterval = seconds(15);
constexpr Duration kIdleAfter = seconds(60);
constexpr std::size_t kRingEvents = 4096;
constexpr std::size_t kRingBytes = 8U << 20U;
constexpr const char* kResync = "event: resync\ndata: {}\n\n";

std::string app_topic(const ApplicationId& id) {
    return "app:" + to_string(id);
}

bool share_a_topic(const std::set<std::string>& a, const std::set<std::string>& b) {
    return std::ranges::any_of(a, [&](const std::string& topic) { return b.contains(topic); });
}

std::string jobs_topic(const ApplicationId& id) {
    return "jobs:" + to_string(id);
}

}  // namespace

EventHub::EventHub(net::EventLoop& loop, const ViewBoard& board, const TokenBook& tokens,
                   const ServerInfo& server)
    : loop_(loop),
      board_(board),
      tokens_(tokens),
      server_(server),
      boot_(net::random_token(4)),
      idle_since_(monotonic_now()) {
    loop_.post_after(kPingInterval, [this] { ping(); });
}

EventHub::~EventHub() = default;

void EventHub::publish(const Publication& publication) {
    const Changes& changes = publication.changes;
    if (changes.empty()) {
        return;
    }
    const std::lock_guard lock(mutex_);
    gathered_.cluster |= changes.cluster;
    gathered_.nodes.insert(changes.nodes.begin(), changes.nodes.end());
    gathered_.apps.insert(changes.applications.begin(), changes.applications.end());
    for (const ContainerId& container : changes.containers) {
        gathered_.app_details.insert(container.attempt.application);
    }
    if (!flush_planned_) {
        flush_planned_ = true;
        loop_.post_at(last_flush_ + kFlushInterval, [this] { flush(); });
    }
}

void EventHub::flush() {
    Gathered gathered;
    {
        const std::lock_guard lock(mutex_);
        std::swap(gathered, gathered_);
        flush_planned_ = false;
        last_flush_ = monotonic_now();
    }
    if (clients_.empty() && monotonic_now() - idle_since_ > kIdleAfter) {
        ring_.clear();
        ring_bytes_ = 0;
        first_number_ = ++last_number_ + 1;  // who resumes has missed something
        return;
    }
    const auto view = board_.view();
    if (gathered.cluster) {
        wire::JsonWriter json;
        write_cluster_metrics(json, *view);
        emit("cluster", json.text(), {"cluster"});
    }
    emit_nodes(*view, gathered.nodes);
    emit_apps(*view, gathered);
    update_relays();
}

void EventHub::emit_nodes(const View& view, const std::set<NodeId>& nodes) {
    for (const NodeId& id : nodes) {
        wire::JsonWriter json;
        if (const auto node = view.nodes.find(id)) {
            write_node(json, *node);
        } else {
            json.begin_object().member("id", id.name).member("removed", true).end_object();
        }
        emit("node", json.text(), {"nodes"});
    }
}

void EventHub::emit_apps(const View& view, const Gathered& gathered) {
    const auto emit_app = [&](const ApplicationId& id, std::set<std::string> topics) {
        wire::JsonWriter json;
        std::shared_ptr<const ApplicationSubmission> about;
        if (const auto app = view.applications.find(id)) {
            about = app->submission;
            AppParts parts;
            parts.requests = false;
            write_app(json, view, *app, server_, parts);
        } else {
            json.begin_object().member("id", to_string(id)).member("removed", true).end_object();
        }
        emit("app", json.text(), std::move(topics), std::move(about));
    };
    for (const ApplicationId& id : gathered.apps) {
        emit_app(id, {"apps", app_topic(id)});
    }
    for (const ApplicationId& id : gathered.app_details) {
        if (!gathered.apps.contains(id)) {
            emit_app(id, {app_topic(id)});
        }
    }
}

bool EventHub::is_for(const Event& event, const Client& client) {
    return share_a_topic(event.topics, client.topics) &&
           (event.about == nullptr || client.sees(*event.about));
}

std::string EventHub::id_of(std::uint64_t number) const {
    return boot_ + "-" + std::to_string(number);
}

void EventHub::emit(const std::string& name, const std::string& data, std::set<std::string> topics,
                    std::shared_ptr<const ApplicationSubmission> about) {
    Event event;
    event.about = std::move(about);
    event.number = ++last_number_;
    event.topics = std::move(topics);
    event.text = net::format_event({name, data, id_of(event.number)});
    for (auto& [id, client] : clients_) {
        if (is_for(event, *client)) {
            send(*client, event.text);
        }
    }
    ring_bytes_ += event.text.size();
    ring_.push_back(std::move(event));
    while (ring_.size() > kRingEvents || ring_bytes_ > kRingBytes) {
        ring_bytes_ -= ring_.front().text.size();
        ring_.pop_front();
    }
    first_number_ = ring_.empty() ? last_number_ + 1 : ring_.front().number;
}

// A client that does not keep up is told to load again once it has caught up, instead of being
// sent ever older news.
void EventHub::send(Client& client, const std::string& text) {
    if (client.behind) {
        return;
    }
    if (client.stream->write(text) == net::ResponseStream::Write::Slow) {
        client.behind = true;
    }
}

void EventHub::add_client(std::set<std::string> topics, const std::string& last_event_id, Sees sees,
                          net::Responder responder) {
    if (clients_.size() >= kClientsMax) {
        responder.send(net::HttpResponse::text(503, "too many event streams are open\n"));
        return;
    }
    auto client = std::make_shared<Client>();
    client->topics = std::move(topics);
    client->sees = std::move(sees);
    client->stream = responder.stream(
        200, {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}});
    const std::uint64_t id = ++last_client_;
    clients_.emplace(id, client);
    client_count_ = clients_.size();
    // Posted: a stream may close while events are being sent to all of them.
    client->stream->on_closed(
        [this, id](const Status&) { loop_.post([this, id] { remove_client(id); }); });
    client->stream->on_drained([weak = std::weak_ptr(client)] {
        if (const auto drained = weak.lock(); drained && drained->behind) {
            drained->behind = false;
            drained->stream->write(kResync);
        }
    });
    client->stream->write("retry: 1000\n\n");
    resume(*client, last_event_id);
    update_relays();
}

void EventHub::resume(Client& client, const std::string& last_event_id) {
    if (last_event_id.empty()) {
        return;
    }
    std::uint64_t number = 0;
    const bool ours =
        last_event_id.starts_with(boot_ + "-") &&
        parse_number(std::string_view(last_event_id).substr(boot_.size() + 1), number);
    if (!ours || number + 1 < first_number_ || number > last_number_) {
        client.stream->write(kResync);
        return;
    }
    for (const Event& event : ring_) {
        if (event.number > number && is_for(event, client)) {
            send(client, event.text);
        }
    }
}

void EventHub::remove_client(std::uint64_t id) {
    clients_.erase(id);
    client_count_ = clients_.size();
    if (clients_.empty()) {
        idle_since_ = monotonic_now();
    }
    update_relays();
}

void EventHub::ping() {
    for (auto& [id, client] : clients_) {
        if (!client->behind) {
            client->stream->write(std::string(net::kEventStreamPing));
        }
    }
    loop_.post_after(kPingInterval, [this] { ping(); });
}

// One relay for each running application whose jobs somebody watches.
void EventHub::update_relays() {
    std::set<ApplicationId> wanted;
    for (const auto& [id, client] : clients_) {
        for (const std::string& topic : client->topics) {
            if (!topic.starts_with("jobs:")) {
                continue;
            }
            const auto app = parse_application_id(std::string_view(topic).substr(5));
            if (app) {
                wanted.insert(*app);
            }
        }
    }
    const auto view = board_.view();
    std::erase_if(wanted, [&](const ApplicationId& id) {
        const auto app = view->applications.find(id);
        return !app || !driver_of(*view, *app, tokens_).ok();
    });
    std::erase_if(relays_, [&](const auto& relay) { return !wanted.contains(relay.first); });
    for (const ApplicationId& id : wanted) {
        if (!relays_.contains(id)) {
            relays_.emplace(
                id, std::make_unique<DriverRelay>(
                        loop_, board_, tokens_, id,
                        [this, id](const net::ServerEvent& event) { on_driver_event(id, event); }));
        }
    }
}

void EventHub::on_driver_event(const ApplicationId& app, const net::ServerEvent& event) {
    const std::string topic = jobs_topic(app);
    std::string text = kResync;
    if (event.name != "resync") {
        // The driver knows its application by another name, if at all.
        std::string data = event.data;
        if (data.starts_with('{') && data.find("\"app\":") == std::string::npos) {
            data.insert(
                1, "\"app\":" + wire::quote_json(to_string(app)) + (data.size() > 2 ? "," : ""));
        }
        text = net::format_event({"jobs", data, ""});
    }
    for (auto& [id, client] : clients_) {
        if (client->topics.contains(topic)) {
            send(*client, text);
        }
    }
}

}  // namespace heddle::rm
