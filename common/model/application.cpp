#include "common/model/application.h"

#include "common/base/check.h"

namespace heddle {

std::string_view to_string(ApplicationKind kind) {
    switch (kind) {
        case ApplicationKind::Rdd:
            return "rdd";
        case ApplicationKind::Master:
            return "master";
        case ApplicationKind::Command:
            return "command";
    }
    CHECK(false);
}

std::optional<ApplicationKind> parse_application_kind(std::string_view text) {
    for (const auto kind :
         {ApplicationKind::Rdd, ApplicationKind::Master, ApplicationKind::Command}) {
        if (text == to_string(kind)) {
            return kind;
        }
    }
    return std::nullopt;
}

SentWishes wishes_of(const ApplicationSubmission& submission) {
    return {submission.queue, submission.priority, submission.label, submission.master_size,
            submission.attempts_max};
}

ApplicationSubmission with_wishes(ApplicationSubmission submission, const SentWishes& sent) {
    submission.queue = sent.queue;
    submission.priority = sent.priority;
    submission.label = sent.label;
    submission.master_size = sent.master_size;
    submission.attempts_max = sent.attempts_max;
    return submission;
}

std::string_view to_string(AppState state) {
    switch (state) {
        case AppState::New:
            return "NEW";
        case AppState::NewSaving:
            return "NEW_SAVING";
        case AppState::Submitted:
            return "SUBMITTED";
        case AppState::Accepted:
            return "ACCEPTED";
        case AppState::Running:
        case AppState::FinalSaving:
        case AppState::Killing:
            return "RUNNING";
        case AppState::Finishing:
        case AppState::Finished:
            return "FINISHED";
        case AppState::Failed:
            return "FAILED";
        case AppState::Killed:
            return "KILLED";
    }
    CHECK(false);
}

bool is_final(AppState state) {
    return state == AppState::Finished || state == AppState::Failed || state == AppState::Killed;
}

std::string_view to_string(FinalStatus status) {
    switch (status) {
        case FinalStatus::Undefined:
            return "UNDEFINED";
        case FinalStatus::Succeeded:
            return "SUCCEEDED";
        case FinalStatus::Failed:
            return "FAILED";
        case FinalStatus::Killed:
            return "KILLED";
    }
    CHECK(false);
}

std::string_view to_string(AttemptState state) {
    switch (state) {
        case AttemptState::New:
            return "NEW";
        case AttemptState::Submitted:
            return "SUBMITTED";
        case AttemptState::Scheduled:
            return "SCHEDULED";
        case AttemptState::AllocatedSaving:
            return "ALLOCATED_SAVING";
        case AttemptState::LaunchedUnmanagedSaving:
            return "LAUNCHED_UNMANAGED_SAVING";
        case AttemptState::Allocated:
            return "ALLOCATED";
        case AttemptState::Launched:
            return "LAUNCHED";
        case AttemptState::Running:
            return "RUNNING";
        case AttemptState::FinalSaving:
            return "FINAL_SAVING";
        case AttemptState::Finishing:
            return "FINISHING";
        case AttemptState::Finished:
            return "FINISHED";
        case AttemptState::Failed:
            return "FAILED";
        case AttemptState::Killed:
            return "KILLED";
    }
    CHECK(false);
}

bool is_final(AttemptState state) {
    return state == AttemptState::Finished || state == AttemptState::Failed ||
           state == AttemptState::Killed;
}

}  // namespace heddle
