#include "client/rmctl/output.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "client/rmctl/terminal.h"
#include "common/base/display.h"

namespace heddle::rmctl {
namespace {

// Of the first write to standard output that failed; several threads print with `app logs -f`.
std::atomic<int> write_failure{0};

std::string quoted(const std::string& word) {
    return word.find_first_of(" '\"$\\") == std::string::npos ? word : "'" + word + "'";
}

}  // namespace

void print(std::string_view text) {
    write_text(stdout, text);
}

void write_text(std::FILE* to, std::string_view text) {
    errno = 0;
    const bool whole = std::fwrite(text.data(), 1, text.size(), to) == text.size();
    const bool failed = std::fflush(to) != 0 || !whole;
    if (failed && to == stdout) {
        int none = 0;
        write_failure.compare_exchange_strong(none, errno != 0 ? errno : EIO);
    }
}

Status output_status() {
    if (write_failure == 0) {
        return {};
    }
    return Error{ErrorCode::Internal,
                 std::string("cannot write the output: ") + std::strerror(write_failure)};
}

void print_table(const Options& options, const Table& table) {
    print(options.output == OutputForm::Wide ? render_wide(table)
                                             : render(table, terminal_width()));
}

void print_fields(const Fields& fields) {
    std::size_t widest = 0;
    for (const auto& [name, value] : fields) {
        widest = value.empty() ? widest : std::max(widest, display_width(name));
    }
    for (const auto& [name, value] : fields) {
        if (!value.empty()) {
            print(name + std::string(widest + 2 - display_width(name), ' ') + value + "\n");
        }
    }
}

void print_json(std::string_view body) {
    print(body);
    if (!body.ends_with('\n')) {
        print("\n");
    }
}

void say(std::string_view line) {
    write_text(stderr, std::string(line) + "\n");
}

void hint(const Options& options, std::string_view line) {
    if (!options.quiet) {
        say(line);
    }
}

std::string command_text(const Options& options, std::string_view command) {
    std::string text = "rmctl";
    const auto add = [&](const char* flag, const std::string& value) {
        if (!value.empty()) {
            text += std::string(" ") + flag + " " + quoted(value);
        }
    };
    add("--server", options.server);
    add("--token-file", options.token_file);
    add("--dir", options.directory);
    return text + " " + std::string(command);
}

std::string human_duration(long long milliseconds) {
    if (milliseconds < 0) {
        return "-";
    }
    if (milliseconds < 1000) {
        return std::to_string(milliseconds) + " ms";
    }
    const long long seconds = milliseconds / 1000;
    if (seconds < 10) {
        const long long tenths = milliseconds % 1000 / 100;
        return std::to_string(seconds) + "." + std::to_string(tenths) + " s";
    }
    if (seconds < 60) {
        return std::to_string(seconds) + " s";
    }
    const long long minutes = seconds / 60;
    if (minutes < 60) {
        return std::to_string(minutes) + " min " + std::to_string(seconds % 60) + " s";
    }
    const long long hours = minutes / 60;
    if (hours < 24) {
        return std::to_string(hours) + " h " + std::to_string(minutes % 60) + " min";
    }
    return std::to_string(hours / 24) + " d " + std::to_string(hours % 24) + " h";
}

std::string human_time(long long milliseconds) {
    if (milliseconds <= 0) {
        return "-";
    }
    const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
    std::tm parts{};
    localtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %Z", &parts);
    return text.data();
}

std::string human_age(long long milliseconds, long long now_milliseconds) {
    if (milliseconds <= 0) {
        return "-";
    }
    const long long seconds = (now_milliseconds - milliseconds) / 1000;
    if (seconds < 2) {
        return "just now";
    }
    if (seconds < 60) {
        return std::to_string(seconds) + " s ago";
    }
    if (seconds < 3600) {
        return std::to_string(seconds / 60) + " min ago";
    }
    if (seconds < 86'400) {
        return std::to_string(seconds / 3600) + " h ago";
    }
    return std::to_string(seconds / 86'400) + " d ago";
}

std::string count_of(long long number, std::string_view noun) {
    return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string ratio(long long used, long long total) {
    return std::to_string(used) + "/" + std::to_string(total);
}

}  // namespace heddle::rmctl
