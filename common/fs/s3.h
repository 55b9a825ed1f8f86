#pragma once

// Buckets of S3 and of what speaks its protocol, under s3:, s3a: and s3n:.
//
// There are no folders, only keys with slashes in them: a folder is there when a key is below it.
// There is no rename, either. So a part of an output is a multipart upload to its final key, which
// shows nothing until commit_output() completes it; the mark comes when all are complete.

#include <memory>

#include "common/fs/file_systems.h"

namespace heddle::fs {

std::unique_ptr<FileSystem> make_s3_file_system(const Settings& settings);

}  // namespace heddle::fs
