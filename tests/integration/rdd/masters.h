#pragma once

// The parts of masters_program: each prints what operations answer, the same on every master.

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

namespace heddle::masters {

/// Transformations and actions on numbers and pairs.
void show_operations(Context& context);
/// Folds, sets, zips, samples, groups.
void show_shapes(Context& context);
/// What may be a record, and functions that carry fields.
void show_records(Context& context);
/// What tasks share with the driver's program: accumulators, broadcast variables, and
/// checkpoints, in a new folder.
void show_shared(Context& context, const std::string& folder, const std::string& fresh);
/// What functions know of their task, jobs of the program's own, listeners, and files for tasks,
/// which are read from `folder`.
void show_tasks(Context& context, const std::string& folder);
/// Text in and out. `folder` has in/a.txt, in/b.txt, in/_hidden and records; a folder named `fresh`
/// is made in it.
void show_files(Context& context, const std::string& folder, const std::string& fresh);

inline std::string text_of(const std::string& value) {
    return value;
}
inline std::string text_of(bool value) {
    return value ? "true" : "false";
}
inline std::string text_of(int value) {
    return std::to_string(value);
}
inline std::string text_of(std::int64_t value) {
    return std::to_string(value);
}
inline std::string text_of(std::uint64_t value) {
    return std::to_string(value);
}
inline std::string text_of(double value) {
    return std::to_string(value);
}
template <typename A, typename B>
std::string text_of(const std::pair<A, B>& value) {
    return "(" + text_of(value.first) + "," + text_of(value.second) + ")";
}

template <typename T>
void show(const char* what, const std::vector<T>& rows) {
    std::string line = what;
    line += ":";
    for (const auto& row : rows) {
        line += " " + text_of(row);
    }
    std::printf("%s\n", line.c_str());
}
template <typename T>
void show_value(const char* what, const T& value) {
    std::printf("%s: %s\n", what, text_of(value).c_str());
}

/// For answers whose order is nobody's promise.
template <typename T>
std::vector<T> sorted(std::vector<T> rows) {
    std::sort(rows.begin(), rows.end());
    return rows;
}

}  // namespace heddle::masters
