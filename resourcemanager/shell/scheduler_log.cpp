#include "resourcemanager/shell/scheduler_log.h"

#include <array>
#include <string_view>

#include "common/base/iso_time.h"
#include "common/base/log.h"

namespace heddle::rm {
namespace {

// Effects as lines; everything that is no decision about work has none.
struct Lines {
    std::string time;
    std::string text;

    void add(const std::string& line) { text += time + " " + line + "\n"; }

    void operator()(const SendToNode& send) {
        const auto* orders = std::get_if<NodeOrders>(&send.message);
        if (orders == nullptr) {
            return;
        }
        for (const ContainerStart& start : orders->starts) {
            add("start " + to_string(start.container) + " on " + send.node.name + ", " +
                to_string(start.size) + ", of " + start.user);
        }
        for (const ContainerStop& stop : orders->stops) {
            add("stop " + to_string(stop.container) + " on " + send.node.name + ": " + stop.reason);
        }
    }
    void operator()(const SendToMaster& send) {
        const auto* news = std::get_if<MasterNews>(&send.message);
        if (news == nullptr) {
            return;
        }
        const std::string who = to_string(send.attempt);
        for (const Grant& grant : news->granted) {
            add("grant " + to_string(grant.container) + " on " + grant.node.name + " to " + who +
                ", ask " + std::to_string(grant.key.ask));
        }
        for (const ContainerEnded& ended : news->ended) {
            add("ended " + to_string(ended.container) + " of " + who + ": " + ended.exit.message);
        }
        for (const AskRefused& refused : news->refused) {
            add("refused ask " + std::to_string(refused.ask) + " of " + who + ": " +
                refused.reason);
        }
    }
    void operator()(const Reply& reply) {
        if (!reply.answer.ok()) {
            add("refused a request: " + reply.answer.error().message);
        }
    }
    void operator()(const CloseConnection& close) {
        add("closed a connection: " + close.why.message);
    }
    void operator()(const Save&) {}
    void operator()(const NeedSecrets&) {}
    void operator()(const AdmitMaster& admit) { add("master of " + to_string(admit.attempt)); }
};

}  // namespace

std::string decision_lines(WallTime now, const Effect& effect) {
    Lines lines{iso_time(now), {}};
    std::visit(lines, effect);
    return std::move(lines.text);
}

Result<std::string> SchedulerLog::open(WallTime now, Duration period) {
    const std::lock_guard lock(mutex_);
    if (file_.has_value()) {
        return Error{ErrorCode::Conflict, "a scheduler log is being written to " + file_->path() +
                                              " until " + iso_time(until_)};
    }
    TRY(make_folder(folder_));
    TRY(GrowingFile file,
        GrowingFile::create(folder_ + "/scheduler-" + std::to_string(now.milliseconds) + ".log"));
    file_.emplace(std::move(file));
    until_ = {now.milliseconds + period.milliseconds()};
    active_ = true;
    return file_->path();
}

void SchedulerLog::note(WallTime now, const Effects& effects) {
    const std::lock_guard lock(mutex_);
    for (const Effect& effect : effects) {
        gathered_ += decision_lines(now, effect);
    }
}

void SchedulerLog::end_turn(WallTime now) {
    const std::lock_guard lock(mutex_);
    if (!file_.has_value()) {
        return;
    }
    const std::array<std::string_view, 1> parts = {gathered_};
    const Status written = file_->append(parts);
    gathered_.clear();
    if (written.ok() && now < until_ && file_->size() < kBytesMax) {
        return;
    }
    log::info("scheduler log ends", {{"file", file_->path()},
                                     {"bytes", static_cast<unsigned long>(file_->size())},
                                     {"why", written.ok() ? "" : written.error().message}});
    file_.reset();
    active_ = false;
}

}  // namespace heddle::rm
