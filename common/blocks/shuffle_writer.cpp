// Partitioning one batch at a time: choose, count, gather, append.
#include "common/blocks/shuffle_writer.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/base/check.h"
#include "common/blocks/block_access.h"
#include "common/blocks/small_blocks.h"
#include "common/rdd/hash.h"
#include "common/rdd/registry.h"

namespace heddle::blocks {

using rdd::Batch;
using rdd::Flow;
using rdd::PartitionerKind;

namespace {

// Blocks of one type, one after the other, where they lie.
BlockPtr joined(std::vector<BlockPtr> pieces) {
    if (pieces.size() == 1) {
        return pieces.front();
    }
    BlockAccess::Encoded parts;
    parts.raw = pieces.front()->raw();
    parts.record_size = pieces.front()->record_size();
    for (const BlockPtr& piece : pieces) {
        parts.memory += piece->memory();
        parts.segments.insert(parts.segments.end(), piece->segments().begin(),
                              piece->segments().end());
    }
    parts.owner = std::make_shared<const std::vector<BlockPtr>>(std::move(pieces));
    return BlockAccess::make(std::move(parts));
}

}  // namespace

ShuffleWriter::ShuffleWriter(const rdd::RecordFace& face, const rdd::Partitioner& partitioner,
                             rdd::TaskScope& scope, const std::string& operation)
    : face_(face),
      kind_(partitioner.kind),
      ascending_(partitioner.ascending),
      partitions_(static_cast<std::uint32_t>(partitioner.partitions)),
      // Maps start their rounds at different partitions: otherwise small maps all fill the first.
      position_(rdd::hash_number(static_cast<std::uint64_t>(scope.task().partition)) % partitions_),
      budget_(scope, operation),
      reserved_(partitions_, 0),
      starts_(partitions_ + 1, 0) {
    builders_.reserve(partitions_);
    for (std::uint32_t i = 0; i < partitions_; ++i) {
        builders_.emplace_back(face);
    }
}

ShuffleWriter::~ShuffleWriter() {
    for (const std::int64_t bytes : reserved_) {
        budget_.release(bytes);
    }
}

Result<std::unique_ptr<ShuffleWriter>> ShuffleWriter::make(const rdd::RecordFace& face,
                                                           const rdd::Partitioner& partitioner,
                                                           rdd::TaskScope& scope,
                                                           const std::string& operation) {
    const auto refuse = [&](const std::string& what) {
        return Error{ErrorCode::InvalidArgument,
                     std::string("cannot partition records of type ") + face.name + ": " + what};
    };
    if (partitioner.partitions <= 0) {
        return refuse("the number of partitions is " + std::to_string(partitioner.partitions));
    }
    switch (partitioner.kind) {
        case PartitionerKind::Hash:
            if (face.hash == nullptr) {
                return refuse("the key type has no hash");
            }
            break;
        case PartitionerKind::Range:
            if (face.compare == nullptr) {
                return refuse("the key type has no order");
            }
            break;
        case PartitionerKind::RoundRobin:
            break;
        case PartitionerKind::Function:
            if (face.key == nullptr) {
                return refuse("its keys cannot be looked at");
            }
            break;
        case PartitionerKind::None:
        case PartitionerKind::Supplied:
            return refuse("no such partitioner for rows");
    }
    std::unique_ptr<ShuffleWriter> writer(new ShuffleWriter(face, partitioner, scope, operation));
    if (partitioner.kind == PartitionerKind::Range) {
        TRY(writer->read_bounds(partitioner));
    } else if (partitioner.kind == PartitionerKind::Function) {
        TRY(writer->find_function(partitioner));
    }
    return writer;
}

Status ShuffleWriter::read_bounds(const rdd::Partitioner& partitioner) {
    bounds_bytes_ = partitioner.payload;
    rdd::ByteReader in(bounds_bytes_);
    const std::string_view type = in.text();
    const std::size_t count = in.count_of(0);
    if (count > 0 && type != face_.name) {
        return Error{ErrorCode::InvalidArgument, "ranges of records of type " + std::string(type) +
                                                     " cannot partition records of type " +
                                                     face_.name +
                                                     ": take ranges() of an RDD of that type"};
    }
    if (count >= partitions_) {
        return Error{ErrorCode::DataLoss, "range bounds: more than partitions"};
    }
    bounds_ = std::make_unique<rdd::RowBuffer>(face_, count);
    bounds_->added(face_.decode(in, bounds_->rows(), static_cast<std::uint32_t>(count)));
    return in.status("range bounds");
}

Status ShuffleWriter::find_function(const rdd::Partitioner& partitioner) {
    rdd::ByteReader in(partitioner.payload);
    rdd::OperatorRef op;
    read(in, op);
    TRY(in.status("partition function"));
    TRY(const rdd::OperatorEntry* entry, rdd::find_registered(op));
    function_ =
        entry->make_key_partition == nullptr ? nullptr : entry->make_key_partition(op.payload);
    if (function_ == nullptr) {
        return Error{ErrorCode::DataLoss, "the partition function cannot be built"};
    }
    return {};
}

// The first partition whose bound is not below the row, by binary search. Bounds are sorted in the
// direction of the sort.
std::uint32_t ShuffleWriter::range_of(const void* row) const {
    std::uint32_t low = 0;
    std::uint32_t high = bounds_->count();
    while (low < high) {
        const std::uint32_t middle = (low + high) / 2;
        const int order = face_.compare(face_.row(bounds_->rows(), middle), row);
        if (ascending_ ? order < 0 : order > 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void ShuffleWriter::choose_partitions(const Batch& batch) {
    chosen_.resize(batch.count);
    switch (kind_) {
        case PartitionerKind::Hash:
            hashes_.resize(batch.count);
            face_.hash(batch.rows, batch.count, hashes_.data());
            for (std::uint32_t i = 0; i < batch.count; ++i) {
                chosen_[i] = rdd::partition_of(hashes_[i], partitions_);
            }
            return;
        case PartitionerKind::Range:
            for (std::uint32_t i = 0; i < batch.count; ++i) {
                chosen_[i] = range_of(face_.row(batch.rows, i));
            }
            return;
        case PartitionerKind::RoundRobin:
            for (std::uint32_t i = 0; i < batch.count; ++i) {
                chosen_[i] = static_cast<std::uint32_t>(position_++ % partitions_);
            }
            return;
        case PartitionerKind::Function:
        case PartitionerKind::None:
        case PartitionerKind::Supplied:
            break;
    }
    CHECK(false);
}

// False: the task has failed, by the user's function or by what it answered.
bool ShuffleWriter::choose_by_function(const Batch& batch) {
    chosen_.resize(batch.count);
    std::uint32_t i = 0;
    try {
        for (; i < batch.count; ++i) {
            const std::int64_t partition = function_->of(face_.key(face_.row(batch.rows, i)));
            if (partition < 0 || partition >= std::int64_t{partitions_}) {
                throw std::out_of_range("the partitioner gave partition " +
                                        std::to_string(partition) +
                                        " for the key of this record; "
                                        "partitions go from 0 to " +
                                        std::to_string(partitions_ - 1));
            }
            chosen_[i] = static_cast<std::uint32_t>(partition);
        }
    } catch (...) {
        budget_.scope().fail_in_user_code(budget_.operation(), &face_, face_.row(batch.rows, i));
        return false;
    }
    return true;
}

Flow ShuffleWriter::push(Batch& batch) {
    budget_.scope().metrics().shuffle_records_written += batch.count;
    if (function_ != nullptr) {
        if (!choose_by_function(batch)) {
            return Flow::Stop;
        }
    } else if (partitions_ == 1) {
        builders_[0].append(batch.rows, nullptr, batch.count);
        return account(0);
    } else {
        choose_partitions(batch);
    }
    std::fill(starts_.begin(), starts_.end(), 0);
    for (const std::uint32_t partition : chosen_) {
        ++starts_[partition + 1];
    }
    for (std::uint32_t p = 0; p < partitions_; ++p) {
        starts_[p + 1] += starts_[p];
    }
    order_.resize(batch.count);
    for (std::uint32_t i = 0; i < batch.count; ++i) {
        order_[starts_[chosen_[i]]++] = i;  // afterwards starts_[p] is where p ends
    }
    std::uint32_t begin = 0;
    for (std::uint32_t p = 0; p < partitions_; ++p) {
        const std::uint32_t end = starts_[p];
        if (begin != end) {
            builders_[p].append(batch.rows, order_.data() + begin, end - begin);
            if (account(p) == Flow::Stop) {
                return Flow::Stop;
            }
        }
        begin = end;
    }
    return budget_.scope().flow();
}

Flow ShuffleWriter::account(std::uint32_t partition) {
    const std::int64_t held = builders_[partition].memory();
    const std::int64_t more = held - reserved_[partition];
    if (more > 0) {
        reserved_[partition] = held;
        budget_.reserve(more);
        if (budget_.over() > 0) {
            return spill();
        }
    }
    return Flow::Continue;
}

// What is held goes to disk, a block per partition.
Flow ShuffleWriter::spill() {
    const auto write = [this]() -> Status {
        if (!spilled_) {
            TRY(GrowingFile file, GrowingFile::create_unnamed(budget_.scope().spill_folder()));
            spilled_.emplace(std::move(file));
            parts_.resize(partitions_);
        }
        for (std::uint32_t p = 0; p < partitions_; ++p) {
            if (builders_[p].records() != 0) {
                const BlockPtr block = builders_[p].finish();
                const BlockImage image = image_of(*block);
                parts_[p].push_back({spilled_->size(), image.size});
                TRY(spilled_->append(image.parts));
            }
        }
        return {};
    };
    const std::uint64_t before = spilled_ ? spilled_->size() : 0;
    const std::int64_t over = budget_.over();  // of the last batch alone
    const Status written = write();
    if (!written) {
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::ExceptionFailure;
        failure.operation = budget_.operation();
        failure.message = written.error().message;
        budget_.scope().fail(std::move(failure));
        return Flow::Stop;
    }
    rdd::TaskMetrics& metrics = budget_.scope().metrics();
    metrics.disk_bytes_spilled += static_cast<std::int64_t>(spilled_->size() - before);
    for (std::int64_t& reserved : reserved_) {
        metrics.memory_bytes_spilled += reserved;
        budget_.release(std::exchange(reserved, 0));
    }
    if (!budget_.insist(over)) {
        return Flow::Stop;  // a record is larger than all there is
    }
    budget_.release(over);
    return budget_.scope().flow();
}

Result<std::vector<BlockPtr>> ShuffleWriter::finish() {
    std::vector<BlockPtr> blocks;
    blocks.reserve(partitions_);
    std::shared_ptr<const MappedFile> file;
    if (spilled_) {
        TRY(file, spilled_->map());
    }
    std::vector<std::uint32_t> small;  // partitions whose block is made with others
    for (std::uint32_t p = 0; p < partitions_; ++p) {
        std::vector<BlockPtr> pieces;
        const std::size_t size = builders_[p].in_one_piece().size();
        if (!spilled_ && size > 0 && size <= kSmallBlockBytes) {
            small.push_back(p);
            blocks.emplace_back();
            continue;
        }
        if (spilled_) {
            for (const SpillPart& part : parts_[p]) {
                TRY(BlockPtr piece,
                    parse_block(file->bytes().substr(part.offset, part.size), file));
                pieces.push_back(std::move(piece));
            }
        }
        if (builders_[p].records() != 0) {
            pieces.push_back(builders_[p].finish());
        }
        budget_.release(std::exchange(reserved_[p], 0));
        blocks.push_back(pieces.empty() ? nullptr : joined(std::move(pieces)));
    }
    gather(small, blocks);
    return blocks;
}

// One piece of memory for all small blocks.
void ShuffleWriter::gather(const std::vector<std::uint32_t>& partitions,
                           std::vector<BlockPtr>& blocks) {
    const auto bytes = std::make_shared<rdd::Bytes>();  // kept by the blocks
    std::vector<SmallBlock> parts;
    parts.reserve(partitions.size());
    for (const std::uint32_t p : partitions) {
        BlockBuilder& builder = builders_[p];
        const std::string_view data = builder.in_one_piece();
        parts.push_back({append_aligned(*bytes, data), data.size(), builder.records(),
                         face_.raw ? face_.size : 0});
        builder.clear();
        budget_.release(std::exchange(reserved_[p], 0));
    }
    std::vector<BlockPtr> made = make_small_blocks(bytes, *bytes, parts, true);
    for (std::size_t i = 0; i < partitions.size(); ++i) {
        blocks[partitions[i]] = std::move(made[i]);
    }
}

}  // namespace heddle::blocks
