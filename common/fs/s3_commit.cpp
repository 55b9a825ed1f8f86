// Completing and removing on a few threads.
#include "common/fs/s3_commit.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace heddle::fs {

namespace {

constexpr std::size_t kAtOnce = 8;  // requests

// Calls `act` with each index below `count`, some at the same time, until one fails.
Status for_each(std::size_t count, const std::function<Status(std::size_t)>& act) {
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    std::mutex mutex;
    std::optional<Error> first;
    const auto work = [&] {
        for (std::size_t i = next++; i < count && !failed; i = next++) {
            if (Status done = act(i); !done) {
                const std::lock_guard lock(mutex);
                failed = true;
                if (!first) {
                    first = done.error();
                }
            }
        }
    };
    std::vector<std::thread> others;
    try {
        while (others.size() + 1 < std::min(count, kAtOnce)) {
            others.emplace_back(work);
        }
    } catch (const std::system_error&) {
        // Fewer will do.
    }
    work();
    for (std::thread& other : others) {
        other.join();
    }
    return first ? Status(*first) : Status();
}

}  // namespace

Status S3Commit::complete() {
    const Status done = for_each(uploads_.size(), [this](std::size_t i) -> Status {
        seen_[i] = Seen::Perhaps;
        TRY(bucket_.complete(uploads_[i]));
        seen_[i] = Seen::Yes;
        return {};
    });
    return done ? done : Status(take_back(done.error()));
}

Error S3Commit::take_back(Error why) {
    // One that is refused keeps none of the others; without an answer, all would wait as long.
    (void)for_each(uploads_.size(), [this](std::size_t i) {
        const Status hidden = hide(i);
        return hidden || !is_no_answer(hidden.error().code) ? Status() : hidden;
    });
    const auto left = [](Seen seen) { return seen != Seen::No; };
    const auto count = std::count_if(seen_.begin(), seen_.end(), left);
    if (count > 0) {
        const auto first = std::find_if(seen_.begin(), seen_.end(), left) - seen_.begin();
        why.message += "; " + std::to_string(count) + " parts may be left, which could not be " +
                       "removed again: '" +
                       bucket_.url_of(uploads_[static_cast<std::size_t>(first)].key) +
                       "' is the first; remove them before the output is written again";
    }
    return why;
}

// Another writer's object under the same key stays.
Status S3Commit::hide(std::size_t index) {
    const S3Upload& upload = uploads_[index];
    if (seen_[index] == Seen::Perhaps) {
        TRY(const bool gone, bucket_.abort(upload, true));
        if (!gone) {
            return {};  // it may become visible behind our back
        }
        const auto there = bucket_.head(upload.key);
        if (!there && there.error().code != ErrorCode::NotFound) {
            return there.error();
        }
        seen_[index] = there && there->mark == upload.mark ? Seen::Yes : Seen::No;
    }
    if (seen_[index] == Seen::Yes) {
        TRY(bucket_.remove(upload.key));
        seen_[index] = Seen::No;
    }
    return {};
}

void abort_all(S3Bucket& bucket, const std::vector<S3Upload>& uploads) {
    (void)for_each(uploads.size(), [&](std::size_t i) {
        const auto aborted = bucket.abort(uploads[i]);
        return aborted ? Status() : Status(aborted.error());
    });
}

}  // namespace heddle::fs
