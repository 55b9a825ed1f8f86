// Map output between executors: what is asked for together, in which order it is read, and what
// becomes of damage.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/blocks/block_message.h"
#include "common/blocks/broadcast_store.h"
#include "common/blocks/store.h"
#include "common/net/event_loop.h"
#include "common/net/frame_channel.h"
#include "common/rdd/executor_frames.h"
#include "executor/shell/block_client.h"
#include "executor/shell/block_server.h"
#include "executor/shell/map_output_reader.h"

namespace heddle::executor {
namespace {

constexpr rdd::ExecutorId kSelf{1};
constexpr rdd::ExecutorId kOther{2};
constexpr rdd::ExecutorId kThird{3};
constexpr rdd::ShuffleId kShuffle{4};

blocks::BlockPtr block_of(std::string text) {
    const auto owner = std::make_shared<const std::string>(std::move(text));
    return blocks::block_of_bytes(*owner, owner);
}

std::string text_of(const blocks::Block& block) {
    std::string text;
    for (const blocks::Segment& segment : block.segments()) {
        text.append(segment.data, segment.size);
    }
    return text;
}

std::string name_of(std::int64_t task) {
    return "output of " + std::to_string(task);
}

class Stores {
public:
    Stores()
        : folder_(::testing::TempDir() + "heddle-exchange-" + std::to_string(::getpid())),
          cached(accountant_, folder_ + "-cached"),
          map_output(accountant_, folder_ + "-shuffle") {}

private:
    std::string folder_;
    blocks::Accountant accountant_{std::int64_t{1} << 30};

public:
    blocks::BlockStore cached;
    blocks::ShuffleStore map_output;
};

// Others, as far as they answer; says what it was asked.
class Others final : public BlockSource {
public:
    using Make = std::function<Result<Answer>(const std::vector<rdd::BlockId>&)>;

    class Ready final : public Pending {
    public:
        Ready(Result<Answer> answer, std::size_t& open) : answer_(std::move(answer)), open_(open) {
            ++open_;
        }
        Result<Answer> take(const std::atomic<bool>&) override {
            --open_;
            return answer_;
        }

    private:
        Result<Answer> answer_;
        std::size_t& open_;
    };

    std::unique_ptr<Pending> fetch(rdd::ExecutorId from,
                                   std::vector<rdd::BlockId> wanted) override {
        asked.emplace_back(from, wanted.size());
        if (!damaged.empty()) {
            Error error = damaged.back();
            damaged.pop_back();
            return std::make_unique<Ready>(std::move(error), open);
        }
        Answer answer;
        for (const rdd::BlockId& id : wanted) {
            if (spoiled == id.second) {
                return std::make_unique<Ready>(Error{ErrorCode::DataLoss, "spoiled"}, open);
            }
            answer.blocks.push_back(missing == id.second ? nullptr : block_of(name_of(id.second)));
        }
        answer.bytes = 1000;
        auto ready = std::make_unique<Ready>(std::move(answer), open);
        open_most = std::max(open_most, open);
        return ready;
    }

    std::vector<std::pair<rdd::ExecutorId, std::size_t>> asked;
    std::vector<Error> damaged;  // instead of answers, the last first
    std::int64_t missing = -1;   // this map task's
    std::int64_t spoiled = -1;   // this map task's is always damaged
    std::size_t open = 0;        // requests whose answers have not been taken
    std::size_t open_most = 0;
};

// Map task 100 + i wrote output i, on the executors in turn.
std::shared_ptr<const rdd::MapOutputTable> table_of(std::size_t maps,
                                                    const std::vector<rdd::ExecutorId>& executors,
                                                    std::uint64_t size = 20) {
    auto table = std::make_shared<rdd::MapOutputTable>();
    table->shuffle = kShuffle;
    table->version = 1;
    for (std::size_t i = 0; i < maps; ++i) {
        table->outputs.push_back({rdd::TaskId{100 + static_cast<std::int64_t>(i)},
                                  executors[i % executors.size()],
                                  {0, size}});
    }
    return table;
}

class Reader {
public:
    Reader(std::shared_ptr<const rdd::MapOutputTable> table, BlockSource& source,
           rdd::Partition reduce = 1)
        : maps_(static_cast<std::int64_t>(table->outputs.size())) {
        for (const rdd::MapOutput& output : table->outputs) {
            if (output.executor == kSelf) {
                EXPECT_TRUE(stores_.map_output
                                .put(kShuffle, output.map_task,
                                     {nullptr, block_of(name_of(output.map_task.value))})
                                .ok());
            }
        }
        reader_ = make_map_output_reader(kShuffle, std::move(table), reduce, kSelf,
                                         stores_.map_output, &source, cancelled_);
    }

    // Empty: all came, each in its turn.
    std::string read_all() {
        blocks::BlockPtr block;
        rdd::TaskFailure failure;
        for (std::int64_t task = 100;; ++task) {
            switch (reader_->next(block, failure)) {
                case ShuffleBlocks::Answer::End:
                    return task == 100 + maps_ ? "" : "ended early";
                case ShuffleBlocks::Answer::Failed:
                    return "map " + std::to_string(failure.map_index) + ": " + failure.message;
                case ShuffleBlocks::Answer::Block:
                    break;
            }
            if (block == nullptr || text_of(*block) != name_of(task)) {
                return "not what task " + std::to_string(task) + " wrote";
            }
            fetched += reader_->last_fetched().value_or(0);
        }
    }

    std::uint64_t fetched = 0;

private:
    std::int64_t maps_;
    Stores stores_;
    std::atomic<bool> cancelled_{false};
    std::unique_ptr<ShuffleBlocks> reader_;
};

TEST(MapOutputReader, AsksEachExecutorOnceForManySmallBlocks) {
    Others others;
    Reader reader(table_of(2000, {kSelf, kOther, kThird}), others);
    EXPECT_EQ(reader.read_all(), "");
    ASSERT_EQ(others.asked.size(), 2U);
    EXPECT_EQ(others.asked[0], std::pair(kOther, std::size_t{667}));
    EXPECT_EQ(others.asked[1], std::pair(kThird, std::size_t{666}));
    EXPECT_EQ(reader.fetched, 2000U) << "all bytes of both answers, each once";
}

TEST(MapOutputReader, KeepsLargeBlocksApartAndFewUnderWay) {
    Others others;
    constexpr std::uint64_t kLarge = 20U << 20U;
    Reader reader(table_of(6, {kOther, kThird}, kLarge), others);
    EXPECT_EQ(reader.read_all(), "");
    ASSERT_EQ(others.asked.size(), 6U);
    for (const auto& [from, count] : others.asked) {
        EXPECT_EQ(count, 1U);
    }
    EXPECT_EQ(others.open_most, 2U) << "of 20 MB each, and 48 MB may be under way";
}

TEST(MapOutputReader, NamesTheMapWhoseOutputIsDamagedAmongManyInARequest) {
    Others others;
    others.spoiled = 102;
    EXPECT_EQ(Reader(table_of(4, {kOther}), others).read_all(), "map 2: spoiled, twice");
}

TEST(MapOutputReader, AsksForNothingWhereNothingWasWritten) {
    Others others;
    Stores stores;
    std::atomic<bool> cancelled{false};
    const auto reader = make_map_output_reader(kShuffle, table_of(3, {kOther}), 0, kSelf,
                                               stores.map_output, &others, cancelled);
    blocks::BlockPtr block;
    rdd::TaskFailure failure;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(reader->next(block, failure), ShuffleBlocks::Answer::Block);
        EXPECT_EQ(block, nullptr);
    }
    EXPECT_EQ(reader->next(block, failure), ShuffleBlocks::Answer::End);
    EXPECT_TRUE(others.asked.empty());
}

TEST(MapOutputReader, AsksAgainForWhatCameDamagedAndFailsTheSecondTime) {
    const Error damage{ErrorCode::DataLoss, "lz4 cannot read them"};
    Others once;
    once.damaged = {damage};
    EXPECT_EQ(Reader(table_of(4, {kOther}), once).read_all(), "");
    EXPECT_EQ(once.asked.size(), 2U);

    Others twice;
    twice.damaged = {damage, damage};
    EXPECT_EQ(Reader(table_of(1, {kOther}), twice).read_all(),
              "map 0: lz4 cannot read them, twice");

    Others gone;
    gone.damaged = {{ErrorCode::Unavailable, "the executor is lost"}};
    EXPECT_EQ(Reader(table_of(4, {kOther}), gone).read_all(), "map 0: the executor is lost");
    EXPECT_EQ(gone.asked.size(), 1U);
}

TEST(MapOutputReader, NamesTheMapWhoseOutputIsGone) {
    Others others;
    others.missing = 102;
    EXPECT_EQ(Reader(table_of(4, {kOther}), others).read_all(),
              "map 2: the executor does not have it any more");
}

// A server and a client on one loop, over a socket.
class Socket {
public:
    explicit Socket(const rdd::BlockTransfer& transfer)
        : server_(loop_, stores.cached, stores.map_output, "secret"), client(loop_, "secret") {
        const auto port = server_.listen("127.0.0.1");
        EXPECT_TRUE(port.ok());
        client.set_transfer(transfer);
        client.meet({kOther, "127.0.0.1", *port});
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~Socket() {
        loop_.stop();
        thread_.join();
    }

    Stores stores;

private:
    net::EventLoop loop_;
    BlockServer server_;

public:
    BlockClient client;

private:
    std::thread thread_;
};

TEST(BlockExchange, PacksForANetworkOnly) {
    const std::string text(1 << 20, 'x');
    const rdd::BlockId id = rdd::BlockId::shuffle(kShuffle, rdd::TaskId{7}, 0);
    const rdd::BlockId none = rdd::BlockId::shuffle(kShuffle, rdd::TaskId{8}, 0);
    const auto bytes_sent = [&](const rdd::BlockTransfer& transfer) {
        Socket socket(transfer);
        EXPECT_TRUE(socket.stores.map_output.put(kShuffle, rdd::TaskId{7}, {block_of(text)}).ok());
        const std::atomic<bool> cancelled{false};
        auto answer = socket.client.fetch(kOther, {none, id})->take(cancelled);
        EXPECT_TRUE(answer.ok()) << answer.error().message;
        EXPECT_EQ(answer->blocks.at(0), nullptr);
        EXPECT_EQ(text_of(*answer->blocks.at(1)), text);
        return answer->bytes;
    };
    rdd::BlockTransfer transfer;
    EXPECT_GT(bytes_sent(transfer), text.size()) << "no network between the two";
    transfer.same_host = true;
    EXPECT_LT(bytes_sent(transfer), text.size() / 50);
    transfer.codec = rdd::BlockCodec::Zstd;
    EXPECT_LT(bytes_sent(transfer), text.size() / 50);
    transfer.shuffle = false;
    EXPECT_GT(bytes_sent(transfer), text.size());
}

// A server that ends the connections it is told to: those on which the request with this number
// comes, counted over all of them. Others are answered with nothing found.
class Flaky {
public:
    Flaky(std::set<int> breaking, std::int32_t retries)
        : breaking_(std::move(breaking)),
          server_(loop_, {}, [this](auto made) { take(made); }),
          client(loop_, "secret") {
        const auto port = server_.listen("127.0.0.1", 0);
        EXPECT_TRUE(port.ok());
        rdd::BlockTransfer transfer;
        transfer.fetch_retries = retries;
        transfer.fetch_retry_wait = milliseconds(1);
        client.set_transfer(transfer);
        client.meet({kOther, "127.0.0.1", *port});
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~Flaky() {
        loop_.stop();
        thread_.join();
    }
    std::vector<std::int64_t> asked() {  // map tasks, in the order in which requests came
        const std::lock_guard lock(mutex_);
        return asked_;
    }

private:
    void take(const net::FrameConnectionPtr& connection) {
        connections_.push_back(connection);
        net::FrameConnection::Events events;
        events.on_frame = [this, self = connection.get()](const net::Frame& frame) {
            if (frame.kind != static_cast<std::uint8_t>(rdd::FrameKind::BlockRequest)) {
                return;
            }
            const auto wanted = rdd::decode_blocks_wanted(frame.payload.text());
            {
                const std::lock_guard lock(mutex_);
                asked_.push_back(wanted->blocks.front().second);
            }
            if (breaking_.contains(++requests_)) {
                self->close();
                return;
            }
            const auto message = std::make_shared<const blocks::BlockMessage>(
                std::vector<blocks::BlockPtr>(wanted->blocks.size()), rdd::BlockCodec::None);
            self->send(static_cast<std::uint8_t>(rdd::FrameKind::BlockAnswer), frame.correlation,
                       {}, net::SharedBytes::of(message, message->parts()));
        };
        events.on_close = [](const Status&) {};
        connection->start(std::move(events));
    }

    std::set<int> breaking_;
    int requests_ = 0;
    std::mutex mutex_;
    std::vector<std::int64_t> asked_;
    net::EventLoop loop_;
    std::vector<net::FrameConnectionPtr> connections_;
    net::FrameServer server_;

public:
    BlockClient client;

private:
    std::thread thread_;
};

std::vector<rdd::BlockId> output_of(std::int64_t task) {
    return {rdd::BlockId::shuffle(kShuffle, rdd::TaskId{task}, 0)};
}

TEST(BlockExchange, AsksAgainForWhatABrokenConnectionOwes) {
    Flaky flaky({2}, 3);
    const std::atomic<bool> cancelled{false};
    EXPECT_TRUE(flaky.client.fetch(kOther, output_of(1))->take(cancelled).ok());
    EXPECT_TRUE(flaky.client.fetch(kOther, output_of(2))->take(cancelled).ok());
    EXPECT_EQ(flaky.asked(), (std::vector<std::int64_t>{1, 2, 2})) << "the first came and is not";
}

TEST(BlockExchange, GivesUpAfterAsManyTriesAsTheSettingsSay) {
    Flaky flaky({1, 2, 3}, 2);
    const std::atomic<bool> cancelled{false};
    const auto answer = flaky.client.fetch(kOther, output_of(1))->take(cancelled);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().message, "the executor closed, 3 times");
    EXPECT_EQ(flaky.asked().size(), 3U);
    EXPECT_TRUE(flaky.client.fetch(kOther, output_of(2))->take(cancelled).ok()) << "it may be back";
}

TEST(BlockExchange, DoesNotWaitForAnExecutorThatIsLost) {
    Flaky flaky({1}, 3);
    rdd::BlockTransfer transfer;
    transfer.fetch_retry_wait = seconds(1000);
    flaky.client.set_transfer(transfer);
    const std::atomic<bool> cancelled{false};
    const auto pending = flaky.client.fetch(kOther, output_of(1));
    while (flaky.asked().empty()) {
        std::this_thread::yield();
    }
    flaky.client.lose(kOther);
    const auto answer = pending->take(cancelled);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().message, "the executor is lost");
}

TEST(BlockTransfer, ChoosesByKindAndPlace) {
    using Kind = rdd::BlockId::Kind;
    rdd::BlockTransfer transfer;
    EXPECT_EQ(codec_for(transfer, Kind::Shuffle, true), rdd::BlockCodec::Lz4);
    EXPECT_EQ(codec_for(transfer, Kind::Shuffle, false), rdd::BlockCodec::None);
    EXPECT_EQ(codec_for(transfer, Kind::Broadcast, true), rdd::BlockCodec::Lz4);
    EXPECT_EQ(codec_for(transfer, Kind::Rdd, true), rdd::BlockCodec::None);
    transfer.cached = true;
    EXPECT_EQ(codec_for(transfer, Kind::Rdd, true), rdd::BlockCodec::Lz4);
}

}  // namespace
}  // namespace heddle::executor
