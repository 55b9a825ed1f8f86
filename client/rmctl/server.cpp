#include "client/rmctl/server.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "common/base/strings.h"
#include "common/net/http_client.h"
#include "common/net/retry_after.h"
#include "common/wire/endpoint_file.h"
#include "common/wire/http_status.h"

namespace heddle::rmctl {
namespace {

constexpr const char* kHowToStart =
    "start a cluster on this machine with 'rmctl dev up', or name one with --server HOST:8088";

Result<std::string> read_token(const std::string& path) {
    std::ifstream file(path);
    std::string token;
    if (!file || !std::getline(file, token) || trim(token).empty()) {
        return Error{ErrorCode::NotFound,
                     "no token in '" + path + "'; name the token file with --token-file"};
    }
    return std::string(trim(token));
}

// A page of a web server or a proxy: ours answer with JSON, and with a line of text when the
// request was no proper HTTP.
bool is_page(std::string_view body) {
    return trim(body).starts_with('<');
}

Error other_server(const std::string& found) {
    return Error{ErrorCode::Unavailable,
                 found + ": this is no Heddle resource manager; name one with --server HOST:8088"};
}

Error refusal(const net::ClientResponse& response, std::string_view what,
              const std::string& token_file) {
    Error error = refusal_of(response.status, response.body, what);
    if (error.code == ErrorCode::Unauthenticated) {
        error.message += token_file.empty() ? "; name the token file with --token-file"
                                            : "; the token of '" + token_file + "' was used";
    }
    return error;
}

}  // namespace

Error refusal_of(int status, std::string_view body, std::string_view what) {
    if (is_page(body)) {
        return other_server("the server answers with HTTP status " + std::to_string(status) +
                            " and a page instead of JSON");
    }
    Error error = wire::error_of(status, body);
    const std::string_view object = what.substr(what.rfind(' ') + 1);
    if (error.message.find(object) == std::string::npos) {
        error.message = std::string(what) + ": " + error.message;
    }
    return error;
}

struct Server::Connection {
    explicit Connection(net::Endpoint endpoint, net::Headers headers)
        : client(std::move(endpoint), std::move(headers)) {}
    net::HttpClient client;
};

Server::Server(std::string address, std::string token_file, std::unique_ptr<Connection> connection)
    : address_(std::move(address)),
      token_file_(std::move(token_file)),
      connection_(std::move(connection)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

Result<Server> Server::find(const Options& options) {
    TRY(const wire::ServerPlace place,
        wire::find_server(options.server, options.token_file, options.directory));
    if (place.address.empty()) {
        return Error{ErrorCode::Unavailable,
                     std::string("no resource manager is known; ") + kHowToStart};
    }
    return at(place.address, place.token_file);
}

Result<Server> Server::at(const std::string& address, const std::string& token_file) {
    TRY(const net::Endpoint endpoint, net::Endpoint::parse(address, 8088));
    net::Headers headers;
    if (!token_file.empty()) {
        TRY(const std::string token, read_token(token_file));
        headers.add("Authorization", "Bearer " + token);
    }
    headers.add("Accept", "application/json");
    const std::string shown = endpoint.is_unix() ? endpoint.text() : "http://" + endpoint.text();
    return Server(shown, token_file, std::make_unique<Connection>(endpoint, std::move(headers)));
}

Result<std::string> Server::exchange(const char* method, const std::string& target,
                                     std::string body, std::string_view what,
                                     std::string_view type) {
    net::ClientRequest request;
    request.method = method;
    request.target = target;
    if (!body.empty()) {
        request.headers.add("Content-Type", std::string(type));
    }
    request.body = std::move(body);
    auto response = connection_->client.send(std::move(request));
    retry_after_ = net::retry_after(response);
    if (!response) {
        return no_answer(std::move(response).error());
    }
    if (!response->success()) {
        return refusal(*response, what, token_file_);
    }
    if (is_page(response->body)) {
        return other_server(address_ + " answers with a page instead of JSON");
    }
    return std::move(response).value().body;
}

Error Server::no_answer(Error error) const {
    if (error.code == ErrorCode::Unavailable) {
        error.message = "the resource manager at " + address_ +
                        " does not answer: " + error.message + "; " + kHowToStart;
    } else if (error.code == ErrorCode::DataLoss) {
        return other_server(address_ + " does not speak HTTP (" + error.message + ")");
    }
    return error;
}

Result<std::string> Server::get(const std::string& target, std::string_view what) {
    return exchange("GET", target, {}, what, kJsonType);
}

Result<std::string> Server::put(const std::string& target, std::string body, std::string_view what,
                                std::string_view type) {
    return exchange("PUT", target, std::move(body), what, type);
}

Result<std::string> Server::post(const std::string& target, std::string body, std::string_view what,
                                 std::string_view type) {
    return exchange("POST", target, std::move(body), what, type);
}

Result<bool> Server::exists(const std::string& target) {
    const auto answer = exchange("HEAD", target, {}, target, kJsonType);
    if (!answer && answer.error().code != ErrorCode::NotFound) {
        return answer.error();
    }
    return answer.ok();
}

Status Server::upload(const std::string& target, const std::string& path) {
    net::ClientRequest request;
    request.method = "PUT";
    request.target = target;
    request.headers.add("Content-Type", "application/octet-stream");
    request.body_file = path;
    const Duration usual = connection_->client.options().deadline;
    connection_->client.options().deadline = {};  // a large file takes its time
    auto response = connection_->client.send(std::move(request));
    connection_->client.options().deadline = usual;
    retry_after_ = net::retry_after(response);
    if (!response) {
        return std::move(response).error();
    }
    if (!response->success()) {
        return refusal(*response, "upload of " + path, token_file_);
    }
    return {};
}

Status Server::stream(const std::string& target, std::string_view what,
                      std::function<bool(std::string_view)> on_data) {
    net::ClientRequest request;
    request.target = target;
    auto response = connection_->client.stream(std::move(request), std::move(on_data));
    if (!response) {
        return std::move(response).error();
    }
    if (!response->success()) {
        return refusal(*response, what, token_file_);
    }
    return {};
}

void Server::cancel() {
    connection_->client.cancel();
}

}  // namespace heddle::rmctl
