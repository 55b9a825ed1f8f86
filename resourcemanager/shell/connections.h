#pragma once

// The WebSockets of node agents and masters. The loop thread adds and reads them, the core thread
// sends: messages of one turn to one peer leave as one frame.

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/model/master_protocol.h"
#include "common/model/node_protocol.h"
#include "common/net/web_socket.h"
#include "resourcemanager/core/event.h"
#include "resourcemanager/shell/core_thread.h"
#include "resourcemanager/shell/rack_finder.h"

namespace heddle::rm {

class Connections {
public:
    explicit Connections(CoreDoor& door) : door_(door) {}

    /// From now on the core hears of a node when it has been asked where it stands; `post` brings
    /// work to the loop thread. Both live as long as connections do. Before the first connection.
    void ask_for_racks(RackFinder& racks, std::function<void(std::function<void()>)> post);

    /// As close_all().
    ~Connections() { close_all(); }

    // On the loop thread.
    void accept_node(net::WebSocketPtr socket);
    void accept_master(net::WebSocketPtr socket, std::string token);

    // On the core thread: gather, and send at the end of the turn.
    void send(ConnectionId connection, ManagerToNode message);
    void send(ConnectionId connection, ManagerToMaster message);
    void flush();
    /// After what was gathered for it. A master whose token is wrong is told so as MasterRejected.
    void close(ConnectionId connection, const Error& why);

    /// Ends all of them; later messages go nowhere.
    void close_all();

    std::size_t size() const;

private:
    enum class Kind { Node, Master };
    struct Open {
        Kind kind = Kind::Node;
        net::WebSocketPtr socket;
    };

    ConnectionId add(Kind kind, net::WebSocketPtr socket);
    Open find(ConnectionId connection) const;
    void remove(ConnectionId connection);
    void on_node_message(ConnectionId connection, const std::string& bytes);
    void offer(ConnectionId connection, NodeToManager message);
    bool hold(ConnectionId connection, NodeToManager& message);
    void let_go(ConnectionId connection);
    void on_master_message(ConnectionId connection, const std::string& bytes);
    template <typename Message>
    void send_frame(ConnectionId connection, const std::vector<Message>& messages);
    void refuse(ConnectionId connection, std::uint16_t code, const std::string& why);

    CoreDoor& door_;
    RackFinder* racks_ = nullptr;
    std::function<void(std::function<void()>)> post_;
    // Messages of nodes that are being asked for; the loop thread's alone.
    std::map<ConnectionId, std::vector<NodeToManager>> held_;
    // Closed here, and not yet there: what still comes is not read. The loop thread's alone.
    std::set<ConnectionId> refused_;
    mutable std::mutex mutex_;  // guards open_ and last_
    std::map<ConnectionId, Open> open_;
    std::uint64_t last_ = 0;
    // Of the turn under way; the core thread's alone.
    std::map<ConnectionId, std::vector<ManagerToNode>> to_nodes_;
    std::map<ConnectionId, std::vector<ManagerToMaster>> to_masters_;
};

}  // namespace heddle::rm
