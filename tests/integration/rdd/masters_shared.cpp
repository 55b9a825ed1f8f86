// Accumulators and broadcast variables and checkpoints on every master.
#include <numeric>

#include "tests/integration/rdd/masters.h"

namespace heddle::masters {

namespace {

using Long = Accumulator<Sum<std::int64_t>>;
using Pair = std::pair<int, std::int64_t>;

struct SeeRow {
    Long rows;
    Pair operator()(int x) const {
        rows.add(1);
        return {x % 5, x};
    }
};
struct AddRow {
    Long sum;
    Accumulator<Sum<double>> half;
    Accumulator<Collection<std::string>> large;
    void operator()(const Pair& row) const {
        sum += row.second;
        half.add(static_cast<double>(row.second) / 2);
        if (row.second > 29'000) {
            large.add(std::to_string(row.second));
        }
    }
};
// The smallest and the largest number.
struct Range {
    std::pair<std::int64_t, std::int64_t> zero() const { return {INT64_MAX, INT64_MIN}; }
    void add(std::pair<std::int64_t, std::int64_t>& part, std::int64_t value) const {
        merge(part, {value, value});
    }
    void merge(std::pair<std::int64_t, std::int64_t>& part,
               const std::pair<std::int64_t, std::int64_t>& other) const {
        part = {std::min(part.first, other.first), std::max(part.second, other.second)};
    }
    auto value(const std::pair<std::int64_t, std::int64_t>& part) const { return part; }
};
struct Stretch {
    Accumulator<Range> range;
    void operator()(int x) const { range.add(x); }
};
struct ReadInTask {
    Long sum;
    std::int64_t operator()(int) const { return sum.value(); }
};

void show_accumulators(Context& context) {
    std::vector<int> values(600);
    std::iota(values.begin(), values.end(), 0);
    const auto numbers = context.parallelize(values, 6);
    const Long rows = context.long_accumulator("rows seen");
    const auto sums = numbers.map(SeeRow{rows})
                          .reduce_by_key([](std::int64_t a, std::int64_t b) { return a + b; }, 3);
    show_value("accumulator before a job", rows.value());
    const AddRow add{context.long_accumulator("sum"), context.double_accumulator(),
                     context.collection_accumulator<std::string>("large")};
    sums.foreach (add);
    show_value("long accumulator", add.sum.value());
    show_value("double accumulator", add.half.value());
    show("collection accumulator", sorted(add.large.value()));
    show_value("accumulator of a map side", rows.value());
    sums.foreach (add);
    show_value("long accumulator after a second job", add.sum.value());
    show_value("accumulator of a map side that was skipped", rows.value());
    const auto range = context.accumulator(Range{}, "range");
    numbers.foreach (Stretch{range});
    show_value("accumulator of a shape of one's own", range.value());
    try {
        (void)numbers.map(ReadInTask{rows}).count();
    } catch (const JobFailed& failed) {
        const std::string text = failed.what();
        show("reading in a task is refused",
             std::vector<bool>{text.find("only the driver's program can read it") !=
                               std::string::npos});
    }
}

struct Look {
    Broadcast<std::vector<std::string>> words;
    std::string operator()(int x) const {
        return (*words)[static_cast<std::size_t>(x) % words->size()];
    }
};
struct LengthOf {
    Broadcast<std::string> text;
    std::uint64_t operator()(int) const { return text->size(); }
};

void show_broadcasts(Context& context) {
    std::vector<int> values(40);
    std::iota(values.begin(), values.end(), 0);
    const auto numbers = context.parallelize(values, 8);
    const auto words = context.broadcast(std::vector<std::string>{"zero", "one", "two"});
    const auto looked = numbers.map(Look{words});
    show("broadcast", looked.take(4));
    words.unpersist();
    show("broadcast after unpersist", looked.collect());
    const auto large = context.broadcast(std::string(std::size_t{10} << 20, 'x'));
    show("broadcast of several chunks", numbers.map(LengthOf{large}).distinct().collect());
    large.destroy();
    words.destroy();
    try {
        (void)looked.collect();
    } catch (const JobFailed& failed) {
        const std::string text = failed.what();
        show("broadcast after destroy",
             std::vector<bool>{text.find("was destroyed") != std::string::npos});
    }
}

void show_checkpoints(Context& context, const std::string& folder) {
    context.set_checkpoint_dir(folder);
    std::vector<int> values(1000);
    std::iota(values.begin(), values.end(), 0);
    const Long rows = context.long_accumulator();
    const auto sums = context.parallelize(values, 4)
                          .map(SeeRow{rows})
                          .reduce_by_key([](std::int64_t a, std::int64_t b) { return a + b; }, 3);
    sums.checkpoint();
    show("before the checkpoint", sorted(sums.collect()));
    show("is checkpointed", std::vector<bool>{sums.is_checkpointed()});
    show("after the checkpoint", sorted(sums.collect()));
    show("read as a file",
         sorted(context.checkpoint_file<Pair>(*sums.get_checkpoint_file()).collect()));
    show_value("rows computed", rows.value());
    const auto local = sums.map_values([](std::int64_t v) { return v + 1; });
    local.local_checkpoint();
    show("local checkpoint", sorted(local.collect()));
    show("is checkpointed", std::vector<bool>{local.is_checkpointed()});
    show("local checkpoint again", sorted(local.collect()));
}

}  // namespace

void show_shared(Context& context, const std::string& folder, const std::string& fresh) {
    show_checkpoints(context, folder + "/checkpoints-" + fresh);
    show_broadcasts(context);
    show_accumulators(context);
}

}  // namespace heddle::masters
