// Reading files in the driver, and finding them in tasks.
#include "client/api/shared_files.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "client/api/errors.h"
#include "common/base/scratch_file.h"
#include "common/rdd/file_name.h"
#include "common/rdd/scope.h"

namespace heddle {

namespace api {

namespace {

constexpr std::size_t kStepBytes = std::size_t{1} << 20;

// The last part of a path.
std::string name_of(std::string_view path) {
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    return std::string(path.substr(path.rfind('/') + 1));
}

[[noreturn]] void refuse(const std::string& path, const Error& why) {
    throw UsageError(why.code, "add_file: '" + path + "' cannot be read: " + why.message);
}

// The bytes of a file as they are now, in a file of the driver's own that goes with the context:
// kept out of memory, and out of the reach of whoever changes the original.
rdd::BroadcastRef keep(Session& session, const fs::FileInfo& file) {
    if (file.size == 0) {  // S3 has no range of it to give
        return session.runner->broadcasts()->add(rdd::Bytes());
    }
    auto reader = session.files->open(file.path, 0, file.version);
    if (!reader) {
        refuse(file.path, reader.error());
    }
    auto copy = GrowingFile::create_unnamed(std::filesystem::temp_directory_path().string());
    if (!copy) {
        refuse(file.path, copy.error());
    }
    std::string step(kStepBytes, '\0');
    while (true) {
        const auto got = (*reader)->read(step.data(), step.size());
        if (!got) {
            refuse(file.path, got.error());
        }
        if (*got == 0) {
            break;
        }
        const std::string_view part = std::string_view(step).substr(0, *got);
        if (const Status written = copy->append({&part, 1}); !written) {
            refuse(file.path, written.error());
        }
    }
    if (copy->size() != file.size) {
        refuse(file.path, {ErrorCode::Conflict, "it has " + std::to_string(copy->size()) +
                                                    " bytes and had " + std::to_string(file.size) +
                                                    " before: it changes meanwhile"});
    }
    auto mapped = copy->map();
    if (!mapped) {
        refuse(file.path, mapped.error());
    }
    const std::string_view bytes = (*mapped)->bytes();
    return session.runner->broadcasts()->add(bytes, std::move(*mapped));
}

// All plain files below `folder`, which is at `within` below what was added.
void keep_folder(Session& session, const std::string& name, const std::string& folder,
                 const std::string& within, std::vector<rdd::SharedFile>& out) {
    const auto entries = session.files->list(folder);
    if (!entries) {
        refuse(folder, entries.error());
    }
    for (const fs::FileInfo& entry : *entries) {
        const std::string part = entry.path.substr(entry.path.rfind('/') + 1);
        if (!rdd::is_file_name(part)) {  // S3 has keys with such parts
            refuse(entry.path, {ErrorCode::InvalidArgument,
                                "'" + part + "' cannot be the name of a file in a folder"});
        }
        const std::string path = within + (within.empty() ? "" : "/") + part;
        if (entry.folder) {
            keep_folder(session, name, entry.path, path, out);
        } else {
            out.push_back({name, path, keep(session, entry)});
        }
    }
}

// With the mutex. Throws when another file has the name.
bool is_known(const Session& session, const std::string& name, const std::string& path) {
    const auto it = session.shared_paths.find(name);
    if (it == session.shared_paths.end()) {
        return false;
    }
    if (it->second == path) {
        return true;  // as Spark has it: the first time counts
    }
    throw UsageError(ErrorCode::AlreadyExists, "add_file: '" + path + "': tasks find '" +
                                                   it->second + "' under the name '" + name +
                                                   "'; give one of them another name");
}

bool is_there(Session& session, const std::string& name, const std::string& path) {
    const std::lock_guard lock(session.shared_files_mutex);
    return is_known(session, name, path);
}

}  // namespace

void add_file(Session& session, std::string_view given, bool recursive) {
    const std::string path = whole_path(session, "add_file", given);
    const std::string name = name_of(path);
    if (is_there(session, name, path)) {
        return;
    }
    const auto info = session.files->stat(path);
    if (!info) {
        refuse(path, info.error());
    }
    if (!rdd::is_file_name(name)) {
        throw UsageError(ErrorCode::InvalidArgument,
                         "add_file: '" + path + "' has no name under which tasks could ask for it");
    }
    std::vector<rdd::SharedFile> files;
    if (!info->folder) {
        files.push_back({name, "", keep(session, *info)});
    } else if (recursive) {
        keep_folder(session, name, path, "", files);
    } else {
        throw UsageError(ErrorCode::InvalidArgument, "add_file: '" + path +
                                                         "' is a folder; with recursive = true all "
                                                         "that is in it is added");
    }
    if (files.empty()) {
        throw UsageError(ErrorCode::InvalidArgument, "add_file: folder '" + path + "' is empty");
    }
    // What was read may be large: meanwhile jobs begin, and others add files.
    const std::lock_guard adding(session.shared_files_mutex);
    if (is_known(session, name, path)) {
        return;
    }
    session.shared_paths[name] = path;
    session.shared_files.insert(session.shared_files.end(), files.begin(), files.end());
}

std::vector<std::string> list_files(Session& session) {
    const std::lock_guard lock(session.shared_files_mutex);
    std::vector<std::string> paths;
    for (const rdd::SharedFile& file : session.shared_files) {
        const std::string& path = session.shared_paths.at(file.name);
        if (paths.empty() || paths.back() != path) {
            paths.push_back(path);
        }
    }
    return paths;
}

}  // namespace api

namespace {

rdd::TaskScope& task_at(const char* what) {
    rdd::TaskScope* const task = rdd::current_task();
    if (task == nullptr || task->broadcasts() == nullptr) {
        throw UsageError(ErrorCode::Conflict,
                         std::string(what) +
                             ": no task runs on this thread; the driver's program "
                             "has the files where it found them "
                             "(context.list_files())");
    }
    return *task;
}

}  // namespace

std::string FilesOnTasks::get(std::string_view name) {
    rdd::TaskScope& task = task_at("FilesOnTasks::get");
    bool found = false;
    std::string others;
    for (const rdd::SharedFile& file : task.stage()->files) {
        if (file.name != name) {
            if (file.path.empty() || others.find("'" + file.name + "'") == std::string::npos) {
                others += (others.empty() ? "'" : ", '") + file.name + "'";
            }
            continue;
        }
        found = true;
        if (const Status brought = task.broadcasts()->bring(file); !brought) {
            throw Exception(brought.error().code,
                            "file '" + file.name + "': " + brought.error().message);
        }
    }
    if (!found) {
        throw Exception(
            ErrorCode::NotFound,
            "FilesOnTasks::get: no file '" + std::string(name) +
                "' was added before the stage began; there " +
                (others.empty() ? "is none: context.add_file(path) adds one" : "are " + others));
    }
    return task.broadcasts()->files_folder() + "/" + std::string(name);
}

std::string FilesOnTasks::get_root_directory() {
    return task_at("FilesOnTasks::get_root_directory").broadcasts()->files_folder();
}

}  // namespace heddle
