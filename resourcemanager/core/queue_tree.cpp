#include "resourcemanager/core/queue_tree.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/base/strings.h"

namespace heddle::rm {
namespace {

__extension__ using Wide = __int128;

// The larger of memory and vcore share, times total memory times total vcores: shares compare by
// cross-multiplication.
Wide dominant(const Resource& used, const Resource& total) {
    const Wide memory =
        static_cast<Wide>(used.memory_mib) * std::max<std::int64_t>(total.vcores, 1);
    const Wide vcores =
        static_cast<Wide>(used.vcores) * std::max<std::int64_t>(total.memory_mib, 1);
    return std::max(memory, vcores);
}

}  // namespace

QueueTree::QueueTree(const std::vector<QueueConfig>& leaves) {
    queues_.push_back({"root", "root", 0, false, false, {}, {}, 0, 0, 0});
    by_path_.emplace("root", 0);
    reconfigure(leaves);
}

void QueueTree::reconfigure(const std::vector<QueueConfig>& queues) {
    CHECK(!queues.empty());
    for (std::size_t index = 1; index < queues_.size(); ++index) {
        queues_[index].removed = true;
        queues_[index].leaf = true;
    }
    for (const QueueConfig& config : queues) {
        QueueIndex parent = 0;
        std::string path;
        for (const std::string_view part : split(config.path, '.')) {
            path += (path.empty() ? "" : ".") + std::string(part);
            const auto [it, fresh] =
                by_path_.emplace(path, static_cast<QueueIndex>(queues_.size()));
            if (fresh) {
                queues_.push_back({path, std::string(part), parent, true, false, {}, {}, 0, 0, 0});
            }
            if (it->second != 0) {
                queues_[parent].leaf = false;
                queues_[it->second].removed = false;
            }
            parent = it->second;
        }
    }
    default_leaf_ = 0;
    for (QueueIndex index = 1; index < queues_.size(); ++index) {
        const Queue& queue = queues_[index];
        CHECK(queue.applications == 0 || (queue.leaf && !queue.removed) || !queue.leaf);
        const bool takes = queue.leaf && !queue.removed;
        if (takes && (default_leaf_ == 0 || queue.path == "root.default")) {
            default_leaf_ = index;
        }
    }
    CHECK(default_leaf_ != 0);
}

Result<QueueIndex> QueueTree::find_leaf(std::string_view path) const {
    if (path.empty()) {
        return default_leaf_;
    }
    const auto it = by_path_.find(path);
    if (it != by_path_.end() && !queues_[it->second].removed) {
        if (queues_[it->second].leaf) {
            return it->second;
        }
        return Error{ErrorCode::InvalidArgument,
                     "queue '" + std::string(path) + "' has queues below it; name one of them"};
    }
    std::vector<QueueIndex> named;
    for (QueueIndex index = 0; index < queues_.size(); ++index) {
        if (queues_[index].leaf && !queues_[index].removed && queues_[index].name == path) {
            named.push_back(index);
        }
    }
    if (named.size() == 1) {
        return named.front();
    }
    return Error{ErrorCode::NotFound, "no queue named '" + std::string(path) + "'"};
}

template <typename Change>
void QueueTree::walk_up(QueueIndex leaf, Change&& change) {
    for (QueueIndex index = leaf;; index = queues_[index].parent) {
        change(queues_[index]);
        if (index == 0) {
            return;
        }
    }
}

void QueueTree::charge(QueueIndex leaf, const Resource& size, bool master) {
    walk_up(leaf, [&](Queue& queue) {
        queue.used += size;
        queue.used_by_masters += master ? size : Resource{};
        queue.containers += 1;
    });
}

void QueueTree::refund(QueueIndex leaf, const Resource& size, bool master) {
    walk_up(leaf, [&](Queue& queue) {
        queue.used -= size;
        queue.used_by_masters -= master ? size : Resource{};
        queue.containers -= 1;
    });
}

void QueueTree::count_application(QueueIndex leaf, std::int32_t change) {
    walk_up(leaf, [&](Queue& queue) { queue.applications += change; });
}

void QueueTree::count_running(QueueIndex leaf, std::int32_t change) {
    walk_up(leaf, [&](Queue& queue) { queue.running += change; });
}

bool QueueTree::before(QueueIndex a, QueueIndex b, const Resource& total) const {
    const Wide share_a = dominant(queues_[a].used, total);
    const Wide share_b = dominant(queues_[b].used, total);
    return share_a != share_b ? share_a < share_b : a < b;
}

void QueueTree::check() const {
    std::vector<Resource> below(queues_.size());
    std::vector<std::int32_t> containers(queues_.size());
    for (QueueIndex index = static_cast<QueueIndex>(queues_.size()); index-- > 1;) {
        const Queue& queue = queues_[index];
        CHECK(!queue.used.any_negative() && queue.containers >= 0 && queue.applications >= 0);
        CHECK(queue.running >= 0 && queue.running <= queue.applications);
        CHECK(queue.leaf || (queue.used == below[index] && queue.containers == containers[index]));
        below[queue.parent] += queue.used;
        containers[queue.parent] += queue.containers;
    }
    CHECK(queues_[0].used == below[0] && queues_[0].containers == containers[0]);
}

}  // namespace heddle::rm
