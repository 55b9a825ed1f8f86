// This process as a Heddle program: its role, and the master it connects to. Apart from the rest of
// the API, because only this needs driver and executor: a test that brings its own runner does not.
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "client/api/context.h"
#include "client/api/errors.h"
#include "executor/serve.h"

namespace heddle {

namespace {

std::string& started_as() {
    static std::string name;  // empty: init was not called
    return name;
}

driver::RunnerOptions runner_options(ContextOptions options) {
    driver::RunnerOptions out;
    out.master = std::move(options.master);
    if (out.master.empty()) {
        const char* master = std::getenv("HEDDLE_MASTER");
        out.master = master != nullptr && *master != '\0' ? master : "local[*]";
    }
    out.application_name =
        options.application_name.empty() ? started_as() : std::move(options.application_name);
    out.settings = std::move(options.settings);
    return out;
}

std::unique_ptr<driver::JobRunner> open_runner(ContextOptions options) {
    if (started_as().empty()) {
        throw UsageError(ErrorCode::Conflict,
                         "a Context needs heddle::init(argc, argv) as the first statement of main: "
                         "executors are started from the same program");
    }
    auto runner = driver::make_runner(runner_options(std::move(options)));
    if (!runner) {
        throw Exception(runner.error().code, runner.error().message);
    }
    return std::move(runner).value();
}

}  // namespace

void init(int argc, char** argv) {
    if (executor::in_executor_role()) {
        std::exit(executor::serve(argc, argv));
    }
    const std::string_view path(argc > 0 ? argv[0] : "program");
    started_as() = path.substr(path.rfind('/') + 1);
}

Context::Context(ContextOptions options) : Context(open_runner(std::move(options))) {}

}  // namespace heddle
