#include "common/model/reason.h"

#include <array>

#include "common/base/check.h"

namespace heddle {
namespace {

constexpr std::array kReasons = std::to_array<ReasonInfo>({
    {Reason::Saving, "SAVING", "being saved",
     "What comes next is promised only once it is on disk, and that save is under way.",
     "Nothing, as a rule: a save takes milliseconds. If it lasts, look at the disk of the resource "
     "manager's state directory.",
     "Application is being stored"},
    {Reason::Preparing, "PREPARING", "being prepared",
     "The next attempt is about to begin: it needs a token for its master, or the one before it is "
     "still being cleared away.",
     "Nothing: this takes milliseconds.",
     "Application is added to the scheduler and is not yet activated"},
    {Reason::Settling, "SETTLING", "the manager has just started",
     "After a restart nothing is placed until the nodes that were there before have come back, or "
     "the settle time is over.",
     "Wait for the settle time, or bring the missing nodes back.",
     "Scheduler is recovering: nodes have not reported yet"},
    {Reason::MasterNotRegistered, "MASTER_NOT_REGISTERED", "its master has not registered",
     "A master says what its application needs. This one has not registered yet, or not come back.",
     "Read the logs of the master's container; start the master of an unmanaged application.",
     "AM container is launched, waiting for AM to Register with RM"},
    {Reason::Starting, "STARTING", "its container is being started",
     "There was room, a node has the order, and the process does not run yet: files are fetched "
     "first.",
     "Look at the logs of the container and at its node if this lasts.",
     "AM container is launched, waiting for AM container to Register with RM"},
    {Reason::TemplateMissing, "TEMPLATE_MISSING", "no launch template",
     "The ask names a launch template that the master has not sent yet, so that a container could "
     "not be started.",
     "The master has to send the template that its ask names.",
     "Application does not need more resource currently"},
    {Reason::NeverFits, "NEVER_FITS", "can never run",
     "No node that ever registered is large enough, even when it is empty.",
     "Ask for less per container, or add a larger node.",
     "Node's total resource is insufficient for request"},
    {Reason::NoNodes, "NO_NODES", "no node takes containers", "No node is connected and running.",
     "Start node agents, or look why they are not connected.",
     "Not enough resource to schedule: no node is active"},
    {Reason::NodeUnhealthy, "NODE_UNHEALTHY", "nodes are unhealthy or away",
     "The nodes that could take it are unhealthy, lost or not connected.",
     "Look at these nodes: their health reports say what is wrong.",
     "Node is not in a state to take containers"},
    {Reason::Label, "LABEL", "no node of its label",
     "It asks for nodes of one label, and none of these takes containers.",
     "Ask for another label, give nodes the label, or bring those that have it back.",
     "Partition or placement constraint mismatch"},
    {Reason::QueueLimit, "QUEUE_LIMIT", "its queue is at its maximum",
     "The queue, or one above it, uses as much as it may.",
     "Wait for containers of the queue to end, use another queue, or raise the queue's maximum.",
     "Queue hits max-capacity limit"},
    {Reason::UserLimit, "USER_LIMIT", "its user is at the limit",
     "The user has as much of the queue as one user may have, or as much as the others who wait.",
     "Wait for own containers to end, or have the queue's user limits raised.",
     "User hits max-capacity limit"},
    {Reason::AmShare, "AM_SHARE", "masters have their share",
     "Masters use as much of the queue as they may; the rest is kept for what they ask for.",
     "Wait for applications to end, ask for a smaller master, or raise the queue's share for "
     "masters.",
     "Queue's AM resource limit exceeded"},
    {Reason::ParallelLimit, "PARALLEL_LIMIT", "as many run as may",
     "As many applications of the queue or of the user run as may run at the same time.",
     "Wait for one to end, or raise the limit of applications that run at a time.",
     "Max parallel applications limit reached"},
    {Reason::Locality, "LOCALITY", "waits for its nodes",
     "It prefers certain nodes, and they have no room; others have.",
     "Wait until the preference is relaxed; or ask with relaxed locality, or for other nodes.",
     "Node's locality requirement is not satisfied: off-switch delay"},
    {Reason::Blacklist, "BLACKLIST", "nodes with room are excluded",
     "The nodes with room are those that its application has excluded, or where its master failed.",
     "Take nodes off the application's blacklist, or wait for room on others.",
     "Node is blacklisted"},
    {Reason::Constraint, "CONSTRAINT", "its constraint holds on no node with room",
     "Nodes with room do not satisfy the placement constraint of the ask.",
     "Wait for containers to end or to start, loosen the constraint, or give nodes the attributes.",
     "Partition or placement constraint mismatch"},
    {Reason::NoNodeFits, "NO_NODE_FITS", "no node has room",
     "No node has as much free as one container needs.",
     "Wait for containers to end, ask for less per container, or add nodes.",
     "Node's available resource is insufficient for request"},
    {Reason::Order, "ORDER", "others come first",
     "Others were submitted earlier or have a higher priority, and are served first.",
     "Wait, or raise the application's priority.",
     "Queue skipped because other applications come first"},
    {Reason::Held, "HELD", "granted and held",
     "Containers were granted, and their master has not said yet that they start.",
     "The master has to start or release the containers that it holds.",
     "Application does not need more resource currently"},
    {Reason::Ending, "ENDING", "is ending",
     "Its outcome is decided, or it was killed; its containers are being stopped.",
     "Nothing: containers get a short time to end by themselves.", "Application is being finished"},
    {Reason::Reserved, "RESERVED", "a node is reserved for it",
     "No node has room for it. What gets free on one node is kept for it until it fits.",
     "Wait for containers on that node to end, or ask for less per container.",
     "Node has been reserved"},
    {Reason::GangIncomplete, "GANG_INCOMPLETE", "its gang is not complete",
     "It belongs to a gang: nothing of it starts before all that it needs at least has room at the "
     "same time.",
     "Wait for containers to end, or ask for a smaller minimum.",
     "Application waits for all containers of a gang"},
    {Reason::OpportunisticFull, "OPPORTUNISTIC_FULL", "no queue of a node takes it",
     "It asks for opportunistic containers, which wait on nodes for room. As many wait there, or "
     "belong to its application, as may.",
     "Wait for containers to end, ask for guaranteed ones, or raise node.opportunistic_queue_max "
     "or "
     "scheduler.opportunistic_per_application.",
     "Opportunistic container queues are full"},
});

constexpr bool in_order() {
    for (std::size_t i = 0; i < kReasons.size(); ++i) {
        if (static_cast<std::size_t>(kReasons[i].reason) != i) {
            return false;
        }
    }
    return true;
}
static_assert(in_order());

}  // namespace

std::span<const ReasonInfo> all_reasons() {
    return kReasons;
}

const ReasonInfo& info_of(Reason reason) {
    const auto index = static_cast<std::size_t>(reason);
    CHECK(index < kReasons.size());
    return kReasons[index];
}

std::string_view to_string(Reason reason) {
    return info_of(reason).code;
}

std::optional<Reason> parse_reason(std::string_view code) {
    for (const ReasonInfo& info : kReasons) {
        if (info.code == code) {
            return info.reason;
        }
    }
    return std::nullopt;
}

}  // namespace heddle
