// Writing and reading the files of checkpoints.
#include "executor/task/checkpoint.h"

#include <cstdint>
#include <string>
#include <utility>

#include "common/blocks/block.h"
#include "common/rdd/record_face.h"
#include "common/rdd/save_target.h"
#include "executor/task/input_file.h"
#include "executor/task/save_text.h"

namespace heddle::executor {

namespace {

void fail(rdd::TaskScope& scope, const std::string& operation, std::string message, bool final) {
    rdd::TaskFailure failure;
    failure.kind = rdd::FailureKind::ExceptionFailure;
    failure.operation = operation;
    failure.message = std::move(message);
    failure.final = final;
    scope.fail(std::move(failure));
}

class SaveCheckpoint final : public rdd::Action {
public:
    SaveCheckpoint(const rdd::OperatorInit& init, fs::FileSystem& files,
                   const rdd::SaveTarget& target)
        : budget_(init.scope, init.operation), builder_(*init.face) {
        auto file = files.create_part(target.place, rdd::part_name(init.partition),
                                      attempt_name(init.scope));
        if (file) {
            file_ = std::move(file).value();
        } else {
            give_up(file.error());
        }
    }
    ~SaveCheckpoint() override { budget_.release(reserved_); }

    rdd::Flow push(rdd::Batch& batch) override {
        builder_.append(batch.rows, nullptr, batch.count);
        budget_.scope().metrics().output_records_written += batch.count;
        if (const std::int64_t more = builder_.memory() - reserved_; more > 0) {
            reserved_ += more;
            if (!budget_.reserve(more)) {
                return rdd::Flow::Stop;
            }
        }
        return std::cmp_less(builder_.memory(), blocks::kSegmentBytes) ? budget_.scope().flow()
                                                                       : flush();
    }
    rdd::Bytes result() override {
        if (flush() == rdd::Flow::Continue) {
            if (const Status status = file_->close(); !status) {
                give_up(status.error());
                return {};
            }
            return file_->token();
        }
        return {};
    }

private:
    rdd::Flow flush() {
        // An empty partition is one image of no records: a file without any would look cut off.
        const bool needed = builder_.records() != 0 || !written_;
        if (file_ != nullptr && needed && !budget_.scope().stopped()) {
            const blocks::BlockPtr block = builder_.finish();
            const blocks::BlockImage image = blocks::image_of(*block);
            budget_.scope().metrics().output_bytes_written += static_cast<std::int64_t>(image.size);
            for (const std::string_view part : image.parts) {
                if (const Status status = file_->write(part); !status) {
                    give_up(status.error());
                    break;
                }
            }
            written_ = true;
            budget_.release(std::exchange(reserved_, 0));
        }
        return budget_.scope().flow();
    }
    void give_up(const Error& error) {
        fail(budget_.scope(), budget_.operation(), error.message, false);
    }

    rdd::OperatorBudget budget_;
    std::int64_t reserved_ = 0;
    blocks::BlockBuilder builder_;
    std::unique_ptr<fs::PartWriter> file_;
    bool written_ = false;
};

}  // namespace

std::unique_ptr<rdd::Action> make_save_checkpoint(const rdd::OperatorInit& init,
                                                  fs::FileSystem& files) {
    const auto target = rdd::decode_save_target(init.payload);
    return !target || init.face == nullptr ? nullptr
                                           : std::make_unique<SaveCheckpoint>(init, files, *target);
}

void run_checkpoint(std::string_view payload, const SourceInit& init, rdd::Sink& sink) {
    const std::string path(payload);
    const auto info = init.files.stat(path);
    if (!info) {
        fail(init.scope, init.operation, "the checkpoint is gone: " + info.error().message, false);
        return;
    }
    // Mapped, or by way of a scratch file: it may be larger than what memory is left.
    const auto bytes = read_range({path, info->size, info->version}, 0, info->size, init);
    if (!bytes) {
        return;
    }
    auto block = blocks::parse_blocks(*bytes, init.keep.empty() ? nullptr : init.keep.back());
    if (!block) {
        fail(init.scope, init.operation, "checkpoint file '" + path + "': " + block.error().message,
             false);
        return;
    }
    init.keep.push_back(*block);
    init.scope.metrics().input_bytes_read += static_cast<std::int64_t>(bytes->size());
    init.scope.metrics().input_records_read += static_cast<std::int64_t>((*block)->records());
    const auto flow = blocks::read_block(**block, init.face, [&](rdd::Batch& batch) {
        return sink.push(batch) == rdd::Flow::Stop ? rdd::Flow::Stop : init.scope.flow();
    });
    if (!flow) {
        fail(init.scope, init.operation, "checkpoint file '" + path + "': " + flow.error().message,
             false);
    }
}

void run_lost_checkpoint(std::string_view payload, const SourceInit& init) {
    fail(
        init.scope, init.operation,
        "partition " + std::string(payload) +
            " of a local checkpoint is lost: the executor that held it has ended, or the RDD was "
            "unpersisted. Its lineage was cut off by local_checkpoint(); use checkpoint() for what "
            "has to survive executors",
        true);
}

}  // namespace heddle::executor
