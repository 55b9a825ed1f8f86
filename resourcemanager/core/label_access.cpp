#include "resourcemanager/core/label_access.h"

#include "common/base/strings.h"
#include "resourcemanager/core/move.h"

namespace heddle::rm {

std::string default_label(const Books& books, QueueIndex leaf) {
    QueueIndex at = leaf;
    while (at != 0 && books.queues.at(at).config.label_default.empty()) {
        at = books.queues.at(at).parent;
    }
    return books.config.off(Feature::DefaultLabel) ? "" : books.queues.at(at).config.label_default;
}

Status may_use_label(const Books& books, QueueIndex leaf, const std::string& label) {
    const auto names = inherited(books, leaf, &QueueConfig::labels);
    if (label.empty() || !names.has_value() || may_use_label(*names, label) ||
        books.config.off(Feature::LabelAccess)) {
        return {};
    }
    return Error{ErrorCode::InvalidArgument,
                 "queue " + books.queues.at(leaf).path + " may not use nodes labelled '" + label +
                     "'; " +
                     (names->empty() ? "leave the label out" : "it may use " + join(*names, ", ")) +
                     ", or use another queue"};
}

}  // namespace heddle::rm
