#pragma once

// Files that the program gives to its tasks: Context::add_file. Spark's addFile and SparkFiles.
//
// The driver reads a file when it is added, so what happens to it later does not matter, and every
// executor fetches it once, when a task of its first asks for it: in chunks, from the driver and
// from executors that have parts of it already.

#include <string>
#include <string_view>
#include <vector>

#include "client/api/graph.h"

namespace heddle {

// In a task.
class FilesOnTasks {
public:
    /// The path, on the machine of the task, of the file that was added under this name; of a
    /// folder, when that is what was added. It stays as long as the executor, and is not to be
    /// changed. Throws Exception: no such file was there when the stage began; what the disk says.
    static std::string get(std::string_view name);
    /// The folder that holds what get() has brought so far.
    static std::string get_root_directory();
};

namespace api {

/// Throws UsageError.
void add_file(Session& session, std::string_view path, bool recursive);
/// The paths that were given to add_file, in their order.
std::vector<std::string> list_files(Session& session);

}  // namespace api
}  // namespace heddle
