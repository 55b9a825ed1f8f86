#pragma once

// Results on standard output, messages on standard error.

#include <string>
#include <string_view>

#include "client/rmctl/options.h"
#include "client/rmctl/table.h"

namespace heddle::rmctl {

/// Writes text to standard output as it is.
void print(std::string_view text);

/// A table as wide as the terminal.
void print_table(const Table& table);

/// The server's JSON, with a newline at its end.
void print_json(std::string_view body);

/// A line on standard error.
void say(std::string_view line);

/// As say(), unless -q: what was done, and what to run next.
void hint(const Options& options, std::string_view line);

/// "12 s", "3 min 20 s", "2 h 5 min"; "-" for a negative time.
std::string human_duration(long long milliseconds);

/// "2026-11-22 16:03:12" in UTC; "-" for 0.
std::string human_time(long long milliseconds);

/// Cells of "used/total".
std::string ratio(long long used, long long free);

}  // namespace heddle::rmctl
