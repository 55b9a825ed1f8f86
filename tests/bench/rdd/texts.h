#pragma once

// The text whose words the benchmarks count.

#include <cstddef>
#include <string>

namespace heddle::bench {

/// About `bytes` of text, ten words a line: Zipf with exponent 1 over 500,000 words. Always the
/// same.
std::string make_text(std::size_t bytes);

}  // namespace heddle::bench
