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
    /// `keep_in_memory` false: partitions are kept on disk if they may be, or not at all this time.
    Chain(const rdd::StagePlan& stage, TaskEnvironment& environment, rdd::TaskScope& scope,
          bool keep_in_memory)
        : stage_(stage),
          environment_(environment),
          scope_(scope),
          keep_in_memory_(keep_in_memory) {}

    /// Pushes the records of partition `partition` of the node into `sink`, from the cache if they
    /// are there. Failures are in the scope.
    void run(rdd::RddId id, rdd::Partition partition, rdd::Sink& sink);

    /// The entry of a registered or builtin operator; null: the scope has the failure.
    const rdd::OperatorEntry* entry_of(const rdd::OperatorRef& op, const std::string& operation);
    /// The same for a record type.
    const rdd::RecordFace* face_of(const rdd::RecordType& type, const std::string& operation);
    void fail(const std::string& operation, std::string message, bool final);
    /// A partition that did not fit held memory which operators could have used.
    bool cache_was_in_the_way() const { return in_the_way_; }

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
    const bool keep_in_memory_;
    bool in_the_way_ = false;
    // Blocks, files and operators that records may point into, until the task ends.
    std::vector<std::shared_ptr<const void>> keep_;
};

}  // namespace heddle::executor
