#pragma once

// One executor in the driver's own process: messages are values and tasks run on its threads.

#include <memory>
#include <string>
#include <utility>

#include "client/driver/executor_pool.h"
#include "executor/serve.h"

namespace heddle::driver {

class LocalPool final : public ExecutorPool {
public:
    LocalPool(executor::LocalExecutorOptions options, std::string application_id);

    Status start(Post post) override;
    void serve(std::shared_ptr<const blocks::BroadcastStore> broadcasts) override {
        options_.broadcasts = std::move(broadcasts);
    }
    void send(rdd::ExecutorId executor, const rdd::ToExecutor& message) override;
    std::vector<Event> poll() override;
    bool gathers() const override { return under_way_ > options_.slots; }
    void stop(FinalStatus outcome, const std::string& diagnostics) override;
    std::int32_t slots() const override { return options_.slots; }
    std::string application_id() const override { return application_id_; }

private:
    executor::LocalExecutorOptions options_;
    std::string application_id_;
    std::int32_t under_way_ = 0;  // tasks
    std::unique_ptr<executor::LocalExecutor> executor_;
};

}  // namespace heddle::driver
