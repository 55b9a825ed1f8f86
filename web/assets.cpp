// Looks up embedded files, and knows which paths are pages.

#include "web/assets.h"

#include <algorithm>

#include "common/base/check.h"

namespace heddle::web {
namespace {

// Takes `prefix` off the front; leaves `path` as it was and answers false when it is not there.
bool take(std::string_view& path, std::string_view prefix) {
    if (!path.starts_with(prefix)) {
        return false;
    }
    path.remove_prefix(prefix.size());
    return true;
}

// Takes one segment, which may not be empty and may hold anything but a slash.
bool take_segment(std::string_view& path) {
    const std::size_t end = std::min(path.find('/'), path.size());
    path.remove_prefix(end);
    return end > 0;
}

bool is_application_page(std::string_view path) {
    if (!take_segment(path)) {
        return false;
    }
    if (path.empty()) {
        return true;
    }
    return (take(path, "/jobs/") || take(path, "/stages/")) && take_segment(path) && path.empty();
}

}  // namespace

const Asset* find_asset(std::string_view path) {
    const std::span<const Asset> assets = web_assets();
    const auto it = std::ranges::lower_bound(assets, path, {}, &Asset::path);
    return it != assets.end() && it->path == path ? &*it : nullptr;
}

const Asset& index_page() {
    const Asset* page = find_asset("/index.html");
    CHECK(page != nullptr);
    return *page;
}

bool is_page_path(std::string_view path) {
    if (path == "/" || path == "/nodes" || path == "/apps") {
        return true;
    }
    if (take(path, "/apps/")) {
        return is_application_page(path);
    }
    if (take(path, "/nodes/")) {
        return take_segment(path) && path.empty();
    }
    return take(path, "/containers/") && take_segment(path) && path == "/logs";
}

}  // namespace heddle::web
