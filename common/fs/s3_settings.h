#pragma once

// Where a bucket is and who asks for it, from Hadoop's settings.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/fs/file_systems.h"
#include "common/fs/http.h"

namespace heddle::fs {

// Of one bucket: "fs.s3a.bucket.NAME.x" goes over "fs.s3a.x".
struct S3Place {
    std::string base;             // "https://bucket.host" or "https://host/bucket"
    std::string endpoint;         // for messages
    std::optional<Signing> keys;  // nothing: asked without a name
    std::string region;
    std::uint64_t block_size = 0;
    std::uint64_t part_size = 0;
};

/// Errors: InvalidArgument with the setting.
Result<S3Place> s3_place(const Settings& settings, const std::string& bucket);

/// The program's credentials become settings, as in Spark, unless settings say something: from
/// AWS_ACCESS_KEY_ID and its like, else from the file that AWS_SHARED_CREDENTIALS_FILE names, else
/// from ~/.aws/credentials, there the profile AWS_PROFILE or "default". AWS_REGION is the region.
void add_aws_environment(Settings& settings);

/// The keys of a profile in the text of a credentials file; nothing: it has none.
std::optional<Signing> read_credentials(std::string_view text, std::string_view profile);

/// Wrong values are those of default; s3_place() says that they are wrong.
HttpRules s3_rules(const Settings& settings);

}  // namespace heddle::fs
