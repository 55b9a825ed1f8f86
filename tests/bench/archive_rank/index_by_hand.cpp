// Reading a package index without Heddle.
#include "tests/bench/archive_rank/index_by_hand.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

namespace heddle::bench {

namespace {

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// The field's value; continuation lines do not occur in the fields that are asked for, except in
// Depends of hand-made files, which the caller joins.
std::string_view field(std::string_view stanza, std::string_view name) {
    std::size_t at = 0;
    while (at < stanza.size()) {
        std::size_t end = stanza.find('\n', at);
        end = end == std::string_view::npos ? stanza.size() : end;
        const std::string_view line = stanza.substr(at, end - at);
        if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':') {
            std::size_t stop = end;
            while (stop + 1 < stanza.size() &&
                   (stanza[stop + 1] == ' ' || stanza[stop + 1] == '\t')) {
                stop = stanza.find('\n', stop + 1);
                stop = stop == std::string_view::npos ? stanza.size() : stop;
            }
            return trim(stanza.substr(at + name.size() + 1, stop - at - name.size() - 1));
        }
        at = end + 1;
    }
    return {};
}

void add_targets(std::string_view value, std::vector<std::string_view>& out) {
    std::size_t at = 0;
    while (at <= value.size() && !value.empty()) {
        std::size_t end = value.find(',', at);
        end = end == std::string_view::npos ? value.size() : end;
        std::string_view entry = value.substr(at, end - at);
        entry = entry.substr(0, entry.find('|'));
        const auto first = entry.find_first_not_of(" \t\n");
        if (first != std::string_view::npos) {
            entry.remove_prefix(first);
            entry = entry.substr(0, entry.find_first_of("([<: \t\n"));
            if (!entry.empty()) {
                out.push_back(entry);
            }
        }
        at = end + 1;
    }
}

void parse_stanza(std::string_view stanza, Parsed& parsed) {
    const std::string_view name = field(stanza, "Package");
    if (name.empty()) {
        return;
    }
    std::string_view section = field(stanza, "Section");
    section = section.empty() ? std::string_view("(none)") : section;
    const std::string_view size = field(stanza, "Installed-Size");
    std::int64_t kib = 0;
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), kib);
    if (error != std::errc{} || end != size.data() + size.size() || kib < 0) {
        kib = 0;
    }
    Section& entry = parsed.sections[section];
    entry.packages += 1;
    entry.kib += kib;
    Package package{name, {}};
    add_targets(field(stanza, "Depends"), package.targets);
    add_targets(field(stanza, "Pre-Depends"), package.targets);
    std::ranges::sort(package.targets);
    package.targets.erase(std::unique(package.targets.begin(), package.targets.end()),
                          package.targets.end());
    parsed.packages.push_back(std::move(package));
}

Parsed parse(std::string_view text) {
    Parsed parsed;
    std::size_t at = 0;
    while (at < text.size()) {
        std::size_t end = text.find("\n\n", at);
        end = end == std::string_view::npos ? text.size() : end;
        parse_stanza(text.substr(at, end - at), parsed);
        at = end + 2;
    }
    return parsed;
}

}  // namespace

std::vector<Parsed> read_index(const char* path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (file < 0 || fstat(file, &status) != 0 || status.st_size == 0) {
        std::fprintf(stderr, "error: cannot read '%s', or it is empty\n", path);
        return {};
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    void* mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (mapped == MAP_FAILED) {
        std::perror("mmap");
        return {};
    }
    const std::string_view text(static_cast<const char*>(mapped), size);

    // Cut between two stanzas near the middle.
    std::size_t middle = text.find("\n\n", size / 2);
    middle = middle == std::string_view::npos ? size : middle + 2;
    std::vector<Parsed> parts(kThreads);
    std::thread other([&] { parts[1] = parse(text.substr(middle)); });
    parts[0] = parse(text.substr(0, middle));
    other.join();

    return parts;
}

Sections all_sections(const std::vector<Parsed>& parts) {
    Sections sections = parts[0].sections;
    for (const auto& [name, section] : parts[1].sections) {
        sections[name].packages += section.packages;
        sections[name].kib += section.kib;
    }
    return sections;
}

namespace {

// Greatest first, then by name.
bool before(const Rank& a, const Rank& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
}

}  // namespace

std::vector<Rank> top_ranks(const std::vector<Rank>& ranks) {
    std::vector<Rank> top(std::min<std::size_t>(20, ranks.size()));
    std::partial_sort_copy(ranks.begin(), ranks.end(), top.begin(), top.end(), before);
    return top;
}

void print_ranks(const std::vector<Rank>& ranks) {
    for (const auto& [name, rank] : ranks) {
        std::printf("%.6f %.*s\n", rank, static_cast<int>(name.size()), name.data());
    }
}

void write_tables(const std::string& folder, const Sections& sections, std::vector<Rank> ranks) {
    std::filesystem::create_directories(folder);
    std::ofstream section_file(folder + "/sections.tsv", std::ios::binary);
    std::vector<std::pair<std::string_view, Section>> rows(sections.begin(), sections.end());
    std::ranges::sort(rows, [](const auto& a, const auto& b) {
        return std::pair(-a.second.packages, a.first) < std::pair(-b.second.packages, b.first);
    });
    for (const auto& [name, section] : rows) {
        section_file << name << '\t' << section.packages << '\t' << section.kib << '\n';
    }
    std::ofstream rank_file(folder + "/ranks.tsv", std::ios::binary);
    std::ranges::sort(ranks, before);
    char number[40];
    for (const auto& [name, rank] : ranks) {
        std::snprintf(number, sizeof number, "%.17g", rank);
        rank_file << name << '\t' << number << '\n';
    }
}

void Phases::end(const char* name) {
    const auto now = std::chrono::steady_clock::now();
    std::printf("%s %.4f\n", name, std::chrono::duration<double>(now - last_).count());
    last_ = now;
}

}  // namespace heddle::bench
