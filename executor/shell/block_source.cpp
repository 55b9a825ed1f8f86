// What damage on the way costs: one more request. Damage that stays lies with the sender. What does
// not come at all is asked for as often as the settings say.
#include "executor/shell/block_source.h"

#include <utility>

#include "common/base/log.h"

namespace heddle::executor {

Result<BlockSource::Answer> BlockSource::take(Pending& pending, rdd::ExecutorId from,
                                              const std::vector<rdd::BlockId>& blocks,
                                              const std::atomic<bool>& cancelled) {
    Result<Answer> answer = pending.take(cancelled);
    for (std::int32_t tried = 1;
         tried < tries_ && !answer && answer.error().code == ErrorCode::Timeout; ++tried) {
        log::warning("blocks did not come and are asked for again",
                     {{"executor", rdd::to_string(from)}, {"reason", answer.error().message}});
        answer = fetch(from, blocks)->take(cancelled);
    }
    if (answer || answer.error().code != ErrorCode::DataLoss) {
        return answer;
    }
    log::warning("blocks came damaged and are asked for again",
                 {{"executor", rdd::to_string(from)},
                  {"first", blocks.empty() ? std::string() : rdd::to_string(blocks.front())},
                  {"reason", answer.error().message}});
    answer = fetch(from, blocks)->take(cancelled);
    if (!answer && answer.error().code == ErrorCode::DataLoss) {
        return Error{ErrorCode::DataLoss, answer.error().message + ", twice"};
    }
    return answer;
}

Result<blocks::BlockPtr> BlockSource::get(rdd::ExecutorId from, const rdd::BlockId& block,
                                          const std::atomic<bool>& cancelled) {
    const std::vector<rdd::BlockId> wanted{block};
    TRY(Answer answer, take(*fetch(from, wanted), from, wanted, cancelled));
    return std::move(answer.blocks.front());
}

}  // namespace heddle::executor
