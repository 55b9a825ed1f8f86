// Who of a gang waits, who is done, and what they are told.
#include "client/driver/core/gang.h"

#include <algorithm>

#include "common/base/check.h"

namespace heddle::driver {

namespace {

const char* kind_of(bool gather) {
    return gather ? "all_gather" : "barrier";
}

constexpr std::size_t kNamedMax = 10;
// What all tasks say together goes to each of them in one message.
constexpr std::size_t kGatheredBytesMax = std::size_t{32} << 20;

}  // namespace

void Gang::seated(std::size_t index, const RunningTask& task, rdd::TaskId id) {
    Member& member = members_.at(index);
    CHECK(!member.seated);
    member.task = task;
    member.id = id;
    member.seated = true;
}

std::vector<Gang::Word> Gang::wait(TimePoint now, std::size_t index,
                                   const rdd::BarrierRequest& request) {
    Member& member = members_.at(index);
    CHECK(member.seated);
    if (member.said || member.result || (broken_.empty() && request.epoch != epoch_)) {
        return {};  // repeated
    }
    member.said = request.message;
    member.epoch = request.epoch;
    gathered_ += request.message.size();
    if (++waiting_; !broken_.empty()) {
        return give_up(broken_);
    }
    if (waiting_ == 1) {
        gather_ = request.gather;
        deadline_ = now + patience_;
    } else if (request.gather != gather_) {
        return give_up("different barrier sync types found for barrier epoch " +
                       std::to_string(epoch_) + " of " + title_ + ": " + kind_of(gather_) + ", " +
                       kind_of(request.gather) +
                       "; use the same barrier sync type within a single sync");
    }
    if (gathered_ > kGatheredBytesMax) {
        return give_up("all_gather in barrier epoch " + std::to_string(epoch_) + " of " + title_ +
                       ": the messages of " + std::to_string(waiting_) + " of " +
                       std::to_string(members_.size()) + " tasks take " +
                       std::to_string(gathered_) + " bytes, and at most " +
                       std::to_string(kGatheredBytesMax) +
                       " are taken of all tasks together; say less, or write what is large to a "
                       "file");
    }
    if (done_ > 0) {
        return give_up("partition " + std::to_string(member.task.partition) +
                       " waits in barrier epoch " + std::to_string(epoch_) + " of " + title_ +
                       ", but partitions " + partitions_without(false) +
                       " have ended without it; all tasks of a barrier stage have to call "
                       "barrier and all_gather equally often");
    }
    if (waiting_ < members_.size()) {
        return {};
    }
    auto said = std::make_shared<std::vector<rdd::Bytes>>();
    if (gather_) {
        for (Member& each : members_) {
            said->push_back(std::move(*each.said));
        }
    }
    auto words = answer(std::move(said), "");
    ++epoch_;
    return words;
}

std::vector<Gang::Word> Gang::done(std::size_t index, rdd::TaskResult result) {
    Member& member = members_.at(index);
    CHECK(member.seated && !member.result);
    if (member.said) {  // a thread of its own was to wait, and the task has ended without it
        gathered_ -= member.said->size();
        member.said.reset();
        --waiting_;
    }
    member.result = std::move(result);
    ++done_;
    if (waiting_ == 0) {
        return {};
    }
    return give_up("partition " + std::to_string(member.task.partition) +
                   " has ended without barrier epoch " + std::to_string(epoch_) + " of " + title_ +
                   ", in which " + std::to_string(waiting_) +
                   " tasks wait; all tasks of a barrier stage have to call barrier and all_gather "
                   "equally often");
}

std::vector<Gang::Word> Gang::expire(TimePoint now) {
    if (now < deadline_) {
        return {};
    }
    return give_up("barrier epoch " + std::to_string(epoch_) + " of " + title_ + ": " +
                   std::to_string(waiting_) + " of " + std::to_string(members_.size()) +
                   " tasks have come within " + std::to_string(patience_.milliseconds()) +
                   " ms (barrier.sync_timeout); partitions " + partitions_without(true) +
                   " have not");
}

std::vector<Gang::Word> Gang::give_up(std::string why) {
    broken_ = std::move(why);
    return answer(nullptr, broken_);
}

// To all that wait.
std::vector<Gang::Word> Gang::answer(const rdd::BarrierMessages& messages,
                                     const std::string& error) {
    std::vector<Word> words;
    for (Member& member : members_) {
        if (member.said) {
            member.said.reset();
            words.push_back({member.task.executor, {member.id, member.epoch, messages, error}});
        }
    }
    waiting_ = 0;
    gathered_ = 0;
    deadline_ = TimePoint::never();
    return words;
}

// The first of those that do not wait, or that are done.
std::string Gang::partitions_without(bool waiting) const {
    std::string names;
    std::size_t found = 0;
    for (const Member& member : members_) {
        if (waiting ? member.said.has_value() : !member.result.has_value()) {
            continue;
        }
        if (++found > kNamedMax) {
            return names + " and others";
        }
        names += (names.empty() ? "" : ", ") + std::to_string(member.task.partition);
    }
    return names;
}

std::vector<std::pair<RunningTask, rdd::TaskResult>> Gang::take_results() {
    CHECK(done_ == members_.size());
    std::vector<std::pair<RunningTask, rdd::TaskResult>> results;
    for (Member& member : members_) {
        results.emplace_back(member.task, std::move(*member.result));
    }
    return results;
}

bool Gang::rests_on(rdd::ExecutorId executor) const {
    return std::any_of(members_.begin(), members_.end(), [executor](const Member& member) {
        return member.result && member.result->map && member.task.executor == executor;
    });
}

}  // namespace heddle::driver
