// executor PROGRAM [ARGUMENTS]: becomes PROGRAM in the executor role, after checking that it can.
// Without a program it serves the built-in operators itself.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "common/rdd/executor_frames.h"
#include "executor/serve.h"
#include "executor/shell/program_check.h"

namespace {

constexpr int kUsage = 2;
constexpr int kCannotRun = 126;

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && argv[1][0] == '-') {
        std::fprintf(stderr,
                     "usage: executor [PROGRAM [ARGUMENTS]]\n"
                     "Serves tasks of the driver that HEDDLE_DRIVER names, as PROGRAM if given.\n");
        return std::strcmp(argv[1], "--help") == 0 ? 0 : kUsage;
    }
    if (argc < 2) {
        return heddle::executor::serve(argc, argv);
    }
    const heddle::Status fit = heddle::executor::check_program(argv[1]);
    if (!fit) {
        std::fprintf(stderr, "executor: %s\n", fit.error().message.c_str());
        return kCannotRun;
    }
    setenv(heddle::rdd::kRoleVariable, "executor", 1);
    execv(argv[1], argv + 1);
    std::fprintf(stderr, "executor: cannot run '%s': %s\n", argv[1], std::strerror(errno));
    return kCannotRun;
}
