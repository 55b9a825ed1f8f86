// Counting the lines of a text file in which a word occurs. By hand: the mapped file, one half per
// thread, sixteen places at a time compared with the first and the last letter of the word.

#include <fcntl.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/prng.h"
#include "tests/bench/rdd/measure.h"
#include "tests/bench/rdd/workloads.h"

namespace heddle::bench {
namespace {

constexpr double kBytes = 1e9;
constexpr std::string_view kNeedle = "heddle";

std::size_t write_text(const std::string& path, std::size_t bytes) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) {
        std::perror(path.c_str());
        std::exit(1);
    }
    Prng prng(1);
    std::size_t written = 0;
    for (std::string line; written < bytes; written += line.size()) {
        line.clear();
        for (int word = 0; word < 10; ++word) {
            line += prng.below(1000) == 0
                        ? kNeedle
                        : std::string_view("lorem-ipsum").substr(0, 2 + prng.below(9));
            line += word == 9 ? '\n' : ' ';
        }
        (void)std::fwrite(line.data(), 1, line.size(), file);
    }
    (void)std::fclose(file);
    return written;
}

std::size_t find_needle(std::string_view text) {
    std::size_t at = 0;
#if defined(__SSE2__)
    constexpr std::size_t kWide = 16;
    const __m128i first = _mm_set1_epi8(kNeedle.front());
    const __m128i last = _mm_set1_epi8(kNeedle.back());
    for (; at + kWide + kNeedle.size() <= text.size(); at += kWide) {
        const auto* here = reinterpret_cast<const __m128i*>(text.data() + at);
        const auto* there = reinterpret_cast<const __m128i*>(text.data() + at + kNeedle.size() - 1);
        auto places = static_cast<unsigned>(
            _mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(_mm_loadu_si128(here), first),
                                            _mm_cmpeq_epi8(_mm_loadu_si128(there), last))));
        for (; places != 0; places &= places - 1) {
            const std::size_t place = at + static_cast<std::size_t>(std::countr_zero(places));
            if (std::memcmp(text.data() + place, kNeedle.data(), kNeedle.size()) == 0) {
                return place;
            }
        }
    }
#endif
    return text.find(kNeedle, at);
}

std::uint64_t lines_with_needle(std::string_view text) {
    std::uint64_t lines = 0;
    while (true) {
        const std::size_t hit = find_needle(text);
        if (hit == std::string_view::npos) {
            return lines;
        }
        ++lines;
        text.remove_prefix(hit);
        const std::size_t end = text.find('\n');
        text.remove_prefix(std::min(end, text.size() - 1) + 1);
    }
}

std::uint64_t grep_by_hand(const std::string& path, int threads) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const auto size = static_cast<std::size_t>(std::filesystem::file_size(path));
    void* mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    const std::string_view text(static_cast<const char*>(mapped), size);
    const auto n = static_cast<std::size_t>(threads);
    std::vector<std::size_t> cuts{0};
    for (std::size_t t = 1; t < n; ++t) {
        cuts.push_back(text.find('\n', size * t / n) + 1);
    }
    cuts.push_back(size);
    std::vector<std::uint64_t> counts(n);
    on_threads(threads, [&](int t) {
        const auto i = static_cast<std::size_t>(t);
        counts[i] = lines_with_needle(text.substr(cuts[i], cuts[i + 1] - cuts[i]));
    });
    munmap(mapped, size);
    close(file);
    std::uint64_t all = 0;
    for (const std::uint64_t count : counts) {
        all += count;
    }
    return all;
}

}  // namespace

void bench_grep(Context& context, const Scale& scale) {
    const std::string path = std::filesystem::temp_directory_path() / "heddle-bench-grep.txt";
    const std::size_t bytes = write_text(path, scale.count(kBytes));
    std::uint64_t mine = 0;
    std::uint64_t theirs = 0;
    const Cost hand = best_of([&] { theirs = grep_by_hand(path, scale.threads); });
    const Cost heddle = best_of([&] {
        mine = context.text_file(path, scale.threads)
                   .filter([](std::string_view line) {
                       return line.find(std::string_view("heddle")) != std::string_view::npos;
                   })
                   .count();
    });
    std::filesystem::remove(path);
    require_equal("grep", static_cast<double>(mine), static_cast<double>(theirs));
    report("grep and count", static_cast<double>(bytes) / 1e6, "MB/s", heddle, hand, {29000, 42});
}

}  // namespace heddle::bench
