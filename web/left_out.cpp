// The one page of a build without the dashboard (-DUI=OFF).

#include "web/assets.h"

namespace heddle::web {
namespace {

constexpr std::string_view kPage = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Heddle</title>
<h1>Heddle</h1>
<p>The dashboard was left out of this build (configured with -DUI=OFF). The REST interface works;
<code>rmctl</code> shows the same on a terminal.</p>
</html>
)";

std::span<const std::uint8_t> page_bytes() {
    return {reinterpret_cast<const std::uint8_t*>(kPage.data()), kPage.size()};
}

}  // namespace

std::span<const Asset> web_assets() {
    static const Asset assets[] = {
        {"/index.html", "text/html; charset=utf-8", "\"left-out\"", page_bytes(), {}, false}};
    return assets;
}

}  // namespace heddle::web
