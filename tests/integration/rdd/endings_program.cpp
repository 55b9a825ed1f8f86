// One good job, and then an end of every kind: endings_program KIND.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <heddle/heddle.h>

#ifdef HEDDLE_TEST_ABSENT
int heddle_test_absent();  // of a shared library that no node has
#endif

namespace {

heddle::ContextOptions options() {
    heddle::ContextOptions made;
    made.settings["executor.memory"] = "256m";
    return made;
}

void good_job(heddle::Context& context) {
    const auto count = context.parallelize(std::vector<int>{1, 2, 3}, 2).count();
    std::printf("counted %llu\n", static_cast<unsigned long long>(count));
    std::fflush(stdout);
}

bool bad_job(heddle::Context& context) {
    try {
        (void)context.parallelize(std::vector<int>{1}, 1)
            .map([](int x) -> int { throw std::runtime_error("no " + std::to_string(x)); })
            .count();
    } catch (const heddle::Exception&) {
        return true;
    }
    return false;
}

// Half of it ends.
void endless_job(heddle::Context& context) {
    (void)context.parallelize(std::vector<int>{1, 2, 3, 4}, 4)
        .map([](int x) {
            while (x > 2) {
                usleep(1000);
            }
            return x;
        })
        .count();
}

// A function that never looks up holds the only slot of its executor, or of this process.
int reaped() {
    heddle::ContextOptions few = options();
    few.settings["spark.task.reaper.killTimeout"] = "1s";
    few.settings["task.reaper.patience"] = "500ms";
    heddle::Context context(few);
    good_job(context);
    const auto endless = context.parallelize(std::vector<int>{1}, 1)
                             .map([](int x) {
                                 const volatile bool forever = true;
                                 while (forever) {
                                 }
                                 return x;
                             })
                             .count_async();
    const auto running = [&context] {
        for (const std::int32_t stage : context.status_tracker().get_active_stage_ids()) {
            const auto info = context.status_tracker().get_stage_info(stage);
            if (info && info->num_active_tasks > 0) {
                return true;
            }
        }
        return false;
    };
    while (!running()) {
        usleep(1000);
    }
    endless.cancel();
    good_job(context);
    return 0;
}

int with_context(const std::string& kind) {
    heddle::Context context(options());
    good_job(context);
    if (kind == "exit-3-inside") {
        std::exit(3);
    } else if (kind == "exit-0-inside") {
        std::exit(0);
    } else if (kind == "quick-0") {
        _exit(0);
    } else if (kind == "terminate") {
        std::terminate();
    } else if (kind == "uncaught") {
        throw std::runtime_error("nobody catches this");
    } else if (kind == "bad-then-0") {
        return bad_job(context) ? 0 : 9;
    } else if (kind == "bad-then-5") {
        return bad_job(context) ? 5 : 9;
    } else if (kind == "endless") {
        endless_job(context);
    }
    return kind == "return-3" ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    heddle::init(argc, argv);
#ifdef HEDDLE_TEST_ABSENT
    std::printf("the library says %d\n", heddle_test_absent());
#endif
    const std::string kind = argc > 1 ? argv[1] : "";
    if (kind == "none-0" || kind == "none-7") {
        return kind == "none-0" ? 0 : 7;
    }
    if (kind == "reaped") {
        return reaped();
    }
    if (kind == "two") {
        (void)with_context("");
        return with_context("return-3") == 3 ? 0 : 9;
    }
    if (kind == "two-open") {
        heddle::Context first(options());
        try {
            heddle::Context second(options());
        } catch (const heddle::Exception& refused) {
            std::fprintf(stderr, "refused: %s\n", refused.what());
            return 6;
        }
        return 0;
    }
    try {
        return with_context(kind);
    } catch (const heddle::Exception& error) {
        std::fprintf(stderr, "endings_program: %s\n", error.what());
        return 1;
    }
}
