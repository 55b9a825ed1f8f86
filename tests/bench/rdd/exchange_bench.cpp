// Map output through memory, file and socket compared: how long one executor takes to read all of
// it, how many requests that are, and what they weigh, packed and not. Many small blocks (2,000
// tasks by 2,000 partitions, a record each) and few large ones (8 by 8 of 4 MB of words).
//
//   rdd_exchange_bench [--scale PART]
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/blocks/broadcast_store.h"
#include "common/blocks/store.h"
#include "common/net/event_loop.h"
#include "executor/shell/block_client.h"
#include "executor/shell/block_server.h"
#include "executor/shell/map_output_reader.h"
#include "tests/bench/rdd/measure.h"

namespace heddle::bench {
namespace {

constexpr rdd::ShuffleId kShuffle{1};
constexpr rdd::ExecutorId kReader{1};
constexpr rdd::ExecutorId kHolder{2};

// Words as people use them: some of them much more than others.
std::string words(std::size_t bytes, std::uint64_t state) {
    std::string text;
    while (text.size() < bytes) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        const std::uint64_t word = state >> 32U;
        text += "word" + std::to_string(word % (1U << (word >> 28U))) + ' ';
    }
    text.resize(bytes);
    return text;
}

struct Shape {
    const char* name;
    int maps;
    int reduces;
    std::size_t bytes;  // of a block
};

// Everything of one executor that holds map output.
class Holder {
public:
    Holder(const Shape& shape, std::int64_t memory)
        : folder_(std::filesystem::temp_directory_path().string() + "/heddle-exchange-" +
                  std::to_string(getpid())),
          accountant_(memory),
          cached(accountant_, folder_ + "-cached"),
          map_output(accountant_, folder_ + "-shuffle") {
        auto known = std::make_shared<rdd::MapOutputTable>();
        known->shuffle = kShuffle;
        known->version = 1;
        for (int map = 0; map < shape.maps; ++map) {
            const auto text = std::make_shared<const std::string>(
                words(shape.bytes * static_cast<std::size_t>(shape.reduces),
                      static_cast<std::uint64_t>(map) + 1));
            std::vector<blocks::BlockPtr> blocks;
            for (int reduce = 0; reduce < shape.reduces; ++reduce) {
                blocks.push_back(blocks::block_of_bytes(
                    std::string_view(*text).substr(static_cast<std::size_t>(reduce) * shape.bytes,
                                                   shape.bytes),
                    text));
            }
            CHECK(map_output.put(kShuffle, rdd::TaskId{map}, std::move(blocks)).ok());
            known->outputs.push_back(
                {rdd::TaskId{map}, kHolder,
                 std::vector<std::uint64_t>(static_cast<std::size_t>(shape.reduces), shape.bytes)});
        }
        table = known;
    }

private:
    std::string folder_;
    blocks::Accountant accountant_;

public:
    blocks::BlockStore cached;
    blocks::ShuffleStore map_output;
    std::shared_ptr<const rdd::MapOutputTable> table;  // shared by the readers
};

// Counts what is asked and what comes.
class Counting final : public executor::BlockSource {
public:
    explicit Counting(BlockSource& source) : source_(source) {}
    std::unique_ptr<Pending> fetch(rdd::ExecutorId from,
                                   std::vector<rdd::BlockId> wanted) override {
        ++requests;
        return source_.fetch(from, std::move(wanted));
    }
    std::int64_t requests = 0;

private:
    BlockSource& source_;
};

// As a reducer does at least: that a file or page was mapped is not yet a read.
std::uint64_t sum_of(const blocks::Block& block) {
    std::uint64_t sum = 0;
    for (const blocks::Segment& segment : block.segments()) {
        for (std::size_t at = 0; at + sizeof(sum) <= segment.size; at += sizeof(sum)) {
            std::uint64_t word = 0;
            std::memcpy(&word, segment.data + at, sizeof(word));
            sum += word;
        }
    }
    return sum;
}

struct Read {
    std::uint64_t sum = 0;
    std::uint64_t blocks = 0;
    std::uint64_t fetched = 0;
};

Read read_all(const Holder& holder, const Shape& shape, rdd::ExecutorId self,
              executor::BlockSource* source) {
    const std::atomic<bool> cancelled{false};
    Read read;
    for (int reduce = 0; reduce < shape.reduces; ++reduce) {
        const auto reader = executor::make_map_output_reader(kShuffle, holder.table, reduce, self,
                                                             holder.map_output, source, cancelled);
        blocks::BlockPtr block;
        rdd::TaskFailure failure;
        while (true) {
            const auto answer = reader->next(block, failure);
            if (answer == executor::ShuffleBlocks::Answer::End) {
                break;
            }
            CHECK(answer == executor::ShuffleBlocks::Answer::Block && block != nullptr);
            CHECK(block->bytes() == shape.bytes);
            ++read.blocks;
            read.sum += sum_of(*block);
            read.fetched += reader->last_fetched().value_or(0);
        }
    }
    return read;
}

// The first way shown, memory, is the baseline of the others.
void show(const Shape& shape, const char* way, const Cost& cost, const Read& read,
          std::int64_t requests) {
    static double memory = 0;
    static std::uint64_t sum = 0;
    if (std::string_view(way) == "memory") {
        memory = cost.wall;
        sum = read.sum;
    }
    CHECK(read.sum == sum);
    std::printf("%-12s %-12s %8.3f s, %6.1f of memory  %9llu blocks %9lld requests %9.1f MB sent\n",
                shape.name, way, cost.wall, cost.wall / memory,
                static_cast<unsigned long long>(read.blocks), static_cast<long long>(requests),
                static_cast<double>(read.fetched) / 1e6);
}

void through_store(const Shape& shape, const char* way, std::int64_t memory) {
    const Holder holder(shape, memory);
    Read read;
    const Cost seconds = best_of([&] { read = read_all(holder, shape, kHolder, nullptr); }, 2);
    show(shape, way, seconds, read, 0);
}

void through_socket(const Shape& shape, const char* way, const rdd::BlockTransfer& transfer) {
    Holder holder(shape, std::int64_t{8} << 30);
    net::EventLoop holder_loop;
    net::EventLoop reader_loop;
    executor::BlockServer server(holder_loop, holder.cached, holder.map_output, "secret");
    const auto port = server.listen("127.0.0.1");
    CHECK(port.ok());
    executor::BlockClient client(reader_loop, "secret");
    client.set_transfer(transfer);
    client.meet({kHolder, "127.0.0.1", *port});
    std::thread serving([&] { holder_loop.run(); });
    std::thread reading([&] { reader_loop.run(); });
    Read read;
    std::int64_t requests = 0;
    const Cost seconds = best_of(
        [&] {
            Counting counting(client);
            read = read_all(holder, shape, kReader, &counting);
            requests = counting.requests;
        },
        2);
    show(shape, way, seconds, read, requests);
    holder_loop.stop();
    reader_loop.stop();
    serving.join();
    reading.join();
}

void compare(const Shape& shape) {
    through_store(shape, "memory", std::int64_t{8} << 30);
    through_store(shape, "file", 0);
    rdd::BlockTransfer transfer;
    through_socket(shape, "socket", transfer);
    transfer.same_host = true;
    through_socket(shape, "socket lz4", transfer);
    transfer.codec = rdd::BlockCodec::Zstd;
    through_socket(shape, "socket zstd", transfer);
}

}  // namespace
}  // namespace heddle::bench

int main(int argc, char** argv) {
    double scale = 1;
    if (argc == 3 && std::string_view(argv[1]) == "--scale") {
        scale = std::atof(argv[2]);
    }
    if ((argc != 1 && argc != 3) || !(scale > 0 && scale <= 1)) {
        std::fprintf(stderr, "usage: %s [--scale PART]\n", argv[0]);
        return 2;
    }
    const int many = std::max(2, static_cast<int>(2000 * scale));
    heddle::bench::compare({"small blocks", many, many, 16});
    heddle::bench::compare(
        {"large blocks", 8, 8, std::max<std::size_t>(1000, static_cast<std::size_t>(4e6 * scale))});
    return 0;
}
