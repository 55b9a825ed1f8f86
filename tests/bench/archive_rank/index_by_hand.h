#pragma once

// What both hand-written programs do alike: one mapped file, views instead of strings, two threads.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace heddle::bench {

inline constexpr double kDamping = 0.85;
inline constexpr int kRounds = 10;
inline constexpr int kThreads = 2;

struct Package {
    std::string_view name;
    std::vector<std::string_view> targets;  // sorted, each once
};

struct Section {
    std::int64_t packages = 0;
    std::int64_t kib = 0;
};

using Rank = std::pair<std::string_view, double>;
using Sections = std::unordered_map<std::string_view, Section>;

struct Parsed {
    std::vector<Package> packages;
    Sections sections;
};

/// The index in two halves, one per thread; empty: it cannot be read, and standard error says so.
/// What it shows stays mapped until the process ends.
std::vector<Parsed> read_index(const char* path);
/// The sections of both halves.
Sections all_sections(const std::vector<Parsed>& parts);

/// The twenty greatest, greatest first.
std::vector<Rank> top_ranks(const std::vector<Rank>& ranks);
void print_ranks(const std::vector<Rank>& ranks);
/// Both tables of docs/archive_rank.md.
void write_tables(const std::string& folder, const Sections& sections, std::vector<Rank> ranks);

/// Runs work(thread, begin, end) on each half of 0 to count.
template <typename Work>
void in_two(std::size_t count, const Work& work) {
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
        threads.emplace_back(
            [&work, t, count] { work(t, count * t / kThreads, count * (t + 1) / kThreads); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

// Prints "PHASE SECONDS" for each phase, on one line each.
class Phases {
public:
    void end(const char* name);

private:
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace heddle::bench
