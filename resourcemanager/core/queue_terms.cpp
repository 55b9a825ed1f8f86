#include "resourcemanager/core/queue_terms.h"

#include <algorithm>
#include <utility>

#include "resourcemanager/core/books.h"
#include "resourcemanager/core/label_access.h"
#include "resourcemanager/core/move.h"
#include "resourcemanager/core/shares.h"

namespace heddle::rm {
namespace {

const QueueCapacity& capacity_of(const Queue& queue, const std::string& label) {
    static const QueueCapacity none = owed_nothing();
    const auto found = queue.config.capacity.find(label);
    return found == queue.config.capacity.end() ? none : found->second;
}

// How the children of one queue share.
struct Family {
    std::int64_t weights = 0;
    bool weights_alone = true;
    bool absolute = false;
};

std::vector<Family> families(const QueueTree& queues, const std::string& label) {
    std::vector<Family> families(queues.size());
    for (QueueIndex index = 1; index < queues.size(); ++index) {
        const Queue& queue = queues.at(index);
        if (queue.path.empty()) {
            continue;
        }
        const ShareVector& shares = capacity_of(queue, label).guaranteed;
        Family& family = families[queue.parent];
        family.weights += std::max<std::int64_t>(shares.all.value, 0);
        family.weights_alone = family.weights_alone && shares.by_resource.empty() &&
                               shares.all.kind == Share::Kind::Weight;
        family.absolute = family.absolute || shares.all.kind == Share::Kind::Absolute ||
                          std::ranges::any_of(shares.by_resource, [](const auto& share) {
                              return share.second.kind == Share::Kind::Absolute;
                          });
    }
    return families;
}

using FamiliesByLabel = std::map<std::string, std::vector<Family>>;  // by parent

PartitionTerms partition_of(const Books& books, QueueIndex index, const std::string& label,
                            const Family& family) {
    const Queue& queue = books.queues.at(index);
    const LabelIndex number = books.queues.label_index(label);
    const Entitlement& entitled = part_of(queue, number).entitled;
    const Entitlement& parent = part_of(books.queues.at(queue.parent), number).entitled;
    PartitionTerms terms;
    terms.label = label;
    terms.capacity = capacity_of(queue, label);
    terms.total = books.queues.total(label);
    terms.guaranteed = entitled.guaranteed;
    terms.maximum = entitled.maximum;
    terms.of_parent = parent.guaranteed;
    terms.maximum_of_parent = parent.maximum;
    if (family.weights_alone && index != 0) {
        terms.weights = family.weights;
    }
    terms.absolute_siblings = family.absolute;
    terms.masters_max =
        scaled(entitled.maximum, std::int64_t{masters_percent(queue.settings, label)} * 10);
    return terms;
}

QueueTerms terms_of(const Books& books, QueueIndex index, const FamiliesByLabel& by_label) {
    const Queue& queue = books.queues.at(index);
    const QueueSettings& settings = queue.settings;
    QueueTerms terms;
    terms.state = settings.state;
    terms.priority = settings.priority;
    terms.order = settings.order;
    if (auto labels = inherited(books, index, &QueueConfig::labels)) {
        terms.labels = *std::move(labels);
    }
    terms.created = queue.config.created;
    terms.creates_queues = queue.config.auto_creation.enabled;
    terms.partitions.clear();
    for (const auto& [label, families] : by_label) {
        if (label.empty() || may_use_label(terms.labels, label)) {
            terms.partitions.push_back(partition_of(books, index, label, families[queue.parent]));
        }
    }
    terms.user_limit_percent_min = settings.user_limit_percent_min;
    terms.user_limit_factor = settings.user_limit_factor;
    terms.user_weights = settings.user_weights;
    terms.applications_max = settings.applications_max;
    terms.applications_parallel_max = settings.applications_parallel_max;
    terms.masters_percent_max = settings.masters_percent_max;
    terms.container_max = settings.container_max;
    terms.application_priority_default = queue.config.application_priority_default;
    terms.queue_order = settings.queue_order;
    terms.lifetime_default = inherited(books, index, &QueueConfig::lifetime_default);
    terms.lifetime_max = inherited(books, index, &QueueConfig::lifetime_max);
    const PreemptionConfig& preemption = books.scheduler.present().preemption;
    terms.preempted = preemption.enabled &&
                      !inherited(books, index, &QueueConfig::preemption_disabled).value_or(false);
    terms.preempted_inside =
        preemption.enabled && preemption.intra_queue &&
        !inherited(books, index, &QueueConfig::intra_preemption_disabled).value_or(false);
    terms.label_default = default_label(books, index);
    terms.priority_limits = queue.config.priority_limits;
    return terms;
}

}  // namespace

std::vector<std::shared_ptr<const QueueTerms>> queue_terms(const Books& books) {
    FamiliesByLabel by_label;
    for (const auto& [label, number] : books.queues.labels()) {
        by_label.emplace(label, families(books.queues, label));
    }
    std::vector<std::shared_ptr<const QueueTerms>> all(books.queues.size());
    for (QueueIndex index = 0; index < books.queues.size(); ++index) {
        const Queue& queue = books.queues.at(index);
        if (!queue.path.empty()) {
            all[index] = std::make_shared<const QueueTerms>(terms_of(books, index, by_label));
        }
    }
    return all;
}

}  // namespace heddle::rm
