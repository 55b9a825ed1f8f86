// Jobs whose source lies on node-2, one step per line on standard input, for locality.py.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

#include "client/driver/job_runner.h"

namespace {

// A runner for which every source lies on node-2, as a distributed file system would say.
class OnNode2 final : public heddle::driver::JobRunner {
public:
    explicit OnNode2(std::unique_ptr<heddle::driver::JobRunner> runner)
        : runner_(std::move(runner)) {}

    heddle::rdd::JobId submit(heddle::driver::JobRequest request) override {
        for (heddle::rdd::RddNode& node : request.plan.nodes) {
            for (heddle::rdd::SourcePartition& partition : node.sources) {
                partition.hosts = {"node-2"};
            }
        }
        return runner_->submit(std::move(request));
    }
    std::optional<heddle::driver::JobFailure> wait(heddle::rdd::JobId job) override {
        return runner_->wait(job);
    }
    void cancel(heddle::rdd::JobId job, const std::string& reason) override {
        runner_->cancel(job, reason);
    }
    void cancel_jobs(heddle::driver::JobSelection which, const std::string& reason) override {
        runner_->cancel_jobs(std::move(which), reason);
    }
    std::vector<heddle::driver::JobView> job_views() override { return runner_->job_views(); }
    std::optional<heddle::driver::StageView> stage_view(heddle::rdd::StageId stage) override {
        return runner_->stage_view(stage);
    }
    std::vector<heddle::driver::ExecutorView> executor_views() override {
        return runner_->executor_views();
    }
    void unpersist(heddle::rdd::RddId rdd, bool blocking) override {
        runner_->unpersist(rdd, blocking);
    }
    void drop_broadcast(heddle::rdd::BroadcastId, bool) override {}
    void release_shuffle(heddle::rdd::ShuffleId shuffle) override {
        runner_->release_shuffle(shuffle);
    }
    std::int32_t default_parallelism() const override { return runner_->default_parallelism(); }
    std::string application_id() const override { return runner_->application_id(); }
    void stop() override { runner_->stop(); }

private:
    std::unique_ptr<heddle::driver::JobRunner> runner_;
};

bool is_there(const std::string& path) {
    return access(path.c_str(), F_OK) == 0;
}

void wait_for(const std::string& path) {
    while (!is_there(path)) {
        usleep(1000);
    }
}

// Holds its slot until PATH.open is there.
struct Gate {
    std::string operator()(const std::string& path) const {
        std::ofstream(path + ".entered") << "";
        wait_for(path + ".open");
        return path;
    }
};

void step(const char* done) {
    std::printf("%s\n", done);
    std::fflush(stdout);
    (void)std::getchar();
}

void run(const std::string& gate) {
    heddle::driver::RunnerOptions options;
    options.master = std::getenv("HEDDLE_MASTER");
    options.application_name = "locality";
    options.settings = {
        {"executor.instances", "3"}, {"executor.memory", "512m"}, {"locality.wait", "1s"}};
    auto runner = heddle::driver::make_runner(options);
    if (!runner) {
        throw std::runtime_error(runner.error().message);
    }
    heddle::Context context(std::make_unique<OnNode2>(std::move(runner).value()));
    const auto numbers =
        context.parallelize(std::vector<std::int64_t>{1, 2, 3, 4}, 4).map([](std::int64_t x) {
            return x + 1;
        });
    (void)numbers.count();
    step("executors are asked for");
    numbers.persist();
    (void)numbers.count();
    (void)numbers.count();
    step("kept");
    (void)numbers.count();
    step("again");
    std::thread holder(
        [&] { (void)context.parallelize(std::vector<std::string>{gate}, 1).map(Gate{}).count(); });
    wait_for(gate + ".entered");
    (void)context.parallelize(std::vector<std::int64_t>{1, 2}, 2).count();
    std::ofstream(gate + ".open") << "";
    holder.join();
    step("elsewhere");
}

}  // namespace

int main(int argc, char** argv) {
    heddle::init(argc, argv);
    try {
        run(argv[1]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "locality_program: %s\n", error.what());
        return 1;
    }
}
