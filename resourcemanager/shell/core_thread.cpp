#include "resourcemanager/shell/core_thread.h"

#include <algorithm>

#include "common/base/clock.h"
#include "common/base/log.h"

namespace heddle::rm {
namespace {

constexpr Duration kWaitMax = seconds(1);
constexpr Duration kStallMin = seconds(3);  // well above kWaitMax, well below any expiry

}  // namespace

bool CoreDoor::offer(Event event) {
    if (inbox_.size() >= kOfferedMax) {
        return false;
    }
    push(std::move(event));
    return true;
}

std::int64_t CoreDoor::busy_percent() const {
    return busy_.percent(monotonic_now());
}

void CoreDoor::push(Event event) {
    inbox_.push(std::move(event));
}

Status CoreDoor::offer_from_master(ConnectionId master, Event event, std::size_t bytes) {
    if (inbox_.size() >= kOfferedMax) {
        return Error{ErrorCode::Unavailable, "the resource manager is busy"};
    }
    if (inbox_.push_from_master(master, std::move(event), bytes) == Inbox::Taken::TooMuch) {
        return Error{ErrorCode::ResourceExhausted,
                     "too much of this master waits: " + std::to_string(Inbox::kMasterMessagesMax) +
                         " messages or " + std::to_string(Inbox::kMasterBytesMax >> 20U) +
                         " MiB; send fewer updates"};
    }
    return {};
}

void CoreDoor::ask(Question what, OnAnswer on_answer) {
    Request request;
    request.what = std::move(what);
    {
        const std::lock_guard lock(mutex_);
        request.id = {++last_request_};
        questions_.emplace(request.id, std::move(on_answer));
    }
    const RequestId id = request.id;
    if (!offer(std::move(request))) {
        if (const OnAnswer waiting = take_question(id)) {
            waiting(Error{ErrorCode::Unavailable,
                          "the resource manager is busy; try again in a second"});
        }
    }
}

CoreDoor::OnAnswer CoreDoor::take_question(RequestId id) {
    const std::lock_guard lock(mutex_);
    const auto found = questions_.find(id);
    if (found == questions_.end()) {
        return {};
    }
    OnAnswer on_answer = std::move(found->second);
    questions_.erase(found);
    return on_answer;
}

CoreThread::CoreThread(CoreDoor& door, Config config, EffectRunner& runner, Hooks hooks)
    : door_(door), runner_(runner), hooks_(std::move(hooks)), core_(std::move(config)) {}

CoreThread::~CoreThread() {
    stop();
}

// The first step is taken before anything is served: a request that came in between would find an
// empty cluster and be told that what it was promised does not exist.
void CoreThread::start(Booted booted) {
    awake_ = monotonic_now();
    step(std::move(booted));
    end_turn();
    thread_ = std::thread([this] { run(); });
}

void CoreThread::stop() {
    door_.inbox_.close();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void CoreThread::run() {
    while (true) {
        const Duration until = core_.next_deadline() - monotonic_now();
        auto events = door_.inbox_.take(std::clamp(until, Duration{0}, kWaitMax));
        const TimePoint begun = monotonic_now();
        notice_stall();
        if (events.empty() && door_.inbox_.closed()) {
            return;
        }
        for (Event& event : events) {
            step(std::move(event));
        }
        if (core_.next_deadline() <= monotonic_now()) {
            step(Tick{});
        }
        end_turn();
        door_.busy_.add(begun, monotonic_now());
    }
}

// Before every step: a step that comes late must not take its own lateness for others' silence.
void CoreThread::notice_stall() {
    const TimePoint now = monotonic_now();
    const Duration gap = now - std::exchange(awake_, now);
    if (gap > kStallMin) {
        log::warning("the resource manager was not running; nobody is lost for that time",
                     {{"milliseconds", gap.milliseconds()}});
        perform(Stalled{});
    }
}

void CoreThread::step(Event event) {
    notice_stall();
    perform(std::move(event));
}

void CoreThread::perform(Event event) {
    core_.step(monotonic_now(), wall_now(), std::move(event), effects_);
    steps_.fetch_add(1, std::memory_order_relaxed);
    runner_.carry_out(effects_);
    effects_.clear();
}

// Frames first, because containers wait for them; replies last, because a client that was told of
// its submission must find it.
void CoreThread::end_turn() {
    runner_.end_of_turn();
    hooks_.on_publication(core_.publish(wall_now()));
    for (Reply& reply : replies_) {
        if (const CoreDoor::OnAnswer on_answer = door_.take_question(reply.request)) {
            on_answer(std::move(reply.answer));
        }
    }
    replies_.clear();
}

}  // namespace heddle::rm
