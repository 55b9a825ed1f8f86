// WebHDFS requests. What moves data is asked of a name node, which sends us on to a data node.
#include "common/fs/web_hdfs.h"

#include <netdb.h>

#include <algorithm>
#include <optional>

#include "common/wire/json.h"

namespace heddle::fs {

namespace {

using wire::Json;

constexpr wire::JsonLimits kLimits{std::size_t{64} << 20, 64, 4'000'000};
constexpr std::size_t kMessageMax = 300;  // of a Java exception, which may bring its stack

constexpr int kDataNodesMax = 3;  // that are asked for the same

// "host:port" of a URL.
std::string authority_of(const std::string& url) {
    const std::size_t begin = url.find("://") == std::string::npos ? 0 : url.find("://") + 3;
    return url.substr(begin, std::min(url.find('/', begin), url.size()) - begin);
}

// As name nodes know their data nodes: by address, without a port. Where it is not known, the name.
std::string address_of(const std::string& authority) {
    const std::string host = authority.substr(0, authority.rfind(':'));
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, nullptr, &found) != 0) {
        return host;
    }
    char address[NI_MAXHOST] = {};
    const bool good = ::getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof(address),
                                    nullptr, 0, NI_NUMERICHOST) == 0;
    ::freeaddrinfo(found);
    return good ? address : host;
}

// Another data node may do better.
bool is_lost(const Result<HttpAnswer>& answer) {
    return answer ? answer->status == 429 || answer->status >= 500
                  : is_no_answer(answer.error().code);
}

// Empty where there is no text: servers are not to be relied on.
std::string text_of(const Json& json, std::string_view name) {
    const Json* const found = json.find(name);
    return found == nullptr || found->string() == nullptr ? std::string() : *found->string();
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
        refusal.exception = text_of(*remote, "exception");
        refusal.message = text_of(*remote, "message");
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
    if (!is_good(answer.status)) {
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
        request.answer_bytes = ask.answer_bytes;
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

Result<HttpAnswer> WebHdfs::send_data(const Ask& ask, std::string_view body) {
    Ask again = ask;
    HttpRequest request;
    request.method = ask.method;
    request.body = body;
    request.answer_bytes = ask.answer_bytes;
    request.once = true;  // the next data node is the second attempt
    const auto send_to = [&](const std::string& url) {
        request.url = url;
        return http_.send(request, what(ask) + " at data node " + authority_of(url));
    };
    std::string last;
    for (int node = 0; node < kDataNodesMax; ++node) {
        TRY(const HttpAnswer sent_on, send(again));
        const std::string location(sent_on.header("location"));
        const bool named = sent_on.status == 307 && !location.empty();
        if (!named && last.empty()) {
            if (!is_good(sent_on.status)) {
                return refused(what(ask), sent_on);
            }
            if (body.empty()) {
                return sent_on;  // a gateway that reads by itself
            }
            return Error{ErrorCode::Internal, what(ask) + ": the name node names no data node"};
        }
        if (!named || authority_of(location) == authority_of(last)) {
            break;  // there is no other
        }
        last = location;
        auto answer = send_to(location);
        if (!is_lost(answer) || ask.once) {
            return accepted(ask, std::move(answer));
        }
        // It takes a name node minutes to see that a data node is gone.
        std::string& excluded = again.query["excludedatanodes"];
        excluded += (excluded.empty() ? "" : ",") + address_of(authority_of(location));
    }
    request.once = false;  // the last is given some time
    return accepted(ask, send_to(last));
}

Result<HttpAnswer> WebHdfs::accepted(const Ask& ask, Result<HttpAnswer> answer) const {
    if (answer && !is_good(answer->status)) {
        return refused(what(ask), *answer);
    }
    return answer;
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
    ask.answer_bytes = std::max(size, kErrorBytes);
    TRY(HttpAnswer answer, send_data(ask, {}));
    if (answer.body.empty()) {
        return Error{ErrorCode::Unavailable, what(ask) + ": nothing came of " +
                                                 std::to_string(size) + " bytes at " +
                                                 std::to_string(offset)};
    }
    // Who reads has room for no more, and not every server heeds the length.
    answer.body.resize(std::min<std::uint64_t>(answer.body.size(), size));
    return std::move(answer.body);
}

Status WebHdfs::create(const std::string& path, std::string_view bytes) {
    TRY(send_data({"PUT", "CREATE", path, {{"overwrite", "true"}}}, bytes));
    return {};
}

Status WebHdfs::append(const std::string& path, std::string_view bytes) {
    // Twice would be in the file twice.
    TRY(send_data({"POST", "APPEND", path, {}, true}, bytes));
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
    TRY(const FileInfo source, stat(from));
    // With an option, even this one, a rename never moves into a folder that is there.
    const Ask ask{"PUT", "RENAME", from, {{"destination", to}, {"renameoptions", "NONE"}}};
    TRY(const HttpAnswer answer, send(ask));
    if (is_good(answer.status)) {
        return {};
    }
    const Error error = refused(what(ask) + " to " + head_ + to, answer);
    if (error.code == ErrorCode::NotFound) {
        // Asked again after an answer that was lost, it has happened: what is there now is the
        // source, which keeps its id and its time, and not something of another writer.
        const auto target = stat(to);
        if (target && target->version == source.version && target->size == source.size) {
            return {};
        }
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
