#include "resourcemanager/shell/spark_time.h"

#include <cstdio>
#include <ctime>

namespace heddle::rm {

std::string spark_time(WallTime time) {
    const std::int64_t milliseconds = time.milliseconds == 0 ? -1 : time.milliseconds;
    std::int64_t second = milliseconds / 1000;
    std::int64_t rest = milliseconds % 1000;
    if (rest < 0) {
        rest += 1000;
        second -= 1;
    }
    const std::time_t seconds = second;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[64];
    const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text + size, sizeof text - size, ".%03dGMT", static_cast<int>(rest));
    return text;
}

std::optional<WallTime> parse_spark_time(std::string_view text) {
    std::tm parts{};
    int milliseconds = 0;
    int used = 0;
    const std::string copy(text);
    const int fields = std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dGMT%n", &parts.tm_year,
                                   &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min,
                                   &parts.tm_sec, &milliseconds, &used);
    const bool full = fields == 7 && used == static_cast<int>(copy.size());
    if (!full && !(fields == 3 && copy.size() == 10)) {
        return std::nullopt;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return WallTime{static_cast<std::int64_t>(::timegm(&parts)) * 1000 + milliseconds};
}

}  // namespace heddle::rm
