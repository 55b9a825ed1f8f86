#include "resourcemanager/simulator/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "common/wire/json.h"

namespace heddle::simulator {
namespace {

enum class Unit { Count, Microseconds, Thousandths };

struct Figure {
    std::string key;  // without the unit
    std::string title;
    Unit unit = Unit::Count;
    std::int64_t value = 0;
};

void add_spread(std::vector<Figure>& figures, const std::string& key, const std::string& title,
                const Spread& spread) {
    const auto add = [&](const std::string& part, std::int64_t value) {
        figures.push_back({key + "." + part, title + ", " + part, Unit::Microseconds, value});
    };
    figures.push_back({key + ".count", title + ", number", Unit::Count, spread.count});
    add("mean", spread.mean);
    add("p50", spread.p50);
    add("p90", spread.p90);
    add("p99", spread.p99);
    add("max", spread.max);
}

void add_spreads(std::vector<Figure>& figures, const std::string& key, const std::string& title,
                 const std::map<std::string, Spread>& spreads) {
    for (const auto& [name, spread] : spreads) {
        add_spread(figures, key + "." + name, title + " " + name, spread);
    }
}

std::vector<Figure> figures_of(const Findings& f) {
    std::vector<Figure> all = {
        {"jobs", "jobs", Unit::Count, f.jobs},
        {"jobs_finished", "jobs finished", Unit::Count, f.finished},
        {"jobs_failed", "jobs refused or failed", Unit::Count, f.failed},
        {"tasks_started", "tasks started", Unit::Count, f.tasks_started},
        {"tasks_done", "tasks done", Unit::Count, f.tasks_done},
        {"makespan", "first arrival to last end", Unit::Microseconds, f.makespan.microseconds},
        {"containers_per_hour", "tasks started an hour", Unit::Count, f.containers_per_hour},
        {"utilisation.running", "share of the cluster that runs", Unit::Thousandths,
         f.running_mean},
        {"utilisation.running_while_waiting", "  the same while something waits", Unit::Thousandths,
         f.running_waiting_mean},
        {"utilisation.allocated", "share that is given away", Unit::Thousandths, f.allocated_mean},
        {"fragments.mean", "free where nothing that waits fits", Unit::Thousandths,
         f.fragments_mean},
        {"fragments.max", "  at most", Unit::Thousandths, f.fragments_max},
        {"fairness.jain_mean", "fairness between queues that wait (Jain)", Unit::Thousandths,
         f.jain_mean},
        {"fairness.jain_min", "  at worst", Unit::Thousandths, f.jain_min},
        {"fairness.gap_worst", "worst gap to what a queue is owed", Unit::Thousandths,
         f.gap_worst.gap},
        {"lost.containers", "containers stopped before they were done", Unit::Count,
         f.lost_containers},
        {"lost.work", "  work lost with them", Unit::Microseconds, f.lost_work.microseconds},
        {"preempted.containers", "containers taken for other queues", Unit::Count,
         f.preempted_containers},
        {"preempted.work", "  work lost with them", Unit::Microseconds,
         f.preempted_work.microseconds},
    };
    add_spread(all, "slot_idle", "freed slot idle", f.slot_idle);
    add_spread(all, "wait.all", "task waits", f.wait);
    add_spreads(all, "wait.queue", "task waits in", f.wait_by_queue);
    add_spreads(all, "wait.kind", "task waits, kind", f.wait_by_kind);
    add_spread(all, "turnaround.all", "job takes", f.turnaround);
    add_spreads(all, "turnaround.kind", "job takes, kind", f.turnaround_by_kind);
    return all;
}

// value / 10^digits with `digits` places.
std::string decimal(std::int64_t value, std::int64_t scale) {
    std::array<char, 64> text{};
    const int places = scale == 10 ? 1 : 2;
    std::snprintf(text.data(), text.size(), "%s%lld.%0*lld", value < 0 ? "-" : "",
                  static_cast<long long>(std::abs(value) / scale), places,
                  static_cast<long long>(std::abs(value) % scale));
    return text.data();
}

std::string shown(const Figure& figure) {
    switch (figure.unit) {
        case Unit::Count:
            return std::to_string(figure.value);
        case Unit::Microseconds:
            return human_duration(figure.value);
        case Unit::Thousandths:
            return figure.value < 0 ? "-" : decimal(figure.value, 10) + " %";
    }
    return "";
}

std::string ratio(const Figure& first, const Figure& second) {
    if (first.value <= 0 || second.value < 0) {
        return "-";
    }
    return decimal(second.value * 100 / first.value, 100);
}

std::string padded(const std::string& text, std::size_t width, bool left) {
    const std::string space(width > text.size() ? width - text.size() : 0, ' ');
    return left ? text + space : space + text;
}

constexpr std::size_t kValueWidth = 16;

std::string sample_lines(const NamedFindings& run) {
    std::string text =
        "\n" + run.name + ": time, running, given away, waiting, fragments, fairness, worst gap\n";
    for (const Sample& sample : run.findings.samples) {
        const auto cell = [](const std::string& what) { return padded(what, 12, false); };
        const auto share = [&](std::int64_t value) {
            return cell(value < 0 ? "-" : decimal(value, 10) + " %");
        };
        text += cell(human_duration(sample.at.microseconds)) + share(sample.running) +
                share(sample.allocated) + cell(std::to_string(sample.waiting)) +
                share(sample.fragments) + share(sample.jain) + share(sample.gap) +
                (sample.gap_queue.empty() ? "" : " " + sample.gap_queue) + "\n";
    }
    return text;
}

std::string unit_suffix(Unit unit) {
    switch (unit) {
        case Unit::Count:
            return "";
        case Unit::Microseconds:
            return "_us";
        case Unit::Thousandths:
            return "_thousandths";
    }
    return "";
}

void write_samples(wire::JsonWriter& json, const std::vector<Sample>& samples) {
    json.key("samples").begin_array();
    for (const Sample& sample : samples) {
        json.begin_object()
            .member("at_us", sample.at.microseconds)
            .member("running_thousandths", sample.running)
            .member("allocated_thousandths", sample.allocated)
            .member("waiting", sample.waiting)
            .member("fragments_thousandths", sample.fragments)
            .member("jain_thousandths", sample.jain)
            .member("gap_thousandths", sample.gap)
            .member("gap_queue", sample.gap_queue)
            .end_object();
    }
    json.end_array();
}

}  // namespace

std::string human_duration(std::int64_t us) {
    constexpr std::int64_t kMinute = 60'000'000;
    if (us < 1000) {
        return std::to_string(us) + " us";
    }
    if (us < 1'000'000) {
        return decimal(us / 10, 100) + " ms";
    }
    if (us < 10 * kMinute) {
        return decimal(us / 10'000, 100) + " s";
    }
    std::string minutes = std::to_string(us / kMinute % 60);
    if (us < 60 * kMinute) {
        return minutes + " min";
    }
    return std::to_string(us / (60 * kMinute)) + " h " + padded(minutes, 2, false) + " min";
}

std::string report_table(const std::vector<NamedFindings>& runs, bool with_samples) {
    std::vector<std::vector<Figure>> columns;
    std::size_t width = 0;
    for (const NamedFindings& run : runs) {
        columns.push_back(figures_of(run.findings));
        for (const Figure& figure : columns.back()) {
            width = std::max(width, figure.title.size());
        }
    }
    std::string text = padded("", width, true);
    for (const NamedFindings& run : runs) {
        text += padded(run.name, kValueWidth, false);
    }
    text += runs.size() == 2 ? padded("ratio", 10, false) + "\n" : "\n";
    for (std::size_t row = 0; row < columns.front().size(); ++row) {
        text += padded(columns.front()[row].title, width, true);
        const Figure* first = &columns.front()[row];
        const Figure* second = nullptr;
        for (const std::vector<Figure>& column : columns) {
            const auto same = std::ranges::find(column, first->key, &Figure::key);
            text += padded(same == column.end() ? "-" : shown(*same), kValueWidth, false);
            second = same == column.end() ? nullptr : &*same;
        }
        text += runs.size() == 2
                    ? padded(second == nullptr ? "-" : ratio(*first, *second), 10, false) + "\n"
                    : "\n";
    }
    for (const NamedFindings& run : runs) {
        for (const std::string& failure : run.findings.failures) {
            text += run.name + ": " + failure + "\n";
        }
        if (!run.findings.gap_worst.gap_queue.empty()) {
            text += run.name + ": the worst gap is " + run.findings.gap_worst.gap_queue +
                    "'s, at " + human_duration(run.findings.gap_worst.at.microseconds) + "\n";
        }
        text += with_samples ? sample_lines(run) : "";
    }
    return text;
}

std::string report_json(const std::vector<NamedFindings>& runs) {
    wire::JsonWriter json;
    json.begin_array();
    for (const NamedFindings& run : runs) {
        json.begin_object().member("mode", run.name);
        json.key("figures").begin_object();
        for (const Figure& figure : figures_of(run.findings)) {
            json.member(figure.key + unit_suffix(figure.unit), figure.value);
        }
        json.end_object();
        json.key("failures").begin_array();
        for (const std::string& failure : run.findings.failures) {
            json.value(failure);
        }
        json.end_array();
        write_samples(json, run.findings.samples);
        json.end_object();
    }
    json.end_array();
    return std::move(json).take() + "\n";
}

}  // namespace heddle::simulator
