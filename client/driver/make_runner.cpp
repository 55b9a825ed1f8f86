// From a master URL to a runner.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "client/driver/cluster_pool.h"
#include "client/driver/console_progress.h"
#include "client/driver/driver_http.h"
#include "client/driver/job_runner.h"
#include "client/driver/local_http.h"
#include "client/driver/local_pool.h"
#include "client/driver/master_url.h"
#include "client/driver/process_pool.h"
#include "client/driver/program_end.h"
#include "client/driver/runner.h"
#include "client/driver/settings.h"
#include "client/driver/submit_self.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/fs/file_systems.h"

namespace heddle::driver {

namespace {

std::int64_t machine_memory() {
    return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

// A folder name of this driver alone; whoever uses it makes it, and removes it at the end.
std::string work_folder(const Settings& settings) {
    const std::string parent = settings.local_folder.empty()
                                   ? std::filesystem::temp_directory_path().string()
                                   : settings.local_folder;
    return parent + "/heddle-" + std::to_string(getpid()) + "-" +
           std::to_string(monotonic_now().microseconds);
}

std::unique_ptr<ExecutorPool> make_local_pool(const MasterUrl& url, const Settings& settings) {
    executor::LocalExecutorOptions options;
    options.slots = url.threads;
    options.memory =
        settings.executor_memory > 0 ? settings.executor_memory : machine_memory() * 6 / 10;
    options.folder = work_folder(settings);
    options.patience = settings.core.reaper.patience;
    return std::make_unique<LocalPool>(std::move(options),
                                       "local-" + std::to_string(wall_now().milliseconds));
}

std::unique_ptr<ExecutorPool> make_process_pool(const MasterUrl& url, const Settings& settings,
                                                const std::string& programs) {
    ProcessPoolOptions options;
    options.executors = url.executors;
    options.cores = url.cores;
    options.memory = url.memory_mib << 20;
    options.nodes = settings.local_nodes;
    options.by_demand = settings.core.allocation.enabled;
    options.folder = work_folder(settings);
    options.programs = programs;
    options.application_id = "local-" + std::to_string(wall_now().milliseconds);
    return std::make_unique<ProcessPool>(std::move(options));
}

// The HTTP of a driver in a cluster is opened by the pool, when the runner is there.
struct ClusterHttp {
    Runner* runner = nullptr;
};

DriverHttp::Inspect inspector(Runner* runner) {
    return [runner](std::function<void(const Driver&)> look) { runner->inspect(std::move(look)); };
}

RestApplication rest_application(const std::string& id, const RunnerOptions& options) {
    RestApplication application;
    application.id = id;
    application.name = options.application_name;
    for (const auto& [name, value] : options.settings) {
        // Spark's words for what it does not show.
        application.settings.emplace_back(name,
                                          fs::is_secret(name) ? "*********(redacted)" : value);
    }
    return application;
}

Result<std::shared_ptr<ExecutorPool>> make_cluster_pool(ClusterPoolOptions place,
                                                        const RunnerOptions& options,
                                                        const std::shared_ptr<ClusterHttp>& http) {
    const std::string id = to_string(place.attempt.application);
    TRY(place.generation, admit_to_program());
    auto pool =
        std::make_shared<ClusterPool>(std::move(place),
                                      [http, application = rest_application(id, options)](
                                          net::EventLoop& loop, const std::string& address,
                                          const std::string& token) -> Result<OwnHttp> {
                                          const auto server = std::make_shared<DriverHttp>(
                                              loop, token, application, inspector(http->runner));
                                          TRY(const std::uint16_t port, server->listen(address));
                                          return OwnHttp{port, server};
                                      });
    end_with_program(pool);
    return std::shared_ptr<ExecutorPool>(std::move(pool));
}

Status add_companions(Runner& runner, const RunnerOptions& options, const Settings& settings,
                      bool cluster) {
    if (settings.ui && !cluster) {
        TRY(std::unique_ptr<LocalHttp> http,
            LocalHttp::open(work_folder(settings) + ".token",
                            rest_application(runner.application_id(), options),
                            inspector(&runner)));
        runner.accompany(std::shared_ptr<LocalHttp>(std::move(http)));
    }
    if (ConsoleProgress::wanted()) {
        runner.accompany(std::make_shared<ConsoleProgress>(inspector(&runner)));
    }
    return {};
}

// Once for each name, however many contexts a program opens.
void warn_of_unknown(const Settings& settings) {
    static std::mutex mutex;
    static std::set<std::string> warned;
    const std::lock_guard lock(mutex);
    for (const std::string& name : settings.unknown) {
        if (warned.insert(name).second) {
            log::warning("a setting that Heddle does not know has no effect", {{"setting", name}});
        }
    }
}

}  // namespace

Result<std::unique_ptr<JobRunner>> make_runner(const RunnerOptions& options) {
    TRY(Settings settings, read_settings(options.settings, std::getenv("HEDDLE_UI") != nullptr));
    fs::add_environment(settings.files);
    warn_of_unknown(settings);
    const auto cores = static_cast<std::int32_t>(std::thread::hardware_concurrency());
    TRY(MasterUrl url, parse_master_url(options.master, cores == 0 ? 1 : cores));
    if (in_master_container()) {
        url.kind = MasterUrl::Kind::Cluster;  // whatever the program says: here it is a master
        settings.in_container = true;
    }
    const auto http = std::make_shared<ClusterHttp>();  // shared with the pool
    std::shared_ptr<ExecutorPool> pool;                 // shared with the end of the program
    switch (url.kind) {
        case MasterUrl::Kind::Local:
            pool = make_local_pool(url, settings);
            settings.core.allocation.enabled = false;  // as in Spark: there is only this process
            if (url.failures > 0) {
                settings.core.task_failures_max = url.failures;
            }
            break;
        case MasterUrl::Kind::LocalCluster:
            settings.core.allocation.slots = url.cores;
            settings.core.allocation.limit(url.executors);
            pool = make_process_pool(url, settings, options.programs);
            settings.core.executor_failures_max = executor_failures_max(url.executors);
            settings.core.executors_kept = url.executors;
            break;
        case MasterUrl::Kind::Cluster: {
            TRY(ClusterPoolOptions place,
                in_master_container() ? managed_place(settings)
                                      : submit_self(url, options.application_name, settings));
            settings.core.executors_wanted = place.executors;
            settings.core.allocation.slots = settings.executor_cores;
            settings.core.executors_kept = place.executors;
            settings.core.executors_grow = true;
            settings.core.executor_failures_max = executor_failures_max(place.executors);
            TRY(pool, make_cluster_pool(std::move(place), options, http));
            break;
        }
    }
    auto runner = std::make_unique<Runner>(std::move(pool), settings);
    http->runner = runner.get();
    TRY(runner->start());
    TRY(add_companions(*runner, options, settings, url.kind == MasterUrl::Kind::Cluster));
    return std::unique_ptr<JobRunner>(std::move(runner));
}

}  // namespace heddle::driver
