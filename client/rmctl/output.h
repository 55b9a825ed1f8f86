#pragma once

// Results on standard output, messages on standard error.

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/rmctl/options.h"
#include "client/rmctl/table.h"
#include "common/base/result.h"

namespace heddle::rmctl {

/// Writes text to standard output as it is.
void print(std::string_view text);

/// Writes to standard output or standard error. A failure is remembered for output_status().
void write_text(std::FILE* to, std::string_view text);

/// Internal with the system's words when something printed did not arrive: the disk is full, for
/// example. To be asked once, when everything is printed.
Status output_status();

/// A table as wide as the terminal, or all of it with -o wide.
void print_table(const Options& options, const Table& table);

/// Names and values of one object.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// "Name  value" lines, with the values in one column; empty values are left out.
void print_fields(const Fields& fields);

/// The server's JSON, with a newline at its end.
void print_json(std::string_view body);

/// A line on standard error.
void say(std::string_view line);

/// As say(), unless -q: what was done, and what to run next.
void hint(const Options& options, std::string_view line);

/// "rmctl app logs X" with the flags that led this command to its cluster, so that it can be typed
/// as it is.
std::string command_text(const Options& options, std::string_view command);

/// As on the dashboard: "340 ms", "4.2 s", "12 s", "3 min 20 s", "2 h 5 min", "4 d 3 h"; "-" for a
/// negative time.
std::string human_duration(long long milliseconds);

/// Local time with its zone, "2026-11-22 16:03:12 CET"; "-" for 0.
std::string human_time(long long milliseconds);

/// "just now", "12 s ago", "3 min ago"; "-" for 0.
std::string human_age(long long milliseconds, long long now_milliseconds);

/// "1 node agent", "3 node agents".
std::string count_of(long long number, std::string_view noun);

/// Cells of "used/total".
std::string ratio(long long used, long long total);

}  // namespace heddle::rmctl
