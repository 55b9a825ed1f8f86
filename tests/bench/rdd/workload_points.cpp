// Iterations over points that stay in memory: logistic regression, k-means, and a second pass over
// plain numbers. By hand: a loop over one array per thread.

#include <array>
#include <cmath>
#include <vector>

#include "tests/bench/rdd/measure.h"
#include "tests/bench/rdd/workloads.h"

namespace heddle::bench {
namespace {

constexpr double kPoints = 1e6;
constexpr double kNumbers = 50e6;
constexpr int kRounds = 5;
constexpr std::size_t kFeatures = 20;
constexpr std::size_t kMeans = 10;

double unit(std::uint64_t i) {
    return static_cast<double>(mixed(i) >> 11) / static_cast<double>(1ULL << 53);
}

using Features = std::array<double, kFeatures>;
struct Point {
    double label = 0;
    Features x{};
};

Point make_point(std::uint64_t i) {
    Point point;
    for (std::size_t f = 0; f < kFeatures; ++f) {
        point.x[f] = unit(i * kFeatures + f) - 0.5;
    }
    point.label = point.x[0] + point.x[1] * 0.5 > 0 ? 1 : -1;
    return point;
}

void add_gradient(const Point& point, const Features& weights, Features& sum) {
    double dot = 0;
    for (std::size_t f = 0; f < kFeatures; ++f) {
        dot += weights[f] * point.x[f];
    }
    const double factor = (1 / (1 + std::exp(-point.label * dot)) - 1) * point.label;
    for (std::size_t f = 0; f < kFeatures; ++f) {
        sum[f] += factor * point.x[f];
    }
}

Features plus(Features a, const Features& b) {
    for (std::size_t f = 0; f < kFeatures; ++f) {
        a[f] += b[f];
    }
    return a;
}

// A spot in space and how many points are summed up in it.
struct Spot {
    std::array<double, 3> at{};
    double count = 0;
};
using Spots = std::array<Spot, kMeans>;

Spot make_spot(std::uint64_t i) {
    return {{unit(3 * i), unit(3 * i + 1), unit(3 * i + 2)}, 1};
}

void add_to_nearest(const Spot& spot, const Spots& means, Spots& sums) {
    std::size_t best = 0;
    double best_distance = 1e300;
    for (std::size_t m = 0; m < kMeans; ++m) {
        const double x = spot.at[0] - means[m].at[0];
        const double y = spot.at[1] - means[m].at[1];
        const double z = spot.at[2] - means[m].at[2];
        const double distance = x * x + y * y + z * z;
        if (distance < best_distance) {
            best_distance = distance;
            best = m;
        }
    }
    for (std::size_t d = 0; d < 3; ++d) {
        sums[best].at[d] += spot.at[d];
    }
    sums[best].count += 1;
}

Spots plus(Spots a, const Spots& b) {
    for (std::size_t m = 0; m < kMeans; ++m) {
        for (std::size_t d = 0; d < 3; ++d) {
            a[m].at[d] += b[m].at[d];
        }
        a[m].count += b[m].count;
    }
    return a;
}

// Functions that travel with the state of the iteration.
struct Gradient {
    Features weights{};
    Features operator()(const Features& sum, const Point& point) const {
        Features next = sum;
        add_gradient(point, weights, next);
        return next;
    }
};
struct PartGradient {
    Features weights{};
    void operator()(std::span<const Point> points, Emit<Features>& emit) const {
        Features sum{};
        for (const Point& point : points) {
            add_gradient(point, weights, sum);
        }
        emit(sum);
    }
};
struct PartMeans {
    Spots means{};
    void operator()(std::span<const Spot> spots, Emit<Spots>& emit) const {
        Spots sums{};
        for (const Spot& spot : spots) {
            add_to_nearest(spot, means, sums);
        }
        emit(sums);
    }
};

template <typename T, T (*make)(std::uint64_t)>
struct Generate {
    std::uint64_t count = 0;
    std::uint64_t parts = 1;
    void operator()(const std::uint64_t& part, Emit<T>& emit) const {
        for (std::uint64_t i = count * part / parts; i < count * (part + 1) / parts; ++i) {
            emit(make(i));
        }
    }
};

// Cached points of `make`, and the same as an array.
template <typename T, T (*make)(std::uint64_t)>
Rdd<T> cached(Context& context, std::uint64_t count, int threads) {
    const Rdd<T> points =
        context.parallelize(thread_numbers(threads), threads)
            .flat_map(Generate<T, make>{count, static_cast<std::uint64_t>(threads)});
    points.persist();
    (void)points.count();
    return points;
}
template <typename T, T (*make)(std::uint64_t)>
std::vector<T> in_array(std::uint64_t count) {
    std::vector<T> points(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        points[i] = make(i);
    }
    return points;
}

std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
    return a + b;
}

// Sums over the points on `threads` threads.
template <typename Sum, typename T, typename Add>
Sum sum_by_hand(const std::vector<T>& points, int threads, Add add) {
    std::vector<Sum> sums(static_cast<std::size_t>(threads));
    const auto n = static_cast<std::size_t>(threads);
    on_threads(threads, [&](int t) {
        const auto part = static_cast<std::size_t>(t);
        Sum sum{};
        for (std::size_t i = points.size() * part / n; i < points.size() * (part + 1) / n; ++i) {
            add(points[i], sum);
        }
        sums[part] = sum;
    });
    Sum all{};
    for (const Sum& sum : sums) {
        all = plus(all, sum);
    }
    return all;
}

Features step(const Features& weights, const Features& gradient, std::uint64_t count) {
    Features next = weights;
    for (std::size_t f = 0; f < kFeatures; ++f) {
        next[f] -= gradient[f] / static_cast<double>(count);
    }
    return next;
}

Spots centers(const Spots& sums) {
    Spots next = sums;
    for (Spot& spot : next) {
        for (double& at : spot.at) {
            at /= spot.count == 0 ? 1 : spot.count;
        }
    }
    return next;
}

Spots first_means() {
    Spots means{};
    for (std::size_t m = 0; m < kMeans; ++m) {
        means[m] = make_spot(m * 7919);
    }
    return means;
}

std::uint64_t number(std::uint64_t i) {
    return mixed(i) & 0xffff;
}

Cost per_round(const Cost& all) {
    return each_of(all, kRounds);
}

}  // namespace

void bench_regression(Context& context, const Scale& scale) {
    const std::uint64_t count = scale.count(kPoints);
    Features theirs{};
    Cost hand;
    {
        const auto points = in_array<Point, make_point>(count);
        hand = best_of([&] {
            theirs = {};
            for (int round = 0; round < kRounds; ++round) {
                theirs = step(theirs,
                              sum_by_hand<Features>(points, scale.threads,
                                                    [&](const Point& point, Features& sum) {
                                                        add_gradient(point, theirs, sum);
                                                    }),
                              count);
            }
        });
    }
    const Rdd<Point> points = cached<Point, make_point>(context, count, scale.threads);
    Features mine{};
    const auto iterate = [&](auto&& gradient) {
        mine = {};
        for (int round = 0; round < kRounds; ++round) {
            mine = step(mine, gradient(mine), count);
        }
    };
    const auto add = [](const Features& a, const Features& b) { return plus(a, b); };
    const Cost heddle = best_of([&] {
        iterate([&](const Features& weights) {
            return points.map_partitions(PartGradient{weights}).reduce(add);
        });
    });
    require_equal("regression", mine[0], theirs[0], 1e-9);
    report("logistic regression", static_cast<double>(count) / 1e6, "M points/s", per_round(heddle),
           per_round(hand), {92.6, 2.5});
    const Cost records = best_of([&] {
        iterate([&](const Features& weights) {
            return points.aggregate(Features{}, Gradient{weights}, add);
        });
    });
    require_equal("regression by records", mine[0], theirs[0], 1e-9);
    report("  with aggregate()", static_cast<double>(count) / 1e6, "M points/s", per_round(records),
           per_round(hand));
    points.unpersist(true);
}

void bench_means(Context& context, const Scale& scale) {
    const std::uint64_t count = scale.count(kPoints);
    Spots theirs{};
    Cost hand;
    {
        const auto spots = in_array<Spot, make_spot>(count);
        hand = best_of([&] {
            theirs = first_means();
            for (int round = 0; round < kRounds; ++round) {
                theirs = centers(sum_by_hand<Spots>(
                    spots, scale.threads,
                    [&](const Spot& spot, Spots& sums) { add_to_nearest(spot, theirs, sums); }));
            }
        });
    }
    const Rdd<Spot> spots = cached<Spot, make_spot>(context, count, scale.threads);
    Spots mine{};
    const Cost heddle = best_of([&] {
        mine = first_means();
        for (int round = 0; round < kRounds; ++round) {
            mine = centers(
                spots.map_partitions(PartMeans{mine}).reduce([](const Spots& a, const Spots& b) {
                    return plus(a, b);
                }));
        }
    });
    spots.unpersist(true);
    require_equal("k-means", mine[3].at[1], theirs[3].at[1], 1e-9);
    report("k-means", static_cast<double>(count) / 1e6, "M points/s", per_round(heddle),
           per_round(hand), {67, 1.4});
}

void bench_cached(Context& context, const Scale& scale) {
    const std::uint64_t count = scale.count(kNumbers);
    std::uint64_t theirs = 0;
    Cost hand;
    {
        const auto numbers = in_array<std::uint64_t, number>(count);
        hand = best_of([&] {
            theirs = sum_by_hand<std::uint64_t>(
                numbers, scale.threads,
                [](std::uint64_t value, std::uint64_t& sum) { sum += value * value; });
        });
    }
    const auto numbers = cached<std::uint64_t, number>(context, count, scale.threads);
    std::uint64_t mine = 0;
    const Cost heddle = best_of([&] {
        mine = numbers.map([](std::uint64_t value) { return value * value; })
                   .reduce([](std::uint64_t a, std::uint64_t b) { return a + b; });
    });
    numbers.unpersist(true);
    require_equal("cached", static_cast<double>(mine), static_cast<double>(theirs));
    report("second pass, cached", static_cast<double>(count) / 1e6, "M numbers/s", heddle, hand);
}

}  // namespace heddle::bench
