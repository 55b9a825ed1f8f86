// Must not compile: in each line marked "refused" a captured variable would have to cross machines.
// The test (capturing_lambda.py) reads what the compiler says about each of them.
#include <heddle/heddle.h>

using Pair = std::pair<int, double>;
using Span = std::span<const double>;
using Into = heddle::Emit<double>;
using D = double;
using Add = std::plus<double>;
using Reals = std::vector<double>;

void capture(heddle::Context& context, double factor) {
    const auto rows = context.parallelize(std::vector<double>{1.0});
    const auto pairs = context.parallelize(std::vector<Pair>{{1, 1.0}});
    (void)rows.map([factor](double x) { return x * factor; });                            // refused
    (void)rows.filter([factor](double x) { return x > factor; });                         // refused
    (void)rows.flat_map([factor](double x) { return std::vector{x, factor}; });           // refused
    (void)rows.flat_map([factor](double, Into& e) { e(factor); });                        // refused
    (void)rows.map_partitions([factor](Span) { return std::vector{factor}; });            // refused
    (void)rows.map_partitions([factor](Span, Into& e) { e(factor); });                    // refused
    (void)pairs.map_values([factor](double x) { return x * factor; });                    // refused
    (void)pairs.reduce_by_key([factor](double a, double b) { return a + b * factor; });   // refused
    (void)rows.reduce([factor](double a, double b) { return a + b * factor; });           // refused
    (void)rows.top(2, [factor](double a, double b) { return a * factor < b; });           // refused
    rows.foreach ([factor](double x) { (void)(x * factor); });                            // refused
    (void)rows.fold(0.0, [factor](double a, double b) { return a + b * factor; });        // refused
    (void)rows.tree_aggregate(0.0, Add(), [factor](D, D) { return factor; });             // refused
    (void)rows.tree_reduce([factor](double a, double b) { return a + b * factor; });      // refused
    (void)rows.key_by([factor](double x) { return x * factor; });                         // refused
    (void)rows.max([factor](double a, double b) { return a * factor < b; });              // refused
    (void)rows.take_ordered(2, [factor](double a, double b) { return a * factor < b; });  // refused
    rows.foreach_partition([factor](Span) { (void)factor; });                             // refused
    (void)rows.zip_partitions(rows, [factor](Span, Span) { return Reals{factor}; });      // refused
    (void)pairs.flat_map_values([factor](double) { return std::vector{factor}; });        // refused
    (void)pairs.fold_by_key(0.0, [factor](double, double) { return factor; });            // refused
    (void)pairs.partition_by(2, [factor](int) { return int(factor); });                   // refused
}
