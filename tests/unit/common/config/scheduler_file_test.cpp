#include "common/config/scheduler_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/base/prng.h"
#include "common/base/strings.h"
#include "common/model/queue_check.h"
#include "common/model/queue_settings.h"

namespace heddle::config {
namespace {

std::vector<std::string> problems(const std::string& text) {
    const auto config = parse_scheduler(text, "f");
    std::vector<std::string> lines;
    if (!config) {
        for (const std::string_view line : split(config.error().message, '\n')) {
            lines.emplace_back(line);
        }
    }
    return lines;
}

bool any_has(const std::vector<std::string>& lines, const std::string& part) {
    return std::ranges::any_of(
        lines, [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

TEST(SchedulerFile, ReadsHumanFormsOfEveryKind) {
    const auto config = parse_scheduler(R"(
queue_default = "root.etl"
locality_delay = "500ms"
label.gpu = "exclusive"
preemption = { enabled = true, grace = "30s" }

[queues."root.etl"]
capacity = "40%"
capacity_max = "[memory=64g,vcores=80%]"
user_weight = { alice = 1.5, "b.c" = "2" }
submit = "alice,bob etl"
container_max = "memory=8g,vcores=4"
labels_usable = ["gpu"]
labels.gpu.capacity = "50%"

[queues."root.adhoc"]
weight = 3
labels_usable = []

[queues."root.batch"]
capacity = "[memory=10240,vcores=12]"
lifetime_max = "2h"
auto_creation = { enabled = true, leaf_template = { weight = 2 } }

[[rules]]
type = "group"
matches = "etl"
policy = "custom"
custom = "root.batch.%user"
create = true
)",
                                        "f");
    ASSERT_TRUE(config.ok()) << config.error().message;
    ASSERT_EQ(config->queues.size(), 3U);
    const QueueConfig& etl = config->queues[0];
    EXPECT_EQ(etl.capacity.at(kNoLabel).guaranteed.all, (Share{Share::Kind::Percent, 40'000}));
    EXPECT_EQ(etl.capacity.at(kNoLabel).maximum.by_resource.at("memory"),
              (Share{Share::Kind::Absolute, 65536}));
    EXPECT_EQ(etl.capacity.at(kNoLabel).maximum.all, (Share{Share::Kind::Percent, 100'000}));
    EXPECT_EQ(etl.capacity.at("gpu").guaranteed.all.value, 50'000);
    EXPECT_EQ(etl.user_weights.at("alice"), 1500);
    EXPECT_EQ(etl.user_weights.at("b.c"), 2000);
    EXPECT_EQ(etl.submit.groups, std::vector<std::string>{"etl"});
    EXPECT_EQ(etl.container_max, (Resource{8192, 4}));
    EXPECT_EQ(config->queues[1].path, "root.adhoc");
    EXPECT_EQ(config->queues[1].capacity.at(kNoLabel).guaranteed.all,
              (Share{Share::Kind::Weight, 3000}));
    EXPECT_EQ(config->queues[1].labels, std::vector<std::string>{});
    EXPECT_EQ(config->queues[2].capacity.at(kNoLabel).guaranteed.all,
              (Share{Share::Kind::Absolute, 0}));
    EXPECT_EQ(config->queues[2].lifetime_max, seconds(7200));
    EXPECT_EQ(config->queues[2].auto_creation.leaf_template.at("weight"), "2");
    EXPECT_EQ(config->rules.at(0).custom, "root.batch.%user");
    EXPECT_EQ(config->preemption.grace, seconds(30));
    EXPECT_EQ(config->locality_delay, milliseconds(500));
    EXPECT_TRUE(config->labels.at("gpu"));
}

TEST(SchedulerFile, SaysEveryMistakeWithItsPlace) {
    const auto lines = problems(R"(queue_defualt = "root.a"
[queues."root.a"]
capacity = "lots"
priority = "high"
[queues."root.b"]
capacity = "70%"
[queues."root.c"]
capacity = "60%"
[queues."etl"]
)");
    EXPECT_TRUE(any_has(lines,
                        "f:1:17: unknown setting 'queue_defualt' (did you mean "
                        "'queue_default'?)"));
    EXPECT_TRUE(any_has(lines, "f:3:12: capacity: 'lots' was found; write a weight such as 3w"));
    EXPECT_TRUE(any_has(lines, "f:4:12: priority: 'high' was found; write a whole number"));
    EXPECT_TRUE(any_has(lines, "queue root: the queues below it ask for 130% of memory"));
    EXPECT_TRUE(any_has(lines, "f:9:1: queue etl: its path begins with 'etl'"));
    EXPECT_EQ(lines.size(), 5U) << join(lines, "\n");
}

TEST(SchedulerFile, SaysWhereItIsNoToml) {
    EXPECT_TRUE(any_has(problems("[queues.\"root.a\"\n"), "f:1:"));
    EXPECT_TRUE(any_has(problems("[[queues]]\nweight = 2\n"), "f:1:1: a queue has no path"));
    EXPECT_TRUE(any_has(problems("queues = 3\n"), "queues is a value"));
    EXPECT_TRUE(any_has(problems("[queues.\"root.a\"]\n[rules]\npolicy = \"user\"\n"),
                        "write a table [[rules]] for each"));
}

TEST(SchedulerFile, NamesTheSecondOfTwoWithOnePath) {
    EXPECT_TRUE(any_has(problems("[[queues]]\npath = \"root.a\"\n[[queues]]\npath = \"root.a\"\n"),
                        "f:3:1: queue root.a: it is named twice"));
}

TEST(SchedulerFile, RefusesAWeightBesideACapacity) {
    EXPECT_TRUE(any_has(problems("[queues.\"root.a\"]\ncapacity = \"50%\"\nweight = 2\n"),
                        "f:3:10: queue 'root.a' has weight and capacity, and a weight is a "
                        "capacity; write one of them"));
    EXPECT_TRUE(any_has(problems("[queues.\"root.a\"]\nauto_creation.enabled = true\n"
                                 "auto_creation.leaf_template.weight = 1\n"
                                 "auto_creation.leaf_template.capacity = \"3w\"\n"),
                        "has auto_creation.leaf_template.weight and "
                        "auto_creation.leaf_template.capacity"));
    EXPECT_FALSE(any_has(problems("[queues.\"root.a\"]\nweight = 2\nuser_weight.capacity = 1\n"
                                  "user_weight.weight = 2\n"),
                         "write one of them"));
}

Share random_share(Prng& prng) {
    switch (prng.below(3)) {
        case 0:
            return {Share::Kind::Weight, static_cast<std::int64_t>(prng.below(10'000))};
        case 1:
            return {Share::Kind::Percent, static_cast<std::int64_t>(prng.below(10'000))};
        default:
            return {Share::Kind::Absolute, 0};
    }
}

template <typename T>
void maybe(Prng& prng, std::optional<T>& out, T value) {
    if (prng.below(2) == 0) {
        out = std::move(value);
    }
}

QueueConfig random_queue(Prng& prng, std::string path) {
    QueueConfig queue = queue_config(std::move(path));
    const auto number = [&](std::uint64_t bound) {
        return static_cast<std::int32_t>(prng.below(bound)) + 1;
    };
    queue.capacity[kNoLabel] = {{random_share(prng), {{"gpu", random_share(prng)}}},
                                {{Share::Kind::Percent, 90'000}, {}}};
    if (prng.below(2) == 0) {
        queue.capacity["gpu"] = {{random_share(prng), {}}, QueueCapacity{}.maximum};
    }
    queue.state = static_cast<QueueState>(prng.below(2));
    queue.order = static_cast<LeafOrder>(prng.below(2));
    queue.priority = number(9) - 5;
    maybe(prng, queue.labels,
          prng.below(2) == 0 ? std::vector<std::string>{} : std::vector<std::string>{"gpu", "*"});
    maybe(prng, queue.user_limit_percent_min, number(100));
    maybe(prng, queue.user_limit_factor, static_cast<std::int64_t>(number(5000)));
    maybe(prng, queue.applications_max, number(500));
    maybe(prng, queue.masters_percent_max, number(100));
    maybe(prng, queue.container_max, Resource{number(9000), number(20)});
    maybe(prng, queue.lifetime_max, milliseconds(number(100'000)));
    maybe(prng, queue.pending_max, seconds(number(90)));
    maybe(prng, queue.preemption_disabled, prng.below(2) == 0);
    maybe(prng, queue.intra_preemption_order,
          prng.below(2) == 0 ? InsideOrder::UserLimitFirst : InsideOrder::PriorityFirst);
    queue.user_weights["a.b \"c\""] = number(4000);
    queue.user_weights["a"] = number(4000);
    maybe(prng, queue.queue_order, prng.below(2) == 0 ? QueueOrder::Share : QueueOrder::Priority);
    queue.size_based_weight = prng.below(2) == 0;
    maybe(prng, queue.node_order, prng.below(2) == 0 ? NodeOrder::Spread : NodeOrder::Pack);
    queue.masters_percent_by_label["gpu"] = number(100);
    queue.submit.everybody = prng.below(2) == 0;
    queue.administer = {false, {"alice"}, {"ops", "dev"}};
    queue.auto_creation.enabled = queue.state != QueueState::Stopped && prng.below(2) == 0;
    queue.auto_creation.idle_removal = seconds(number(900));
    maybe(prng, queue.auto_creation.depth_max, number(9));
    queue.priority_limits = {{{true, {}, {}}, number(9), {}},
                             {{false, {"al", "bob"}, {"ops"}}, 60, number(50)}};
    queue.auto_creation.leaf_template = {{"weight", "2"}, {"user_weight.bob", "1.5"}};
    return queue;
}

TEST(SchedulerFile, GivesBackWhatWasWritten) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Prng prng(seed);
        SchedulerConfig config;
        config.labels["gpu"] = seed % 2 == 0;
        // Siblings in another order than that of their names.
        for (int i = 9; i > 0; --i) {
            const std::string parent = i < 6 ? "root.q9" : "root";
            config.queues.push_back(random_queue(prng, parent + ".q" + std::to_string(i)));
        }
        config.queue_default = "root.q8";
        std::ranges::find(config.queues, config.queue_default, &QueueConfig::path)
            ->auto_creation.enabled = false;
        config.locality_delay = microseconds(static_cast<std::int64_t>(prng.below(5'000'000)));
        config.container_max = Resource{8192, 4096};
        config.container_min = {1, 0};
        config.applications_parallel_max_by_user = {{"al", 3}, {"al.ice", 4}};
        config.preemption.enabled = true;
        config.preemption.lazy = seed % 2 == 0;
        config.preemption.natural_termination_percent = 20;
        config.workflow_priorities = {{"nightly", "root.q8", 3}, {"a b", "root.q9.q1", 0}};
        config.workflow_priorities_override = seed % 2 == 0;
        config.rules.resize(2);
        config.rules[0].policy = PlacementRule::Policy::PrimaryGroupUser;
        config.rules[1].matches = "x\ty";
        const auto above = std::ranges::find(config.queues, "root.q9", &QueueConfig::path)->labels;
        for (QueueConfig& queue : config.queues) {
            const bool below = queue.path.starts_with("root.q9.");
            const auto& usable = !queue.labels && below ? above : queue.labels;
            const bool none = usable && usable->empty();
            queue.label_default = none ? "" : "gpu";
            if (none) {
                queue.capacity.erase("gpu");
            }
        }
        const std::string text = scheduler_text(config);
        const auto back = parse_scheduler(text, "f");
        ASSERT_TRUE(back.ok()) << back.error().message << "\n" << text;
        EXPECT_TRUE(*back == config) << join(difference(config, *back), "\n") << "\n" << text;
        EXPECT_EQ(scheduler_text(*back), text);
    }
}

TEST(SchedulerFile, GivesTheBuiltInDefaultBack) {
    const auto back = parse_scheduler(scheduler_text(default_scheduler_config()), "f");
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, default_scheduler_config());
}

}  // namespace
}  // namespace heddle::config
