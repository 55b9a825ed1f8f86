// Sorting a file of records of 100 bytes that is four times the memory for it, 256 MB on both
// sides. By hand: each thread deals its half of the file out to files by the first bits of the key;
// then each file fits its thread's share and is sorted by itself.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/bench/rdd/measure.h"
#include "tests/bench/rdd/records.h"
#include "tests/bench/rdd/workloads.h"

namespace heddle::bench {
namespace {

constexpr double kRecords = 10e6;
constexpr std::size_t kFiles = 32;         // 31 MB of records each
constexpr std::size_t kBuffered = 10'000;  // records in front of each file: 1 MB
constexpr int kPartitions = 32;

static_assert(sizeof(Record) == 100);

class File {
public:
    File(const std::string& path, int flags) : file_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {
        if (file_ < 0) {
            std::perror(path.c_str());
            std::exit(1);
        }
    }
    ~File() { close(file_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    void write_all(const std::vector<Record>& records) {
        const auto* from = reinterpret_cast<const char*>(records.data());
        for (std::size_t left = records.size() * sizeof(Record); left > 0;) {
            const ssize_t written = write(file_, from, left);
            if (written <= 0) {
                std::perror("write");
                std::exit(1);
            }
            from += written;
            left -= static_cast<std::size_t>(written);
        }
        note_copied(records.size() * sizeof(Record));
    }
    /// Records [first, first + count) of the file.
    void read_all(Record* to, std::size_t first, std::size_t count) {
        auto* into = reinterpret_cast<char*>(to);
        std::size_t at = first * sizeof(Record);
        for (std::size_t left = count * sizeof(Record); left > 0;) {
            const ssize_t got = pread(file_, into, left, static_cast<off_t>(at));
            if (got <= 0) {
                std::perror("read");
                std::exit(1);
            }
            into += got;
            at += static_cast<std::size_t>(got);
            left -= static_cast<std::size_t>(got);
        }
        note_copied(count * sizeof(Record));
    }

private:
    int file_;
};

std::string part_path(const std::string& folder, int thread, std::size_t file) {
    return folder + "/" + std::to_string(thread) + "-" + std::to_string(file);
}

void deal(const std::string& input, const std::string& folder, int thread, std::size_t first,
          std::size_t end) {
    File from(input, O_RDONLY);
    std::vector<std::unique_ptr<File>> files;
    for (std::size_t file = 0; file < kFiles; ++file) {
        files.push_back(
            std::make_unique<File>(part_path(folder, thread, file), O_WRONLY | O_CREAT | O_TRUNC));
    }
    std::vector<std::vector<Record>> waiting(kFiles);
    std::vector<Record> chunk(kBuffered);
    for (; first < end; first += chunk.size()) {
        chunk.resize(std::min(kBuffered, end - first));
        from.read_all(chunk.data(), first, chunk.size());
        for (const Record& record : chunk) {
            const std::size_t file = record.first[0] * kFiles / 256;
            waiting[file].push_back(record);
            if (waiting[file].size() == kBuffered) {
                files[file]->write_all(waiting[file]);
                waiting[file].clear();
            }
        }
    }
    for (std::size_t file = 0; file < kFiles; ++file) {
        files[file]->write_all(waiting[file]);
    }
}

std::uint64_t sort_part(const std::string& folder, int threads, std::size_t file) {
    std::vector<Record> records;
    for (int thread = 0; thread < threads; ++thread) {
        const std::string path = part_path(folder, thread, file);
        const std::size_t held = records.size();
        records.resize(held + std::filesystem::file_size(path) / sizeof(Record));
        File(path, O_RDONLY).read_all(records.data() + held, 0, records.size() - held);
        std::filesystem::remove(path);
    }
    std::vector<Handle> handles;
    handles.reserve(records.size());
    for (std::uint32_t i = 0; i < records.size(); ++i) {
        handles.push_back({prefix_of(records[i]), i});
    }
    return sort_and_count(records, handles);
}

std::uint64_t sort_by_hand(const std::string& input, const std::string& folder, std::size_t count,
                           int threads) {
    const auto n = static_cast<std::size_t>(threads);
    std::vector<std::uint64_t> counted(n);
    on_threads(threads, [&](int thread) {
        const auto t = static_cast<std::size_t>(thread);
        deal(input, folder, thread, count * t / n, count * (t + 1) / n);
    });
    on_threads(threads, [&](int thread) {
        for (auto file = static_cast<std::size_t>(thread); file < kFiles; file += n) {
            counted[static_cast<std::size_t>(thread)] += sort_part(folder, threads, file);
        }
    });
    std::uint64_t all = 0;
    for (const std::uint64_t part : counted) {
        all += part;
    }
    return all;
}

void write_records(const std::string& path, std::size_t count) {
    File file(path, O_WRONLY | O_CREAT | O_TRUNC);
    std::vector<Record> chunk;
    for (std::size_t i = 0; i < count; ++i) {
        chunk.push_back(make_record(i));
        if (chunk.size() == kBuffered || i + 1 == count) {
            file.write_all(chunk);
            chunk.clear();
        }
    }
}

Record record_of(std::string_view bytes) {
    Record record;
    std::memcpy(record.first.data(), bytes.data(), record.first.size());
    std::memcpy(record.second.data(), bytes.data() + record.first.size(), record.second.size());
    return record;
}

}  // namespace

void bench_external(Context& context, const Scale& scale) {
    const std::size_t count = scale.count(kRecords);
    const std::string folder =
        std::filesystem::temp_directory_path() / ("heddle-bench-sort-" + std::to_string(getpid()));
    const std::string input = folder + "/records";
    std::filesystem::create_directory(folder);
    write_records(input, count);
    std::uint64_t theirs = 0;
    std::uint64_t mine = 0;
    const Cost hand =
        best_of([&] { theirs = sort_by_hand(input, folder, count, scale.threads); }, 2);
    const Cost heddle = best_of(
        [&] {
            mine = context.binary_records(input, sizeof(Record))
                       .map([](std::string_view bytes) { return record_of(bytes); })
                       .sort_by_key(true, kPartitions)
                       .map_partitions(CountOrdered{})
                       .reduce([](std::uint64_t a, std::uint64_t b) { return a + b; });
        },
        2);
    std::filesystem::remove_all(folder);
    require_equal("external sort", static_cast<double>(mine), static_cast<double>(theirs));
    report("sort in 256 MB", static_cast<double>(count) / 1e4, "MB/s", heddle, hand);
}

}  // namespace heddle::bench
