// Stages as lines of text.
#include "client/api/explain.h"

#include "client/api/errors.h"
#include "common/base/strings.h"

namespace heddle::api {

namespace {

std::string counted(std::int64_t number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

std::string amount_of(const driver::StageForecast& stage) {
    if (!stage.bytes) {
        return "an unknown amount";
    }
    return (stage.exact ? "" : "about ") + human_bytes(*stage.bytes);
}

std::string fate_of(const driver::StageForecast& stage) {
    if (stage.result) {
        return counted(stage.tasks, "task") + " for the result of " + amount_of(stage);
    }
    if (stage.complete) {
        return "skipped: its output of " + amount_of(stage) + " is there";
    }
    if (stage.tasks == 0) {
        return "skipped: what reads it is there";
    }
    return counted(stage.tasks, "task") + " of " + counted(stage.partitions, "partition") +
           ", writing " + amount_of(stage);
}

std::string numbers_of(const std::vector<std::int32_t>& numbers) {
    std::string text;
    for (const std::int32_t number : numbers) {
        text += (text.empty() ? "[" : ", [") + std::to_string(number) + "]";
    }
    return text;
}

}  // namespace

std::string explain_text(const std::vector<driver::StageForecast>& stages) {
    std::int64_t tasks = 0;
    std::int64_t skipped = 0;
    for (const driver::StageForecast& stage : stages) {
        tasks += stage.tasks;
        skipped += stage.tasks == 0 && !stage.result ? 1 : 0;
    }
    std::string text = counted(std::ssize(stages) - skipped, "stage") + " with " +
                       counted(tasks, "task") + " to run, " + std::to_string(skipped) + " skipped";
    for (const driver::StageForecast& stage : stages) {
        text += "\n[" + std::to_string(stage.number) + "] " + stage.name + ": " + fate_of(stage);
        if (!stage.reads.empty()) {
            text += "\n    reads " + numbers_of(stage.reads);
        }
        std::string chain;
        for (const std::string& rdd : stage.rdds) {
            chain += (chain.empty() ? "" : " > ") + rdd;
        }
        text += "\n    " + chain;
        for (const driver::CachedForecast& cached : stage.cached) {
            text += "\n    " + cached.rdd + " is cached: " + std::to_string(cached.cached) +
                    " of " + counted(cached.partitions, "partition") + ", " +
                    human_bytes(cached.bytes);
        }
    }
    return text;
}

std::string explain(const NodePtr& root) {
    require_defined(root);
    if (root->session->runner == nullptr) {
        throw UsageError(ErrorCode::Conflict, "explain: the context has been stopped");
    }
    return explain_text(root->session->runner->forecast(make_plan(root), root->node.id));
}

}  // namespace heddle::api
