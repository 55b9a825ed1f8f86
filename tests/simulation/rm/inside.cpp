#include "tests/simulation/rm/inside.h"

#include "tests/support/rm_world/names.h"

namespace heddle::rm::test {
namespace {

bool within(const Resource& used, const Resource& limit) {
    return used.memory_mib <= limit.memory_mib && used.vcores <= limit.vcores;
}

bool reaches(const Resource& used, const Resource& limit) {
    return used.memory_mib >= limit.memory_mib || used.vcores >= limit.vcores;
}

}  // namespace

void InsideCheck::draw(Jobs& jobs) {
    if (!preemption_.intra_queue) {
        return;
    }
    jobs.for_each([&](Job& job) {
        job.submission.user = prng_.chance(1, 2) ? "alice" : prng_.chance(1, 2) ? "bob" : "eve";
        job.submission.priority = static_cast<std::int32_t>(prng_.below(3));
    });
}

void InsideCheck::lead(MasterScript& master) {
    master.on_notice = [this, &master](const PreemptionNotice& notice) {
        if (!master.containers().contains(notice.container)) {
            return;  // it has ended meanwhile, or was never taken note of
        }
        if (prng_.chance(1, 3)) {
            answer(master, notice);
        }
    };
}

// The one that is marked, or another one that would do.
void InsideCheck::answer(MasterScript& master, const PreemptionNotice& notice) {
    for (const auto& [id, grant] : master.containers()) {
        const bool marked = master.notices().contains(id);
        if (grant.node == notice.node && notice.size.fits_in(grant.size) &&
            (!marked || prng_.chance(1, 4))) {
            ++given_;
            master.release(id);
            return;
        }
    }
}

void InsideCheck::look(const View& view) {
    std::int64_t newest = 0;
    view.preemptions.for_each([&](std::int64_t number, const auto&) {
        newest = number;
        return true;
    });
    if (newest < last_) {  // another life of the manager, which counts anew
        last_ = 0;
        taken_.clear();
    }
    view.preemptions.for_each([&](std::int64_t number, const auto& record) {
        if (number > last_ &&
            record->inside.has_value() != (record->from.path == record->to.path && !record->lent)) {
            scene_.stage().violate("inside or not: " + name_of(record->container));
        }
        if (number > last_ && record->inside.has_value()) {
            ++seen_;
            check_standing(*record);
            check_to_and_fro(*record);
        }
        return true;
    });
    last_ = newest;
}

void InsideCheck::check_standing(const PreemptionRecord& record) {
    const InsideStanding& inside = *record.inside;
    const bool priority_first = preemption_.intra_queue_order == InsideOrder::PriorityFirst;
    const bool same = record.user == inside.user_to;
    const bool by_priority = inside.priority_from < inside.priority_to;
    const bool room = within(inside.soon, inside.limit_to);
    const bool right = same             ? by_priority
                       : priority_first ? by_priority && room
                                        : room && reaches(inside.left, inside.limit_from);
    if (!right || record.master) {
        scene_.stage().violate("taken inside a queue from one that need not give: " +
                               name_of(record.container));
    }
}

// It may, when another priority or limit holds, or the one that got has grown beyond what it got.
void InsideCheck::check_to_and_fro(const PreemptionRecord& record) {
    const ApplicationId& gave = record.container.attempt.application;
    const ApplicationId& got = record.for_whom.application;
    const InsideStanding& now = *record.inside;
    const auto found = taken_.find({record.label, got, gave});
    const std::int64_t window = (preemption_.grace + preemption_.interval * 2).microseconds / 1000;
    if (found != taken_.end() && record.at.milliseconds - found->second.at.milliseconds <= window) {
        const InsideStanding& then = *found->second.inside;
        const bool other_priorities =
            then.priority_from != now.priority_to || then.priority_to != now.priority_from;
        const bool grown =
            record.user != now.user_to &&
            (then.limit_to != now.limit_from || !within(now.left + record.size, then.soon));
        if (!other_priorities && !grown) {
            scene_.stage().violate("taken to and fro: " + name_of(record.container));
        }
    }
    taken_.insert_or_assign(Pair{record.label, gave, got}, record);
}

}  // namespace heddle::rm::test
