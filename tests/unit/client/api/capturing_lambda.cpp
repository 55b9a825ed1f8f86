// Must not compile: a captured variable would have to cross machines. The test reads the message.
#include <heddle/heddle.h>

std::vector<double> scale(heddle::Context& context, double factor) {
    return context.parallelize(std::vector<double>{1.0})
        .map([factor](double x) { return x * factor; })
        .collect();
}
