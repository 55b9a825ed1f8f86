#pragma once

// The bucket "b" behind a scripted server: objects, uploads, lists, and faults between them.

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/fs/http.h"
#include "tests/unit/common/fs/scripted_server.h"

namespace heddle::fs::test {

class FakeBucket {
public:
    /// Asked before each request, on the server's thread; an answer stands for the bucket's.
    std::function<std::optional<Said>(const Asked&)> fault;

    Said answer(const Asked& asked) {
        if (fault) {
            if (auto said = fault(asked)) {
                return *said;
            }
        }
        return obey(asked);
    }
    /// Without faults.
    Said obey(const Asked& asked) {
        const std::lock_guard lock(mutex_);
        const std::size_t mark = asked.target.find('?');
        const std::string key = decode_url(asked.target.substr(3, mark - 3));  // behind "/b/"
        const std::string query = mark == std::string::npos ? "" : asked.target.substr(mark + 1);
        if (asked.method == "GET") {
            return list(query);
        }
        return query.empty() ? on_object(asked, key) : on_upload(asked, key, query);
    }

    /// With the mark of the upload that made it.
    void put(const std::string& key, const std::string& mark) {
        const std::lock_guard lock(mutex_);
        objects_[key] = mark;
    }
    void forget_uploads() {
        const std::lock_guard lock(mutex_);
        uploads_.clear();
    }
    std::map<std::string, std::string> objects() {
        const std::lock_guard lock(mutex_);
        return objects_;
    }
    std::vector<std::string> uploads() {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> keys;
        for (const auto& [id, upload] : uploads_) {
            keys.push_back(upload.first);
        }
        return keys;
    }

private:
    static Said error(int status, const std::string& code) {
        return {status, "<Error><Code>" + code + "</Code><Message>no</Message></Error>"};
    }
    Said list(const std::string& query) const {
        const std::size_t at = query.find("prefix=");
        const std::string prefix = decode_url(query.substr(at + 7, query.find('&', at) - at - 7));
        std::string body = "<ListBucketResult>";
        for (const auto& [key, mark] : objects_) {
            if (key.starts_with(prefix)) {
                body += "<Contents><Key>" + key + "</Key><Size>1</Size></Contents>";
            }
        }
        return {200, body + "</ListBucketResult>"};
    }
    Said on_object(const Asked& asked, const std::string& key) {
        if (asked.method == "PUT") {
            objects_[key] = "";
            return {};
        }
        if (asked.method == "DELETE") {
            objects_.erase(key);
            return {204};
        }
        const auto it = objects_.find(key);
        return it == objects_.end()
                   ? Said{404}
                   : Said{200, "", "x-amz-meta-heddle-upload: " + it->second + "\r\n"};
    }
    Said on_upload(const Asked& asked, const std::string& key, const std::string& query) {
        if (query == "uploads=") {
            const std::string name = "x-amz-meta-heddle-upload: ";
            const std::size_t at = asked.headers.find(name) + name.size();
            const std::string id = "id" + std::to_string(++last_);
            uploads_[id] = {key, asked.headers.substr(at, asked.headers.find('\r', at) - at)};
            return {200, "<R><UploadId>" + id + "</UploadId></R>"};
        }
        const auto it = uploads_.find(query.substr(query.find("uploadId=") + 9));
        if (it == uploads_.end()) {
            return error(404, "NoSuchUpload");
        }
        if (asked.method == "PUT") {
            return {200, "", "ETag: \"tag\"\r\n"};
        }
        if (asked.method == "POST") {
            objects_[key] = it->second.second;
        }
        uploads_.erase(it);
        return asked.method == "POST" ? Said{200, "<R></R>"} : Said{204};
    }

    std::mutex mutex_;
    std::map<std::string, std::string> objects_;
    std::map<std::string, std::pair<std::string, std::string>> uploads_;  // by id: key and mark
    int last_ = 0;
};

}  // namespace heddle::fs::test
