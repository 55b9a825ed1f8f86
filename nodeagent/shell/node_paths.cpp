// Making and removing directories.

#include "nodeagent/shell/node_paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "common/base/log.h"

namespace heddle::node {

Status make_directories(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) {
        return {};
    }
    const std::size_t slash = path.rfind('/');
    if (errno != ENOENT || slash == std::string::npos || slash == 0) {
        return errno_error("cannot make directory " + path);
    }
    TRY(make_directories(path.substr(0, slash)));
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        return errno_error("cannot make directory " + path);
    }
    return {};
}

void remove_tree(const std::string& path) {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) {
        log::warning("cannot remove a directory", {{"path", path}, {"reason", error.message()}});
        return;
    }
    ::rmdir(path.substr(0, path.rfind('/')).c_str());  // fails while others are in it
}

}  // namespace heddle::node
