// A program whose tasks wait, so that a test decides when its job moves and how it ends:
//   held_job GATE
// Task N of six ends when a file GATE/N appears, and fails when that file says "throw".

#include <heddle/heddle.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct AtGate {
    std::string gate;
    std::int64_t operator()(std::int64_t task) const {
        const std::string path = gate + "/" + std::to_string(task);
        for (;;) {
            std::string word;
            if (std::ifstream file(path); std::getline(file, word)) {
                if (word == "throw") {
                    throw std::runtime_error("the gate said no");
                }
                return task;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
};

}  // namespace

int main(int argc, char** argv) {
    heddle::init(argc, argv);
    try {
        heddle::Context context({.application_name = "held_job", .master = {}, .settings = {}});
        std::printf("waiting at the gate\n");
        std::fflush(stdout);
        const auto tasks = context.parallelize(std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}, 6)
                               .map(AtGate{argc > 1 ? argv[1] : "."});
        std::printf("%llu tasks passed\n", static_cast<unsigned long long>(tasks.count()));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "held_job: %s\n", error.what());
        return 1;
    }
    return 0;
}
