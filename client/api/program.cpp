// init, and the link to driver and executor: a program that brings its own runner need not have it.
#include "client/api/program.h"

#include <cstdlib>
#include <string_view>

#include "client/api/context.h"
#include "client/api/errors.h"
#include "executor/serve.h"

namespace heddle {

namespace {

std::string& started_as() {
    static std::string name;  // empty: init was not called
    return name;
}

}  // namespace

void init(int argc, char** argv) {
    if (executor::in_executor_role()) {
        std::exit(executor::serve(argc, argv));
    }
    const std::string_view path(argc > 0 ? argv[0] : "program");
    started_as() = path.substr(path.rfind('/') + 1);
}

namespace api {

std::string program_name() { return started_as(); }

std::unique_ptr<driver::JobRunner> open_runner(const driver::RunnerOptions& options) {
    if (started_as().empty()) {
        throw UsageError(ErrorCode::Conflict,
                         "a Context needs heddle::init(argc, argv) as the first statement of main: "
                         "executors are started from the same program");
    }
    auto runner = driver::make_runner(options);
    if (!runner) {
        throw Exception(runner.error().code, runner.error().message);
    }
    return std::move(runner).value();
}

}  // namespace api
}  // namespace heddle
