// WebHDFS requests. What moves data is asked of a name node, which sends us on to a data node.
#include "common/fs/web_hdfs.h"

#include <algorithm>
#include <optional>

#include "common/wire/json.h"

namespace heddle::fs {

namespace {

using wire::Json;

constexpr wire::JsonLimits kLimits{std::size_t{64} << 20, 64, 4'000'000};
constexpr std::uint64_t kAnswerMax = std::uint64_t{64} << 20;
constexpr std::size_t kMessageMax = 300;  // of a Java exception, which may bring its stack

constexpr std::uint64_t kErrorMax = std::uint64_t{64} << 10;
constexpr int kDataNodesMax = 3;  // that are asked for the same

// "host:port" of a URL.
std::string authority_of(const std::string& url) {
    const std::size_t begin = url.find("://") == std::string::npos ? 0 : url.find("://") + 3;
    return url.substr(begin, std::min(url.find('/', begin), url.size()) - begin);
}

bool good(int status) {
    return status >= 200 && status < 300;
}

// "FileNotFoundException" and the first line of its message.
struct Refusal {
    std::string exception;
    std::string message;
};

Refusal read_refusal(const HttpAnswer& answer) {
    Refusal refusal;
    const auto json = wire::parse_json(answer.body, kLimits);
    const Json* const remote = json ? json->find("RemoteException") : nullptr;
    if (remote != nullptr) {
        refusal.exception = remote->string_or("exception", "").value();
        refusal.message = remote->string_or("message", "").value();
        refusal.message.resize(
            std::min({refusal.message.find('\n'), refusal.message.size(), kMessageMax}));
    }
    return refusal;
}

ErrorCode code_of(const Refusal& refusal, int status) {
    if (refusal.exception == "FileNotFoundException") {
        return ErrorCode::NotFound;
    }
    if (refusal.exception == "FileAlreadyExistsException") {
        return ErrorCode::AlreadyExists;
    }
    if (refusal.exception == "AccessControlException" || refusal.exception == "SecurityException") {
        return ErrorCode::PermissionDenied;
    }
    if (refusal.exception == "StandbyException" || refusal.exception == "SafeModeException" ||
        refusal.exception == "RetriableException") {
        return ErrorCode::Unavailable;
    }
    return status == 401   ? ErrorCode::Unauthenticated
           : status == 403 ? ErrorCode::PermissionDenied
           : status == 404 ? ErrorCode::NotFound
           : status >= 500 ? ErrorCode::Unavailable
                           : ErrorCode::Internal;
}

Error refused(const std::string& what, const HttpAnswer& answer) {
    const Refusal refusal = read_refusal(answer);
    std::string message = what + ": ";
    if (answer.status == 401) {
        message +=
            "HDFS wants a Kerberos ticket, which is not supported; it has to allow "
            "\"simple\" authentication";
    } else if (refusal.exception.empty()) {
        message += "status " + std::to_string(answer.status) +
                   "; is this the web port of a name node (dfs.namenode.http-address)?";
    } else {
        message += refusal.exception + ": " + refusal.message;
    }
    return {code_of(refusal, answer.status), std::move(message)};
}

Result<Json> parse(const std::string& what, const HttpAnswer& answer) {
    if (!good(answer.status)) {
        return refused(what, answer);
    }
    auto json = wire::parse_json(answer.body, kLimits);
    if (!json) {
        return Error{ErrorCode::Internal,
                     what + ": an answer that is no JSON: " + json.error().message};
    }
    return json;
}

// A FileStatus; `path` is the whole path.
Result<FileInfo> read_status(const Json& json, const std::string& path) {
    TRY(const std::string type, json.string_or("type", ""));
    TRY(const std::int64_t length, json.integer_or("length", 0));
    TRY(const std::int64_t block_size, json.integer_or("blockSize", 0));
    TRY(const std::int64_t changed, json.integer_or("modificationTime", 0));
    TRY(const std::int64_t id, json.integer_or("fileId", 0));
    FileInfo info;
    info.path = path;
    info.folder = type == "DIRECTORY";
    info.size = static_cast<std::uint64_t>(std::max<std::int64_t>(length, 0));
    info.version = std::to_string(id) + ":" + std::to_string(changed);
    if (block_size > 0) {
        info.block_size = static_cast<std::uint64_t>(block_size);
    }
    return info;
}

const Json* descend(const Json* json, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        json = json == nullptr ? nullptr : json->find(name);
    }
    return json;
}

Result<BlockPlace> read_place(const Json& json) {
    TRY(const std::int64_t offset, json.integer_or("offset", 0));
    TRY(const std::int64_t length, json.integer_or("length", 0));
    BlockPlace place{static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(length), {}};
    const Json* const hosts = json.find("hosts");
    if (hosts != nullptr && hosts->array() != nullptr) {
        for (const Json& host : *hosts->array()) {
            if (host.string() != nullptr) {
                place.hosts.push_back(*host.string());
            }
        }
    }
    return place;
}

}  // namespace

Result<HttpAnswer> WebHdfs::send(const Ask& ask) {
    std::size_t first = 0;
    {
        const std::lock_guard lock(mutex_);
        first = active_;
    }
    std::map<std::string, std::string> query = ask.query;
    query["op"] = ask.op;
    query["user.name"] = user_;
    Result<HttpAnswer> answer = Error{ErrorCode::Internal, what(ask) + ": no name node is named"};
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        const std::size_t index = (first + i) % servers_.size();
        HttpRequest request;
        request.method = ask.method;
        request.url =
            servers_[index] + "/webhdfs/v1" + encode_url(ask.path, true) + "?" + url_query(query);
        request.answer_bytes = kAnswerMax;
        request.once = ask.once;
        answer = http_.send(request, what(ask) + " at " + servers_[index]);
        const bool away = !answer && answer.error().code != ErrorCode::Cancelled;
        const bool standby = answer && answer->status == 403 &&
                             read_refusal(*answer).exception == "StandbyException";
        if (!away && !standby) {
            const std::lock_guard lock(mutex_);
            active_ = index;
            break;
        }
    }
    return answer;
}

Result<HttpAnswer> WebHdfs::send_data(const Ask& ask, std::string_view body, std::uint64_t wanted) {
    Ask again = ask;
    std::optional<Error> lost;  // what the last data node said, or did not
    for (int node = 0; node < kDataNodesMax; ++node) {
        TRY(const HttpAnswer sent_on, send(again));
        const std::string location(sent_on.header("location"));
        if (sent_on.status != 307 || location.empty()) {
            if (lost) {
                return *lost;  // there is no other
            }
            if (!good(sent_on.status)) {
                return refused(what(ask), sent_on);
            }
            if (body.empty()) {
                return sent_on;  // a gateway that reads by itself
            }
            return Error{ErrorCode::Internal, what(ask) + ": the name node names no data node"};
        }
        const std::string data_node = authority_of(location);
        HttpRequest request;
        request.method = ask.method;
        request.url = location;
        request.body = body;
        request.answer_bytes = std::max(wanted, kErrorMax);
        request.once = ask.once;
        auto answer = http_.send(request, what(ask) + " at data node " + data_node);
        if (answer && !good(answer->status)) {
            return refused(what(ask), *answer);
        }
        if (answer || ask.once || !is_no_answer(answer.error().code)) {
            return answer;
        }
        // It takes a name node minutes to see that a data node is gone.
        lost = answer.error();
        std::string& excluded = again.query["excludedatanodes"];
        excluded += (excluded.empty() ? "" : ",") + data_node;
    }
    return *lost;
}

Result<FileInfo> WebHdfs::stat(const std::string& path) {
    const Ask ask{"GET", "GETFILESTATUS", path};
    TRY(const HttpAnswer answer, send(ask));
    TRY(const Json json, parse(what(ask), answer));
    const Json* const status = json.find("FileStatus");
    if (status == nullptr) {
        return Error{ErrorCode::Internal, what(ask) + ": an answer without a status"};
    }
    return read_status(*status, head_ + path);
}

Result<std::vector<FileInfo>> WebHdfs::list(const std::string& path) {
    Ask ask{"GET", "LISTSTATUS_BATCH", path};
    const std::string folder = head_ + (path.ends_with('/') ? path : path + "/");
    std::vector<FileInfo> entries;
    while (true) {
        TRY(const HttpAnswer answer, send(ask));
        TRY(const Json json, parse(what(ask), answer));
        const Json* const listing = json.find("DirectoryListing");
        const Json* const found =
            descend(listing, {"partialListing", "FileStatuses", "FileStatus"});
        if (found == nullptr || found->array() == nullptr) {
            return Error{ErrorCode::Internal, what(ask) + ": an answer without a list"};
        }
        std::string last;
        for (const Json& status : *found->array()) {
            TRY(last, status.string_or("pathSuffix", ""));
            TRY(FileInfo info, read_status(status, folder + last));
            entries.push_back(std::move(info));
        }
        TRY(const std::int64_t left, listing->integer_or("remainingEntries", 0));
        if (left <= 0 || last.empty()) {
            break;
        }
        ask.query["startAfter"] = last;
    }
    std::sort(entries.begin(), entries.end(),
              [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
    return entries;
}

Result<std::vector<BlockPlace>> WebHdfs::places(const std::string& path, std::uint64_t size) {
    const Ask ask{
        "GET", "GETFILEBLOCKLOCATIONS", path, {{"offset", "0"}, {"length", std::to_string(size)}}};
    TRY(const HttpAnswer answer, send(ask));
    TRY(const Json json, parse(what(ask), answer));
    const Json* const found = descend(&json, {"BlockLocations", "BlockLocation"});
    std::vector<BlockPlace> places;
    if (found != nullptr && found->array() != nullptr) {
        for (const Json& one : *found->array()) {
            TRY(BlockPlace place, read_place(one));
            places.push_back(std::move(place));
        }
    }
    return places;
}

Result<std::string> WebHdfs::read(const std::string& path, std::uint64_t offset,
                                  std::uint64_t size) {
    Ask ask{"GET", "OPEN", path, {{"offset", std::to_string(offset)}}};
    if (size <= INT64_MAX) {
        ask.query["length"] = std::to_string(size);
    }
    TRY(HttpAnswer answer, send_data(ask, {}, size));
    return std::move(answer.body);
}

Status WebHdfs::create(const std::string& path, std::string_view bytes) {
    TRY(send_data({"PUT", "CREATE", path, {{"overwrite", "true"}}}, bytes, kAnswerMax));
    return {};
}

Status WebHdfs::append(const std::string& path, std::string_view bytes) {
    // Twice would be in the file twice.
    TRY(send_data({"POST", "APPEND", path, {}, true}, bytes, kAnswerMax));
    return {};
}

Status WebHdfs::make_folders(const std::string& path) {
    const Ask ask{"PUT", "MKDIRS", path};
    TRY(const HttpAnswer answer, send(ask));
    TRY(const Json json, parse(what(ask), answer));
    TRY(const bool made, json.boolean_or("boolean", false));
    return made ? Status() : Status(Error{ErrorCode::Internal, what(ask) + ": not made"});
}

Status WebHdfs::rename(const std::string& from, const std::string& to) {
    // With an option, even this one, a rename never moves into a folder that is there.
    const Ask ask{"PUT", "RENAME", from, {{"destination", to}, {"renameoptions", "NONE"}}};
    TRY(const HttpAnswer answer, send(ask));
    if (good(answer.status)) {
        return {};
    }
    Error error = refused(what(ask) + " to " + head_ + to, answer);
    if (error.code == ErrorCode::NotFound && stat(to)) {
        return {};  // asked again after an answer that was lost
    }
    return error;
}

Status WebHdfs::remove(const std::string& path) {
    const Ask ask{"DELETE", "DELETE", path, {{"recursive", "true"}}};
    TRY(const HttpAnswer answer, send(ask));
    TRY(const Json json, parse(what(ask), answer));
    return {};
}

}  // namespace heddle::fs
