// The exit of the process, and who is told of it.
#include "client/driver/program_end.h"

#include <stdlib.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <vector>

namespace heddle::driver {

namespace {

struct ProgramEnd {
    std::mutex mutex;
    std::int32_t contexts = 0;
    std::shared_ptr<ClusterPool> master;             // in a container; shared with its runner
    std::vector<std::weak_ptr<ClusterPool>> others;  // gone when their context is
    pid_t process = 0;
};

ProgramEnd& program_end() {
    static auto* const end = new ProgramEnd;  // never destroyed: it is used while statics are
    return *end;
}

void state_end(ClusterPool& pool, int code) {
    if (code == 0) {
        pool.finish(FinalStatus::Succeeded, "");
        return;
    }
    const std::string why = "exited with code " + std::to_string(code);
    pool.finish(FinalStatus::Failed, pool.failure().empty() ? why : why + ": " + pool.failure());
}

void exiting(int status, void*) {
    ProgramEnd& end = program_end();
    if (getpid() != end.process) {
        return;  // a process that the program made by fork
    }
    const int code = status & 0xff;  // what a parent sees of it
    if (end.master != nullptr) {
        state_end(*end.master, code);
    }
    for (const auto& other : end.others) {
        if (const auto pool = other.lock()) {
            state_end(*pool, code);
        }
    }
}

}  // namespace

Result<std::int32_t> admit_to_program() {
    ProgramEnd& end = program_end();
    const std::lock_guard lock(end.mutex);
    if (end.master != nullptr && !end.master->stopped()) {
        return Error{ErrorCode::Conflict,
                     "another context of this program is open: in a container of the cluster a "
                     "program has one at a time; stop() it first"};
    }
    return end.contexts++;
}

void end_with_program(const std::shared_ptr<ClusterPool>& pool) {
    ProgramEnd& end = program_end();
    const std::lock_guard lock(end.mutex);
    if (end.process == 0) {
        end.process = getpid();
        on_exit(exiting, nullptr);
    }
    if (!pool->in_container()) {
        std::erase_if(end.others, [](const auto& other) { return other.expired(); });
        end.others.push_back(pool);
        return;
    }
    if (end.master != nullptr) {
        end.master->leave();
    }
    end.master = pool;
}

}  // namespace heddle::driver
