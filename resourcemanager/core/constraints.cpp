#include "resourcemanager/core/constraints.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace heddle::rm {
namespace {

TagBearer bearer_of(const Books& books, NodeIndex node, const ApplicationId& application,
                    const ContainerTags& tags) {
    return {node, books.nodes.at(node).info.rack, application, tags.tags, tags.of_application};
}

TagBearer bearer_of(const Books& books, const Container& container) {
    return bearer_of(books, container.node, container.id.attempt.application, *container.tags);
}

void sort_once(std::vector<std::string>& texts) {
    std::sort(texts.begin(), texts.end());
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

void add_tags(Books& books, const TagBearer& bearer) {
    books.tags.add(bearer);
    books.free.differs(bearer.node);
}

void remove_tags(Books& books, const TagBearer& bearer) {
    books.tags.remove(bearer);
    books.free.differs(bearer.node);
}

}  // namespace

Status take_placement(Ask& ask) {
    sort_once(ask.tags);
    if (ask.tags.size() > kAskTagsMax) {
        return Error{ErrorCode::InvalidArgument, "an ask has at most " +
                                                     std::to_string(kAskTagsMax) + " tags, not " +
                                                     std::to_string(ask.tags.size())};
    }
    for (const std::string& tag : ask.tags) {
        TRY(check_tag(tag));
    }
    TRY(const Constraint constraint, parse_constraint(ask.constraint));
    ask.constraint = to_string(constraint);
    return {};
}

std::shared_ptr<const ContainerTags> tags_of(const Books& books, const ApplicationId& application,
                                             std::vector<std::string> tags) {
    std::erase_if(tags, [](const std::string& tag) { return !check_tag(tag).ok(); });
    sort_once(tags);
    tags.resize(std::min(tags.size(), kAskTagsMax));
    if (tags.empty()) {
        return nullptr;
    }
    ContainerTags all{std::move(tags), {}};
    if (const Application* known = books.applications.find(application)) {
        all.of_application.assign(known->submission->tags.begin(), known->submission->tags.end());
        sort_once(all.of_application);
    }
    return std::make_shared<const ContainerTags>(std::move(all));
}

void tags_came(Books& books, const Container& container) {
    if (container.tags == nullptr) {
        return;
    }
    const TagBearer bearer = bearer_of(books, container);
    add_tags(books, bearer);
    if (books.asks.any_constrained_waits()) {
        books.asks.tags_risen(keys_of(bearer), bearer.node, bearer.rack);
    }
}

void tags_go(Books& books, const Container& container) {
    if (container.tags == nullptr) {
        return;
    }
    const TagBearer bearer = bearer_of(books, container);
    remove_tags(books, bearer);
    if (books.asks.any_constrained_waits()) {
        books.asks.tags_fallen(books.tags, keys_of(bearer), bearer.rack);
    }
}

SupposedTags::~SupposedTags() {
    for (const TagBearer& bearer : supposed_) {
        remove_tags(books_, bearer);
    }
}

void SupposedTags::add(const Demand& demand, NodeIndex node) {
    const ApplicationId& application = demand.owner.attempt.application;
    if (const auto tags = tags_of(books_, application, demand.ask.tags)) {
        supposed_.push_back(bearer_of(books_, node, application, *tags));
        add_tags(books_, supposed_.back());
    }
}

void take_tags_off(Books& books, const Node& node) {
    for (const ContainerId& id : node.containers) {
        tags_go(books, *books.containers.find(id));
    }
}

void put_tags_back(Books& books, const Node& node) {
    for (const ContainerId& id : node.containers) {
        tags_came(books, *books.containers.find(id));
    }
}

void wake_constrained(Books& books, const Node& node, const Resource& free) {
    if (books.asks.any_constrained_waits()) {
        books.asks.node_changed(books.tags, node.info, node.index, free);
    }
}

PlaceJudge::PlaceJudge(const Books& books, const ApplicationId& asking)
    : books_(books), asking_(asking) {
    facts_.count = [this](Constraint::Scope scope, const TagTarget& target) {
        return count(scope, target, node_);
    };
    facts_.attribute = [this](std::string_view name) -> const std::string* {
        const auto& attributes = books_.nodes.at(node_).info.attributes;
        const auto it = attributes.find(std::string(name));
        return it == attributes.end() ? nullptr : &it->second;
    };
}

std::int64_t PlaceJudge::count(Constraint::Scope scope, const TagTarget& target,
                               NodeIndex node) const {
    return scope == Constraint::Scope::Node
               ? books_.tags.on_node(target, asking_, node)
               : books_.tags.in_rack(target, asking_, books_.nodes.at(node).info.rack);
}

bool PlaceJudge::holds(const Constraint& constraint, NodeIndex node) {
    node_ = node;
    return satisfied(constraint, facts_);
}

bool constraint_holds(const Books& books, const Demand& demand, NodeIndex node) {
    return demand.constraint == nullptr ||
           PlaceJudge(books, demand.owner.attempt.application).holds(*demand.constraint, node);
}

bool needs_tags_of(const Constraint& constraint, const ApplicationId& asking,
                   const Container& container) {
    if (container.tags == nullptr) {
        return false;
    }
    const std::vector<TagKey> keys =
        keys_of({container.node, "", container.id.attempt.application, container.tags->tags,
                 container.tags->of_application});
    const bool here =
        constraint.min > 0 && std::ranges::any_of(constraint.targets, [&](const TagTarget& target) {
            return std::ranges::find(keys, key_of(target, asking)) != keys.end();
        });
    return here || std::ranges::any_of(constraint.parts, [&](const Constraint& part) {
               return needs_tags_of(part, asking, container);
           });
}

}  // namespace heddle::rm
