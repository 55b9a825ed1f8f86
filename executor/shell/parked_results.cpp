// Values as blocks of one record.
#include "executor/shell/parked_results.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/blocks/broadcast_store.h"
#include "common/rdd/plan.h"

namespace heddle::executor {

bool park_result(blocks::BlockStore& store, rdd::TaskResult& result) {
    const auto value = std::make_shared<const rdd::Bytes>(std::move(result.value));
    const blocks::BlockPtr block = blocks::block_of_bytes(*value, value);
    if (!store.put(rdd::BlockId::task_result(result.task), block, rdd::kMemoryAndDisk)) {
        result.value = *value;
        return false;
    }
    result.parked = value->size();
    result.value.clear();
    return true;
}

rdd::ResultPiece piece_of_result(blocks::BlockStore& store, const rdd::ResultWanted& wanted) {
    rdd::ResultPiece piece{wanted.task, wanted.from, {}};
    const blocks::BlockPtr block = store.get(rdd::BlockId::task_result(wanted.task));
    if (block == nullptr) {
        return piece;
    }
    std::uint64_t skip = wanted.from;
    for (const blocks::Segment& segment : block->segments()) {
        const std::uint64_t before = std::min<std::uint64_t>(skip, segment.size);
        skip -= before;
        const std::uint64_t left = wanted.size - piece.bytes.size();
        piece.bytes.append(segment.data + before,
                           std::min<std::uint64_t>(segment.size - before, left));
    }
    return piece;
}

void forget_result(blocks::BlockStore& store, rdd::TaskId task) {
    store.drop(rdd::BlockId::task_result(task));
}

}  // namespace heddle::executor
