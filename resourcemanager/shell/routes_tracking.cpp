// /proxy/{id}, where YARN's clients and pages look for an application: a redirect to the pages of
// its own master, or to the dashboard's.

#include <algorithm>

#include "resourcemanager/shell/services.h"
#include "resourcemanager/shell/tracking.h"

namespace heddle::rm {
namespace {

// What follows the application's id goes along, and so does the query.
std::string below(std::string url, const Call& call) {
    if (call.parameters.size() > 1) {
        url.resize(std::min(url.size(), url.find_first_of("?#")));
        while (url.ends_with('/')) {
            url.pop_back();
        }
        for (std::size_t i = 1; i < call.parameters.size(); ++i) {
            url += "/" + net::percent_encode(call.parameters[i]);
        }
    }
    char before = url.find('?') == std::string::npos ? '?' : '&';
    for (const auto& [name, value] : call.request.query) {
        url += before + net::percent_encode(name) + "=" + net::percent_encode(value);
        before = '&';
    }
    return url;
}

Result<net::HttpResponse> lead_on(const Services& services, const Call& call) {
    const auto view = services.board.view();
    TRY(const auto app, visible_application(services, *view, call));
    const auto own = own_pages(*app, app->tracking_url);
    net::HttpResponse response = net::HttpResponse::text(302, "");
    response.headers.add(
        "Location", own ? below(*own, call) : dashboard_page(services.server, app->submission->id));
    response.headers.add("Cache-Control", "no-store");
    response.headers.add("Referrer-Policy", "no-referrer");
    return response;
}

}  // namespace

void add_tracking_routes(Router& router, Services& services) {
    for (const char* path : {"/proxy/{id}", "/proxy/{id}/{*}"}) {
        router.get(path, Permission::Read,
                   [&services](const Call& call) { return lead_on(services, call); });
    }
}

}  // namespace heddle::rm
