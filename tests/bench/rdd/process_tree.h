#pragma once

// Memory and processor time of this process and all that it has started.

#include <cstdint>

namespace heddle::bench {

/// Lets the peak of each process begin anew at what it holds now.
void reset_peak_memory();
/// What this process keeps for itself of memory that was given back, goes.
void forget_spare_memory();
/// Sum of the peaks since then, bytes. Processes that have ended are not in it.
std::int64_t peak_memory();
/// Seconds of all threads so far. A process that ends takes its own out of the sum.
double processor_seconds();

}  // namespace heddle::bench
