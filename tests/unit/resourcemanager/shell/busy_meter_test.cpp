#include "resourcemanager/shell/busy_meter.h"

#include <gtest/gtest.h>

namespace heddle::rm {
namespace {

TimePoint at(std::int64_t milliseconds_) {
    return TimePoint{} + milliseconds(milliseconds_);
}

TEST(BusyMeter, SaysThePartOfTheLastMinute) {
    BusyMeter meter;
    EXPECT_EQ(meter.percent(at(500)), 0);
    meter.add(at(1000), at(1500));
    EXPECT_EQ(meter.percent(at(2000)), 50);  // of the time since it began
    meter.add(at(30'000), at(45'500));       // over several seconds
    EXPECT_EQ(meter.percent(at(60'999)), 27);
    EXPECT_EQ(meter.percent(at(80'000)), 26);  // 15.5 s of the 59 that have begun
    EXPECT_EQ(meter.percent(at(200'000)), 0);  // it was long ago
}

TEST(BusyMeter, StaysWithinAMinuteOfWork) {
    BusyMeter meter;
    meter.add(at(1000), at(500'000));  // longer than is kept
    EXPECT_EQ(meter.percent(at(500'000)), 100);
    meter.add(at(560'000), at(560'100));  // the same places again
    EXPECT_EQ(meter.percent(at(560'900)), 0);
}

}  // namespace
}  // namespace heddle::rm
