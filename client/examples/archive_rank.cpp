// Which packages does Debian rest on? Reads a package index, counts packages and installed size by
// section, and ranks packages by what depends on them. docs/archive_rank.md states it exactly.
//
//   archive_rank INDEX [--out DIRECTORY] [--splits N]
//
// Ends with 0, 2 for wrong usage, else with what heddle::exit_code_of says.

#include <heddle/heddle.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/examples/package_stanza.h"

namespace {

using archive_rank::PackageStanza;
using heddle::Emit;
using heddle::Rdd;

constexpr double kDamping = 0.85;
constexpr int kRounds = 10;
constexpr int kSplitsMin = 6;
constexpr std::size_t kShown = 20;

// Names are views: of the index as long as it is read, then of the blocks that hold the records.
// What leaves the cluster (collect, top) comes with strings in their place.
using Name = std::string_view;
using Names = std::vector<Name>;
using Links = std::pair<Name, Names>;  // package -> what it needs
using Rank = std::pair<Name, double>;

// ---- packages --------------------------------------------------------------------------------

// Views of the text need no copy; joined text is no part of it, so the task keeps it.
struct ParseStanza {
    void operator()(std::string_view text, Emit<PackageStanza>& emit) const {
        PackageStanza package;
        const auto keep = [&emit](std::string_view joined) { return emit.keep(joined); };
        if (archive_rank::parse_stanza(text, keep, package)) {
            emit(std::move(package));
        }
    }
};

// ---- sections --------------------------------------------------------------------------------

struct Totals {
    std::int64_t packages = 0;
    std::int64_t kib = 0;
};
using Section = std::pair<Name, Totals>;

struct SectionOf {
    Section operator()(const PackageStanza& package) const {
        return {package.section, Totals{1, package.installed_kib}};
    }
};

struct AddTotals {
    Totals operator()(const Totals& a, const Totals& b) const {
        return {a.packages + b.packages, a.kib + b.kib};
    }
};

// Many packages first, then by name.
struct SectionOrder {
    std::pair<std::pair<std::int64_t, Name>, std::int64_t> operator()(
        const Section& section) const {
        return {{-section.second.packages, section.first}, section.second.kib};
    }
};

struct SectionLine {
    std::string operator()(
        const std::pair<std::pair<std::int64_t, Name>, std::int64_t>& row) const {
        return std::string(row.first.second) + '\t' + std::to_string(-row.first.first) + '\t' +
               std::to_string(row.second);
    }
};

// ---- links and ranks ---------------------------------------------------------------------------

// Every package and every name that is needed is a node; packages of one name share their links.
struct LinksOf {
    void operator()(const PackageStanza& package, Emit<Links>& emit) const {
        for (const Name name : package.needs) {
            emit(Links(name, {}));
        }
        emit(Links(package.package, package.needs));
    }
};

struct MergeNames {
    Names operator()(const Names& a, const Names& b) const {
        Names merged;
        merged.reserve(a.size() + b.size());
        std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(merged));
        return merged;
    }
};

struct StartRank {
    double rank = 0;
    double operator()(const Names&) const { return rank; }
};

// What a node hands on. Each node also gets a 0, so that none is lost, and the mass of nodes
// without links is gathered under the empty name.
struct HandOn {
    void operator()(const std::pair<Name, std::pair<Names, double>>& node, Emit<Rank>& emit) const {
        const auto& [names, rank] = node.second;
        emit(Rank(node.first, 0.0));
        if (names.empty()) {
            emit(Rank(Name(), rank));
            return;
        }
        const double share = rank / static_cast<double>(names.size());
        for (const Name name : names) {
            emit(Rank(name, share));
        }
    }
};

struct Add {
    double operator()(double a, double b) const { return a + b; }
};
struct IsDangling {
    bool operator()(const Rank& sum) const { return sum.first.empty(); }
};
struct IsNode {
    bool operator()(const Rank& sum) const { return !sum.first.empty(); }
};
struct NextRank {
    double even = 0;
    double operator()(double sum) const { return even + kDamping * sum; }
};

Rdd<Rank> page_rank(const Rdd<Links>& links, double nodes) {
    Rdd<Rank> ranks = links.map_values(StartRank{1.0 / nodes});
    for (int round = 1; round <= kRounds; ++round) {
        const Rdd<Rank> sums = links.join(ranks).flat_map(HandOn{}).reduce_by_key(Add{});
        sums.set_name("round " + std::to_string(round)).persist();
        double dangling = 0;
        for (const auto& [name, mass] : sums.filter(IsDangling{}).collect()) {
            dangling += mass;
        }
        const double even = (1 - kDamping) / nodes + kDamping * dangling / nodes;
        ranks = sums.filter(IsNode{}).map_values(NextRank{even});
    }
    return ranks;
}

// Greater ranks are greater; of equal ranks the earlier name.
struct ByRank {
    bool operator()(const Rank& a, const Rank& b) const {
        return a.second != b.second ? a.second < b.second : b.first < a.first;
    }
};

using RankKey = std::pair<double, Name>;
struct RankOrder {
    std::pair<RankKey, std::int32_t> operator()(const Rank& rank) const {
        return {{-rank.second, rank.first}, 0};
    }
};

std::string digits(double value) {
    std::array<char, 40> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 17)
            .ptr;
    return {text.data(), end};
}

struct RankLine {
    std::string operator()(const std::pair<RankKey, std::int32_t>& row) const {
        return std::string(row.first.second) + '\t' + digits(-row.first.first);
    }
};

// ---- program -----------------------------------------------------------------------------------

struct Arguments {
    std::string index;
    std::string out;
    int splits = kSplitsMin;
};

int usage(const std::string& what) {
    std::fprintf(stderr,
                 "archive_rank: %s\nusage: archive_rank INDEX [--out DIRECTORY] [--splits N]\n",
                 what.c_str());
    return 2;
}

// 0, or the exit code of a mistake.
int parse(int argc, char** argv, Arguments& out) {
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--out" || word == "--splits") {
            if (++i == argc) {
                return usage(word + " needs a value");
            }
            if (word == "--out") {
                out.out = argv[i];
            } else if (out.splits = std::atoi(argv[i]); out.splits < 1) {
                return usage("--splits wants a number from 1 on, not '" + std::string(argv[i]) +
                             "'");
            }
        } else if (word.starts_with("-")) {
            return usage("unknown option '" + word + "'");
        } else if (!out.index.empty()) {
            return usage("unexpected argument '" + word + "'");
        } else {
            out.index = word;
        }
    }
    return out.index.empty() ? usage("no package index given") : 0;
}

// Where the time went, phase by phase.
class Stopwatch {
public:
    void lap(const std::string& phase) {
        const auto now = std::chrono::steady_clock::now();
        laps_.emplace_back(phase, std::chrono::duration<double>(now - last_).count());
        last_ = now;
    }
    void print() const {
        double total = 0;
        std::printf("\nWhere the time went\n");
        for (const auto& [phase, seconds] : laps_) {
            std::printf("  %-28s %8.3f s\n", phase.c_str(), seconds);
            total += seconds;
        }
        std::printf("  %-28s %8.3f s\n", "all", total);
    }

private:
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
    std::vector<std::pair<std::string, double>> laps_;
};

void print_sections(std::vector<heddle::Owned<Section>> sections) {
    std::sort(sections.begin(), sections.end(), [](const auto& a, const auto& b) {
        return a.second.packages != b.second.packages ? a.second.packages > b.second.packages
                                                      : a.first < b.first;
    });
    std::printf("%-32s %10s %16s\n", "Section", "Packages", "Installed KiB");
    for (const auto& [name, totals] : sections) {
        std::printf("%-32s %10lld %16lld\n", name.c_str(), static_cast<long long>(totals.packages),
                    static_cast<long long>(totals.kib));
    }
}

void print_ranks(const std::vector<heddle::Owned<Rank>>& top) {
    std::printf("\nWhat Debian rests on\n");
    int place = 0;
    for (const auto& [name, rank] : top) {
        std::printf("%4d  %-32s %.9f\n", ++place, name.c_str(), rank);
    }
}

// The two tables of --out: both or none. They are written into a folder beside their places and
// moved when both are complete.
class Tables {
public:
    /// Throws when a table could not be written there.
    Tables(heddle::Context& context, const std::string& folder)
        : folder_(std::filesystem::absolute(folder)),
          staging_(folder_ / ("._archive_rank-" + context.application_id())) {
        for (const char* name : kNames) {
            context.check_output(folder + "/" + name);
        }
        std::filesystem::create_directory(staging_);
    }
    ~Tables() {
        std::error_code ignored;
        std::filesystem::remove_all(staging_, ignored);
    }
    Tables(const Tables&) = delete;
    Tables& operator=(const Tables&) = delete;

    std::string place(const char* name) const { return (staging_ / name).string(); }
    void publish() const {
        std::filesystem::rename(place(kNames[0]), folder_ / kNames[0]);
        try {
            std::filesystem::rename(place(kNames[1]), folder_ / kNames[1]);
        } catch (...) {
            std::filesystem::rename(folder_ / kNames[0], place(kNames[0]));
            throw;
        }
    }

    static constexpr std::array<const char*, 2> kNames = {"sections.tsv", "ranks.tsv"};

private:
    std::filesystem::path folder_;
    std::filesystem::path staging_;
};

int run(const Arguments& arguments) {
    heddle::Context context({.application_name = "archive_rank", .master = {}, .settings = {}});
    std::optional<Tables> tables;
    if (!arguments.out.empty()) {
        tables.emplace(context, arguments.out);
    }
    Stopwatch time;
    time.lap("start");
    const auto records = context.text_records(arguments.index, "\n\n", arguments.splits);

    const auto packages = records.flat_map(ParseStanza{});
    packages.set_name("packages").persist();

    const auto sections = packages.map(SectionOf{}).reduce_by_key(AddTotals{});
    sections.set_name("sections").persist();
    print_sections(sections.collect());
    std::fflush(stdout);
    time.lap("sections");

    const auto links = packages.flat_map(LinksOf{}).reduce_by_key(MergeNames{});
    links.set_name("links").persist(heddle::MEMORY_AND_DISK);
    const auto nodes = static_cast<double>(links.count());
    packages.unpersist();
    if (nodes == 0) {
        std::fprintf(stderr, "archive_rank: no packages in %s\n", arguments.index.c_str());
        return 1;
    }
    time.lap("link lists");

    const auto ranks = page_rank(links, nodes);
    print_ranks(ranks.top(kShown, ByRank{}));
    std::fflush(stdout);
    time.lap(std::to_string(kRounds) + " rounds and the top " + std::to_string(kShown));

    if (tables) {
        sections.map(SectionOrder{})
            .sort_by_key(true, 1)
            .map(SectionLine{})
            .save_as_text_file(tables->place(Tables::kNames[0]));
        ranks.map(RankOrder{})
            .sort_by_key()
            .map(RankLine{})
            .save_as_text_file(tables->place(Tables::kNames[1]));
        tables->publish();
        time.lap("writing the tables");
    }
    time.print();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    heddle::init(argc, argv);
    Arguments arguments;
    if (const int code = parse(argc, argv, arguments); code != 0) {
        return code;
    }
    try {
        return run(arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "archive_rank: %s\n", error.what());
        return heddle::exit_code_of(error);
    }
}
