#include "resourcemanager/core/racks.h"

#include <utility>

#include "common/base/log.h"
#include "resourcemanager/core/containers.h"
#include "resourcemanager/core/node_change.h"

namespace heddle::rm {

void set_rack(const Books& books, NodeInfo& info) {
    for (const std::string& key : {info.id.name, info.address}) {
        const auto it = books.config.topology.find(key);
        if (it != books.config.topology.end()) {
            info.rack = it->second;
            return;
        }
    }
}

// Looks at all nodes, but only when an operator or a new machine asks for it. The record on disk
// keeps the old rack until the node registers again, which says where it stands then.
void perform(Books& books, RequestId request, ChangeRacks& change) {
    if (change.replace) {
        books.config.topology.clear();
    }
    for (auto& [machine, rack] : change.racks) {
        books.config.topology.insert_or_assign(machine, std::move(rack));
    }
    for (auto& [index, pending] : books.registrations) {
        set_rack(books, pending.message.info);
    }
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        Node& node = books.nodes.at(index);
        if (node.said.id.name.empty()) {
            continue;  // forgotten
        }
        NodeInfo said = node.said;
        set_rack(books, said);
        if (said.rack == node.said.rack) {
            continue;
        }
        log::info("a node stands elsewhere", {{"node", said.id.name}, {"rack", said.rack}});
        node.said = std::move(said);
        take_info(books, node);
        node_room_changed(books, node);
        books.changed(node);
    }
    books.emit(Reply{request, Answer{OrderAnswer{}}});
}

}  // namespace heddle::rm
