#pragma once

// What the figures are made of: processor time of this thread, and samples of it. The machine is
// shared, and the core is one thread that never waits.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heddle::rm::bench {

/// Processor time of this thread.
double now_seconds();
inline double seconds_since(double start) {
    return now_seconds() - start;
}

/// Memory of this process that is in use.
std::int64_t resident_kib();

/// What one kind of step takes.
class Meter {
public:
    void add(double value) { values_.push_back(value); }
    std::size_t count() const { return values_.size(); }
    double sum() const;
    /// Of all values, 0 if there are none.
    double at_percent(std::size_t percent);

private:
    std::vector<double> values_;
};

}  // namespace heddle::rm::bench
