#pragma once

// GET /heddle/v1/stream: server-sent events for dashboards. What changed in a quarter of a second
// leaves as one event per object; a ring of recent events lets a client resume with Last-Event-ID,
// and `resync` says that it must load again. Events of jobs are passed on from the drivers, while
// somebody listens.
//
// Everything happens on the loop thread, except publish().

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/net/event_loop.h"
#include "common/net/http_server.h"
#include "resourcemanager/core/views.h"
#include "resourcemanager/shell/driver_relay.h"
#include "resourcemanager/shell/json_views.h"
#include "resourcemanager/shell/token_book.h"
#include "resourcemanager/shell/view_board.h"

namespace heddle::rm {

class EventHub {
public:
    EventHub(net::EventLoop& loop, const ViewBoard& board, const TokenBook& tokens,
             const ServerInfo& server);
    ~EventHub();

    /// From the core thread: what is new in `publication`.
    void publish(const Publication& publication);

    /// Whether a listener may be told of an application.
    using Sees = std::function<bool(const ApplicationSubmission&)>;

    /// A new listener. `topics` are cluster, nodes, apps, app:ID and jobs:ID; of the last two the
    /// caller has checked that the listener may see the application.
    void add_client(std::set<std::string> topics, const std::string& last_event_id, Sees sees,
                    net::Responder responder);

    std::size_t clients() const { return client_count_.load(); }

    static constexpr std::size_t kClientsMax = 256;

private:
    struct Client {
        std::set<std::string> topics;
        net::ResponseStreamPtr stream;
        Sees sees;
        bool behind = false;  // skipped events; gets `resync` when it has drained
    };
    struct Event {
        std::uint64_t number = 0;
        std::set<std::string> topics;
        std::string text;
        /// Whom it is about, shared with the snapshot; null: of no application, or one that is
        /// gone.
        std::shared_ptr<const ApplicationSubmission> about;
    };
    struct Gathered {  // since the last flush
        bool cluster = false;
        std::set<NodeId> nodes;
        std::set<ApplicationId> apps;
        std::set<ApplicationId> app_details;  // containers changed, the application did not
    };

    void flush();
    void ping();
    void emit(const std::string& name, const std::string& data, std::set<std::string> topics,
              std::shared_ptr<const ApplicationSubmission> about = nullptr);
    static bool is_for(const Event& event, const Client& client);
    void emit_nodes(const View& view, const std::set<NodeId>& nodes);
    void emit_apps(const View& view, const Gathered& gathered);
    void send(Client& client, const std::string& text);
    void resume(Client& client, const std::string& last_event_id);
    void remove_client(std::uint64_t id);
    void update_relays();
    void on_driver_event(const ApplicationId& app, const net::ServerEvent& event);
    std::string id_of(std::uint64_t number) const;

    net::EventLoop& loop_;
    const ViewBoard& board_;
    const TokenBook& tokens_;
    const ServerInfo& server_;
    std::string boot_;  // tells this process's event numbers from those before a restart

    std::mutex mutex_;  // guards gathered_ and flush_planned_
    Gathered gathered_;
    bool flush_planned_ = false;

    TimePoint last_flush_;
    std::uint64_t last_number_ = 0;
    std::uint64_t first_number_ = 1;  // of the ring
    std::deque<Event> ring_;
    std::size_t ring_bytes_ = 0;
    std::uint64_t last_client_ = 0;
    std::map<std::uint64_t, std::shared_ptr<Client>> clients_;  // shared with stream callbacks
    std::atomic<std::size_t> client_count_{0};
    TimePoint idle_since_;  // nobody listens: after a while no event is made
    std::map<ApplicationId, std::unique_ptr<DriverRelay>> relays_;
};

}  // namespace heddle::rm
