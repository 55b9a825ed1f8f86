// S3 as a file system.
#include "common/fs/s3.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "common/fs/interrupt.h"
#include "common/fs/memory_view.h"
#include "common/fs/s3_bucket.h"
#include "common/fs/s3_commit.h"

namespace heddle::fs {

namespace {

constexpr int kPage = 1000;  // keys, S3's own limit

// "s3a://bucket/key" in its parts; `head` is "s3a://bucket/".
struct S3Path {
    std::string head;
    std::string bucket;
    std::string key;
};

Result<S3Path> parse(const std::string& path) {
    const std::size_t begin = scheme_of(path).size() + 3;
    const std::size_t slash = std::min(path.find('/', begin), path.size());
    S3Path out;
    out.bucket = path.substr(begin, slash - begin);
    out.head = path.substr(0, slash) + "/";
    out.key = slash < path.size() ? path.substr(slash + 1) : "";
    if (out.bucket.empty() || out.bucket.find_first_of("@:?#") != std::string::npos) {
        return Error{ErrorCode::InvalidArgument,
                     "a path of S3 without a good bucket name; write s3a://bucket/key, and give "
                     "keys by settings, never in a path"};
    }
    return out;
}

std::string as_folder(const std::string& key) {
    return key.empty() || key.ends_with('/') ? key : key + "/";
}

class S3Reader final : public FileReader {
public:
    S3Reader(S3Bucket& bucket, std::string key, std::uint64_t at, std::string etag)
        : bucket_(bucket), key_(std::move(key)), at_(at), etag_(std::move(etag)) {}

    Result<std::size_t> read(char* out, std::size_t size) override {
        TRY(const std::string bytes, bucket_.get(key_, at_, size, etag_));
        std::copy(bytes.begin(), bytes.end(), out);
        at_ += bytes.size();
        return bytes.size();
    }

private:
    S3Bucket& bucket_;
    std::string key_;
    std::uint64_t at_;
    std::string etag_;
};

// Collects parts; a plain file that is smaller than one is put at once. What was not closed leaves
// nothing.
class S3Writer final : public PartWriter {
public:
    S3Writer(S3Bucket& bucket, std::string key, bool waits)
        : bucket_(bucket), key_(std::move(key)), waits_(waits) {}
    ~S3Writer() override {
        if (!closed_ && !upload_.id.empty()) {
            const std::atomic<bool> go_on{false};  // also when the task is to end
            const InterruptScope scope(go_on);
            (void)bucket_.abort(upload_);
        }
    }
    S3Writer(const S3Writer&) = delete;
    S3Writer& operator=(const S3Writer&) = delete;

    Status write(std::string_view bytes) override {
        const std::size_t size = bucket_.place().part_size;
        while (!bytes.empty()) {
            const std::size_t more = std::min(bytes.size(), size - buffer_.size());
            buffer_ += bytes.substr(0, more);
            bytes.remove_prefix(more);
            if (buffer_.size() == size) {
                TRY(put_part());
            }
        }
        return {};
    }
    Status close() override {
        if (!waits_ && upload_.id.empty()) {
            TRY(bucket_.put(key_, buffer_));
            closed_ = true;
            return {};
        }
        if (!buffer_.empty() || upload_.etags.empty()) {
            TRY(put_part());
        }
        if (!waits_) {
            TRY(bucket_.complete(upload_));
        }
        closed_ = true;
        return {};
    }
    std::string token() const override { return encode_upload(upload_); }

private:
    Status put_part() {
        if (upload_.id.empty()) {
            TRY(upload_, bucket_.begin_upload(key_));
        }
        TRY(bucket_.put_part(upload_, buffer_));
        buffer_.clear();
        return {};
    }

    S3Bucket& bucket_;
    std::string key_;
    bool waits_;  // for commit_output()
    std::string buffer_;
    S3Upload upload_;
    bool closed_ = false;
};

Result<std::vector<S3Upload>> decode_uploads(const std::vector<OutputPart>& parts) {
    std::vector<S3Upload> uploads;
    for (const OutputPart& part : parts) {
        TRY(S3Upload upload, decode_upload(part.token));
        uploads.push_back(std::move(upload));
    }
    return uploads;
}

class S3FileSystem final : public FileSystem {
public:
    explicit S3FileSystem(const Settings& settings)
        : settings_(settings), http_(s3_rules(settings)) {}

    Result<FileInfo> stat(const std::string& path) override {
        TRY(const S3Path at, parse(path));
        TRY(S3Bucket* const bucket, find(at.bucket));
        if (!at.key.empty() && !at.key.ends_with('/')) {
            const auto object = bucket->head(at.key);
            if (object) {
                return info(path, *object, *bucket);
            }
            if (object.error().code == ErrorCode::PermissionDenied) {
                return why_not(*bucket, at.key, object.error());
            }
            if (object.error().code != ErrorCode::NotFound) {
                return object.error();
            }
        }
        TRY(const S3Bucket::Page page, bucket->list(as_folder(at.key), false, 1, {}));
        if (page.objects.empty() && !at.key.empty()) {
            return Error{ErrorCode::NotFound, "no object and no folder '" + path + "'"};
        }
        return FileInfo{path, 0, true};
    }

    Result<std::vector<FileInfo>> list(const std::string& folder) override {
        TRY(const S3Path at, parse(folder));
        TRY(S3Bucket* const bucket, find(at.bucket));
        const std::string prefix = as_folder(at.key);
        std::vector<FileInfo> entries;
        std::string next;
        do {
            TRY(const S3Bucket::Page page, bucket->list(prefix, true, kPage, next));
            for (const S3Object& object : page.objects) {
                if (object.key != prefix) {  // some tools make an object that stands for the folder
                    entries.push_back(info(at.head + object.key, object, *bucket));
                }
            }
            for (const std::string& name : page.folders) {
                entries.push_back({at.head + name.substr(0, name.size() - 1), 0, true});
            }
            next = page.next;
        } while (!next.empty());
        if (entries.empty() && !at.key.empty()) {
            return Error{ErrorCode::NotFound, "nothing below '" + folder + "'"};
        }
        std::sort(entries.begin(), entries.end(),
                  [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
        return entries;
    }

    Result<std::unique_ptr<FileView>> view(const std::string& path, std::uint64_t offset,
                                           std::uint64_t size,
                                           const std::string& version) override {
        TRY(const S3Path at, parse(path));
        TRY(S3Bucket* const bucket, find(at.bucket));
        if (size == 0) {
            return std::unique_ptr<FileView>(std::make_unique<MemoryView>(std::string()));
        }
        TRY(std::string bytes, bucket->get(at.key, offset, size, version));
        return std::unique_ptr<FileView>(std::make_unique<MemoryView>(std::move(bytes)));
    }

    Result<std::unique_ptr<FileReader>> open(const std::string& path, std::uint64_t offset,
                                             const std::string& version) override {
        TRY(const S3Path at, parse(path));
        TRY(S3Bucket* const bucket, find(at.bucket));
        return std::unique_ptr<FileReader>(
            std::make_unique<S3Reader>(*bucket, at.key, offset, version));
    }

    bool maps(const std::string&) override { return false; }
    bool has_folders(const std::string&) override { return false; }

    Result<std::unique_ptr<FileWriter>> create(const std::string& path) override {
        TRY(const S3Path at, parse(path));
        TRY(S3Bucket* const bucket, find(at.bucket));
        return std::unique_ptr<FileWriter>(std::make_unique<S3Writer>(*bucket, at.key, false));
    }

    Status make_folders(const std::string& path) override {
        TRY(const S3Path at, parse(path));
        return {};
    }

    Status rename(const std::string& from, const std::string& to) override {
        return Error{ErrorCode::Unsupported, "S3 cannot rename '" + from + "' to '" + to + "'"};
    }

    Status remove(const std::string& path) override {
        TRY(const S3Path at, parse(path));
        TRY(S3Bucket* const bucket, find(at.bucket));
        if (at.key.empty()) {
            return Error{ErrorCode::InvalidArgument, "'" + path + "' is a whole bucket"};
        }
        TRY(bucket->remove(at.key));
        std::string first;  // of the list before, whose objects are gone
        while (true) {
            TRY(const S3Bucket::Page page, bucket->list(as_folder(at.key), false, kPage, {}));
            if (page.objects.empty()) {
                return {};
            }
            if (page.objects.front().key == first) {
                return Error{ErrorCode::Internal,
                             "'" + bucket->url_of(first) + "' was removed, and is listed still"};
            }
            first = page.objects.front().key;
            for (const S3Object& object : page.objects) {
                TRY(bucket->remove(object.key));
            }
        }
    }

    // The place of an output is the target itself.
    Result<std::string> begin_output(const std::string& target, const std::string&) override {
        TRY(const S3Path at, parse(target));
        TRY(S3Bucket* const bucket, find(at.bucket));
        // Whether the bucket is there and answers.
        TRY(const S3Bucket::Page page, bucket->list(as_folder(at.key), false, 1, {}));
        if (!page.objects.empty()) {
            return Error{ErrorCode::AlreadyExists, "something is at '" + target + "' already"};
        }
        return target;
    }

    Result<std::unique_ptr<PartWriter>> create_part(const std::string& place,
                                                    const std::string& name,
                                                    const std::string&) override {
        TRY(const S3Path at, parse(place));
        TRY(S3Bucket* const bucket, find(at.bucket));
        return std::unique_ptr<PartWriter>(
            std::make_unique<S3Writer>(*bucket, as_folder(at.key) + name, true));
    }

    Status commit_output(const std::string&, const std::string& target,
                         const std::vector<OutputPart>& parts, const OutputMark& mark) override {
        TRY(const S3Path at, parse(target));
        TRY(S3Bucket* const bucket, find(at.bucket));
        TRY(const std::vector<S3Upload> uploads, decode_uploads(parts));
        // Two writers that both found the place free: the second is not to mix its parts with those
        // of the first. (Within one and the same second they still can: S3 has no lock.)
        TRY(const S3Bucket::Page page, bucket->list(as_folder(at.key), false, 1, {}));
        if (!page.objects.empty()) {
            return Error{ErrorCode::AlreadyExists,
                         "something has come to '" + target +
                             "' while this output was being written, of which nothing is visible; "
                             "does another job write to the same place?"};
        }
        S3Commit commit(*bucket, uploads);
        TRY(commit.complete());
        const std::string mark_key = as_folder(at.key) + mark.name;
        const Status status = bucket->put(mark_key, mark.content);
        if (status) {
            return {};
        }
        // It may be there all the same, when only the answer was lost: then so must the parts be.
        if (!bucket->remove(mark_key)) {
            return Error{status.error().code,
                         status.error().message +
                             "; all parts are visible, and whether the mark is there is not known"};
        }
        return commit.take_back(status.error());
    }

    // Attempts that lost or failed abort by themselves. Uploads of others are not touched: another
    // job may be about to write to the same place.
    void end_output(const std::string& place, const std::vector<OutputPart>& left) override {
        const auto at = parse(place);
        const auto bucket = at ? find(at->bucket) : Result<S3Bucket*>(at.error());
        const auto uploads = decode_uploads(left);
        if (bucket && uploads) {
            abort_all(**bucket, *uploads);
        }
    }

private:
    // An answer to HEAD says no reason; the same refusal of a list does.
    static Error why_not(S3Bucket& bucket, const std::string& key, const Error& refused) {
        const auto page = bucket.list(key, false, 1, {});
        return page ? refused : page.error();
    }
    static FileInfo info(const std::string& path, const S3Object& object, const S3Bucket& bucket) {
        return {path, object.size, false, object.etag, bucket.place().block_size};
    }
    Result<S3Bucket*> find(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto it = buckets_.find(name);
        if (it != buckets_.end()) {
            return it->second.get();
        }
        TRY(S3Place place, s3_place(settings_, name));
        auto bucket = std::make_unique<S3Bucket>(http_, name, std::move(place));
        return buckets_.emplace(name, std::move(bucket)).first->second.get();
    }

    Settings settings_;
    HttpClient http_;
    std::mutex mutex_;
    std::map<std::string, std::unique_ptr<S3Bucket>> buckets_;  // stay where they are
};

}  // namespace

std::unique_ptr<FileSystem> make_s3_file_system(const Settings& settings) {
    return std::make_unique<S3FileSystem>(settings);
}

}  // namespace heddle::fs
