// HDFS as a file system.
#include "common/fs/hdfs.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include "common/base/strings.h"
#include "common/fs/memory_view.h"
#include "common/fs/web_hdfs.h"
#include "common/fs/written_again.h"

namespace heddle::fs {

namespace {

constexpr std::string_view kWebPort = "9870";               // of name nodes since Hadoop 3
constexpr std::size_t kWriteBytes = std::size_t{32} << 20;  // per request
constexpr const char* kUser = "fs.hdfs.user";
constexpr const char* kWebAddress = "dfs.namenode.http-address";
constexpr const char* kDefault = "fs.defaultFS";

// The file as it is now, if it is the one that is meant. WebHDFS has no conditions: what was read
// is of a version only when that one is still there afterwards.
Result<FileInfo> stat_same(WebHdfs& server, const std::string& path, const std::string& version) {
    TRY(FileInfo now, server.stat(path));
    if (now.folder) {
        return Error{ErrorCode::InvalidArgument, "'" + now.path + "' is a folder"};
    }
    if (!version.empty() && now.version != version) {
        return written_again(now.path);
    }
    return now;
}

std::string host_of(const std::string& authority) {
    return authority.substr(0, authority.rfind(':'));
}

// Whether a list of addresses has one of `host`; 0.0.0.0 stands for the host that is asked for.
bool names_host(const std::string& addresses, const std::string& host, bool any) {
    for (const std::string_view one : split(addresses, ',')) {
        const std::string found = host_of(std::string(trim(one)));
        if (found == host || (any && found == "0.0.0.0")) {
            return true;
        }
    }
    return false;
}

class HdfsReader final : public FileReader {
public:
    /// `version`: of the file, checked after each read; empty: any.
    HdfsReader(WebHdfs& server, std::string path, std::uint64_t at, std::uint64_t end,
               std::string version)
        : server_(server),
          path_(std::move(path)),
          at_(at),
          end_(end),
          version_(std::move(version)) {}

    Result<std::size_t> read(char* out, std::size_t size) override {
        const std::uint64_t wanted = std::min<std::uint64_t>(size, end_ - std::min(at_, end_));
        if (wanted == 0) {
            return std::size_t{0};
        }
        TRY(const std::string bytes, server_.read(path_, at_, wanted));
        if (!version_.empty()) {
            TRY(stat_same(server_, path_, version_));
        }
        std::copy(bytes.begin(), bytes.end(), out);
        at_ += bytes.size();
        return bytes.size();
    }

private:
    WebHdfs& server_;
    std::string path_;
    std::uint64_t at_;
    std::uint64_t end_;
    std::string version_;
};

// Created with the first bytes, then appended to.
class HdfsWriter final : public FileWriter {
public:
    HdfsWriter(WebHdfs& server, std::string path) : server_(server), path_(std::move(path)) {}

    Status write(std::string_view bytes) override {
        while (!bytes.empty()) {
            const std::size_t more = std::min(bytes.size(), kWriteBytes - buffer_.size());
            buffer_ += bytes.substr(0, more);
            bytes.remove_prefix(more);
            if (buffer_.size() == kWriteBytes) {
                TRY(flush());
            }
        }
        return {};
    }
    Status close() override { return created_ && buffer_.empty() ? Status() : flush(); }

private:
    Status flush() {
        TRY(created_ ? server_.append(path_, buffer_) : server_.create(path_, buffer_));
        created_ = true;
        buffer_.clear();
        return {};
    }

    WebHdfs& server_;
    std::string path_;
    std::string buffer_;
    bool created_ = false;
};

class HdfsFileSystem final : public FileSystem {
public:
    explicit HdfsFileSystem(const Settings& settings) : settings_(settings), http_(HttpRules{}) {}

    Result<FileInfo> stat(const std::string& path) override {
        TRY(const Place at, find(path));
        return at.server->stat(at.path);
    }
    Result<std::vector<FileInfo>> list(const std::string& folder) override {
        TRY(const Place at, find(folder));
        return at.server->list(at.path);
    }
    Result<std::unique_ptr<FileView>> view(const std::string& path, std::uint64_t offset,
                                           std::uint64_t size,
                                           const std::string& version) override {
        TRY(const Place at, find(path));
        TRY(const FileInfo now, stat_same(*at.server, at.path, version));
        const std::uint64_t begin = std::min(offset, now.size);
        const std::uint64_t wanted = std::min(size, now.size - begin);
        std::string bytes;
        if (wanted > 0) {
            TRY(bytes, at.server->read(at.path, begin, wanted));
            TRY(const FileInfo same, stat_same(*at.server, at.path, now.version));
            if (bytes.size() < wanted) {
                return Error{ErrorCode::Unavailable, "'" + path + "': only " +
                                                         std::to_string(bytes.size()) + " of " +
                                                         std::to_string(wanted) + " bytes came"};
            }
        }
        return std::unique_ptr<FileView>(std::make_unique<MemoryView>(std::move(bytes)));
    }
    Result<std::unique_ptr<FileReader>> open(const std::string& path, std::uint64_t offset,
                                             const std::string& version) override {
        TRY(const Place at, find(path));
        TRY(const FileInfo now, stat_same(*at.server, at.path, version));
        return std::unique_ptr<FileReader>(
            std::make_unique<HdfsReader>(*at.server, at.path, offset, now.size, version));
    }
    bool maps(const std::string&) override { return false; }
    Result<std::vector<BlockPlace>> places(const FileInfo& file) override {
        TRY(const Place at, find(file.path));
        return at.server->places(at.path, file.size);
    }
    Result<std::unique_ptr<FileWriter>> create(const std::string& path) override {
        TRY(const Place at, find(path));
        return std::unique_ptr<FileWriter>(std::make_unique<HdfsWriter>(*at.server, at.path));
    }
    Status make_folders(const std::string& path) override {
        TRY(const Place at, find(path));
        return at.server->make_folders(at.path);
    }
    Status rename(const std::string& from, const std::string& to) override {
        TRY(const Place source, find(from));
        TRY(const Place target, find(to));
        if (source.server != target.server) {
            return Error{ErrorCode::Unsupported,
                         "cannot rename '" + from + "' to '" + to + "': they are in two clusters"};
        }
        return source.server->rename(source.path, target.path);
    }
    Status remove(const std::string& path) override {
        TRY(const Place at, find(path));
        if (at.path == "/") {
            return Error{ErrorCode::InvalidArgument, "'" + path + "' is all of HDFS"};
        }
        return at.server->remove(at.path);
    }

private:
    struct Place {
        WebHdfs* server = nullptr;
        std::string path;
    };

    std::string setting(const char* name) const {
        const auto it = settings_.find(name);
        return it == settings_.end() ? std::string() : it->second;
    }

    Result<Place> find(const std::string& path) {
        const std::string scheme(scheme_of(path));
        const std::size_t begin = scheme.size() + 3;
        const std::size_t slash = std::min(path.find('/', begin), path.size());
        const std::string authority = path.substr(begin, slash - begin);
        if (authority.find_first_of("@?# ") != std::string::npos) {
            return Error{ErrorCode::InvalidArgument,
                         "a path of HDFS without a good host name; write " + scheme +
                             "://host:port/x, and give the user by fs.hdfs.user, never in a path"};
        }
        Place place;
        place.path = slash < path.size() ? path.substr(slash) : "/";
        const std::string head = path.substr(0, slash);
        const std::lock_guard lock(mutex_);
        auto& server = servers_[head];
        if (server == nullptr) {
            TRY(auto addresses, addresses_of(scheme, authority));
            server = std::make_unique<WebHdfs>(http_, head, std::move(addresses), setting(kUser));
        }
        place.server = server.get();
        return place;
    }

    // An hdfs: path has the port of Hadoop's own protocol; the web port is a setting.
    Result<std::vector<std::string>> addresses_of(const std::string& scheme,
                                                  std::string authority) {
        if (scheme != "hdfs") {
            return std::vector<std::string>{(scheme == "swebhdfs" ? "https://" : "http://") +
                                            authority};
        }
        if (authority.empty()) {
            authority = default_authority();
        }
        if (authority.empty()) {
            return Error{ErrorCode::InvalidArgument,
                         "a path hdfs:/// without a host; write hdfs://host/, or set "
                         "fs.defaultFS"};
        }
        const std::string host = host_of(authority);
        std::vector<std::string> addresses;
        TRY(const std::string named, named_addresses(host));
        for (const std::string_view one : split(named, ',')) {
            const std::string address(trim(one));
            if (!address.empty()) {
                addresses.push_back("http://" + (address.starts_with("0.0.0.0:")
                                                     ? host + address.substr(7)
                                                     : address));
            }
        }
        if (addresses.empty()) {
            addresses.push_back("http://" + host + ":" + std::string(kWebPort));
        }
        return addresses;
    }

    std::string default_authority() const {
        const std::string whole = setting(kDefault);
        return scheme_of(whole) == "hdfs" ? whole.substr(7, whole.find('/', 7) - 7) : "";
    }

    // What settings say of a host: addresses of its own, or those without a name, which belong to
    // one cluster. Taken for another they would read and write the wrong files without a word.
    Result<std::string> named_addresses(const std::string& host) {
        const std::string own = setting((std::string(kWebAddress) + "." + host).c_str());
        const std::string shared = setting(kWebAddress);
        if (!own.empty() || shared.empty()) {
            return own;
        }
        const std::string main = host_of(default_authority());
        const bool named = host == main || names_host(shared, host, main.empty());
        if (!named && !main.empty()) {
            return std::string();  // of another cluster
        }
        if (served_.empty()) {
            served_ = host;
        }
        if (!named && served_ != host) {
            return Error{ErrorCode::InvalidArgument,
                         "hdfs://" + host + "/: dfs.namenode.http-address is taken for the " +
                             "addresses of hdfs://" + served_ + "/; set " +
                             "dfs.namenode.http-address." + host + " for this one"};
        }
        return shared;
    }

    Settings settings_;
    HttpClient http_;
    std::mutex mutex_;
    std::string served_;  // the host whose addresses are those without a name
    std::map<std::string, std::unique_ptr<WebHdfs>> servers_;  // by "hdfs://host:port"
};

}  // namespace

void add_hadoop_environment(Settings& settings) {
    const char* const named = std::getenv("HADOOP_USER_NAME");
    std::string user = named == nullptr ? "" : named;
    if (user.empty()) {
        const passwd* const entry = ::getpwuid(::geteuid());
        user = entry == nullptr ? "" : entry->pw_name;
    }
    settings.emplace(kUser, user.empty() ? "nobody" : user);
}

std::unique_ptr<FileSystem> make_hdfs_file_system(const Settings& settings) {
    return std::make_unique<HdfsFileSystem>(settings);
}

}  // namespace heddle::fs
