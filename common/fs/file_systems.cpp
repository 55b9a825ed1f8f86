// Finding the file system of a path.
#include "common/fs/file_systems.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/strings.h"
#include "common/fs/hdfs.h"
#include "common/fs/s3.h"
#include "common/fs/s3_settings.h"

namespace heddle::fs {

namespace {

constexpr std::array<std::string_view, 15> kNames = {
    "fs.s3a.access.key",
    "fs.s3a.secret.key",
    "fs.s3a.session.token",
    "fs.s3a.aws.credentials.provider",
    "fs.s3a.endpoint",
    "fs.s3a.endpoint.region",
    "fs.s3a.path.style.access",
    "fs.s3a.connection.ssl.enabled",
    "fs.s3a.attempts.maximum",
    "fs.s3a.block.size",
    "fs.s3a.multipart.size",
    "fs.hdfs.user",
    "fs.defaultFS",
    "dfs.namenode.http-address",
    "fs.s3a.impl",  // pasted from Spark; there is one implementation
};

class FileSystems final : public FileSystem {
public:
    explicit FileSystems(const Settings& settings)
        : local_(make_local_file_system()),
          s3_(make_s3_file_system(settings)),
          hdfs_(make_hdfs_file_system(settings)) {}

    Result<FileInfo> stat(const std::string& path) override {
        TRY(FileSystem* const files, find(path));
        return files->stat(path);
    }
    Result<std::vector<FileInfo>> list(const std::string& folder) override {
        TRY(FileSystem* const files, find(folder));
        return files->list(folder);
    }
    Result<std::unique_ptr<FileView>> view(const std::string& path, std::uint64_t offset,
                                           std::uint64_t size,
                                           const std::string& version) override {
        TRY(FileSystem* const files, find(path));
        return files->view(path, offset, size, version);
    }
    Result<std::unique_ptr<FileReader>> open(const std::string& path, std::uint64_t offset,
                                             const std::string& version) override {
        TRY(FileSystem* const files, find(path));
        return files->open(path, offset, version);
    }
    bool maps(const std::string& path) override {
        const auto files = find(path);
        return files && (*files)->maps(path);
    }
    Result<std::vector<BlockPlace>> places(const FileInfo& file) override {
        TRY(FileSystem* const files, find(file.path));
        return files->places(file);
    }
    Result<std::unique_ptr<FileWriter>> create(const std::string& path) override {
        TRY(FileSystem* const files, find(path));
        return files->create(path);
    }
    bool has_folders(const std::string& path) override {
        const auto files = find(path);
        return !files || (*files)->has_folders(path);
    }
    Status make_folders(const std::string& path) override {
        TRY(FileSystem* const files, find(path));
        return files->make_folders(path);
    }
    Status rename(const std::string& from, const std::string& to) override {
        TRY(FileSystem* const files, find(from));
        TRY(const FileSystem* const others, find(to));
        if (files != others) {
            return Error{ErrorCode::Unsupported,
                         "cannot rename '" + from + "' to '" + to + "': they are in two places"};
        }
        return files->rename(from, to);
    }
    Status remove(const std::string& path) override {
        TRY(FileSystem* const files, find(path));
        return files->remove(path);
    }
    Result<std::string> begin_output(const std::string& target, const std::string& owner) override {
        TRY(FileSystem* const files, find(target));
        return files->begin_output(target, owner);
    }
    Result<std::unique_ptr<PartWriter>> create_part(const std::string& place,
                                                    const std::string& name,
                                                    const std::string& attempt) override {
        TRY(FileSystem* const files, find(place));
        return files->create_part(place, name, attempt);
    }
    Status commit_output(const std::string& place, const std::string& target,
                         const std::vector<OutputPart>& parts, const OutputMark& mark) override {
        TRY(FileSystem* const files, find(target));
        return files->commit_output(place, target, parts, mark);
    }
    void end_output(const std::string& place, const std::vector<OutputPart>& left) override {
        if (const auto files = find(place)) {
            (*files)->end_output(place, left);
        }
    }

private:
    Result<FileSystem*> find(const std::string& path) {
        const std::string_view scheme = scheme_of(path);
        if (scheme.empty() || scheme == "file") {
            return local_.get();
        }
        if (scheme == "s3a" || scheme == "s3" || scheme == "s3n") {
            return s3_.get();
        }
        if (scheme == "hdfs" || scheme == "webhdfs" || scheme == "swebhdfs") {
            return hdfs_.get();
        }
        return Error{ErrorCode::Unsupported,
                     "no file system for '" + path + "'; there are file:, s3a: and hdfs:"};
    }

    std::unique_ptr<FileSystem> local_;
    std::unique_ptr<FileSystem> s3_;
    std::unique_ptr<FileSystem> hdfs_;
};

}  // namespace

std::string_view setting_name(std::string_view name) {
    constexpr std::string_view kSpark = "spark.hadoop.";
    return name.starts_with(kSpark) ? name.substr(kSpark.size()) : name;
}

bool is_setting(std::string_view name) {
    const std::string_view plain = setting_name(name);
    return plain.starts_with("fs.") || plain.starts_with("dfs.");
}

bool is_secret(std::string_view name) {
    const std::string lower = to_lower(name);
    for (const std::string_view word :
         {"secret", "password", "token", "access.key", "credential"}) {
        if (lower.find(word) != std::string::npos) {
            return true;
        }
    }
    return false;
}

bool is_known(std::string_view name) {
    constexpr std::string_view kBucket = "fs.s3a.bucket.";
    std::string plain(setting_name(name));
    if (plain.starts_with(kBucket)) {
        const std::size_t dot = plain.find('.', kBucket.size());
        plain = "fs.s3a" + (dot == std::string::npos ? std::string() : plain.substr(dot));
    }
    return plain.starts_with("dfs.namenode.http-address.") ||  // of one host
           std::find(kNames.begin(), kNames.end(), plain) != kNames.end();
}

void add_environment(Settings& settings) {
    add_aws_environment(settings);
    add_hadoop_environment(settings);
}

std::unique_ptr<FileSystem> make_file_system(const Settings& settings) {
    return std::make_unique<FileSystems>(settings);
}

}  // namespace heddle::fs
