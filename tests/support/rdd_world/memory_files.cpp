#include "tests/support/rdd_world/memory_files.h"

#include <sstream>
#include <utility>

namespace heddle::test {
namespace {

class View final : public fs::FileView {
public:
    explicit View(std::string bytes) : bytes_(std::move(bytes)) {}
    std::string_view bytes() const override { return bytes_; }

private:
    std::string bytes_;
};

// What is written is there at once, as a crash may show it.
class Writer final : public fs::FileWriter {
public:
    Writer(std::map<std::string, std::string>& files, std::string path)
        : files_(files), path_(std::move(path)) {
        files_[path_].clear();
    }
    Status write(std::string_view bytes) override {
        const auto it = files_.find(path_);
        if (it == files_.end()) {
            return Error{ErrorCode::NotFound, path_ + ": no such file"};  // removed meanwhile
        }
        it->second += bytes;
        return {};
    }
    Status close() override { return write({}); }

private:
    std::map<std::string, std::string>& files_;
    std::string path_;
};

Error missing(const std::string& path) {
    return {ErrorCode::NotFound, path + ": no such file or folder"};
}

bool lies_in(const std::string& path, const std::string& folder) {
    return path.starts_with(folder + "/");
}

}  // namespace

Result<fs::FileInfo> MemoryFiles::stat(const std::string& path) {
    const auto it = files_.find(path);
    if (it == files_.end() && !folders_.contains(path)) {
        return missing(path);
    }
    fs::FileInfo info;
    info.path = path;
    info.folder = it == files_.end();
    info.size = info.folder ? 0 : it->second.size();
    return info;
}

Result<std::vector<fs::FileInfo>> MemoryFiles::list(const std::string& folder) {
    if (!folders_.contains(folder)) {
        return missing(folder);
    }
    std::vector<fs::FileInfo> found;
    for (const auto& [path, contents] : files_) {
        if (fs::parent_of(path) == folder) {
            found.push_back(*stat(path));
        }
    }
    return found;
}

Result<std::unique_ptr<fs::FileView>> MemoryFiles::view(const std::string& path,
                                                        std::uint64_t offset, std::uint64_t size,
                                                        const std::string&) {
    const auto it = files_.find(path);
    if (it == files_.end()) {
        return missing(path);
    }
    const std::size_t begin = std::min<std::size_t>(offset, it->second.size());
    return std::unique_ptr<fs::FileView>(std::make_unique<View>(it->second.substr(begin, size)));
}

Result<std::unique_ptr<fs::FileReader>> MemoryFiles::open(const std::string& path, std::uint64_t,
                                                          const std::string&) {
    return Error{ErrorCode::Unsupported, path + ": simulated files are read as views"};
}

Result<std::unique_ptr<fs::FileWriter>> MemoryFiles::create(const std::string& path) {
    if (!folders_.contains(fs::parent_of(path))) {
        return missing(fs::parent_of(path));
    }
    return std::unique_ptr<fs::FileWriter>(std::make_unique<Writer>(files_, path));
}

Status MemoryFiles::make_folders(const std::string& path) {
    for (std::string folder = path; folders_.insert(folder).second;) {
        folder = fs::parent_of(folder);
    }
    return {};
}

Status MemoryFiles::rename(const std::string& from, const std::string& to) {
    if (stat(to)) {
        return Error{ErrorCode::AlreadyExists, to + " exists already"};
    }
    if (auto file = files_.extract(from)) {
        file.key() = to;
        files_.insert(std::move(file));
        return {};
    }
    if (folders_.erase(from) == 0) {
        return missing(from);
    }
    folders_.insert(to);
    std::map<std::string, std::string> moved;
    for (auto it = files_.begin(); it != files_.end();) {
        const auto next = std::next(it);
        if (lies_in(it->first, from)) {
            auto file = files_.extract(it);
            file.key() = to + file.key().substr(from.size());
            moved.insert(std::move(file));
        }
        it = next;
    }
    files_.merge(moved);
    return {};
}

Status MemoryFiles::remove(const std::string& path) {
    const auto gone = [&](const std::string& one) { return one == path || lies_in(one, path); };
    std::erase_if(files_, [&](const auto& file) { return gone(file.first); });
    std::erase_if(folders_, gone);
    return {};
}

std::vector<std::string> lines_of(fs::FileSystem& files, const std::string& path) {
    std::vector<std::string> lines;
    if (const auto info = files.stat(path)) {
        const auto view = files.view(path, 0, info->size, {});
        std::istringstream text{std::string((*view)->bytes())};
        for (std::string line; std::getline(text, line);) {
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

}  // namespace heddle::test
