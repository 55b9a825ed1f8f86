#pragma once

// All places together: what programs and executors use.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/fs/file_system.h"

namespace heddle::fs {

// Under Hadoop's names, "fs.s3a.endpoint". Secrets are among them: a value is never logged or put
// into a message, an argument or a URL.
using Settings = std::map<std::string, std::string>;

/// Hadoop's name of a setting of file systems, without Spark's "spark.hadoop." in front.
std::string_view setting_name(std::string_view name);

/// Whether a name is in this folder's care: it begins with "fs." or "dfs.", or
/// Spark's form of that.
bool is_setting(std::string_view name);

/// Of those, the ones that mean something here.
bool is_known(std::string_view name);

/// Adds what the environment of the program says, where settings say nothing: see s3_settings.h
/// and hdfs.h.
void add_environment(Settings& settings);

/// Values of such a name are not to be shown.
bool is_secret(std::string_view name);

/// The file system that a path's scheme names. Errors of its calls: also Unsupported, for a scheme
/// that is not known.
std::unique_ptr<FileSystem> make_file_system(const Settings& settings);

}  // namespace heddle::fs
