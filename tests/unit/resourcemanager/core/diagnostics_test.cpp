// Diagnostics come from programs, and have to fit into a record.

#include <gtest/gtest.h>

#include "resourcemanager/core/config.h"
#include "resourcemanager/core/lifecycle.h"

namespace heddle::rm {
namespace {

TEST(Diagnostics, StayAsTheyAreUpToTheLimit) {
    EXPECT_EQ(shortened_diagnostics("why"), "why");
    const std::string longest(kDiagnosticsMax, 'x');
    EXPECT_EQ(shortened_diagnostics(longest), longest);
}

TEST(Diagnostics, AreCutBetweenCharactersAndSaySo) {
    std::string text = "x";
    while (text.size() <= kDiagnosticsMax) {
        text += "€";
    }
    const std::string cut = shortened_diagnostics(text);
    EXPECT_LE(cut.size(), kDiagnosticsMax);
    const std::size_t note = cut.find("... (of " + std::to_string(text.size()) + " bytes");
    ASSERT_NE(note, std::string::npos) << cut.substr(cut.size() - 100);
    EXPECT_EQ((note - 1) % 3, 0U);
    EXPECT_EQ(cut.substr(0, note), text.substr(0, note));
}

}  // namespace
}  // namespace heddle::rm
