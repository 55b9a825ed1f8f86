// Cells of a terminal.

#include "common/base/display.h"

#include <gtest/gtest.h>

namespace heddle {
namespace {

TEST(Display, CountsCellsAndNotBytes) {
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("\xc3\xa4\xc2\xb7"), 2U);          // a umlaut, middle dot
    EXPECT_EQ(display_width("e\xcc\x81"), 1U);                 // e and a combining accent
    EXPECT_EQ(display_width("\xe6\x97\xa5\xe6\x9c\xac"), 4U);  // two CJK characters
    EXPECT_EQ(display_width("\xf0\x9f\x98\x80"), 2U);          // an emoji
    EXPECT_EQ(display_width("\xff\xc3"), 2U);                  // no UTF-8: a cell for each byte
}

TEST(Display, CutsToTheWidthWithAnEllipsis) {
    EXPECT_EQ(cut_to_cells("progress", 8), "progress");
    EXPECT_EQ(cut_to_cells("progress", 7), "progre\xe2\x80\xa6");
    EXPECT_EQ(cut_to_cells("progress", 1), "\xe2\x80\xa6");
    EXPECT_EQ(cut_to_cells("progress", 0), "");
}

TEST(Display, NeverCutsInsideACharacter) {
    const std::string wide = "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5";
    EXPECT_EQ(cut_to_cells(wide, 4), "\xe6\x97\xa5\xe2\x80\xa6");
    EXPECT_EQ(cut_to_cells("\xc2\xb7\xc2\xb7\xc2\xb7", 2), "\xc2\xb7\xe2\x80\xa6");
    for (std::size_t cells = 0; cells < 7; ++cells) {
        EXPECT_LE(display_width(cut_to_cells(wide, cells)), cells);
    }
}

TEST(Display, TakesTheTeethOutOfControlCharacters) {
    EXPECT_EQ(without_controls("a\033[2J\tb\x7f"), "a?[2J?b?");
    EXPECT_EQ(without_controls("\xc2\x9b"
                               "1m"),
              "?1m");  // CSI as one character
    EXPECT_EQ(without_controls("\xc3\xa4\xe6\x97\xa5"), "\xc3\xa4\xe6\x97\xa5");
}

}  // namespace
}  // namespace heddle
