// One of two files that look alike: see registry_twins.h.
#include "tests/unit/common/rdd/registry_twins.h"

namespace heddle {

static std::vector<int> twin(Context& context) {
    return context.parallelize(std::vector<int>{1, 2, 3}, 1)
        .map([](int x) { return x + 1; })
        .collect();
}

std::vector<int> run_twin_one(Context& context) {
    return twin(context);
}

}  // namespace heddle
