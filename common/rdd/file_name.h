#pragma once

// Names of files that come from elsewhere: from a list of a bucket, or in a message.

#include <string_view>

namespace heddle::rdd {

/// Whether it names something in a folder, and nothing above or beside it.
inline bool is_file_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

/// The same of each part of a path; no part at all is no path.
inline bool is_path_within(std::string_view path) {
    while (true) {
        const std::size_t slash = path.find('/');
        if (!is_file_name(path.substr(0, slash))) {
            return false;
        }
        if (slash == std::string_view::npos) {
            return true;
        }
        path.remove_prefix(slash + 1);
    }
}

}  // namespace heddle::rdd
