#pragma once

// Making the uploads of an output visible, several at a time, or none of them.

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/fs/s3_bucket.h"

namespace heddle::fs {

class S3Commit {
public:
    /// Both must outlive it.
    S3Commit(S3Bucket& bucket, const std::vector<S3Upload>& uploads)
        : bucket_(bucket), uploads_(uploads), seen_(uploads.size(), Seen::No) {}

    /// Errors: that of one which failed. What had become visible by then is removed again; what
    /// may be left of it is in the message.
    Status complete();
    /// Of a commit that fails later: removes what complete() made visible. `why` comes back, with
    /// what may be left.
    Error take_back(Error why);

private:
    // Whether an object of ours is under the key of an upload.
    enum class Seen { No, Yes, Perhaps };

    Status hide(std::size_t index);

    S3Bucket& bucket_;
    const std::vector<S3Upload>& uploads_;
    std::vector<Seen> seen_;  // one thread at a time for each
};

/// Of uploads that are not to be visible. Ends at the first that gets no answer: the others would
/// get none either.
void abort_all(S3Bucket& bucket, const std::vector<S3Upload>& uploads);

}  // namespace heddle::fs
