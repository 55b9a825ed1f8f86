// libcurl's easy interface, one handle per request under way.
#include "common/fs/http.h"

#include <curl/curl.h>
#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <mutex>
#include <new>
#include <random>
#include <thread>
#include <utility>

#include "common/base/strings.h"
#include "common/fs/interrupt.h"

namespace heddle::fs {

namespace {

thread_local const std::atomic<bool>* stop_flag = nullptr;

constexpr std::chrono::milliseconds kLook{50};  // for the end of the task
constexpr std::chrono::milliseconds kBackoffMost{20'000};
// Not to be signed again as a form: libcurl's default type for a body.
constexpr const char* kBodyType = "Content-Type: application/octet-stream";

struct Exchange {
    const HttpRequest* request = nullptr;
    HttpAnswer answer;
    bool too_long = false;
    bool no_memory = false;
};

// For what libcurl calls: no exception may pass through it.
template <typename Act>
std::size_t take(Exchange& exchange, std::size_t size, const Act& act) {
    try {
        act();
        return size;
    } catch (const std::bad_alloc&) {
        exchange.no_memory = true;
        return 0;  // ends the request
    }
}

std::size_t take_body(char* data, std::size_t one, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    const std::size_t size = one * count;
    if (exchange.answer.body.size() + size > exchange.request->answer_bytes) {
        exchange.too_long = true;
        return 0;
    }
    return take(exchange, size, [&] { exchange.answer.body.append(data, size); });
}

std::size_t take_header(char* data, std::size_t one, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    auto& headers = exchange.answer.headers;
    const std::string_view line = trim({data, one * count});
    return take(exchange, one * count, [&] {
        if (line.starts_with("HTTP/")) {  // another answer begins: after "100 Continue"
            headers.clear();
        } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
            headers[to_lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
        }
    });
}

// Programs that tasks start (pipe) are not to hold our connections.
int keep_from_programs(void*, curl_socket_t socket, curlsocktype) {
    return ::fcntl(socket, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

int look_up(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return interrupted() ? 1 : 0;
}

struct HeaderList {
    ~HeaderList() { ::curl_slist_free_all(list); }
    void add(const std::string& line) { list = ::curl_slist_append(list, line.c_str()); }
    curl_slist* list = nullptr;
};

// setopt takes a type for every option; a long is meant where a number is.
void number(CURL* handle, CURLoption option, long value) {
    ::curl_easy_setopt(handle, option, value);
}
void text(CURL* handle, CURLoption option, const std::string& value) {
    ::curl_easy_setopt(handle, option, value.c_str());
}

void set_method(CURL* handle, const HttpRequest& request, HeaderList& headers) {
    if (request.method == "HEAD") {
        number(handle, CURLOPT_NOBODY, 1);
        return;
    }
    if (!request.body.empty() || request.method == "PUT" || request.method == "POST") {
        ::curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                           static_cast<curl_off_t>(request.body.size()));
        ::curl_easy_setopt(handle, CURLOPT_POSTFIELDS,
                           request.body.empty() ? "" : request.body.data());
        headers.add(kBodyType);
    }
    text(handle, CURLOPT_CUSTOMREQUEST, request.method);
}

void set_signing(CURL* handle, const Signing& signing, HeaderList& headers) {
    text(handle, CURLOPT_AWS_SIGV4, "aws:amz:" + signing.region + ":s3");
    text(handle, CURLOPT_USERNAME, signing.access_key);
    text(handle, CURLOPT_PASSWORD, signing.secret_key);
    // S3 wants this header, and libcurl before 8 does not make it. Bodies are not part of the
    // signature: TLS protects them.
    headers.add("x-amz-content-sha256: UNSIGNED-PAYLOAD");
    if (!signing.session_token.empty()) {
        headers.add("x-amz-security-token: " + signing.session_token);
    }
}

void set_rules(CURL* handle, const HttpRules& rules) {
    number(handle, CURLOPT_NOSIGNAL, 1);
    number(handle, CURLOPT_PATH_AS_IS, 1);
    number(handle, CURLOPT_FOLLOWLOCATION, 0);
    number(handle, CURLOPT_CONNECTTIMEOUT, rules.connect_seconds);
    number(handle, CURLOPT_LOW_SPEED_LIMIT, 1);
    number(handle, CURLOPT_LOW_SPEED_TIME, rules.idle_seconds);
    text(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    number(handle, CURLOPT_NOPROGRESS, 0);
    ::curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, look_up);
    ::curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, keep_from_programs);
}

ErrorCode code_of(CURLcode code) {
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return ErrorCode::Timeout;
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return ErrorCode::InvalidArgument;  // to ask again would not help
        default:
            return ErrorCode::Unavailable;
    }
}

Result<HttpAnswer> exchange_once(CURL* handle, const HttpRequest& request, const HttpRules& rules,
                                 const std::string& what) {
    ::curl_easy_reset(handle);  // keeps connections
    Exchange exchange;
    exchange.request = &request;
    HeaderList headers;
    set_rules(handle, rules);
    text(handle, CURLOPT_URL, request.url);
    set_method(handle, request, headers);
    for (const std::string& line : request.headers) {
        headers.add(line);
    }
    if (request.signing != nullptr) {
        set_signing(handle, *request.signing, headers);
    }
    ::curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.list);
    ::curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    ::curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
    ::curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    ::curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
    const CURLcode code = ::curl_easy_perform(handle);
    if (code == CURLE_OK) {
        long status = 0;
        ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
        exchange.answer.status = static_cast<int>(status);
        return std::move(exchange.answer);
    }
    if (interrupted()) {
        return Error{ErrorCode::Cancelled, what + ": ended by request"};
    }
    if (exchange.no_memory) {
        return Error{ErrorCode::ResourceExhausted, what + ": no memory for the answer"};
    }
    if (exchange.too_long) {
        return Error{ErrorCode::ResourceExhausted,
                     what + ": the answer has more than the expected " +
                         std::to_string(request.answer_bytes) + " bytes"};
    }
    return Error{code_of(code), what + ": " + ::curl_easy_strerror(code)};
}

bool asks_for_patience(int status) {
    return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

// Some are drawn to be shorter, so that tasks that failed together do not come back together.
void wait_before(int attempt, int first_milliseconds) {
    static thread_local std::minstd_rand draw{std::random_device{}()};
    const auto full = std::min<std::chrono::milliseconds>(
        std::chrono::milliseconds(first_milliseconds) * (1LL << std::min(attempt - 1, 20)),
        kBackoffMost);
    auto left = full / 2 + full * static_cast<int>(draw() % 512) / 1024;
    while (left.count() > 0 && !interrupted()) {
        const auto nap = std::min(left, kLook);
        std::this_thread::sleep_for(nap);
        left -= nap;
    }
}

}  // namespace

bool is_no_answer(ErrorCode code) {
    return code == ErrorCode::Unavailable || code == ErrorCode::Timeout;
}

bool is_good(int status) {
    return status >= 200 && status < 300;
}

InterruptScope::InterruptScope(const std::atomic<bool>& stop)
    : before_(std::exchange(stop_flag, &stop)) {}

InterruptScope::~InterruptScope() {
    stop_flag = before_;
}

bool interrupted() {
    return stop_flag != nullptr && stop_flag->load(std::memory_order_relaxed);
}

std::string_view HttpAnswer::header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? std::string_view() : std::string_view(it->second);
}

struct HttpClient::Pool {
    ~Pool() {
        for (CURL* handle : idle) {
            ::curl_easy_cleanup(handle);
        }
    }
    CURL* take() {
        const std::lock_guard lock(mutex);
        if (idle.empty()) {
            return ::curl_easy_init();
        }
        CURL* const handle = idle.back();
        idle.pop_back();
        return handle;
    }
    void give(CURL* handle) {
        const std::lock_guard lock(mutex);
        idle.push_back(handle);
    }

    std::mutex mutex;
    std::vector<CURL*> idle;
};

HttpClient::HttpClient(const HttpRules& rules) : rules_(rules), pool_(std::make_unique<Pool>()) {
    static const CURLcode once = ::curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)once;
}

HttpClient::~HttpClient() = default;

Result<HttpAnswer> HttpClient::send(const HttpRequest& request, const std::string& what) {
    CURL* const handle = pool_->take();
    if (handle == nullptr) {
        return Error{ErrorCode::ResourceExhausted, what + ": no memory for a request"};
    }
    auto answer = exchange_once(handle, request, rules_, what);
    const int attempts_max = request.once ? 1 : rules_.attempts;
    int attempts = 1;
    for (; attempts < attempts_max &&
           (answer ? asks_for_patience(answer->status) : is_no_answer(answer.error().code));
         ++attempts) {
        wait_before(attempts, rules_.backoff_milliseconds);
        if (interrupted()) {
            answer = Error{ErrorCode::Cancelled, what + ": ended by request"};
            break;
        }
        answer = exchange_once(handle, request, rules_, what);
    }
    pool_->give(handle);
    if (!answer && is_no_answer(answer.error().code)) {
        return Error{answer.error().code, answer.error().message + " (asked " +
                                              std::to_string(attempts) +
                                              (attempts == 1 ? " time)" : " times)")};
    }
    return answer;
}

std::string encode_url(std::string_view text, bool path) {
    constexpr std::string_view kPlain = "-._~";
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter || (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos ||
            (path && c == '/')) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
        }
    }
    return out;
}

std::string decode_url(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr ==
                text.data() + i + 3) {
            out += static_cast<char>(value);
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

std::string url_query(const std::map<std::string, std::string>& parameters) {
    std::string out;
    for (const auto& [name, value] : parameters) {
        out += (out.empty() ? "" : "&") + encode_url(name, false) + "=" + encode_url(value, false);
    }
    return out;
}

}  // namespace heddle::fs
