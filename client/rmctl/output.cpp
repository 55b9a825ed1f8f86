#include "client/rmctl/output.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "client/rmctl/terminal.h"

namespace heddle::rmctl {

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

void print_table(const Table& table) {
    print(render(table, terminal_width()));
}

void print_json(std::string_view body) {
    print(body);
    if (!body.ends_with('\n')) {
        print("\n");
    }
}

void say(std::string_view line) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    std::fflush(stderr);
}

void hint(const Options& options, std::string_view line) {
    if (!options.quiet) {
        say(line);
    }
}

std::string human_duration(long long milliseconds) {
    if (milliseconds < 0) {
        return "-";
    }
    const long long seconds = milliseconds / 1000;
    if (seconds < 60) {
        return std::to_string(seconds) + " s";
    }
    if (seconds < 3600) {
        return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
    }
    return std::to_string(seconds / 3600) + " h " + std::to_string(seconds % 3600 / 60) + " min";
}

std::string human_time(long long milliseconds) {
    if (milliseconds <= 0) {
        return "-";
    }
    const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
    return text.data();
}

std::string ratio(long long used, long long free) {
    return std::to_string(used) + "/" + std::to_string(used + free);
}

}  // namespace heddle::rmctl
