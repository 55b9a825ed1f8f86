// The dashboard's files, embedded in the program: what the HTTP server of the resource manager
// serves beside its REST paths. Built by web/CMakeLists.txt; with -DUI=OFF there is one page only.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace heddle::web {

/// One file. All members live as long as the program.
struct Asset {
    std::string_view path;                // as requested, with the leading slash: "/index.html"
    std::string_view content_type;        // value of the Content-Type header
    std::string_view etag;                // value of the ETag header, quotes included
    std::span<const std::uint8_t> plain;  // the content
    std::span<const std::uint8_t> gzip;   // the same for Content-Encoding: gzip; empty: not smaller
    bool immutable = false;               // the name carries a content hash: cache for ever
};

/// Every file, sorted by path. "/index.html" is always among them.
std::span<const Asset> web_assets();

/// The file at `path`, or nullptr. `path` is the decoded request path, without a query.
const Asset* find_asset(std::string_view path);

/// The page that the browser loads at every page path.
const Asset& index_page();

/// Whether `path` is one of the dashboard's pages (/, /nodes, /apps/ID/jobs/3 ...): the server
/// answers index_page() there and the script in it shows what the path names.
bool is_page_path(std::string_view path);

/// The Content-Security-Policy under which the pages work; it belongs on each of their answers.
inline constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

}  // namespace heddle::web
