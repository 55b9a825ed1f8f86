// This process as a Heddle program: its role, and the master it connects to. Apart from the rest of
// the API, because only this needs driver and executor: a test that brings its own runner does not.
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "client/api/context.h"
#include "client/api/errors.h"
#include "common/base/strings.h"
#include "common/model/application.h"
#include "executor/serve.h"

namespace heddle {

namespace {

std::string& started_as() {
    static std::string name;  // empty: init was not called
    return name;
}
std::string& programs_folder() {
    static std::string folder;
    return folder;
}

// "key=value" lines, from `rmctl submit`.
std::map<std::string, std::string> submitted_settings() {
    std::map<std::string, std::string> settings;
    const char* text = std::getenv(kSettingsVariable);
    for (const std::string_view line : split(text != nullptr ? text : "", '\n')) {
        if (const auto equals = line.find('='); equals != std::string_view::npos) {
            settings.emplace(line.substr(0, equals), line.substr(equals + 1));
        }
    }
    return settings;
}

driver::RunnerOptions runner_options(ContextOptions options) {
    driver::RunnerOptions out;
    out.master = std::move(options.master);
    if (out.master.empty()) {
        const char* master = std::getenv(kMasterVariable);
        out.master = master != nullptr && *master != '\0' ? master : "local[*]";
    }
    out.application_name =
        options.application_name.empty() ? started_as() : std::move(options.application_name);
    // What the program says goes over what it was submitted with.
    out.settings = std::move(options.settings);
    out.settings.merge(submitted_settings());
    out.programs = programs_folder();
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

void init(int argc, char** argv, const char* programs) {
    if (executor::in_executor_role()) {
        std::exit(executor::serve(argc, argv));
    }
    const std::string_view path(argc > 0 ? argv[0] : "program");
    programs_folder() = programs;
    started_as() = path.substr(path.rfind('/') + 1);
}

Context::Context(ContextOptions options) : Context(open_runner(std::move(options))) {}

}  // namespace heddle
