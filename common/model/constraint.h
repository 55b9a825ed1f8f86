#pragma once

// Placement constraints: where a container may go relative to others (by their tags) and by what a
// node says of itself (its attributes), in YARN's notation:
//
//   in,node,zk                        on a node that holds a container tagged zk
//   notin,node,zk                     on a node that holds none
//   cardinality,rack,hb,1,3           at least one there already, at most three with this one
//   java=11        rm.yarn.io/os!=linux
//   and(notin,node,zk:in,rack,all/hbase)        or(java=11:java=17)
//   dor(in,node,zk@30s:in,rack,zk@2m:java=11)   the first for 30 s, then the second as well, ...
//
// dor stands outside of all others, and each of its alternatives but the last says for how long
// (ms, s, m or h). An earlier alternative goes on being taken first.
//
// A tag counts the containers of the asking application. Before a slash other ones are named: all/,
// not-self/, app-id/<application id>/, app-tag/<application's tag>/, self/. Several tags in one
// constraint each have to hold. Keywords are read in any case and written small.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace heddle {

// Bounds of what one ask may cost.
constexpr std::size_t kConstraintBytesMax = 4096;
constexpr int kConstraintDepthMax = 8;
constexpr std::size_t kConstraintTermsMax = 32;  // single constraints times their tags
constexpr std::size_t kAskTagsMax = 16;
constexpr std::size_t kTagBytesMax = 128;
constexpr Duration kPatienceMax = seconds(24 * 3600);

/// Containers that a constraint counts.
struct TagTarget {
    enum class Space { Self, NotSelf, All, Application, ApplicationTag };
    Space space = Space::Self;
    std::string of;  // application id, or application tag
    std::string tag;

    friend bool operator==(const TagTarget&, const TagTarget&) = default;
    friend auto operator<=>(const TagTarget&, const TagTarget&) = default;
};

struct Constraint {
    enum class Kind { Tags, Attribute, And, Or, DelayedOr };
    enum class Scope { Node, Rack };
    static constexpr std::int32_t kNoMaximum = INT32_MAX;

    Kind kind = Kind::And;  // of no parts: always satisfied

    // Tags.
    Scope scope = Scope::Node;
    std::vector<TagTarget> targets;
    std::int32_t min = 0;           // of containers that are there before
    std::int32_t max = kNoMaximum;  // of containers that are there afterwards; 0: none before

    // Attribute.
    std::string attribute;
    std::string value;
    bool equal = true;

    // And, Or, DelayedOr.
    std::vector<Constraint> parts;

    /// As a part of DelayedOr: for how long it is waited for before the next one will do, too. Of
    /// the last: zero.
    Duration patience = {};

    friend bool operator==(const Constraint&, const Constraint&) = default;
};

/// Empty text: a constraint that is always satisfied. Errors: InvalidArgument with the place and
/// what was expected there, or the limit that is exceeded.
Result<Constraint> parse_constraint(std::string_view text);

/// As parse_constraint() reads it; equal constraints give equal texts.
std::string to_string(const Constraint& constraint);

/// A tag of a container, or of an ask: letters, digits and "-_.". Errors: InvalidArgument.
Status check_tag(std::string_view tag);

/// What a constraint asks of one node.
struct PlaceFacts {
    std::function<std::int64_t(Constraint::Scope, const TagTarget&)> count;
    /// Null: the node has no such attribute.
    std::function<const std::string*(std::string_view name)> attribute;
};

/// Whether a term of tags holds where there are so many containers of one of its tags.
bool holds_with(const Constraint& tags, std::int64_t count);

/// What the first `taken` alternatives of a DelayedOr say together. Requires that there are so
/// many.
Constraint first_alternatives(const Constraint& delayed_or, std::size_t taken);

/// Whether a container may be placed where `facts` describe. An absent attribute differs from every
/// value, as in YARN.
bool satisfied(const Constraint& constraint, const PlaceFacts& facts);

}  // namespace heddle
