// The in-process transport.
#include "client/driver/local_pool.h"

#include <utility>

namespace heddle::driver {

namespace {

constexpr rdd::ExecutorId kLocalExecutor{1};

}  // namespace

LocalPool::LocalPool(executor::LocalExecutorOptions options, std::string application_id)
    : options_(std::move(options)), application_id_(std::move(application_id)) {}

Status LocalPool::start(Post post) {
    executor_ = executor::make_local_executor(
        options_, [post] { post(Tick{}); }, [] {});
    rdd::ExecutorWelcome first = welcome();
    first.executor = kLocalExecutor;
    executor_->deliver(std::move(first));
    ExecutorRegistered registered;
    registered.executor = kLocalExecutor;
    registered.host = "localhost";
    registered.slots = options_.slots;
    registered.memory = options_.memory;
    registered.in_process = true;
    post(std::move(registered));
    return {};
}

void LocalPool::send(rdd::ExecutorId, const rdd::ToExecutor& message) {
    if (executor_ != nullptr) {
        under_way_ += std::holds_alternative<rdd::TaskLaunch>(message) ? 1 : 0;
        executor_->deliver(message);
    }
}

std::vector<Event> LocalPool::poll() {
    std::vector<Event> events;
    if (executor_ != nullptr) {
        for (rdd::FromExecutor& message : executor_->take_messages()) {
            under_way_ -= std::holds_alternative<rdd::TaskDone>(message) ? 1 : 0;
            events.push_back(ExecutorSaid{kLocalExecutor, std::move(message)});
        }
    }
    return events;
}

void LocalPool::stop(FinalStatus, const std::string&) {
    executor_.reset();
}

}  // namespace heddle::driver
