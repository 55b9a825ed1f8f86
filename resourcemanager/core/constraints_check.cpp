// What constraints.h promises, found out the slow way: by a look at all containers, without the
// indexes.

#include <algorithm>
#include <set>

#include "common/base/check.h"
#include "resourcemanager/core/constraints.h"

namespace heddle::rm {
namespace {

bool has(const std::vector<std::string>& texts, const std::string& text) {
    return std::ranges::find(texts, text) != texts.end();
}

bool means(const TagTarget& target, const ApplicationId& asking, const Container& container) {
    if (container.tags == nullptr || !has(container.tags->tags, target.tag)) {
        return false;
    }
    const ApplicationId& owner = container.id.attempt.application;
    switch (target.space) {
        case TagTarget::Space::Self:
            return owner == asking;
        case TagTarget::Space::NotSelf:
            return owner != asking;
        case TagTarget::Space::All:
            return true;
        case TagTarget::Space::Application:
            return to_string(owner) == target.of;
        case TagTarget::Space::ApplicationTag:
            return has(container.tags->of_application, target.of);
    }
    return false;
}

// As if the containers in `later` were not there yet.
PlaceFacts facts_before(const Books& books, const ApplicationId& asking, NodeIndex node,
                        const std::set<ContainerId>& later) {
    PlaceFacts facts;
    facts.count = [&books, &later, asking, node](Constraint::Scope scope, const TagTarget& target) {
        std::int64_t count = 0;
        books.containers.for_each([&](const Container& other) {
            const bool there =
                scope == Constraint::Scope::Node
                    ? other.node == node
                    : books.nodes.at(other.node).info.rack == books.nodes.at(node).info.rack;
            count += there && !later.contains(other.id) && means(target, asking, other) ? 1 : 0;
        });
        return count;
    };
    facts.attribute = [&books, node](std::string_view name) -> const std::string* {
        for (const auto& attribute : books.nodes.at(node).info.attributes) {
            if (attribute.first == name) {
                return &attribute.second;
            }
        }
        return nullptr;
    };
    return facts;
}

void check_placed(const Books& books) {
    std::set<ContainerId> later(books.placed.begin(), books.placed.end());
    for (const ContainerId& id : books.placed) {
        const Container* container = books.containers.find(id);
        const Demand* demand = container == nullptr
                                   ? nullptr
                                   : books.asks.find(container->key.attempt, container->key.ask);
        if (demand != nullptr && demand->constraint != nullptr) {
            const ApplicationId& asking = id.attempt.application;
            CHECK(satisfied(*demand->constraint,
                            facts_before(books, asking, container->node, later)));
        }
        later.erase(id);
    }
}

}  // namespace

void check_constraints(const Books& books) {
    TagIndex tags;
    books.containers.for_each([&](const Container& container) {
        if (container.tags != nullptr) {
            tags.add({container.node, books.nodes.at(container.node).info.rack,
                      container.id.attempt.application, container.tags->tags,
                      container.tags->of_application});
        }
    });
    CHECK(tags == books.tags);
    AttributeIndex attributes;
    for (NodeIndex index = 0; index < books.nodes.size(); ++index) {
        attributes.set(index, books.nodes.at(index).info.attributes);
    }
    CHECK(attributes == books.attributes);
    check_placed(books);
}

}  // namespace heddle::rm
