// One attempt's file of lines.
#include "executor/task/save_text.h"

#include "common/fs/compression.h"
#include "common/rdd/record_face.h"
#include "common/rdd/save_target.h"

namespace heddle::executor {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

class SaveTextAction final : public rdd::Action {
public:
    SaveTextAction(const rdd::OperatorInit& init, fs::FileSystem& files,
                   const rdd::SaveTarget& target, bool lines)
        : scope_(init.scope),
          lines_(lines),
          operation_(init.operation),
          compressor_(fs::make_compressor(fs::codec_of(target.suffix))) {
        auto file = files.create_part(target.place, rdd::part_name(init.partition) + target.suffix,
                                      attempt_name(init.scope));
        if (file) {
            file_ = std::move(file).value();
        } else {
            fail(file.error());
        }
    }

    rdd::Flow push(rdd::Batch& batch) override {
        const auto* rows = static_cast<const std::string_view*>(batch.rows);
        for (std::uint32_t i = 0; i < batch.count; ++i) {
            buffer_ += rows[i];
            if (lines_) {
                buffer_ += '\n';
            }
        }
        scope_.metrics().output_records_written += batch.count;
        return buffer_.size() < kBufferBytes ? scope_.flow() : flush();
    }

    rdd::Bytes result() override {
        last_ = true;
        if (flush() == rdd::Flow::Continue) {
            if (const Status status = file_->close(); !status) {
                fail(status.error());
                return {};
            }
            return file_->token();
        }
        return {};
    }

private:
    rdd::Flow flush() {
        if (file_ != nullptr && !scope_.stopped()) {
            if (const Status status = write(); !status) {
                fail(status.error());
            }
            buffer_.clear();
        }
        return scope_.flow();
    }
    Status write() {
        if (compressor_ != nullptr) {
            compressed_.clear();
            TRY(compressor_->add(buffer_, last_, compressed_));
        }
        const std::string& bytes = compressor_ != nullptr ? compressed_ : buffer_;
        scope_.metrics().output_bytes_written += static_cast<std::int64_t>(bytes.size());
        return bytes.empty() ? Status() : file_->write(bytes);
    }
    void fail(const Error& error) {
        rdd::TaskFailure failure;
        failure.kind = rdd::FailureKind::ExceptionFailure;
        failure.operation = operation_;
        failure.message = error.message;
        scope_.fail(std::move(failure));
    }

    rdd::TaskScope& scope_;
    const bool lines_;
    std::string operation_;
    std::unique_ptr<fs::PartWriter> file_;
    std::string buffer_;
    std::unique_ptr<fs::Compressor> compressor_;  // null: written as it is
    std::string compressed_;
    bool last_ = false;
};

}  // namespace

std::string attempt_name(const rdd::TaskScope& scope) {
    return "task-" + std::to_string(scope.task().task.value);
}

std::unique_ptr<rdd::Action> make_save_text(const rdd::OperatorInit& init, fs::FileSystem& files,
                                            bool lines) {
    const auto target = rdd::decode_save_target(init.payload);
    if (!target || init.face != &rdd::text_face()) {
        return nullptr;
    }
    return std::make_unique<SaveTextAction>(init, files, *target, lines);
}

}  // namespace heddle::executor
