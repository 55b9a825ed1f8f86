// The walk that submits stages, without submitting them.
#include "client/driver/core/forecast.h"

#include <algorithm>
#include <map>
#include <set>

#include "client/driver/core/locality.h"
#include "common/rdd/builtins.h"
#include "common/rdd/text_split.h"

namespace heddle::driver {

namespace {

// What is known of an amount of data.
struct Amount {
    std::optional<std::int64_t> bytes;
    bool exact = false;
};

Amount plus(const Amount& a, const Amount& b) {
    if (!a.bytes || !b.bytes) {
        return {};
    }
    return {*a.bytes + *b.bytes, a.exact && b.exact};
}

std::string title_of(const rdd::RddNode& node) {
    return node.name + "[" + std::to_string(node.id.value) + "]";
}

Amount source_bytes(const rdd::RddNode& node) {
    Amount sum{0, false};
    for (const rdd::SourcePartition& source : node.sources) {
        if (node.op.name == rdd::builtin::kParallelize) {
            *sum.bytes += static_cast<std::int64_t>(source.payload.size());
        } else if (node.op.name == rdd::builtin::kTextRecords) {
            const auto split = rdd::decode_text_split(source.payload);
            if (!split) {
                return {};
            }
            *sum.bytes += static_cast<std::int64_t>(split->end - split->begin);
        } else {
            return {};
        }
    }
    return node.sources.empty() ? Amount{} : sum;
}

class Forecaster {
public:
    Forecaster(const rdd::Plan& plan, const MapOutputs& outputs, const BlockTable& blocks)
        : plan_(plan), outputs_(outputs), blocks_(blocks) {}

    std::vector<StageForecast> of(rdd::RddId root) {
        (void)stage(root, nullptr);
        mark_needed(stages_.size() - 1);
        return std::move(stages_);
    }

private:
    // The stage that computes `root`, with what it reads before it; answers its number.
    std::int32_t stage(rdd::RddId root, const rdd::Dependency* writes) {
        if (writes != nullptr) {
            if (const auto known = numbers_.find(writes->shuffle); known != numbers_.end()) {
                return known->second;
            }
        }
        const rdd::RddNode& node = *plan_.find(root);
        StageForecast out;
        for (const rdd::Dependency* input : shuffle_inputs(plan_, root, nullptr)) {
            out.reads.push_back(stage(input->parent, input));
        }
        std::set<rdd::RddId> seen;
        collect(node, out, seen);
        out.name = node.name + (node.callsite.empty() ? "" : " at " + node.callsite);
        out.result = writes == nullptr;
        out.partitions = node.partitions;
        Amount amount = bytes_of(node);
        if (writes != nullptr) {
            out.complete = outputs_.complete(writes->shuffle);
            if (out.complete) {
                amount = {outputs_.bytes(writes->shuffle), true};
            }
            amounts_[writes->shuffle] = amount;
            missing_.push_back(outputs_.known(writes->shuffle)
                                   ? outputs_.missing(writes->shuffle).size()
                                   : static_cast<std::size_t>(node.partitions));
        } else {
            missing_.push_back(static_cast<std::size_t>(node.partitions));
        }
        out.bytes = amount.bytes;
        out.exact = amount.exact;
        out.number = static_cast<std::int32_t>(stages_.size()) + 1;
        roots_.push_back(root);
        if (writes != nullptr) {
            numbers_[writes->shuffle] = out.number;
        }
        stages_.push_back(std::move(out));
        return stages_.back().number;
    }

    // What one task pipelines, down to sources and shuffles.
    void collect(const rdd::RddNode& node, StageForecast& out, std::set<rdd::RddId>& seen) {
        if (!seen.insert(node.id).second) {
            return;
        }
        for (const rdd::Dependency& dependency : node.dependencies) {
            if (dependency.kind != rdd::DependencyKind::Shuffle) {
                collect(*plan_.find(dependency.parent), out, seen);
            }
        }
        out.rdds.push_back(title_of(node));
        if (!node.storage.is_none()) {
            out.cached.push_back(cached_of(node));
        }
    }

    CachedForecast cached_of(const rdd::RddNode& node) const {
        CachedForecast cached{title_of(node), node.partitions, 0, 0};
        for (rdd::Partition p = 0; p < node.partitions; ++p) {
            if (const BlockTable::Holders* holders = blocks_.find(node.id, p)) {
                ++cached.cached;
                const BlockTable::Holding& one = holders->begin()->second;  // others are copies
                cached.bytes += std::max(one.memory, one.disk);
            }
        }
        return cached;
    }

    Amount bytes_of(const rdd::RddNode& node) {
        if (const auto known = node_bytes_.find(node.id); known != node_bytes_.end()) {
            return known->second;
        }
        Amount sum{0, true};
        if (!node.storage.is_none() && blocks_.all(node.id, node.partitions)) {
            sum = {cached_of(node).bytes, true};
        } else if (node.dependencies.empty()) {
            sum = source_bytes(node);
        } else {
            std::set<rdd::RddId> parents;  // one that is read in strides is one parent
            for (const rdd::Dependency& dependency : node.dependencies) {
                if (dependency.kind == rdd::DependencyKind::Shuffle) {
                    sum = plus(sum, amounts_[dependency.shuffle]);
                } else if (parents.insert(dependency.parent).second ||
                           dependency.kind != rdd::DependencyKind::Strided) {
                    sum = plus(sum, bytes_of(*plan_.find(dependency.parent)));
                }
            }
            const bool computes = node.op.kind != rdd::OperatorKind::None;
            sum.exact = sum.exact && !computes;
        }
        return node_bytes_[node.id] = sum;
    }

    // Output that is there hides the stages behind it, and so does what is cached.
    void mark_needed(std::size_t at) {
        if (stages_[at].complete || stages_[at].tasks > 0) {
            return;
        }
        stages_[at].tasks = static_cast<std::int32_t>(missing_[at]);
        for (const rdd::Dependency* input : shuffle_inputs(plan_, roots_[at], &blocks_)) {
            mark_needed(static_cast<std::size_t>(numbers_.at(input->shuffle) - 1));
        }
    }

    const rdd::Plan& plan_;
    const MapOutputs& outputs_;
    const BlockTable& blocks_;
    std::vector<StageForecast> stages_;
    std::vector<rdd::RddId> roots_;     // by stage, as the next
    std::vector<std::size_t> missing_;  // tasks without output
    std::map<rdd::ShuffleId, std::int32_t> numbers_;
    std::map<rdd::ShuffleId, Amount> amounts_;
    std::map<rdd::RddId, Amount> node_bytes_;
};

}  // namespace

std::vector<StageForecast> forecast(const rdd::Plan& plan, rdd::RddId root,
                                    const MapOutputs& outputs, const BlockTable& blocks) {
    return Forecaster(plan, outputs, blocks).of(root);
}

}  // namespace heddle::driver
