#pragma once

// The end of a map task's chain: deals records out to the blocks of the reduce partitions.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/scratch_file.h"
#include "common/blocks/block.h"
#include "common/rdd/operator.h"
#include "common/rdd/plan.h"
#include "common/rdd/row_buffer.h"
#include "common/rdd/scope.h"

namespace heddle::blocks {

class ShuffleWriter final : public rdd::Sink {
public:
    /// Errors: InvalidArgument when the partitioner does not fit the record type.
    static Result<std::unique_ptr<ShuffleWriter>> make(const rdd::RecordFace& face,
                                                       const rdd::Partitioner& partitioner,
                                                       rdd::TaskScope& scope,
                                                       const std::string& operation);
    ~ShuffleWriter() override;

    rdd::Flow push(rdd::Batch& batch) override;

    /// One block per reduce partition, null where it got nothing. The memory is no longer drawn on
    /// the task: whoever takes the blocks accounts for them.
    /// Errors: Internal, DataLoss (what was spilled).
    Result<std::vector<BlockPtr>> finish();

private:
    // Where in the file one block is, that was spilled.
    struct SpillPart {
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
    };
    ShuffleWriter(const rdd::RecordFace& face, const rdd::Partitioner& partitioner,
                  rdd::TaskScope& scope, const std::string& operation);

    Status read_bounds(const rdd::Partitioner& partitioner);
    Status find_function(const rdd::Partitioner& partitioner);
    void choose_partitions(const rdd::Batch& batch);
    bool choose_by_function(const rdd::Batch& batch);
    std::uint32_t range_of(const void* row) const;
    rdd::Flow account(std::uint32_t partition);
    rdd::Flow spill();
    void gather(const std::vector<std::uint32_t>& partitions, std::vector<BlockPtr>& blocks);

    const rdd::RecordFace& face_;
    rdd::PartitionerKind kind_;
    bool ascending_;
    std::uint32_t partitions_;
    std::uint64_t position_ = 0;  // RoundRobin: the next record's
    rdd::SpillingBudget budget_;
    std::optional<GrowingFile> spilled_;           // none: everything fits
    std::vector<std::vector<SpillPart>> parts_;    // of it, by reduce partition
    rdd::Bytes bounds_bytes_;                      // Range: what views in the bounds point into
    std::unique_ptr<rdd::RowBuffer> bounds_;       // Range
    std::unique_ptr<rdd::KeyPartition> function_;  // Function
    std::vector<BlockBuilder> builders_;
    std::vector<std::int64_t> reserved_;  // per builder
    std::vector<std::uint64_t> hashes_;   // of one batch, as the next three
    std::vector<std::uint32_t> chosen_;
    std::vector<std::uint32_t> order_;
    std::vector<std::uint32_t> starts_;
};

}  // namespace heddle::blocks
