// Whole files, fixed records and object files, by the real task body on one thread.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/heddle.h>

#include "tests/support/inline_runner.h"

namespace heddle {
namespace {

using test::InlineRunner;
using File = std::pair<std::string, std::string>;

class RddFiles : public ::testing::Test {
protected:
    RddFiles() : RddFiles(std::make_unique<InlineRunner>()) {}
    explicit RddFiles(std::unique_ptr<InlineRunner> owned)
        : runner_(*owned), context_(std::move(owned)) {
        std::string pattern = "/tmp/heddle-rdd-files-XXXXXX";
        folder_ = mkdtemp(pattern.data());
    }
    ~RddFiles() override { std::filesystem::remove_all(folder_); }

    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    void write(const std::string& name, std::string_view content) {
        std::ofstream(path(name), std::ios::binary) << content;
    }
    std::string read(const std::string& name) {
        std::ifstream in(path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    template <typename Error, typename Act>
    std::string message(Act act) {
        try {
            act();
        } catch (const Error& error) {
            return error.what();
        }
        return "no error";
    }

    InlineRunner& runner_;
    Context context_;
    std::string folder_;
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST_F(RddFiles, WholeFilesComeWithTheirPaths) {
    write("a", "one\ntwo\n");
    write("b", "");
    write("c", std::string("\0\n\xff", 3));
    write(".hidden", "no");
    const std::vector<File> expected{
        {path("a"), "one\ntwo\n"}, {path("b"), ""}, {path("c"), std::string("\0\n\xff", 3)}};
    for (const int splits : {0, 1, 2, 3, 9}) {
        const auto files = context_.whole_text_files(folder_, splits);
        EXPECT_EQ(files.collect(), expected) << splits;
        EXPECT_EQ(files.get_num_partitions(), splits == 0 ? 2 : std::min(splits, 3));
    }
    EXPECT_EQ(context_.binary_files(path("c")).collect(), (std::vector<File>{expected[2]}));
    EXPECT_EQ(context_.binary_files(folder_).keys().collect().size(), 3U);
    const auto missing = context_.whole_text_files(path("nothing"));  // refused when it is used
    EXPECT_TRUE(has(message<UsageError>([&] { (void)missing.count(); }), "nothing"));
}

TEST_F(RddFiles, ManySmallFilesDoNotMakeManyReducePartitions) {
    for (int i = 0; i < 100; ++i) {
        write("part-" + std::to_string(i), "even\nodd\n");
    }
    const auto add = [](int a, int b) { return a + b; };
    const auto ones = [](const auto& lines) {
        return lines.map([](std::string_view line) { return std::pair(std::string(line), 1); });
    };
    const auto pairs = ones(context_.text_file(folder_));
    EXPECT_EQ(pairs.get_num_partitions(), 100);
    const auto counts = pairs.reduce_by_key(add);
    EXPECT_EQ(counts.get_num_partitions(), 64);
    EXPECT_EQ(counts.group_by_key().get_num_partitions(), 64) << "partitioned already";
    auto found = counts.collect();
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, (std::vector<std::pair<std::string, int>>{{"even", 100}, {"odd", 100}}));
    // Whoever says how many partitions there are, gets as many.
    EXPECT_EQ(pairs.reduce_by_key(add, 100).get_num_partitions(), 100);
    EXPECT_EQ(ones(context_.text_file(folder_, 100)).reduce_by_key(add).get_num_partitions(), 100);
    EXPECT_EQ(pairs.repartition(90).reduce_by_key(add).get_num_partitions(), 90);
    EXPECT_EQ(pairs.coalesce(90).reduce_by_key(add).get_num_partitions(), 90);
    EXPECT_EQ(pairs.join(ones(context_.text_file(folder_, 100))).get_num_partitions(), 100);
    runner_.set_parallelism_asked(5);
    EXPECT_EQ(pairs.reduce_by_key(add).get_num_partitions(), 5);
    EXPECT_EQ(counts.group_by_key().get_num_partitions(), 64);
}

TEST_F(RddFiles, LargeFilesHaveAsManyReducePartitionsAsParts) {
    for (int i = 0; i < 70; ++i) {
        write("part-" + std::to_string(i), "");
        std::filesystem::resize_file(path("part-" + std::to_string(i)), 3U << 20U);
    }
    const auto lines = context_.text_file(folder_).key_by([](std::string_view) { return 1; });
    EXPECT_EQ(lines.group_by_key().get_num_partitions(), 70);
}

TEST_F(RddFiles, AFileThatHasChangedFailsTheJob) {
    write("a", "12345678");
    const auto files = context_.binary_files(path("a"));
    const auto records = context_.binary_records(path("a"), 4);
    EXPECT_EQ(files.count(), 1U);
    write("a", "123456789012");
    EXPECT_TRUE(
        has(message<JobFailed>([&] { (void)files.count(); }),
            "the file has changed: it had 8 bytes when the RDD was defined and has 12 now"));
    write("a", "1234");
    EXPECT_TRUE(has(message<JobFailed>([&] { (void)records.count(); }), "and has 4 now"));
}

TEST_F(RddFiles, FixedRecordsAreTheSameHoweverCut) {
    std::string content;
    std::vector<std::string> expected;
    for (int i = 100; i < 200; ++i) {
        expected.push_back(std::to_string(i));
        content += expected.back();
    }
    write("r", content);
    write("s", "abc");
    expected.emplace_back("abc");
    for (const int splits : {0, 1, 3, 7, 500}) {
        EXPECT_EQ(context_.binary_records(folder_, 3, splits).collect(), expected) << splits;
    }
    EXPECT_EQ(context_.binary_records(path("r"), 3, 5).get_num_partitions(), 5);
    EXPECT_EQ(message<UsageError>([&] { (void)context_.binary_records(path("r"), 0); }),
              "binary_records: the record length is 0");
    write("t", "abcd");
    EXPECT_TRUE(has(message<UsageError>([&] { (void)context_.binary_records(folder_, 3).count(); }),
                    "has 4 bytes, which is no multiple of the record length 3"));
}

TEST_F(RddFiles, ObjectFilesGiveBackWhatWasSaved) {
    using Row = std::pair<std::string, std::vector<double>>;
    std::vector<Row> rows;
    for (int i = 0; i < 5000; ++i) {
        rows.emplace_back(std::to_string(i) + "\n", std::vector<double>(i % 3, i * 0.5));
    }
    const auto saved = context_.parallelize(rows, 3);
    saved.save_as_object_file(path("out"));
    const auto back = context_.object_file<Row>(path("out"));
    EXPECT_EQ(back.collect(), rows);
    EXPECT_EQ(back.get_num_partitions(), 3);
    EXPECT_EQ(back.take(2), (std::vector<Row>{rows[0], rows[1]}));
    // Views and strings are the same bytes.
    context_.parallelize(std::vector<std::string_view>{"x", "yy"}, 2)
        .save_as_object_file(path("text"));
    EXPECT_EQ(context_.object_file<std::string>(path("text")).collect(),
              (std::vector<std::string>{"x", "yy"}));
    EXPECT_EQ(context_.object_file<std::string_view>(path("text")).collect(),
              (std::vector<std::string>{"x", "yy"}));
    context_.parallelize(std::vector<int>{}, 2).save_as_object_file(path("none"));
    EXPECT_EQ(context_.object_file<int>(path("none")).count(), 0U);
    EXPECT_TRUE(has(message<UsageError>([&] { saved.save_as_object_file(path("out")); }),
                    "save_as_object_file: output path"));
}

TEST_F(RddFiles, ABadObjectFileIsNamed) {
    context_.parallelize(std::vector<int>{1, 2, 3}, 1).save_as_object_file(path("out"));
    const std::string wrong =
        message<JobFailed>([&] { (void)context_.object_file<double>(path("out")).count(); });
    EXPECT_TRUE(has(wrong,
                    "out/part-00000' holds records of type int, but object_file was asked "
                    "for double"))
        << wrong;
    const std::string good = read("out/part-00000");
    for (std::size_t size = 1; size < good.size(); ++size) {
        write("cut", std::string_view(good).substr(0, size));
        EXPECT_TRUE(
            has(message<JobFailed>([&] { (void)context_.object_file<int>(path("cut")).count(); }),
                "is cut short or no object file"))
            << size;
    }
    write("cut", "this is a text of some length");
    EXPECT_TRUE(
        has(message<JobFailed>([&] { (void)context_.object_file<int>(path("cut")).count(); }),
            "is cut short or no object file"));
}

// ---- compressed text ---------------------------------------------------------------------------

constexpr std::pair<Compression, const char*> kCompressions[] = {{Compression::Gzip, ".gz"},
                                                                 {Compression::Bzip2, ".bz2"},
                                                                 {Compression::Zstd, ".zst"},
                                                                 {Compression::Lz4, ".lz4"}};

TEST_F(RddFiles, CompressedTextIsReadBackWholeFileByWholeFile) {
    std::vector<std::string> lines;
    for (int i = 0; i < 50'000; ++i) {
        lines.push_back("line " + std::to_string(i) +
                        (i % 1000 == 0 ? std::string(9999, '.') : ""));
    }
    const auto rows = context_.parallelize(lines, 3);
    for (const auto& [compression, suffix] : kCompressions) {
        const std::string out = path(std::string("out") + suffix);
        rows.save_as_text_file(out, compression);
        EXPECT_TRUE(std::filesystem::exists(out + "/part-00002" + suffix));
        EXPECT_LT(std::filesystem::file_size(out + "/part-00002" + suffix), 500'000U);
        const auto back = context_.text_file(out, 16);
        EXPECT_EQ(back.get_num_partitions(), 3) << suffix;  // not to be cut
        EXPECT_TRUE(back.collect() == lines) << suffix;
        EXPECT_EQ(back.take(1), (std::vector<std::string>{lines[0]}));
        const auto whole = context_.whole_text_files(out).collect();
        ASSERT_EQ(whole.size(), 3U);
        EXPECT_EQ(whole[0].second.substr(0, 7), "line 0.");
        EXPECT_EQ(context_.binary_files(out).values().collect()[0],
                  read(std::string("out") + suffix + "/part-00000" + suffix));
    }
}

TEST_F(RddFiles, DamagedCompressedTextFailsItsJobAndNoOther) {
    const auto rows = context_.parallelize(std::vector<std::string>(9000, "some text"), 1);
    for (const auto& [compression, suffix] : kCompressions) {
        const std::string out = path(std::string("out") + suffix);
        rows.save_as_text_file(out, compression);
        const std::string name = std::string("bad") + suffix;
        const std::string good = read(std::string("out") + suffix + "/part-00000" + suffix);
        const std::size_t cut = good.size() - 3;
        write(name, std::string_view(good).substr(0, cut));
        const auto said = [&] {
            return message<JobFailed>([&] { (void)context_.text_file(path(name)).count(); });
        };
        EXPECT_TRUE(has(said(), "'" + path(name) + "' is cut off")) << said();
        EXPECT_TRUE(has(said(), "in the middle of a stream at byte " + std::to_string(cut)));
        write(name, "plain text under a wrong name");
        EXPECT_TRUE(has(said(), "'" + path(name) + "' is damaged: no ")) << said();
        EXPECT_EQ(context_.text_file(out).count(), 9000U);
    }
}

// ---- programs ----------------------------------------------------------------------------------

TEST_F(RddFiles, PipeSendsLinesThroughAProgramPerPartition) {
    const auto rows = context_.parallelize(std::vector<int>{1, 2, 3, 4, 5}, 2);
    EXPECT_EQ(rows.pipe("cat").collect(), (std::vector<std::string>{"1", "2", "3", "4", "5"}));
    EXPECT_EQ(rows.pipe("  wc\t-l ")
                  .map([](std::string_view text) { return std::stoi(std::string(text)); })
                  .collect(),
              (std::vector<int>{2, 3}));
    EXPECT_EQ(rows.pipe({"sh", "-c", "printf \"$GREETING $HOME\""},
                        {{"GREETING", "good day"}, {"HOME", "nowhere"}})
                  .collect(),
              (std::vector<std::string>{"good day nowhere", "good day nowhere"}));
    EXPECT_EQ(rows.pipe("true").count(), 0U);
    EXPECT_EQ(message<UsageError>([&] { (void)rows.pipe(" "); }), "pipe: the command is empty");
}

TEST_F(RddFiles, PipeWaitsForNeitherSideForEver) {
    const std::string text(200, 'x');
    const auto rows = context_.parallelize(std::vector<std::string>(20000, text), 1);
    EXPECT_EQ(rows.pipe("cat").count(), 20000U);  // far more than any buffer holds
    EXPECT_EQ(rows.pipe({"head", "-n", "2"}).collect(), (std::vector<std::string>{text, text}));
    EXPECT_EQ(rows.pipe("cat").take(1), (std::vector<std::string>{text}));  // and the rest is left
    EXPECT_EQ(rows.pipe({"sh", "-c", "cat >&2; echo done"}).collect(),
              (std::vector<std::string>{"done"}));
}

TEST_F(RddFiles, AProgramThatFailsFailsTheJob) {
    const auto rows = context_.parallelize(std::vector<int>{1}, 1);
    const auto said = [&](const std::vector<std::string>& command) {
        return message<JobFailed>([&] { (void)rows.pipe(command).count(); });
    };
    const std::string failed = said({"sh", "-c", "echo no luck >&2; exit 3"});
    EXPECT_TRUE(has(failed, "'sh' exited with code 3: no luck")) << failed;
    EXPECT_TRUE(has(failed, "pipe at rdd_files_test.cpp")) << failed;
    EXPECT_TRUE(has(said({"sh", "-c", "kill -9 $$"}), "'sh' was ended by signal 9"));
    EXPECT_TRUE(has(said({"no-such-program"}), "cannot start 'no-such-program': No such file"));
}

}  // namespace
}  // namespace heddle
