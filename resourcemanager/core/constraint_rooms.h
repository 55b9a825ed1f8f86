#pragma once

// Free capacity of the nodes where one constraint holds, for constraints whose search among all
// free nodes has met too many where it does not. A few of the constraints that are asked for most
// are kept. What changes on a node (room, tags, attributes) is noted only; at the next question the
// nodes that have changed since the last one are judged again, so an answer is exact and costs what
// has changed.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/resource.h"
#include "resourcemanager/core/shelf.h"

namespace heddle::rm {

class ConstraintRooms {
public:
    static constexpr std::size_t kKeptMax = 16;
    // One that has been asked for more lately than that keeps its place.
    static constexpr std::uint64_t kQuestionsKept = 256;

    /// Its text and, if it means containers of the asking application, that.
    using Key = std::pair<std::string, ApplicationId>;
    /// Where a node stands and what is free there; nothing may be placed there: null.
    struct Room {
        const std::string* label = nullptr;
        const Resource* free = nullptr;
    };
    struct Source {
        std::size_t nodes = 0;
        std::function<Room(NodeIndex)> room;
        Shelf::Takes holds;  // the constraint
    };

    class Kept;

    void node_differs(NodeIndex node);

    /// The rooms of this constraint, up to date; null: too many others are asked for. Adds the
    /// nodes that were judged to `visited`.
    const Kept* of(const Key& key, const Source& source, std::int64_t& visited);

    class Kept {
    public:
        /// As Shelf::find_if().
        std::optional<NodeIndex> find_if(const Resource& size, const std::string& label,
                                         const Shelf::Takes& takes, NodeOrder order,
                                         std::int64_t& visited) const;

    private:
        friend class ConstraintRooms;
        struct Entry {
            std::string label;
            Resource free;
        };
        void judge(NodeIndex node, const Source& source);

        std::map<std::string, Shelf> shelves_;       // by label
        std::vector<std::optional<Entry>> entries_;  // by node
        std::vector<NodeIndex> differ_;
        std::vector<bool> differs_;  // by node: it is in there
        std::uint64_t asked_ = 0;
    };

private:
    std::map<Key, Kept> kept_;
    std::uint64_t questions_ = 0;
};

}  // namespace heddle::rm
