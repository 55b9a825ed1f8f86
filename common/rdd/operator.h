#pragma once

// The shapes of code that a task is put together from. Records are pushed: a source or a block
// reader at the head pushes batches through a chain of operators into the task's last sink, and
// each push is answered with whether more is wanted. Several inputs meet only at the head of a
// chain (a join), which reads one after the other and then pushes on.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/rdd/batch.h"
#include "common/rdd/bytes.h"
#include "common/rdd/record_face.h"
#include "common/rdd/scope.h"

namespace heddle::rdd {

class Sink {
public:
    virtual ~Sink() = default;
    /// Takes what it wants of the batch; the rows are the caller's again afterwards.
    virtual Flow push(Batch& batch) = 0;
    /// `records` of distinct keys come next, as far as anybody knows: a table may make room at once
    /// instead of growing. What a map task has combined is such a run.
    virtual void expect_distinct(std::uint64_t /*records*/) {}
};

// A link of the chain. It knows the next sink; whoever owns the chain closes its links in order,
// from the head on, so close() emits what this link held back and leaves the next one open. A
// closed link stays until the task ends, since views in its records may point into it; close()
// gives back the memory of tables and rows that nothing points into.
class Operator : public Sink {
public:
    virtual Flow close() = 0;
};

// The head of a chain with several inputs. All of input 0 is pushed before input 1, and so on;
// input sinks do not need closing.
class Head {
public:
    virtual ~Head() = default;
    virtual Sink& input(std::size_t index) = 0;
    /// Emits the rest to the next sink.
    virtual Flow close() = 0;
};

// The end of a result task's chain. `result` is asked once, after the last push.
class Action : public Sink {
public:
    virtual Bytes result() = 0;
};

// A partitioner that the program brings: the partition of a key, which may be any number; who asks
// refuses what is out of range. Throws what the user's function throws.
class KeyPartition {
public:
    virtual ~KeyPartition() = default;
    virtual std::int64_t of(const void* key) = 0;
};

// What an operator is built from. Everything referred to outlives the operator.
struct OperatorInit {
    TaskScope& scope;
    std::string_view payload;          // OperatorRef::payload
    std::string operation;             // "map at main.cpp:42 (RDD 3)", for messages
    Partition partition = 0;           // of the node
    const RecordFace* face = nullptr;  // of what comes out; of an action: of what goes in
};

// Factories answer null when the payload cannot be decoded. An entry has the one factory of its
// shape, or just a face.
using MakeOperator = std::unique_ptr<Operator> (*)(const OperatorInit& init, Sink& next);
using MakeHead = std::unique_ptr<Head> (*)(const OperatorInit& init, Sink& next);
using MakeAction = std::unique_ptr<Action> (*)(const OperatorInit& init);
using MakeKeyPartition = std::unique_ptr<KeyPartition> (*)(std::string_view payload);

struct OperatorEntry {
    const char* type_name = "";  // typeid(...).name() of what is registered: equal in one build
    const RecordFace* face = nullptr;
    MakeOperator make_operator = nullptr;
    MakeHead make_head = nullptr;
    MakeAction make_action = nullptr;
    MakeKeyPartition make_key_partition = nullptr;
};

}  // namespace heddle::rdd
