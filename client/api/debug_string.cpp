// The lineage of an RDD as text, in Spark's form.
#include <string>

#include "client/api/graph.h"

namespace heddle::api {

using rdd::DependencyKind;

namespace {

std::string describe(const Node& node) {
    std::string text = node.node.name + "[" + std::to_string(node.node.id.value) + "]";
    if (!node.node.callsite.empty()) {
        text += " at " + node.node.callsite;
    }
    text += " [";
    if (!node.node.storage.is_none()) {
        text += describe(node.node.storage);
    }
    return text + "]";
}

// Spark's RDD.toDebugString: what is computed in one stage stands below each other behind one bar.
class Lineage {
public:
    std::string of(const Node& root) {
        const std::string partitions = count_of(root);
        const std::size_t left = (partitions.size() - 1) / 2;
        line(partitions + " " + describe(root));
        children(root, std::string(left, ' ') + "|" + std::string(partitions.size() - left, ' '));
        return std::move(text_);
    }

private:
    static std::string count_of(const Node& node) {
        return "(" + std::to_string(node.node.partitions) + ")";
    }
    void line(const std::string& text) { text_ += text_.empty() ? text : "\n" + text; }

    void children(const Node& node, const std::string& prefix) {
        std::vector<std::size_t> shown;  // a parent that is read in strides is one parent
        for (std::size_t i = 0; i < node.parents.size(); ++i) {
            if (i == 0 || node.parents[i] != node.parents[i - 1] ||
                node.node.dependencies[i].kind != DependencyKind::Strided) {
                shown.push_back(i);
            }
        }
        for (const std::size_t i : shown) {
            const Node& parent = *node.parents[i];
            if (node.node.dependencies[i].kind == DependencyKind::Shuffle) {
                beyond_shuffle(parent, prefix, i == shown.back());
            } else {
                line(prefix + describe(parent));
                children(parent, prefix);
            }
        }
    }
    void beyond_shuffle(const Node& node, const std::string& prefix, bool last) {
        const std::string partitions = count_of(node);
        const std::size_t left = (partitions.size() - 1) / 2;
        const std::string own = prefix.substr(0, prefix.rfind('|'));
        line(own + "+-" + partitions + " " + describe(node));
        children(node, own + (last ? "  " : "| ") + std::string(left, ' ') + "|" +
                           std::string(partitions.size() - left, ' '));
    }

    std::string text_;
};

}  // namespace

std::string debug_string(const NodePtr& root) {
    const std::lock_guard lock(root->session->lineage);
    return Lineage().of(*root);
}

}  // namespace heddle::api
