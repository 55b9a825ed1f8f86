#include "tests/bench/rdd/process_tree.h"

#include <malloc.h>
#include <unistd.h>

#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::bench {
namespace {

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void add_children(int parent, std::vector<int>& tree) {
    const std::filesystem::path tasks = "/proc/" + std::to_string(parent) + "/task";
    std::error_code gone;
    for (std::filesystem::directory_iterator at(tasks, gone), end; !gone && at != end;
         at.increment(gone)) {
        std::istringstream children(content_of(at->path() / "children"));
        for (int child = 0; children >> child;) {
            tree.push_back(child);
            add_children(child, tree);
        }
    }
}

std::vector<int> tree() {
    std::vector<int> all{getpid()};
    add_children(getpid(), all);
    return all;
}

// "VmHWM:	  123456 kB", in bytes.
std::int64_t peak_of(int pid) {
    const std::string text = content_of("/proc/" + std::to_string(pid) + "/status");
    constexpr std::string_view kName = "VmHWM:";
    const std::size_t at = text.find(kName);
    if (at == std::string::npos) {
        return 0;
    }
    const std::size_t digits = text.find_first_of("0123456789", at + kName.size());
    std::int64_t kilobytes = 0;
    std::from_chars(text.data() + digits, text.data() + text.size(), kilobytes);
    return kilobytes * 1024;
}

}  // namespace

void reset_peak_memory() {
    for (const int pid : tree()) {
        std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << "5";
    }
}

void forget_spare_memory() {
    malloc_trim(0);
}

std::int64_t peak_memory() {
    std::int64_t sum = 0;
    for (const int pid : tree()) {
        sum += peak_of(pid);
    }
    return sum;
}

double processor_seconds() {
    double seconds = 0;
    for (const int pid : tree()) {
        clockid_t clock = 0;
        timespec time = {};
        if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &time) == 0) {
            seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
        }
    }
    return seconds;
}

}  // namespace heddle::bench
