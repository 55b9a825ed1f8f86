#include "resourcemanager/core/capacities.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/check.h"
#include "common/base/int128.h"

namespace heddle::rm {
namespace {

constexpr std::int64_t kWholePercent = 100'000;  // thousandths

constexpr const char* kMemory = "memory";
constexpr const char* kVcores = "vcores";

std::int64_t amount_in(const Resource& resource, const std::string& name) {
    return name == kMemory   ? resource.memory_mib
           : name == kVcores ? resource.vcores
                             : resource.named.get(name);
}

void set_amount(Resource& resource, const std::string& name, std::int64_t amount) {
    if (name == kMemory) {
        resource.memory_mib = amount;
    } else if (name == kVcores) {
        resource.vcores = amount;
    } else {
        resource.named.set(name, amount);
    }
}

const Share& share_of(const ShareVector& shares, const std::string& resource) {
    const auto found = shares.by_resource.find(resource);
    return found == shares.by_resource.end() ? shares.all : found->second;
}

std::int64_t amount_of(const Share& share) {
    return std::max<std::int64_t>(share.value, 0);
}

std::string_view parent_path(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

// Siblings that draw on the same amount.
struct Claim {
    std::uint32_t queue = 0;
    std::int64_t weight = 0;
};

// Gives floor(amount * sum of weights / whole) out in proportion, to the last unit.
void divide(std::int64_t amount, Int128 whole, std::vector<Claim> claims,
            const std::vector<QueueConfig>& queues, std::vector<std::int64_t>& out) {
    const Int128 sum =
        std::accumulate(claims.begin(), claims.end(), Int128{0},
                        [](Int128 so_far, const Claim& claim) { return so_far + claim.weight; });
    if (sum == 0 || amount <= 0) {
        return;
    }
    whole = std::max(whole, sum);
    struct Rest {
        Int128 remainder;
        std::uint32_t queue;
    };
    std::vector<Rest> rests;
    Int128 left = static_cast<Int128>(amount) * sum / whole;
    for (const Claim& claim : claims) {
        const Int128 product = static_cast<Int128>(amount) * claim.weight;
        out[claim.queue] = static_cast<std::int64_t>(product / whole);
        left -= product / whole;
        rests.push_back({product % whole, claim.queue});
    }
    std::ranges::sort(rests, [&](const Rest& a, const Rest& b) {
        return a.remainder != b.remainder ? a.remainder > b.remainder
                                          : queues[a.queue].path < queues[b.queue].path;
    });
    CHECK(left >= 0 && left <= static_cast<Int128>(rests.size()));
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(left); ++i) {
        ++out[rests[static_cast<std::size_t>(i)].queue];
    }
}

class Division {
public:
    Division(const std::vector<QueueConfig>& queues, const std::vector<std::uint32_t>& parents,
             const std::string& label)
        : queues_(queues), children_(queues.size()), capacity_(queues.size()) {
        static const QueueCapacity none = owed_nothing();
        std::vector<bool> reaches(queues.size(), true);
        for (std::uint32_t index = 0; index < queues.size(); ++index) {
            if (index > 0) {
                CHECK(parents[index] < index);
                children_[parents[index]].push_back(index);
            }
            const auto& labels = queues[index].labels;
            reaches[index] = labels ? may_use_label(*labels, label) : reaches[parents[index]];
            const auto found = queues[index].capacity.find(label);
            if (label == kNoLabel || reaches[index]) {
                capacity_[index] = found == queues[index].capacity.end() ? &none : &found->second;
            }
        }
    }

    void run(const std::string& name, const Resource& total, std::vector<Entitlement>& out) {
        const std::int64_t amount = std::max<std::int64_t>(amount_in(total, name), 0);
        guaranteed_.assign(queues_.size(), 0);
        maximum_.assign(queues_.size(), 0);
        guaranteed_[0] = capacity_[0] == nullptr ? 0 : amount;
        maximum_[0] = guaranteed_[0];
        for (std::uint32_t parent = 0; parent < queues_.size(); ++parent) {
            divide_among_children(parent, name);
        }
        for (std::size_t index = 0; index < queues_.size(); ++index) {
            set_amount(out[index].guaranteed, name, guaranteed_[index]);
            set_amount(out[index].maximum, name, maximum_[index]);
        }
    }

private:
    void divide_among_children(std::uint32_t parent, const std::string& resource) {
        std::vector<Claim> absolute;
        std::vector<Claim> percent;
        std::vector<Claim> weight;
        for (const std::uint32_t child : children_[parent]) {
            if (capacity_[child] == nullptr) {
                continue;
            }
            maximum_[child] = maximum_of(parent, share_of(capacity_[child]->maximum, resource));
            const Share& share = share_of(capacity_[child]->guaranteed, resource);
            std::vector<Claim>& claims = share.kind == Share::Kind::Absolute  ? absolute
                                         : share.kind == Share::Kind::Percent ? percent
                                                                              : weight;
            claims.push_back({child, amount_of(share)});
        }
        std::int64_t rest = guaranteed_[parent];
        rest -= serve(absolute, rest, rest);
        rest -= serve(percent, rest, kWholePercent);
        serve(weight, rest, 0);
    }

    std::int64_t maximum_of(std::uint32_t parent, const Share& share) const {
        if (share.kind == Share::Kind::Absolute) {
            return std::min(amount_of(share), maximum_[parent]);
        }
        const std::int64_t percent = share.kind == Share::Kind::Percent
                                         ? std::min(amount_of(share), kWholePercent)
                                         : kWholePercent;
        return static_cast<std::int64_t>(static_cast<Int128>(maximum_[parent]) * percent /
                                         kWholePercent);
    }

    // Absolute amounts are their own weights of a whole that is the amount itself: they are given
    // as they stand while they fit, and in proportion beyond.
    std::int64_t serve(const std::vector<Claim>& claims, std::int64_t amount, Int128 whole) {
        divide(amount, whole, claims, queues_, guaranteed_);
        std::int64_t given = 0;
        for (const Claim& claim : claims) {
            guaranteed_[claim.queue] = std::min(guaranteed_[claim.queue], maximum_[claim.queue]);
            given += guaranteed_[claim.queue];
        }
        return given;
    }

    const std::vector<QueueConfig>& queues_;
    std::vector<std::vector<std::uint32_t>> children_;
    std::vector<const QueueCapacity*> capacity_;  // none: the queue may not use the label
    std::vector<std::int64_t> guaranteed_;
    std::vector<std::int64_t> maximum_;
};

}  // namespace

std::vector<QueueConfig> normalised(std::vector<QueueConfig> queues) {
    std::set<std::string, std::less<>> known;
    for (const QueueConfig& queue : queues) {
        CHECK(known.insert(queue.path).second);
    }
    std::vector<QueueConfig> all;
    for (QueueConfig& queue : queues) {
        std::vector<QueueConfig> missing;
        for (std::string_view path = parent_path(queue.path);
             !path.empty() && !known.contains(path); path = parent_path(path)) {
            missing.push_back(queue_config(std::string(path)));
            known.emplace(path);
        }
        std::move(missing.rbegin(), missing.rend(), std::back_inserter(all));
        queue.capacity.try_emplace(kNoLabel);
        all.push_back(std::move(queue));
    }
    if (known.insert("root").second) {
        all.push_back(queue_config("root"));
    }
    std::ranges::stable_sort(
        all, {}, [](const QueueConfig& queue) { return std::ranges::count(queue.path, '.'); });
    CHECK(all.front().path == "root");
    return all;
}

std::vector<std::uint32_t> parents_of(const std::vector<QueueConfig>& queues) {
    std::map<std::string_view, std::uint32_t> indexes;
    std::vector<std::uint32_t> parents;
    for (const QueueConfig& queue : queues) {
        const auto index = static_cast<std::uint32_t>(parents.size());
        indexes.emplace(queue.path, index);
        parents.push_back(index == 0 ? 0 : indexes.at(parent_path(queue.path)));
    }
    return parents;
}

QueueCapacity owed_nothing() {
    return {{{Share::Kind::Absolute, 0}, {}}, QueueCapacity{}.maximum};
}

bool may_use_label(const std::vector<std::string>& names, const std::string& label) {
    return std::ranges::any_of(
        names, [&](const std::string& name) { return name == "*" || name == label; });
}

std::vector<Entitlement> effective_capacities(const std::vector<QueueConfig>& queues,
                                              const std::vector<std::uint32_t>& parents,
                                              const std::string& label, const Resource& total) {
    CHECK(!queues.empty() && queues.size() == parents.size() && queues[0].path == "root");
    std::vector<Entitlement> entitlements(queues.size());
    Division division(queues, parents, label);
    division.run(kMemory, total, entitlements);
    division.run(kVcores, total, entitlements);
    for (const NamedCounts::Entry& entry : total.named.entries()) {
        division.run(entry.name, total, entitlements);
    }
    return entitlements;
}

}  // namespace heddle::rm
