// One attempt's file of lines.
#include "executor/task/save_text.h"

#include "common/rdd/record_face.h"

namespace heddle::executor {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

class SaveTextAction final : public rdd::Action {
public:
    SaveTextAction(const rdd::OperatorInit& init, fs::FileSystem& files, bool lines)
        : scope_(init.scope),
          lines_(lines),
          operation_(init.operation),
          files_(files),
          path_(std::string(init.payload) + "/attempts/part-" + std::to_string(init.partition) +
                "-task-" + std::to_string(init.scope.task().task.value)) {
        auto file = files_.create(path_);
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
        if (flush() == rdd::Flow::Continue) {
            if (const Status status = file_->close(); !status) {
                fail(status.error());
            }
        }
        return path_;
    }

private:
    rdd::Flow flush() {
        if (file_ != nullptr && !buffer_.empty() && !scope_.stopped()) {
            scope_.metrics().output_bytes_written += static_cast<std::int64_t>(buffer_.size());
            if (const Status status = file_->write(buffer_); !status) {
                fail(status.error());
            }
            buffer_.clear();
        }
        return scope_.flow();
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
    fs::FileSystem& files_;
    std::string path_;
    std::unique_ptr<fs::FileWriter> file_;
    std::string buffer_;
};

}  // namespace

std::unique_ptr<rdd::Action> make_save_text(const rdd::OperatorInit& init, fs::FileSystem& files,
                                            bool lines) {
    if (init.payload.empty() || init.face != &rdd::text_face()) {
        return nullptr;
    }
    return std::make_unique<SaveTextAction>(init, files, lines);
}

}  // namespace heddle::executor
