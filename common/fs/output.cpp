// Outputs of many tasks where a rename moves a whole folder.
//
//   <parent>/._<name>-<owner>/attempts/<part>-<attempt>   what attempts write
//   <parent>/._<name>-<owner>/out/<part>                  the winners, then the mark
//   <parent>/<name>                                       that folder, by one rename
#include <utility>

#include "common/fs/file_system.h"

namespace heddle::fs {

namespace {

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

class RenamedPart final : public PartWriter {
public:
    RenamedPart(std::unique_ptr<FileWriter> file, std::string path)
        : file_(std::move(file)), path_(std::move(path)) {}
    Status write(std::string_view bytes) override { return file_->write(bytes); }
    Status close() override { return file_->close(); }
    std::string token() const override { return path_; }

private:
    std::unique_ptr<FileWriter> file_;
    std::string path_;
};

}  // namespace

std::string_view scheme_of(std::string_view path) {
    const std::size_t colon = path.find("://");
    return colon == std::string_view::npos || path.find('/') < colon ? std::string_view()
                                                                     : path.substr(0, colon);
}

std::string parent_of(const std::string& path) {
    const std::string_view scheme = scheme_of(path);
    const std::size_t root = scheme.empty() ? 0 : path.find('/', scheme.size() + 3);
    const std::size_t slash = path.rfind('/');
    if (root == std::string::npos || slash <= root) {
        return root == std::string::npos ? path : path.substr(0, root + 1);
    }
    return path.substr(0, slash);
}

Result<std::string> FileSystem::begin_output(const std::string& target, const std::string& owner) {
    const std::string parent = parent_of(target);
    const std::string place =
        parent + (parent.ends_with('/') ? "._" : "/._") + name_of(target) + "-" + owner;
    TRY(make_folders(place + "/attempts"));
    TRY(make_folders(place + "/out"));
    return place;
}

Result<std::unique_ptr<PartWriter>> FileSystem::create_part(const std::string& place,
                                                            const std::string& name,
                                                            const std::string& attempt) {
    const std::string path = place + "/attempts/" + name + "-" + attempt;
    TRY(auto file, create(path));
    return std::unique_ptr<PartWriter>(std::make_unique<RenamedPart>(std::move(file), path));
}

Status FileSystem::commit_output(const std::string& place, const std::string& target,
                                 const std::vector<OutputPart>& parts, const OutputMark& mark) {
    const std::string out = place + "/out";
    for (const OutputPart& part : parts) {
        TRY(rename(part.token, out + "/" + part.name));
    }
    TRY(const auto file, create(out + "/" + mark.name));
    TRY(file->write(mark.content));
    TRY(file->close());
    return rename(out, target);
}

void FileSystem::end_output(const std::string& place, const std::vector<OutputPart>&) {
    (void)remove(place);
}

}  // namespace heddle::fs
