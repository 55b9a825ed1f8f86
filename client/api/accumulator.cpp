// What accumulators say, and their memory.
#include "client/api/accumulator.h"

#include <algorithm>

namespace heddle::api {

namespace {

constexpr std::size_t kTextCharacters = 200;

}  // namespace

void throw_read_in_task(const std::string& name, rdd::AccumulatorId id) {
    throw UsageError(ErrorCode::InvalidArgument,
                     "accumulator " + (name.empty() ? std::to_string(id.value) : "'" + name + "'") +
                         " is read in a task: only the driver's program can read it, after the "
                         "job; tasks only add to it");
}

void throw_unknown_accumulator() {
    throw UsageError(ErrorCode::InvalidArgument,
                     "an accumulator that no context has made: make it with "
                     "context.long_accumulator() and its like, and hand it to executors as a field "
                     "of a function object");
}

std::string shortened(std::string text) {
    if (text.size() > kTextCharacters) {
        text.resize(kTextCharacters);
        text += "...";
    }
    return text;
}

AccountedPart::AccountedPart(rdd::TaskScope& scope, const std::string& name)
    : budget_(scope, "accumulator" + (name.empty() ? std::string() : " '" + name + "'")) {}

AccountedPart::~AccountedPart() {
    budget_.release(reserved_);
}

void AccountedPart::measured(std::size_t bytes) {
    measure_at_ = added_ * 2;
    const std::int64_t more = static_cast<std::int64_t>(bytes) - reserved_;
    if (more > 0) {
        reserved_ += more;
        (void)budget_.reserve(more);  // refused: the task has failed and stops at its next batch
    }
}

}  // namespace heddle::api
