#include "tests/bench/rdd/runtime_copies.h"

namespace heddle::bench {

std::int64_t RuntimeCopies::total() {
    for (const driver::JobView& job : runner_.job_views()) {
        for (const rdd::StageId id : job.stages) {
            const auto stage = seen_.contains(id) ? std::nullopt : runner_.stage_view(id);
            if (stage && stage->status == "COMPLETE") {
                const rdd::TaskMetrics& m = stage->metrics;
                bytes_ += m.input_bytes_read + m.shuffle_bytes_written +
                          m.shuffle_remote_bytes_read + 2 * m.disk_bytes_spilled +
                          m.output_bytes_written;
                seen_.insert(id);
            }
        }
    }
    return bytes_;
}

}  // namespace heddle::bench
