#pragma once

// Broadcast variables: a value of the driver that every executor fetches once, when a task of its
// first reads it, from the driver and from executors that have parts of it already.
//
//   const auto stop_words = context.broadcast(words);        // std::vector<std::string>
//   struct IsWord {
//       Broadcast<std::vector<std::string>> stop_words;
//       bool operator()(std::string_view word) const { ... *stop_words ... }
//   };
//
// The value is a record. It is encoded once; changing the original changes nothing. It stays with
// the driver until destroy() or the end of the context, since RDDs that use it may be computed
// again at any time.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "client/api/codec.h"
#include "client/api/face.h"
#include "client/api/graph.h"
#include "common/rdd/broadcast.h"
#include "common/rdd/scope.h"

namespace heddle {

namespace api {

// What the program's handles of one variable share, without its type.
struct BroadcastState {
    SessionPtr session;
    rdd::BroadcastRef ref;
    std::string destroyed_at;  // "main.cpp:42"; empty: it is not
};
using BroadcastStatePtr = std::shared_ptr<BroadcastState>;  // by handles of the driver's program

BroadcastStatePtr make_broadcast(const SessionPtr& session, rdd::Bytes value);
/// In a task: the value, held until the task ends. Throws Exception.
const void* read_broadcast(rdd::TaskScope& task, const rdd::BroadcastRef& ref,
                           const rdd::RecordFace& face);
/// Throws UsageError when it is destroyed, or was made by nobody.
void require_usable(const BroadcastState* state);
void drop_broadcast(BroadcastState* state, bool destroy, Callsite at);

}  // namespace api

template <typename T>
class Broadcast {
public:
    static_assert(api::IsRecord<T>::value && !api::has_views<T>(),
                  "heddle: a broadcast value is a record that owns its bytes: use std::string for "
                  "std::string_view, or specialise heddle::Codec<T>");

    Broadcast() = default;
    Broadcast(api::BroadcastStatePtr state, std::shared_ptr<const T> value)
        : state_(std::move(state)), value_(std::move(value)), ref_(state_->ref) {}

    /// In a task: lives as long as the task. Throws Exception where it cannot be had.
    const T& value() const {
        rdd::TaskScope* const task = rdd::current_task();
        if (task == nullptr) {
            api::require_usable(state_.get());
            return *value_;
        }
        if (task->serial() != serial_) {
            found_ = static_cast<const T*>(api::read_broadcast(*task, ref_, api::face_of<T>()));
            serial_ = task->serial();
        }
        return *found_;
    }
    const T& operator*() const { return value(); }
    const T* operator->() const { return &value(); }

    rdd::BroadcastId id() const { return ref_.id; }

    /// Executors drop it; a later use fetches it again.
    void unpersist(api::Callsite at = api::Callsite::here()) const {
        api::drop_broadcast(state_.get(), false, at);
    }
    /// Gone for good: any later use is an error that says so.
    void destroy(api::Callsite at = api::Callsite::here()) const {
        api::drop_broadcast(state_.get(), true, at);
    }

private:
    friend struct Codec<Broadcast<T>>;

    api::BroadcastStatePtr state_;    // null in an executor
    std::shared_ptr<const T> value_;  // by the program's handles
    rdd::BroadcastRef ref_;
    // What the task whose serial it is has found.
    mutable std::uint64_t serial_ = 0;
    mutable const T* found_ = nullptr;
};

template <typename T>
struct Codec<Broadcast<T>> {
    static void encode(const Broadcast<T>& value, rdd::ByteWriter& out) {
        api::require_usable(value.state_.get());
        out.number(value.ref_.id.value);
        out.number(value.ref_.bytes);
        out.number(value.ref_.chunk_bytes);
    }
    static void decode(rdd::ByteReader& in, Broadcast<T>& out) {
        out.ref_.id.value = in.number<std::int64_t>();
        out.ref_.bytes = in.number<std::uint64_t>();
        out.ref_.chunk_bytes = in.number<std::uint64_t>();
    }
};

}  // namespace heddle
