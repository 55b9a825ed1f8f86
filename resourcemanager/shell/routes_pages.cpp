// The dashboard: its files are public and hold no data; its pages show data only to a session.
// /?code= exchanges a one-time code for the session's cookie.

#include "common/base/clock.h"
#include "common/net/gzip.h"
#include "resourcemanager/shell/services.h"
#include "web/assets.h"

namespace heddle::rm {
namespace {

void harden(net::HttpResponse& response) {
    response.headers.add("Content-Security-Policy", std::string(web::kContentSecurityPolicy));
    response.headers.add("X-Content-Type-Options", "nosniff");
    response.headers.add("X-Frame-Options", "DENY");
    response.headers.add("Referrer-Policy", "no-referrer");
    response.headers.add("Cross-Origin-Opener-Policy", "same-origin");
    response.headers.add("Cross-Origin-Resource-Policy", "same-origin");
}

net::HttpResponse serve(const web::Asset& asset, const net::HttpRequest& request) {
    net::HttpResponse response;
    harden(response);
    response.headers.add("Content-Type", std::string(asset.content_type));
    response.headers.add("ETag", std::string(asset.etag));
    response.headers.add("Cache-Control",
                         asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
    response.headers.add("Vary", "Accept-Encoding");
    if (request.headers.get("If-None-Match") == asset.etag) {
        response.status = 304;
        return response;
    }
    const bool gzip =
        !asset.gzip.empty() && net::accepts_gzip(request.headers.get("Accept-Encoding"));
    const auto bytes = gzip ? asset.gzip : asset.plain;
    if (gzip) {
        response.headers.add("Content-Encoding", "gzip");
    }
    response.body = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return response;
}

std::string content_type_of(const std::string& path) {
    constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
        {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
        {".json", "application/json"},         {".woff2", "font/woff2"}};
    for (const auto& [ending, type] : kTypes) {
        if (path.ends_with(ending)) {
            return std::string(type);
        }
    }
    return "application/octet-stream";
}

// From a directory, for work on the dashboard; the segments of a path are checked by the server.
net::HttpResponse serve_file(const std::string& directory, const std::string& path) {
    net::HttpResponse response;
    harden(response);
    response.headers.add("Content-Type", content_type_of(path));
    response.headers.add("Cache-Control", "no-cache");
    response.body = net::FileRange{directory + path};
    return response;
}

net::HttpResponse index(const Services& services, const net::HttpRequest& request) {
    return services.ui_dir.empty() ? serve(web::index_page(), request)
                                   : serve_file(services.ui_dir, "/index.html");
}

bool from_browser(const net::HttpRequest& request) {
    return request.headers.get("Accept").find("text/html") != std::string_view::npos;
}

Result<net::HttpResponse> page(Services& services, const Call& call) {
    if (!web::is_page_path(call.request.path)) {
        if (!from_browser(call.request)) {
            return Error{ErrorCode::NotFound, "no such page: " + call.request.path};
        }
        net::HttpResponse response = index(services, call.request);  // it says so, with a way on
        if (response.status == 200) {  // not 304: the browser then shows what it kept
            response.status = 404;
        }
        return response;
    }
    const std::string code = call.query("code");
    if (!code.empty()) {
        net::HttpResponse response;
        harden(response);
        response.status = 303;
        response.headers.add("Location", call.request.path);
        response.headers.add("Cache-Control", "no-store");
        if (const auto cookie = services.auth.redeem(code, wall_now())) {
            response.headers.add("Set-Cookie", *cookie);
        }
        return response;
    }
    return index(services, call.request);
}

Result<net::HttpResponse> file(Services& services, const Call& call) {
    if (!services.ui_dir.empty()) {
        return serve_file(services.ui_dir, call.request.path);
    }
    if (const web::Asset* asset = web::find_asset(call.request.path)) {
        return serve(*asset, call.request);
    }
    return Error{ErrorCode::NotFound, "no such path: " + call.request.path};
}

}  // namespace

void add_page_routes(Router& router, Services& services) {
    const auto add_page = [&](const std::string& pattern) {
        router.get(pattern, Permission::Public,
                   [&services](const Call& call) { return page(services, call); });
    };
    add_page("/");
    for (const char* root : {"/nodes", "/apps", "/containers"}) {
        add_page(root);
        add_page(std::string(root) + "/{*}");
    }
    for (const web::Asset& asset : web::web_assets()) {
        router.get(std::string(asset.path), Permission::Public,
                   [&services](const Call& call) { return file(services, call); });
    }
    if (!services.ui_dir.empty()) {
        router.get("/assets/{*}", Permission::Public,
                   [&services](const Call& call) { return file(services, call); });
    }
}

}  // namespace heddle::rm
