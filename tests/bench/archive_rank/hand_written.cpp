// The main job (docs/archive_rank.md) in plain C++ with two threads, without Heddle: the baseline
// that the runtime's time is divided by. Careful on purpose: one mapped file, views instead of
// strings, names interned once, the graph as compressed rows of dense ids, pull iteration without
// locks.
//
//   hand_written INDEX [OUT]     prints "seconds S" (read to result) and, with OUT, both tables

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

constexpr double kDamping = 0.85;
constexpr int kRounds = 10;
constexpr int kThreads = 2;

struct Package {
    std::string_view name;
    std::vector<std::string_view> targets;
};

struct Section {
    std::int64_t packages = 0;
    std::int64_t kib = 0;
};

using Sections = std::unordered_map<std::string_view, Section>;

struct Parsed {
    std::vector<Package> packages;
    Sections sections;
};

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

struct Graph {
    std::vector<std::string_view> names;
    std::vector<std::uint32_t> out_degree;
    std::vector<std::uint32_t> row;  // incoming edges of v: sources[row[v]] to sources[row[v+1]]
    std::vector<std::uint32_t> sources;
};

Graph build(const std::vector<Parsed>& parts) {
    Graph graph;
    std::unordered_map<std::string_view, std::uint32_t> ids;
    ids.reserve(1 << 17);
    const auto intern = [&](std::string_view name) {
        const auto [it, fresh] = ids.try_emplace(name, static_cast<std::uint32_t>(ids.size()));
        if (fresh) {
            graph.names.push_back(name);
        }
        return it->second;
    };
    std::vector<std::uint64_t> edges;
    for (const Parsed& part : parts) {
        for (const Package& package : part.packages) {
            const std::uint64_t source = intern(package.name);
            for (const std::string_view target : package.targets) {
                edges.push_back(source << 32 | intern(target));
            }
        }
    }
    std::ranges::sort(edges);  // packages of equal name share their edges
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    graph.out_degree.resize(graph.names.size());
    graph.row.resize(graph.names.size() + 1);
    for (const std::uint64_t edge : edges) {
        ++graph.out_degree[edge >> 32];
        ++graph.row[(edge & 0xffffffffU) + 1];
    }
    for (std::size_t v = 0; v < graph.names.size(); ++v) {
        graph.row[v + 1] += graph.row[v];
    }
    graph.sources.resize(edges.size());
    std::vector<std::uint32_t> next(graph.row.begin(), graph.row.end() - 1);
    for (const std::uint64_t edge : edges) {
        graph.sources[next[edge & 0xffffffffU]++] = static_cast<std::uint32_t>(edge >> 32);
    }
    return graph;
}

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

std::vector<double> rank(const Graph& graph) {
    const std::size_t count = graph.names.size();
    std::vector<double> ranks(count, 1.0 / static_cast<double>(count));
    std::vector<double> shares(count);
    std::vector<double> dangling(kThreads);
    for (int round = 0; round < kRounds; ++round) {
        in_two(count, [&](std::size_t thread, std::size_t begin, std::size_t end) {
            double lost = 0;
            for (std::size_t v = begin; v < end; ++v) {
                const std::uint32_t degree = graph.out_degree[v];
                shares[v] = degree == 0 ? 0 : ranks[v] / degree;
                lost += degree == 0 ? ranks[v] : 0;
            }
            dangling[thread] = lost;
        });
        const double base =
            (1 - kDamping + kDamping * (dangling[0] + dangling[1])) / static_cast<double>(count);
        in_two(count, [&](std::size_t, std::size_t begin, std::size_t end) {
            for (std::size_t v = begin; v < end; ++v) {
                double sum = 0;
                for (std::uint32_t e = graph.row[v]; e < graph.row[v + 1]; ++e) {
                    sum += shares[graph.sources[e]];
                }
                ranks[v] = base + kDamping * sum;
            }
        });
    }
    return ranks;
}

void write_tables(const std::string& folder, const Sections& sections, const Graph& graph,
                  const std::vector<double>& ranks) {
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
    char number[40];
    std::vector<std::uint32_t> order(ranks.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
        return std::pair(-ranks[a], graph.names[a]) < std::pair(-ranks[b], graph.names[b]);
    });
    for (const std::uint32_t v : order) {
        std::snprintf(number, sizeof number, "%.17g", ranks[v]);
        rank_file << graph.names[v] << '\t' << number << '\n';
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || argc > 3) {
        std::fprintf(stderr, "usage: hand_written INDEX [OUT]\n");
        return 2;
    }
    const auto started = std::chrono::steady_clock::now();
    const int file = open(argv[1], O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (file < 0 || fstat(file, &status) != 0 || status.st_size == 0) {
        std::fprintf(stderr, "error: cannot read '%s', or it is empty\n", argv[1]);
        return 1;
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    void* mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (mapped == MAP_FAILED) {
        std::perror("mmap");
        return 1;
    }
    const std::string_view text(static_cast<const char*>(mapped), size);

    // Cut between two stanzas near the middle.
    std::size_t middle = text.find("\n\n", size / 2);
    middle = middle == std::string_view::npos ? size : middle + 2;
    std::vector<Parsed> parts(kThreads);
    std::thread other([&] { parts[1] = parse(text.substr(middle)); });
    parts[0] = parse(text.substr(0, middle));
    other.join();

    Sections sections = std::move(parts[0].sections);
    for (const auto& [name, section] : parts[1].sections) {
        sections[name].packages += section.packages;
        sections[name].kib += section.kib;
    }
    const Graph graph = build(parts);
    const std::vector<double> ranks = rank(graph);
    std::vector<std::uint32_t> top(ranks.size());
    std::iota(top.begin(), top.end(), 0U);
    const std::size_t shown = std::min<std::size_t>(20, top.size());
    std::partial_sort(top.begin(), top.begin() + static_cast<std::ptrdiff_t>(shown), top.end(),
                      [&](std::uint32_t a, std::uint32_t b) { return ranks[a] > ranks[b]; });
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
    std::printf("seconds %.4f\n", elapsed.count());
    for (std::size_t i = 0; i < shown; ++i) {
        std::printf("%.6f %.*s\n", ranks[top[i]], static_cast<int>(graph.names[top[i]].size()),
                    graph.names[top[i]].data());
    }
    if (argc == 3) {
        write_tables(argv[2], sections, graph, ranks);
    }
    return 0;
}
