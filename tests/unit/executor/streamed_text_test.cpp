// Text that cannot be mapped where it is, for any cutting, and files that have changed.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/prng.h"
#include "common/blocks/block.h"
#include "common/rdd/builtins.h"
#include "common/rdd/record_face.h"
#include "common/rdd/text_split.h"
#include "executor/task/sources.h"
#include "tests/support/plain_text.h"

namespace heddle::executor {
namespace {

// Files far away: they are read, never mapped, and only as they were listed.
class FarFiles final : public fs::FileSystem {
public:
    std::map<std::string, std::string> content;
    std::uint64_t bytes_read = 0;

    Result<fs::FileInfo> stat(const std::string& path) override {
        const auto it = content.find(path);
        if (it == content.end()) {
            return Error{ErrorCode::NotFound, "no '" + path + "'"};
        }
        return fs::FileInfo{path, it->second.size(), false, version_of(it->second)};
    }
    Result<std::unique_ptr<fs::FileReader>> open(const std::string& path, std::uint64_t offset,
                                                 const std::string& version) override {
        TRY(const fs::FileInfo info, stat(path));
        if (!version.empty() && version != info.version) {
            return Error{ErrorCode::Conflict, "'" + path + "' is another one now"};
        }
        return std::unique_ptr<fs::FileReader>(std::make_unique<Reader>(*this, path, offset));
    }
    bool maps(const std::string&) override { return false; }

    Result<std::vector<fs::FileInfo>> list(const std::string&) override { return unused(); }
    Result<std::unique_ptr<fs::FileView>> view(const std::string&, std::uint64_t, std::uint64_t,
                                               const std::string&) override {
        return unused();
    }
    Result<std::unique_ptr<fs::FileWriter>> create(const std::string&) override { return unused(); }
    Status make_folders(const std::string&) override { return unused(); }
    Status rename(const std::string&, const std::string&) override { return unused(); }
    Status remove(const std::string&) override { return unused(); }

    static std::string version_of(const std::string& text) {
        return "v" + std::to_string(std::hash<std::string>()(text));
    }

private:
    static Error unused() { return {ErrorCode::Unsupported, "not in this test"}; }

    class Reader final : public fs::FileReader {
    public:
        Reader(FarFiles& files, std::string path, std::uint64_t at)
            : files_(files), path_(std::move(path)), at_(at) {}
        Result<std::size_t> read(char* out, std::size_t size) override {
            const std::string& text = files_.content[path_];
            const std::size_t n = std::min<std::size_t>(size, text.size() - at_);
            std::memcpy(out, text.data() + at_, n);
            at_ += n;
            files_.bytes_read += n;
            return n;
        }

    private:
        FarFiles& files_;
        std::string path_;
        std::uint64_t at_;
    };
};

class NoMemory final : public rdd::TaskMemory {
public:
    std::optional<std::string> acquire(std::int64_t) override { return std::nullopt; }
    void release(std::int64_t) override {}
};

class Collect final : public rdd::Sink {
public:
    explicit Collect(std::size_t most) : most_(most) {}
    rdd::Flow push(rdd::Batch& batch) override {
        const auto* rows = static_cast<const std::string_view*>(batch.rows);
        records.insert(records.end(), rows, rows + batch.count);
        return records.size() >= most_ ? rdd::Flow::Stop : rdd::Flow::Continue;
    }
    std::vector<std::string_view> records;

private:
    std::size_t most_;
};

struct Read {
    std::vector<std::string> records;
    std::string failure;
    bool final = false;
};

Read read_split(FarFiles& files, const rdd::TextSplit& split, std::size_t most = SIZE_MAX) {
    rdd::TaskDescription task;
    NoMemory memory;
    std::atomic<bool> cancelled{false};
    rdd::TaskScope scope(task, memory, cancelled);
    std::vector<std::shared_ptr<const void>> keep;
    const std::string operation = "text_file";
    const SourceInit init{scope, files, keep, rdd::text_face(), operation};
    Collect sink(most);
    EXPECT_TRUE(run_source(rdd::builtin_operator(rdd::builtin::kTextRecords), rdd::encode(split),
                           init, sink));
    Read out;
    for (const std::string_view record : sink.records) {  // views live until the task ends
        out.records.emplace_back(record);
    }
    if (scope.failure()) {
        out.failure = scope.failure()->message;
        out.final = scope.failure()->final;
    }
    return out;
}

std::vector<rdd::TextSplit> cut(FarFiles& files, const std::string& path,
                                const std::string& delimiter, std::int32_t splits) {
    const auto info = files.stat(path);
    return rdd::cut_text({{path, info->size, info->version}}, delimiter, false, splits);
}

TEST(StreamedText, AnyCutGivesTheRecordsOfTheWholeFile) {
    Prng prng(11);
    FarFiles files;
    for (int round = 0; round < 60; ++round) {
        std::string& text = files.content["far"];
        text.clear();
        // Now and then long records and long chains of delimiters, beyond what is read at once.
        for (std::uint64_t left = prng.below(200); left > 0; --left) {
            const bool large = prng.chance(1, 40);
            text.append(prng.below(large ? 60'000 : 9), 'a');
            text.append(1 + prng.below(large ? 30'000 : 3), '\n');
        }
        for (const char* delimiter : {"\n", "\n\n", "aa\n", "\n\n\n"}) {
            for (const int splits : {1, 2, 7}) {
                std::vector<std::string> records;
                for (const rdd::TextSplit& split : cut(files, "far", delimiter, splits)) {
                    Read read = read_split(files, split);
                    EXPECT_EQ(read.failure, "");
                    std::move(read.records.begin(), read.records.end(),
                              std::back_inserter(records));
                }
                ASSERT_TRUE(records == test::split_plainly(text, delimiter))
                    << round << " " << splits;
            }
        }
    }
}

TEST(StreamedText, ReadsNoMoreThanIsAskedFor) {
    FarFiles files;
    std::string& text = files.content["far"];
    while (text.size() < 20'000'000) {
        text += "a line of some length\n";
    }
    const auto splits = cut(files, "far", "\n", 4);
    EXPECT_EQ(read_split(files, splits[1], 1).records.size(), 1024U);
    EXPECT_LT(files.bytes_read, 1'000'000U);
    files.bytes_read = 0;
    (void)read_split(files, splits[1]);
    EXPECT_LT(files.bytes_read, 5'200'000U);  // a quarter, and a little beyond its end
}

// They go the same way: a partition may be larger than what memory is left.
TEST(StreamedText, CheckpointsAreReadSoToo) {
    FarFiles files;
    blocks::BlockBuilder builder(rdd::text_face());
    const std::vector<std::string_view> rows{"one", "two"};
    builder.append(rows.data(), nullptr, 2);
    const blocks::BlockPtr block = builder.finish();
    for (const std::string_view part : blocks::image_of(*block).parts) {
        files.content["far"] += part;
    }
    rdd::TaskDescription task;
    NoMemory memory;
    std::atomic<bool> cancelled{false};
    rdd::TaskScope scope(task, memory, cancelled);
    std::vector<std::shared_ptr<const void>> keep;
    const std::string operation = "checkpoint_file";
    const SourceInit init{scope, files, keep, rdd::text_face(), operation};
    Collect sink(SIZE_MAX);
    EXPECT_TRUE(run_source(rdd::builtin_operator(rdd::builtin::kCheckpoint), "far", init, sink));
    EXPECT_FALSE(scope.failure()) << scope.failure()->message;
    EXPECT_EQ(sink.records, rows);
}

TEST(StreamedText, SaysWhatHasChangedAndIsNotTriedAgain) {
    FarFiles files;
    files.content["far"] = "one\ntwo\nthree\n";
    const auto splits = cut(files, "far", "\n", 2);
    files.content["far"] = "one\nTWO\nthree\n";
    Read read = read_split(files, splits[1]);
    EXPECT_EQ(read.failure, "'far' is another one now");
    EXPECT_TRUE(read.final);
    files.content["far"] = "one\n";
    read = read_split(files, splits[1]);
    EXPECT_EQ(read.failure,
              "the file has changed: it had 14 bytes when the RDD was defined and has 4 now");
    EXPECT_TRUE(read.final);
    rdd::TextSplit unchecked = splits[0];  // as where no file has a version
    unchecked.version.clear();
    read = read_split(files, unchecked);
    EXPECT_EQ(read.failure,
              "the file has changed: it had 14 bytes when the RDD was defined and has 4 now");
    EXPECT_TRUE(read.final);
    files.content.clear();
    read = read_split(files, splits[0]);
    EXPECT_EQ(read.failure,
              "the file is gone: it had 14 bytes when the RDD was defined (no 'far')");
    EXPECT_TRUE(read.final);
}

}  // namespace
}  // namespace heddle::executor
