// Text input for any cutting, and text output whole or not at all.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <heddle/heddle.h>

#include "common/base/prng.h"
#include "executor/task/sources.h"
#include "tests/support/inline_runner.h"
#include "tests/support/plain_text.h"

namespace heddle {
namespace {

class Text : public ::testing::Test {
protected:
    Text()
        : root_(::testing::TempDir() + "heddle-text-" + std::to_string(::getpid())),
          context_(std::make_unique<test::InlineRunner>()) {
        std::filesystem::remove_all(root_);
        std::filesystem::create_directories(root_);
    }
    ~Text() override { std::filesystem::remove_all(root_); }

    std::string write(const std::string& name, const std::string& content) {
        std::ofstream(root_ + "/" + name, std::ios::binary) << content;
        return root_ + "/" + name;
    }
    static std::string read(const std::string& path) {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }
    std::size_t entries() const {
        const std::filesystem::directory_iterator all(root_);
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }

    std::string root_;
    Context context_;
};

const std::vector<std::string> kDelimiters{"\n", "\n\n", "aba", "aa\n", "\n\n\n"};

// Few letters, so that delimiters overlap themselves and each other often.
std::string random_text(Prng& prng, std::uint64_t length_max) {
    std::string text;
    const std::uint64_t length = prng.below(length_max);
    const std::uint64_t newlines = 1 + prng.below(4);
    for (std::uint64_t i = 0; i < length; ++i) {
        text += prng.chance(newlines, 5) ? '\n' : prng.chance(2, 3) ? 'a' : 'b';
    }
    return text;
}

TEST_F(Text, AnyCutFindsTheNextRecordOfTheWholeFile) {
    Prng prng(2024);
    for (int round = 0; round < 2000; ++round) {
        const std::string text = random_text(prng, 80);
        for (const std::string& delimiter : kDelimiters) {
            std::vector<std::size_t> starts;
            std::size_t at = 0;
            for (const std::string& record : test::split_plainly(text, delimiter)) {
                starts.push_back(at);
                at += record.size() + delimiter.size();
            }
            starts.push_back(text.size());
            for (std::size_t cut = 0; cut <= text.size(); ++cut) {
                ASSERT_EQ(executor::first_record(text, delimiter, cut),
                          *std::lower_bound(starts.begin(), starts.end(), cut))
                    << "round " << round << ", cut at " << cut << ", delimiter size "
                    << delimiter.size();
            }
        }
    }
}

TEST_F(Text, AnySplitSizeGivesTheSameRecords) {
    Prng prng(7);
    for (int round = 0; round < 10; ++round) {
        const std::string text = random_text(prng, 60);
        const std::string path = write("data", text);
        const auto length = static_cast<std::int32_t>(text.size());
        for (const std::string& delimiter : kDelimiters) {
            for (const std::int32_t splits : {1, 2, 3, 7, length + 1}) {
                EXPECT_EQ(context_.text_records(path, delimiter, splits).collect(),
                          test::split_plainly(text, delimiter))
                    << "round " << round << ", " << splits << " splits";
            }
        }
    }
}

TEST_F(Text, LinesLoseTheirReturnAndFilesFollowEachOther) {
    write("b.txt", "three\nfour");
    write("a.txt", "one\r\ntwo\n\n");
    write("_ignored", "no");
    const auto lines = context_.text_file(root_, 4);
    EXPECT_EQ(lines.collect(), (std::vector<std::string>{"one", "two", "", "three", "four"}));
    EXPECT_GE(lines.get_num_partitions(), 4);
}

TEST_F(Text, AMissingFileFailsTheAction) {
    const auto lines = context_.text_file(root_ + "/nothing").map([](std::string_view line) {
        return line.size();
    });
    try {
        lines.count();
        FAIL() << "there is nothing to count";
    } catch (const UsageError& e) {
        EXPECT_NE(std::string(e.what()).find("no file matches"), std::string::npos) << e.what();
    }
}

TEST_F(Text, AFileThatChangesFailsTheJob) {
    const std::string path = write("data", "a\nb\n");
    const auto lines = context_.text_file(path);
    write("data", "a\n");
    EXPECT_THROW(lines.count(), JobFailed);
    std::filesystem::remove(path);
    EXPECT_THROW(lines.count(), JobFailed);
}

TEST_F(Text, WordsAreCountedFromViews) {
    const std::string path = write("data", "the loom the yarn\nthe heddle\n");
    auto counts = context_.text_file(path, 3)
                      .flat_map([](std::string_view line, Emit<std::string_view>& emit) {
                          for (std::size_t at = 0; at < line.size();) {
                              const std::size_t end = std::min(line.find(' ', at), line.size());
                              emit(line.substr(at, end - at));
                              at = end + 1;
                          }
                      })
                      .map([](std::string_view word) {
                          return std::pair<std::string_view, std::int64_t>(word, 1);
                      })
                      .reduce_by_key([](std::int64_t a, std::int64_t b) { return a + b; })
                      .sort_by_key();
    counts.persist(MEMORY_AND_DISK);
    const std::vector<std::pair<std::string, std::int64_t>> expected{
        {"heddle", 1}, {"loom", 1}, {"the", 3}, {"yarn", 1}};
    EXPECT_EQ(counts.collect(), expected);
    EXPECT_EQ(counts.collect(), expected);
    counts
        .map([](const std::pair<std::string_view, std::int64_t>& word) {
            return std::string(word.first) + "\t" + std::to_string(word.second);
        })
        .save_as_text_file(root_ + "/out");
    std::string all;
    for (int part = 0; part < counts.get_num_partitions(); ++part) {
        all += read(root_ + "/out/part-0000" + std::to_string(part));
    }
    EXPECT_EQ(all, "heddle\t1\nloom\t1\nthe\t3\nyarn\t1\n");
    EXPECT_TRUE(std::filesystem::exists(root_ + "/out/_SUCCESS"));
    EXPECT_EQ(entries(), 2U);  // the staging folder is gone
}

// For tasks, which capture nothing; they run in this process.
std::string folder_of_saves;
std::vector<std::string> seen_beside;

// An attempt of a driver that was given up may go on writing: not where its successor does.
TEST_F(Text, EachSaveHasAHiddenFolderOfItsOwn) {
    folder_of_saves = root_;
    seen_beside.clear();
    const auto rows = context_.parallelize(std::vector<int>{1}, 1).map([](int) -> int {
        for (const auto& entry : std::filesystem::directory_iterator(folder_of_saves)) {
            seen_beside.push_back(entry.path().filename().string());
        }
        throw std::runtime_error("to be saved again");
    });
    EXPECT_THROW(rows.save_as_text_file(root_ + "/out"), JobFailed);
    EXPECT_THROW(rows.save_as_text_file(root_ + "/out"), JobFailed);
    ASSERT_EQ(seen_beside.size(), 2U);
    EXPECT_EQ(seen_beside[0].substr(0, 13), "._out-inline-");
    EXPECT_EQ(seen_beside[1].substr(0, 13), "._out-inline-");
    EXPECT_NE(seen_beside[0], seen_beside[1]);
    EXPECT_EQ(entries(), 0U);
}

TEST_F(Text, SavingRefusesBeforeItRuns) {
    const auto numbers = context_.parallelize(std::vector<int>{1, 2, 3}, 2).map([](int x) -> int {
        throw std::runtime_error("must not run, got " + std::to_string(x));
    });
    EXPECT_THROW(numbers.save_as_text_file("hdfs:/x/y"), UsageError);  // Hadoop's short form
    std::filesystem::create_directory(root_ + "/there");
    for (const std::string& path : {root_ + "/there", root_ + "/no/such/parent"}) {
        try {
            numbers.save_as_text_file(path);
            FAIL() << path;
        } catch (const UsageError& e) {
            const std::string text = e.what();
            EXPECT_TRUE(text.find("already exists") != std::string::npos ||
                        text.find("does not exist") != std::string::npos)
                << text;
        }
    }
}

TEST_F(Text, AFailedSaveLeavesNothing) {
    const auto numbers = context_.parallelize(std::vector<int>{1, 2, 3, 4}, 4).map([](int x) {
        if (x == 3) {
            throw std::runtime_error("three");
        }
        return x;
    });
    EXPECT_THROW(numbers.save_as_text_file(root_ + "/out"), JobFailed);
    EXPECT_EQ(entries(), 0U);
}

}  // namespace
}  // namespace heddle
