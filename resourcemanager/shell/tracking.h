#pragma once

// Where the pages of an application are: what its master has given, by way of /proxy/{id} as YARN's
// users know it, or else the dashboard's page.

#include <optional>
#include <string>
#include <string_view>

#include "resourcemanager/core/views.h"
#include "resourcemanager/shell/json_views.h"

namespace heddle::rm {

/// Whether a browser may be led there: http or https with a host, without a user's name, and of
/// plain characters only.
bool leads_safely(std::string_view url);

/// The pages that the master of the application has of its own. None: it gave no address, or not
/// one that leads_safely(), or it is a driver, whose address is for this manager alone.
std::optional<std::string> own_pages(const ApplicationView& app, const std::string& url);

/// "http://host:8088/apps/application_...": the dashboard's page.
std::string dashboard_page(const ServerInfo& server, const ApplicationId& app);

/// What REST calls trackingUrl, for the address that a master has given. Of an unmanaged master the
/// address itself, as YARN does.
std::string tracking_url(const ServerInfo& server, const ApplicationView& app,
                         const std::string& url);

}  // namespace heddle::rm
