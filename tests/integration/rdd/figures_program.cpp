// Jobs whose sizes are known, for figures.py: figures_program TEXT_FILE.
#include <cstdio>
#include <exception>
#include <vector>

#include <heddle/heddle.h>

namespace {

constexpr heddle::StorageLevel kOnDisk{false, true, false, 1};

void run(const char* text) {
    heddle::ContextOptions options;
    options.settings["executor.memory"] = "256m";
    heddle::Context context(options);
    std::vector<std::int64_t> numbers(1000);
    const auto in_memory = context.parallelize(numbers, 4).map([](std::int64_t x) { return x; });
    in_memory.set_name("in memory").persist();
    const auto on_disk = in_memory.map([](std::int64_t x) { return x + 1; });
    on_disk.set_name("on disk").persist(kOnDisk);
    const auto lines = context.text_file(text, 3).count();
    const auto rows = on_disk.repartition(5).count();
    std::printf("%llu lines, %llu rows\n", static_cast<unsigned long long>(lines),
                static_cast<unsigned long long>(rows));
    std::fflush(stdout);
    (void)std::getchar();
}

}  // namespace

int main(int argc, char** argv) {
    heddle::init(argc, argv);
    try {
        run(argc > 1 ? argv[1] : "");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "figures_program: %s\n", error.what());
        return 1;
    }
}
