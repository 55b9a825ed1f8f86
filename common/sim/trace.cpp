#include "common/sim/trace.h"

namespace heddle::sim {
namespace {

constexpr std::uint64_t kFnvPrime = 1099511628211ULL;

}  // namespace

void Trace::add(TimePoint now, const std::string& line) {
    std::string whole = std::to_string(now.microseconds) + " " + line;
    for (const char c : whole) {
        digest_ = (digest_ ^ static_cast<unsigned char>(c)) * kFnvPrime;
    }
    ++lines_;
    kept_.push_back(std::move(whole));
    if (kept_.size() > lines_kept_) {
        kept_.pop_front();
    }
}

std::string Trace::tail() const {
    std::string text;
    for (const std::string& line : kept_) {
        text += line + "\n";
    }
    return text;
}

}  // namespace heddle::sim
