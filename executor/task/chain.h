#pragma once

// Puts the operators of a stage together for one partition and runs records through them. Recursive
// over the plan: a node is computed by building its operator in front of the given sink and running
// the node's inputs into that.

#include <memory>
#include <string>
#include <vector>

#include "common/rdd/operator.h"
#include "common/rdd/plan.h"
#include "common/rdd/scope.h"
#include "executor/task/task_body.h"

namespace heddle::executor {

/// "map at main.cpp:42 (RDD 3)"
std::string operation_name(const rdd::RddNode& node);

class Chain {
public:
    Chain(const rdd::StagePlan& stage, TaskEnvironment& environment, rdd::TaskScope& scope)
        : stage_(stage), environment_(environment), scope_(scope) {}

    /// Pushes the records of partition `partition` of the node into `sink`, from the cache if they
    /// are there. Failures are in the scope.
    void run(rdd::RddId id, rdd::Partition partition, rdd::Sink& sink);

    /// The entry of a registered or builtin operator; null: the scope has the failure.
    const rdd::OperatorEntry* entry_of(const rdd::OperatorRef& op, const std::string& operation);
    /// The same for a record type.
    const rdd::RecordFace* face_of(const rdd::RecordType& type, const std::string& operation);
    void fail(const std::string& operation, std::string message, bool final);

private:
    void compute(const rdd::RddNode& node, rdd::Partition partition, rdd::Sink& sink);
    void run_cached(const rdd::RddNode& node, rdd::Partition partition, rdd::Sink& sink);
    void run_source_node(const rdd::RddNode& node, rdd::Partition partition, rdd::Sink& sink);
    void run_input(const rdd::RddNode& node, const rdd::Dependency& dependency,
                   rdd::Partition partition, rdd::Sink& sink);
    void read_shuffle(const rdd::RddNode& node, const rdd::Dependency& dependency,
                      rdd::Partition partition, rdd::Sink& sink);
    void push_block(const blocks::BlockPtr& block, const rdd::RecordFace& face,
                    const std::string& operation, rdd::Sink& sink);

    const rdd::StagePlan& stage_;
    TaskEnvironment& environment_;
    rdd::TaskScope& scope_;
    // Blocks and files that records may point into, until the task ends.
    std::vector<std::shared_ptr<const void>> keep_;
};

}  // namespace heddle::executor
