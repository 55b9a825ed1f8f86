#include "common/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace heddle {

void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "CHECK failed: %s (%s:%d)\n", condition, file, line);
    std::fflush(stderr);
    std::abort();
}

}  // namespace heddle
