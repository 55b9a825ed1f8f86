#include "resourcemanager/shell/tracking.h"

#include <algorithm>

#include "common/base/strings.h"

namespace heddle::rm {

bool leads_safely(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) {
        return false;
    }
    const std::string name = to_lower(url.substr(0, scheme));
    const std::string_view rest = url.substr(scheme + 3);
    const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
    const bool plain = std::ranges::all_of(url, [](char c) {
        return c > ' ' && c < '\x7f' && c != '"' && c != '<' && c != '>' && c != '\\';
    });
    return (name == "http" || name == "https") && !host.empty() &&
           host.find('@') == std::string_view::npos && plain;
}

std::optional<std::string> own_pages(const ApplicationView& app, const std::string& url) {
    if (app.submission->kind == ApplicationKind::Rdd || !leads_safely(url)) {
        return std::nullopt;
    }
    return url;
}

std::string dashboard_page(const ServerInfo& server, const ApplicationId& app) {
    return server.url() + "/apps/" + to_string(app);
}

std::string tracking_url(const ServerInfo& server, const ApplicationView& app,
                         const std::string& url) {
    const auto own = own_pages(app, url);
    if (!own) {
        return dashboard_page(server, app.submission->id);
    }
    return app.submission->unmanaged
               ? *own
               : server.url() + "/proxy/" + to_string(app.submission->id) + "/";
}

}  // namespace heddle::rm
