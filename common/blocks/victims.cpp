#include "common/blocks/victims.h"

namespace heddle::blocks {

using rdd::BlockId;

std::vector<BlockId> choose_victims(const std::list<BlockId>& least_recent_first,
                                    const std::function<std::int64_t(const BlockId&)>& size_of,
                                    std::int64_t bytes, rdd::RddId spared) {
    std::vector<BlockId> victims;
    std::int64_t freed = 0;
    for (const BlockId& id : least_recent_first) {
        if (freed >= bytes) {
            break;
        }
        if (id.kind == BlockId::Kind::Rdd && id.first == spared.value) {
            continue;
        }
        victims.push_back(id);
        freed += size_of(id);
    }
    if (freed < bytes && spared != Accountant::kNoRdd) {
        victims.clear();
    }
    return victims;
}

}  // namespace heddle::blocks
