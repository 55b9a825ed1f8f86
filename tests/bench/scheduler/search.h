#pragma once

// The baselines: a free node is looked for, and nothing else is done.

#include <cstdint>

namespace heddle::rm::bench {

/// Decisions a second of the first fit that looks at all nodes, and of the index that the core has.
double naive_rate(int nodes, std::int64_t decisions);
double index_rate(int nodes, std::int64_t decisions);

/// Of a scheduler without indices: for each freed slot it looks at all applications for the one
/// whose share is least, and then at all nodes. Neither limits nor explanations, nor any books.
double scan_rate(int nodes, int applications, std::int64_t decisions);

}  // namespace heddle::rm::bench
