// Tables for people.

#include "client/rmctl/table.h"

#include <gtest/gtest.h>

namespace heddle::rmctl {
namespace {

Table two_columns() {
    Table table;
    table.columns = {{"NAME", Align::Left, true}, {"SIZE", Align::Right, false}};
    table.rows = {{"a", "7"}, {"archive_rank on a long name", "1234"}};
    return table;
}

TEST(Table, LinesUpColumns) {
    EXPECT_EQ(render(two_columns(), 0),
              "NAME                         SIZE\n"
              "a                               7\n"
              "archive_rank on a long name  1234\n");
}

TEST(Table, CutsTheShrinkingColumnOnANarrowTerminal) {
    EXPECT_EQ(render(two_columns(), 18),
              "NAME          SIZE\n"
              "a                7\n"
              "archive_ran\xe2\x80\xa6  1234\n");
}

TEST(Table, CountsCharactersAndNotBytes) {
    Table table;
    table.columns = {{"N", Align::Left, false}, {"V", Align::Left, false}};
    table.rows = {{"\xc3\xa4\xc3\xb6", "x"}, {"ab", "y"}};
    EXPECT_EQ(render(table, 0), "N   V\n\xc3\xa4\xc3\xb6  x\nab  y\n");
}

TEST(Table, NeverSendsControlCharactersToTheTerminal) {
    Table table;
    table.columns = {{"N", Align::Left, false}};
    table.rows = {{"a\033[2Jb\n"}};
    EXPECT_EQ(render(table, 0), "N\na?[2Jb?\n");
}

}  // namespace
}  // namespace heddle::rmctl
