// S3's REST requests.
#include "common/fs/s3_bucket.h"

#include <algorithm>
#include <utility>

#include "common/base/random_word.h"
#include "common/base/strings.h"
#include "common/fs/s3_xml.h"
#include "common/fs/written_again.h"

namespace heddle::fs {

namespace {

constexpr std::size_t kPartsMax = 10'000;  // of one upload
constexpr int kCompleteAgain = 2;
constexpr const char* kMarkHeader = "x-amz-meta-heddle-upload";

// S3's words, when it has some. Answers to HEAD have none.
std::string said(const HttpAnswer& answer) {
    const std::string code = xml_text(answer.body, "Code");
    const std::string message = xml_text(answer.body, "Message");
    return code.empty() ? "status " + std::to_string(answer.status)
                        : code + (message.empty() ? "" : ": " + message);
}

std::string range_header(std::uint64_t offset, std::uint64_t size) {
    const bool open = size > INT64_MAX || offset > INT64_MAX - size;  // servers count so far
    return "Range: bytes=" + std::to_string(offset) + "-" +
           (open ? "" : std::to_string(offset + size - 1));
}

// Gateways that compress make them weak, and some servers leave out the quotes in lists.
std::string plain_etag(std::string_view etag) {
    if (etag.starts_with("W/")) {
        etag.remove_prefix(2);
    }
    if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) {
        etag = etag.substr(1, etag.size() - 2);
    }
    return std::string(etag);
}

bool is_list(std::string_view body) {
    return body.find("<ListBucketResult") != std::string_view::npos;
}

std::string completion(const S3Upload& upload) {
    std::string xml = "<CompleteMultipartUpload>";
    for (std::size_t i = 0; i < upload.etags.size(); ++i) {
        xml += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" +
               xml_escape(upload.etags[i]) + "</ETag></Part>";
    }
    return xml + "</CompleteMultipartUpload>";
}

}  // namespace

Result<HttpAnswer> S3Bucket::send(const Ask& ask) {
    HttpRequest request;
    request.method = ask.method;
    request.url = place_.base + "/" + encode_url(ask.key, true);
    if (!ask.query.empty()) {
        request.url += "?" + url_query(ask.query);
    }
    request.headers = ask.headers;
    request.body = ask.body;
    request.answer_bytes = ask.answer_bytes;
    request.once = ask.once;
    request.signing = place_.keys ? &*place_.keys : nullptr;
    const std::string what = ask.method + " " + url_of(ask.key);
    auto answer = http_.send(request, what);
    if (!answer && answer.error().code != ErrorCode::Cancelled) {
        return Error{answer.error().code, answer.error().message + "; the endpoint is " +
                                              place_.endpoint + " (fs.s3a.endpoint)"};
    }
    return answer;
}

Error S3Bucket::refusal(const Ask& ask, const HttpAnswer& answer) const {
    const std::string what = ask.method + " " + url_of(ask.key) + ": ";
    const std::string code = xml_text(answer.body, "Code");
    std::string region(answer.header("x-amz-bucket-region"));
    if (region.empty()) {
        region = xml_text(answer.body, "Region");
    }
    const bool moved = answer.status == 301 || answer.status == 302 || answer.status == 307;
    if (moved || (!region.empty() && region != place_.region)) {
        const std::string there = xml_text(answer.body, "Endpoint");
        return {ErrorCode::InvalidArgument,
                what + "bucket '" + name_ + "' is in region '" +
                    (region.empty() ? "(not said)" : region) + "', but was asked for in '" +
                    place_.region + "' at " + place_.endpoint + "; set fs.s3a.endpoint.region" +
                    (there.empty() ? "" : ", and fs.s3a.endpoint=" + there)};
    }
    if (answer.status == 401 || code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch" ||
        code == "ExpiredToken" || code == "InvalidToken" || code == "RequestTimeTooSkewed") {
        return {ErrorCode::Unauthenticated,
                what + "the credentials are refused (" + said(answer) +
                    "); check fs.s3a.access.key, fs.s3a.secret.key and this machine's clock"};
    }
    if (answer.status == 403) {
        return {ErrorCode::PermissionDenied,
                what + "not allowed (" + said(answer) + "); " +
                    (place_.keys ? "the access key has no right to this"
                                 : "no credentials were found: set fs.s3a.access.key and "
                                   "fs.s3a.secret.key, or give a credentials file")};
    }
    if (answer.status == 404) {
        return {ErrorCode::NotFound, code == "NoSuchBucket"
                                         ? what + "no bucket '" + name_ + "' at " + place_.endpoint
                                         : what + "no such object (" + said(answer) + ")"};
    }
    if (answer.status == 412) {
        return written_again(url_of(ask.key));
    }
    return {answer.status >= 500 ? ErrorCode::Unavailable : ErrorCode::Internal,
            what + said(answer)};
}

Result<S3Object> S3Bucket::head(const std::string& key) {
    const Ask ask{"HEAD", key};
    TRY(const HttpAnswer answer, send(ask));
    if (!is_good(answer.status)) {
        return refusal(ask, answer);
    }
    S3Object object;
    object.key = key;
    object.etag = answer.header("etag");
    object.mark = answer.header(kMarkHeader);
    if (!parse_number(answer.header("content-length"), object.size)) {
        return Error{ErrorCode::Internal, "HEAD " + url_of(key) + ": the answer has no size"};
    }
    return object;
}

Result<std::string> S3Bucket::get(const std::string& key, std::uint64_t offset, std::uint64_t size,
                                  const std::string& etag) {
    Ask ask{"GET", key};
    ask.answer_bytes = std::max(size, kErrorBytes);
    ask.headers.push_back(range_header(offset, size));
    if (!etag.empty()) {
        ask.headers.push_back("If-Match: \"" + plain_etag(etag) + "\"");
    }
    TRY(HttpAnswer answer, send(ask));
    if (answer.status == 416) {
        return std::string();  // it begins behind the end
    }
    if (!is_good(answer.status)) {
        return refusal(ask, answer);
    }
    // Not every server knows If-Match.
    if (!etag.empty() && plain_etag(answer.header("etag")) != plain_etag(etag)) {
        answer.status = 412;
        return refusal(ask, answer);
    }
    if (answer.status == 200 && offset > 0) {
        answer.body.erase(0, std::min<std::uint64_t>(offset, answer.body.size()));
    }
    if (answer.body.size() > size) {
        answer.body.resize(size);
    }
    return std::move(answer.body);
}

Status S3Bucket::put(const std::string& key, std::string_view bytes) {
    const Ask ask{"PUT", key, {}, {}, bytes};
    TRY(const HttpAnswer answer, send(ask));
    return is_good(answer.status) ? Status() : Status(refusal(ask, answer));
}

Status S3Bucket::remove(const std::string& key) {
    const Ask ask{"DELETE", key};
    TRY(const HttpAnswer answer, send(ask));
    return is_good(answer.status) || answer.status == 404 ? Status() : Status(refusal(ask, answer));
}

Result<S3Bucket::Page> S3Bucket::list(const std::string& prefix, bool folders, int most,
                                      const std::string& next) {
    Ask ask{"GET", ""};
    ask.query = {{"list-type", "2"},
                 {"prefix", prefix},
                 {"max-keys", std::to_string(most)},
                 {"encoding-type", "url"}};
    if (folders) {
        ask.query["delimiter"] = "/";
    }
    if (!next.empty()) {
        ask.query["continuation-token"] = next;
    }
    TRY(const HttpAnswer answer, send(ask));
    if (!is_good(answer.status)) {
        return refusal(ask, answer);
    }
    if (!is_list(answer.body)) {  // a page of some proxy is not an empty folder
        return Error{ErrorCode::Internal,
                     "GET " + url_of(prefix) + ": the answer is no list of objects; is " +
                         place_.endpoint + " (fs.s3a.endpoint) a server of S3?"};
    }
    const bool encoded = xml_text(answer.body, "EncodingType") == "url";
    const auto plain = [encoded](std::string key) {
        return encoded ? decode_url(key) : std::move(key);
    };
    Page page;
    for (const std::string_view one : xml_elements(answer.body, "Contents")) {
        S3Object object{plain(xml_text(one, "Key")), 0, xml_text(one, "ETag")};
        if (!parse_number(xml_text(one, "Size"), object.size)) {
            return Error{ErrorCode::Internal, "GET " + url_of("") + ": a list without sizes"};
        }
        page.objects.push_back(std::move(object));
    }
    for (const std::string_view one : xml_elements(answer.body, "CommonPrefixes")) {
        page.folders.push_back(plain(xml_text(one, "Prefix")));
    }
    if (xml_text(answer.body, "IsTruncated") == "true") {
        page.next = xml_text(answer.body, "NextContinuationToken");
        if (page.next.empty()) {
            return Error{ErrorCode::Internal,
                         "GET " + url_of(prefix) +
                             ": a list that goes on without saying how; the server has to know "
                             "version 2 of S3's lists"};
        }
    }
    return page;
}

Result<S3Upload> S3Bucket::begin_upload(const std::string& key) {
    const std::string mark = random_word();
    const Ask ask{"POST", key, {{"uploads", ""}}, {std::string(kMarkHeader) + ": " + mark}};
    TRY(const HttpAnswer answer, send(ask));
    S3Upload upload{key, xml_text(answer.body, "UploadId"), mark, {}};
    if (!is_good(answer.status) || upload.id.empty()) {
        return refusal(ask, answer);
    }
    return upload;
}

Status S3Bucket::put_part(S3Upload& upload, std::string_view bytes) {
    if (upload.etags.size() == kPartsMax) {
        return Error{ErrorCode::ResourceExhausted,
                     url_of(upload.key) + " has more than the " + std::to_string(kPartsMax) +
                         " parts that S3 takes; set fs.s3a.multipart.size higher or use more "
                         "partitions"};
    }
    const Ask ask{
        "PUT",
        upload.key,
        {{"partNumber", std::to_string(upload.etags.size() + 1)}, {"uploadId", upload.id}},
        {},
        bytes};
    TRY(const HttpAnswer answer, send(ask));
    if (!is_good(answer.status)) {
        return refusal(ask, answer);
    }
    upload.etags.emplace_back(answer.header("etag"));
    return {};
}

Status S3Bucket::complete(const S3Upload& upload) {
    const std::string body = completion(upload);
    const Ask ask{"POST", upload.key, {{"uploadId", upload.id}}, {}, body};
    TRY(HttpAnswer answer, send(ask));
    std::string code = xml_text(answer.body, "Code");
    // S3 begins its answer before it knows: what is to be asked again may come with status 200.
    for (int left = kCompleteAgain; left > 0 && is_good(answer.status) && !code.empty(); --left) {
        TRY(answer, send(ask));
        code = xml_text(answer.body, "Code");
    }
    if (is_good(answer.status) && code.empty()) {
        return {};
    }
    if (code == "NoSuchUpload") {
        // Asked again after an answer that was lost, it is complete already.
        const auto there = head(upload.key);
        if (there && there->mark == upload.mark) {
            return {};
        }
        return Error{ErrorCode::Conflict,
                     "POST " + url_of(upload.key) +
                         ": this upload is gone, and its object is not there; somebody else has "
                         "aborted it, or a lifecycle rule of the bucket"};
    }
    return refusal(ask, answer);
}

Result<bool> S3Bucket::abort(const S3Upload& upload, bool again) {
    Ask ask{"DELETE", upload.key, {{"uploadId", upload.id}}};
    ask.once = !again;
    TRY(const HttpAnswer answer, send(ask));
    return is_good(answer.status) || answer.status == 404;
}

std::string encode_upload(const S3Upload& upload) {
    std::string token = encode_url(upload.key, true) + "\n" + upload.id + "\n" + upload.mark;
    for (const std::string& etag : upload.etags) {
        token += "\n" + etag;
    }
    return token;
}

Result<S3Upload> decode_upload(std::string_view token) {
    const auto lines = split(token, '\n');
    if (lines.size() < 4) {
        return Error{ErrorCode::DataLoss, "an upload to S3 without key, id, mark or parts"};
    }
    S3Upload upload{decode_url(lines[0]), std::string(lines[1]), std::string(lines[2]), {}};
    upload.etags.assign(lines.begin() + 3, lines.end());
    return upload;
}

}  // namespace heddle::fs
