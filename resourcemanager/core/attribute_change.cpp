#include "resourcemanager/core/attribute_change.h"

#include <map>
#include <string>
#include <utility>

#include "common/model/node_attributes.h"
#include "resourcemanager/core/node_change.h"

namespace heddle::rm {
namespace {

using Kind = ChangeAttributes::Kind;

// By names without a prefix.
Result<Attributes> named(const Attributes& asked, Kind kind) {
    Attributes attributes;
    for (const auto& [text, value] : asked) {
        TRY(std::string name, attribute_named(text, kAttributePrefixManager));
        if (kind != Kind::Remove) {
            TRY(check_attribute_value(name, value));
        }
        attributes[std::move(name)] = value;
    }
    if (attributes.empty() && kind != Kind::Replace) {
        return Error{ErrorCode::InvalidArgument,
                     "name the attributes of every node; none at all is what replace is for"};
    }
    return attributes;
}

Attributes changed(const Attributes& present, Kind kind, const Attributes& asked) {
    Attributes next = kind == Kind::Replace ? Attributes{} : present;
    for (const auto& [name, value] : asked) {
        if (kind == Kind::Remove) {
            next.erase(name);
        } else {
            next[name] = value;
        }
    }
    return next;
}

Result<NodeSettings> settings_with(const Books& books, const Node& node, Kind kind,
                                   const Attributes& asked) {
    TRY(const Attributes attributes, named(asked, kind));
    NodeSettings settings = node.settings;
    if (books.config.off(Feature::CentralAttributes)) {
        return settings;
    }
    settings.attributes = changed(settings.attributes, kind, attributes);
    if (settings.attributes.size() > kNodeAttributesMax) {
        return Error{ErrorCode::InvalidArgument,
                     "node " + node.info.id.name + " would have " +
                         std::to_string(settings.attributes.size()) + " attributes; at most " +
                         std::to_string(kNodeAttributesMax) + " are set for a node"};
    }
    return settings;
}

}  // namespace

void perform(Books& books, RequestId request, const ChangeAttributes& change) {
    std::map<NodeIndex, NodeSettings> changes;
    for (const NodeAttributes& one : change.nodes) {
        const Node* node = changeable(books, request, one.node);
        if (node == nullptr) {
            return;
        }
        Result<NodeSettings> settings = settings_with(books, *node, change.kind, one.attributes);
        if (!settings) {
            books.emit(Reply{request, settings.error()});
            return;
        }
        if (!add_change(books, request, *node, std::move(*settings), changes)) {
            return;
        }
    }
    begin_all(books, request, std::move(changes));
}

}  // namespace heddle::rm
