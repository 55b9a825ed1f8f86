#pragma once

// HDFS over WebHDFS, its REST interface: hdfs://host/, webhdfs://host:port/, swebhdfs://host:port/.
// No Java, no native client. Who asks is a name (Hadoop's "simple" authentication), not a ticket.

#include <memory>

#include "common/fs/file_systems.h"

namespace heddle::fs {

std::unique_ptr<FileSystem> make_hdfs_file_system(const Settings& settings);

/// The user is who runs the program, or HADOOP_USER_NAME, where settings say nothing.
void add_hadoop_environment(Settings& settings);

}  // namespace heddle::fs
