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

Table five_columns() {
    Table table;
    table.columns = {{"ID", Align::Left, false, 0},
                     {"NAME", Align::Left, true, 0},
                     {"USER", Align::Left, true, 1},
                     {"STATE", Align::Left, false, 0},
                     {"CONTAINERS", Align::Right, false, 2}};
    table.rows = {{"application_1_0001", "word_count", "ada", "RUNNING", "3"}};
    return table;
}

TEST(Table, LeavesOutTheLeastImportantColumnsOnANarrowTerminal) {
    EXPECT_EQ(render(five_columns(), 60),
              "ID                  NAME        USER  STATE    CONTAINERS\n"
              "application_1_0001  word_count  ada   RUNNING           3\n");
    EXPECT_EQ(render(five_columns(), 50),
              "ID                  NAME        USER  STATE\n"
              "application_1_0001  word_count  ada   RUNNING\n");
    EXPECT_EQ(render(five_columns(), 40),
              "ID                  NAME        STATE\n"
              "application_1_0001  word_count  RUNNING\n");
}

TEST(Table, ALongTextDoesNotWidenEveryRowOfAPipe) {
    Table table = two_columns();
    table.rows.push_back({std::string(180, 'x'), "1"});
    const std::string plain = render(table, 0);
    EXPECT_EQ(plain.find(std::string(40, 'x')), std::string::npos);
    EXPECT_NE(plain.find(std::string(39, 'x') + "\xe2\x80\xa6"), std::string::npos);
    EXPECT_EQ(plain.find('\n'), 46U);
    EXPECT_NE(render_wide(table).find(std::string(180, 'x')), std::string::npos);
}

TEST(Table, ASentenceIsCutLaterThanAName) {
    Table table;
    table.columns = {{"NAME", Align::Left, true}, {"WHY", Align::Left, true, 0, 60}};
    table.rows = {{std::string(50, 'n'), std::string(50, 'w')}};
    const std::string shown = render(table, 0);
    EXPECT_EQ(shown.find(std::string(41, 'n')), std::string::npos);
    EXPECT_NE(shown.find(std::string(50, 'w')), std::string::npos);
    EXPECT_LE(render(table, 40).find('\n'), 40U);
}

TEST(Table, AColumnOfNothingIsLeftOutOnRequest) {
    Table table = two_columns();
    table.columns.push_back({"OTHER", Align::Left, false});
    table.rows[0].emplace_back("");
    table.rows[1].emplace_back("");
    Table filled = table;
    filled.rows[1][2] = "2 gpu";
    leave_out_empty(table, "OTHER");
    leave_out_empty(table, "no such column");
    EXPECT_EQ(render(table, 0), render(two_columns(), 0));
    leave_out_empty(filled, "OTHER");
    EXPECT_EQ(filled.columns.size(), 3U);
}

TEST(Table, CountsCellsAndNotBytes) {
    Table table;
    table.columns = {{"N", Align::Left, false}, {"V", Align::Left, false}};
    table.rows = {{"\xc3\xa4\xc3\xb6", "x"}, {"ab", "y"}, {"\xe6\x97\xa5", "z"}};
    EXPECT_EQ(render(table, 0), "N   V\n\xc3\xa4\xc3\xb6  x\nab  y\n\xe6\x97\xa5  z\n");
}

TEST(Table, NeverSendsControlCharactersToTheTerminal) {
    Table table;
    table.columns = {{"N", Align::Left, false}};
    table.rows = {{"a\033[2Jb\n"}};
    EXPECT_EQ(render(table, 0), "N\na?[2Jb?\n");
    EXPECT_EQ(render_wide(table), "N\na?[2Jb?\n");
}

}  // namespace
}  // namespace heddle::rmctl
