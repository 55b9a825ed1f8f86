// What a path in a program means: files, folders, globs, lists of them.
#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "common/base/strings.h"
#include "common/fs/file_system.h"

namespace heddle::fs {

namespace {

bool has_glob(std::string_view text) {
    return text.find_first_of("*?[") != std::string_view::npos;
}

std::string_view name_of(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

bool is_hidden(std::string_view path) {
    const std::string_view name = name_of(path);
    return name.starts_with('.') || name.starts_with('_');
}

// Splits at commas outside of braces.
std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> parts(1);
    int depth = 0;
    for (const char c : text) {
        depth += c == '{' ? 1 : c == '}' ? -1 : 0;
        if (c == ',' && depth <= 0) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

// "a{b,c}d" gives "abd" and "acd"; braces may be nested, and without a partner they are plain.
std::vector<std::string> expand_braces(const std::string& text) {
    const std::size_t open = text.find('{');
    if (open == std::string::npos) {
        return {text};
    }
    int depth = 0;
    std::size_t close = open;
    for (; close < text.size(); ++close) {
        depth += text[close] == '{' ? 1 : text[close] == '}' ? -1 : 0;
        if (depth == 0) {
            break;
        }
    }
    if (close == text.size()) {
        return {text};
    }
    std::vector<std::string> out;
    for (const std::string& part : split_list(text.substr(open + 1, close - open - 1))) {
        for (std::string& whole :
             expand_braces(text.substr(0, open) + part + text.substr(close + 1))) {
            out.push_back(std::move(whole));
        }
    }
    return out;
}

// Nothing is there by that name, as far as anybody can tell. A local name may be one that cannot
// be; another place that does not say so may have it.
bool is_absent(const std::string& path, ErrorCode code) {
    return code == ErrorCode::NotFound || (code == ErrorCode::Internal && scheme_of(path).empty());
}

// What matches the last component of a pattern: entries of a list are as good as asking for each.
Status match_last(FileSystem& files, const std::string& match, const FileInfo* listed,
                  std::vector<FileInfo>& out) {
    if (listed != nullptr) {
        out.push_back(*listed);
        out.back().path = match;
        return {};
    }
    auto found = files.stat(match);
    if (found) {
        out.push_back(std::move(found).value());
        return {};
    }
    return is_absent(match, found.error().code) ? Status() : Status(found.error());
}

// Folders and files that match the components of `rest` below `folder`.
Status match_below(FileSystem& files, const std::string& folder, std::string_view rest,
                   std::vector<FileInfo>& out) {
    const std::size_t slash = rest.find('/');
    const std::string part(rest.substr(0, slash));
    const bool last = slash == std::string_view::npos;
    const std::string_view after = last ? std::string_view{} : rest.substr(slash + 1);
    const auto go_on = [&](const std::string& name, const FileInfo* listed) {
        const std::string match = folder.empty()          ? name
                                  : folder.ends_with('/') ? folder + name
                                                          : folder + "/" + name;
        return last ? match_last(files, match, listed, out) : match_below(files, match, after, out);
    };
    if (!has_glob(part)) {
        return go_on(part, nullptr);
    }
    const auto entries = files.list(folder.empty() ? "." : folder);
    if (!entries) {
        return entries.error().code == ErrorCode::NotFound ? Status{} : Status(entries.error());
    }
    for (const FileInfo& entry : *entries) {
        const std::string name(name_of(entry.path));
        // As in Hadoop: what writers are not done with, and what they leave beside the data.
        const bool wanted = last ? !is_hidden(name) : entry.folder;
        if (wanted && ::fnmatch(part.c_str(), name.c_str(), FNM_PERIOD) == 0) {
            TRY(go_on(name, &entry));
        }
    }
    return {};
}

Status add_files(FileSystem& files, FileInfo info, std::vector<FileInfo>& out) {
    if (!info.folder) {
        out.push_back(std::move(info));
        return {};
    }
    TRY(const std::vector<FileInfo> entries, files.list(info.path));
    for (const FileInfo& entry : entries) {
        if (!entry.folder && !is_hidden(entry.path)) {
            out.push_back(entry);
        }
    }
    return {};
}

// Where a pattern begins, and what is left of it to match there: "/" or "s3a://bucket/" or
// `folder`.
std::pair<std::string, std::string_view> split_root(std::string_view pattern,
                                                    const std::string& folder) {
    if (pattern.starts_with('/')) {
        return {"/", pattern.substr(1)};
    }
    const std::string_view scheme = scheme_of(pattern);
    if (scheme.empty()) {
        return {folder, pattern};
    }
    const std::size_t root = std::min(pattern.find('/', scheme.size() + 3), pattern.size());
    return {std::string(pattern.substr(0, root)) + "/",
            pattern.substr(std::min(root + 1, pattern.size()))};
}

Error no_match(const std::string& part, const std::string& folder, const Error& itself) {
    std::string message = "no file matches '" + part + "'";
    if (!scheme_of(part).empty()) {
        return {ErrorCode::NotFound, message + ": " + itself.message};
    }
    if (const std::string full = in_full(part); !full.empty()) {
        return {ErrorCode::NotFound, message + ", which is a local path; write '" + full + "'"};
    }
    message += is_relative(part) ? " in '" + folder + "'" : "";
    return {ErrorCode::NotFound, message + "; check the path, and that this machine has it"};
}

Status expand_part(FileSystem& files, const std::string& part, const std::string& folder,
                   std::vector<FileInfo>& out) {
    const auto itself = files.stat(absolute(part, folder));
    if (itself) {  // a name with special characters in it means itself first
        return add_files(files, *itself, out);
    }
    if (const ErrorCode code = itself.error().code;
        code != ErrorCode::NotFound && code != ErrorCode::Internal) {
        return itself.error();
    }
    std::vector<FileInfo> found;
    for (const std::string& pattern : expand_braces(part)) {
        const auto [root, rest] = split_root(pattern, folder);
        TRY(match_below(files, root, rest, found));
    }
    if (found.empty()) {
        return no_match(part, folder, itself.error());
    }
    for (FileInfo& info : found) {
        TRY(add_files(files, std::move(info), out));
    }
    return {};
}

std::string_view without_file_scheme(std::string_view path) {
    for (const std::string_view scheme : {"file://", "file:"}) {
        if (path.starts_with(scheme)) {
            return path.substr(scheme.size());
        }
    }
    return path;
}

}  // namespace

std::string in_full(std::string_view path) {
    for (const std::string_view scheme : {"hdfs", "s3", "s3a", "s3n"}) {
        const std::string head = std::string(scheme) + ":/";
        if (path.starts_with(head) && !path.starts_with(head + "/")) {
            // Buckets have names; the host of HDFS is a setting.
            return head + (scheme == "hdfs" ? "//" : "/") + std::string(path.substr(head.size()));
        }
    }
    return {};
}

bool is_relative(std::string_view path) {
    const std::string_view local = without_file_scheme(path);
    const std::size_t scheme = local.find("://");
    return !local.starts_with('/') &&
           (scheme == std::string_view::npos || local.find('/') < scheme);
}

std::string absolute(std::string_view path, const std::string& folder) {
    const std::string_view local = without_file_scheme(path);
    if (!is_relative(local)) {
        return std::string(local);
    }
    return folder + (folder.ends_with('/') ? "" : "/") + std::string(local);
}

std::optional<std::string> first_relative(std::string_view pattern) {
    for (const std::string& part : split_list(pattern)) {
        for (const std::string& path : expand_braces(part)) {
            if (is_relative(path)) {
                return path;
            }
        }
    }
    return std::nullopt;
}

Result<std::vector<FileInfo>> expand(FileSystem& files, std::string_view pattern,
                                     const std::string& folder) {
    std::vector<FileInfo> out;
    if (!pattern.empty()) {
        const std::string whole = absolute(pattern, folder);
        const auto itself = files.stat(whole);
        if (itself) {
            TRY(add_files(files, *itself, out));
            return out;
        }
        if (const ErrorCode code = itself.error().code;
            code == ErrorCode::Unavailable || code == ErrorCode::Timeout) {
            return itself.error();  // to ask again would only take as long again
        }
    }
    for (const std::string& part : split_list(pattern)) {
        if (part.empty()) {
            return Error{ErrorCode::NotFound,
                         "an empty path among '" + std::string(pattern) + "'; name a file"};
        }
        TRY(expand_part(files, std::string(without_file_scheme(part)), folder, out));
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
    return out;
}

}  // namespace heddle::fs
