// Must not compile: in each line marked "refused" a record would have to cross machines whose bytes
// nobody knows. The test (capturing_lambda.py) reads what the compiler says about each of them.
#include <heddle/heddle.h>

// What no bytes stand for. Of a type of its own in each line: a compiler complains of a type once.
template <int>
struct Handle {
    Handle() = default;
    explicit Handle(int value) : number(value) {}
    int number = 0;
    int* shared = nullptr;
};
using Ints = std::span<const int>;

void make(heddle::Context& context) {
    const auto rows = context.parallelize(std::vector<int>{1});
    (void)rows.map([](int x) { return Handle<1>(x); });                               // refused
    (void)rows.map([](int x) { return std::pair(x, Handle<2>(x)); });                 // refused
    (void)rows.map([](int) { return std::make_shared<int>(1); });                     // refused
    (void)rows.flat_map([](int x) { return std::vector<Handle<3>>{Handle<3>(x)}; });  // refused
    (void)rows.map_partitions([](Ints) { return std::vector<Handle<4>>(); });         // refused
    (void)rows.key_by([](int x) { return Handle<5>(x); });                            // refused
    (void)context.run_job(rows, [](Ints) { return Handle<6>(1); });                   // refused
    (void)context.empty_rdd<Handle<7>>();                                             // refused
}
