// Records of every kind through a shuffle, and functions that take their fields along.
#include <map>
#include <optional>
#include <tuple>

#include "tests/integration/rdd/masters.h"

namespace heddle::masters {

// No aggregate: its own Codec says how it travels.
class Celsius {
public:
    explicit Celsius(double degrees = 0) : degrees_(degrees) {}
    double degrees() const { return degrees_; }

private:
    double degrees_;
};

}  // namespace heddle::masters

template <>
struct heddle::Codec<heddle::masters::Celsius> {
    static void encode(const masters::Celsius& value, rdd::ByteWriter& out) {
        out.number(value.degrees());
    }
    static void decode(rdd::ByteReader& in, masters::Celsius& out) {
        out = masters::Celsius(in.number<double>());
    }
};

namespace heddle::masters {

namespace {

struct Place {
    std::string name;
    int floor = 0;
    std::vector<std::string> doors;
    bool operator==(const Place&) const = default;
    auto operator<=>(const Place&) const = default;
};

std::string text_of(const Place& place) {
    std::string text = place.name + "/" + std::to_string(place.floor);
    for (const std::string& door : place.doors) {
        text += "/" + door;
    }
    return text;
}

struct Scale {
    double factor = 0;
    std::string unit;
    std::string operator()(double x) const { return std::to_string(x * factor) + unit; }
};
struct Above {
    int limit = 0;
    bool operator()(int x) const { return x > limit; }
};
struct Weighted {
    std::int64_t weight = 1;
    std::int64_t operator()(std::int64_t a, std::int64_t b) const {
        return std::max(a, b) * weight;
    }
};

void show_functions(Context& context) {
    show("map with fields",
         context.parallelize(std::vector<double>{1, 2.5}, 2).map(Scale{2, "m"}).collect());
    show("filter with fields",
         context.parallelize(std::vector<int>{1, 5, 9}, 2).filter(Above{4}).collect());
    const auto pairs =
        context.parallelize(std::vector<std::pair<int, std::int64_t>>{{1, 4}, {1, 2}, {2, 7}}, 1);
    show("reduce_by_key with fields", sorted(pairs.reduce_by_key(Weighted{10}, 2).collect()));
    show("map_values with fields",
         pairs.map_values([](std::int64_t v) { return static_cast<double>(v); })
             .map_values(Scale{0.5, "s"})
             .collect());
}

}  // namespace

void show_records(Context& context) {
    show_functions(context);
    const std::vector<Place> places{
        {"hall", 0, {"in", "out"}}, {"attic", 3, {}}, {"hall", 0, {"in", "out"}}};
    const auto rows = context.parallelize(places, 3);
    const auto text = [](const Place& place) { return text_of(place); };
    show("aggregates, distinct", sorted(rows.distinct(2).map(text).collect()));
    show_value("aggregates, top", rows.top(1)[0].name);
    show("aggregates as keys", rows.map([](const Place& p) { return std::pair<Place, int>(p, 1); })
                                   .reduce_by_key([](int a, int b) { return a + b; }, 2)
                                   .sort_by_key(false, 2)
                                   .map([](const std::pair<Place, int>& row) {
                                       return std::pair(text_of(row.first), row.second);
                                   })
                                   .collect());
    const std::vector<std::optional<int>> maybe{1, std::nullopt, 3};
    show("optionals", context.parallelize(maybe, 2)
                          .repartition(2)
                          .map([](const std::optional<int>& x) { return x.value_or(-1); })
                          .top(3));
    const std::vector<std::map<std::string, int>> maps{{{"a", 1}, {"b", 2}}, {}};
    show("maps",
         context.parallelize(maps, 2)
             .repartition(3)
             .map([](const std::map<std::string, int>& m) { return m.empty() ? -1 : m.at("b"); })
             .top(2));
    const std::vector<std::tuple<int, std::string, double>> tuples{{1, "x", 0.5}, {2, "y", 1.5}};
    show("tuples", context.parallelize(tuples, 2)
                       .map([](const std::tuple<int, std::string, double>& t) {
                           return std::pair(std::get<1>(t), std::get<2>(t));
                       })
                       .collect());
    show("booleans", context.parallelize(std::vector<bool>{true, false, true}, 2)
                         .filter([](bool b) { return b; })
                         .collect());
    const std::vector<std::pair<int, std::vector<bool>>> flags{{1, {true, false}}, {2, {}}};
    show("records with booleans", context.parallelize(flags, 2)
                                      .repartition(1)
                                      .map([](const std::pair<int, std::vector<bool>>& f) {
                                          return f.first * 10 + static_cast<int>(f.second.size());
                                      })
                                      .top(2));
    const std::vector<Celsius> degrees{Celsius(1.5), Celsius(-4)};
    show("a type with its own Codec",
         context.parallelize(degrees, 2)
             .map([](const Celsius& c) { return Celsius(c.degrees() * 2); })
             .repartition(1)
             .map([](const Celsius& c) { return c.degrees(); })
             .top(2));
}

}  // namespace heddle::masters
