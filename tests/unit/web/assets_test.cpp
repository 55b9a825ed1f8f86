// The embedded dashboard: its table, and which paths are pages.

#include "web/assets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace heddle::web {
namespace {

std::string text(std::span<const std::uint8_t> bytes) {
    return {bytes.begin(), bytes.end()};
}

TEST(WebAssets, AreSortedAndFoundByPath) {
    const auto assets = web_assets();
    ASSERT_FALSE(assets.empty());
    EXPECT_TRUE(std::ranges::is_sorted(assets, {}, &Asset::path));
    for (const Asset& asset : assets) {
        EXPECT_EQ(find_asset(asset.path), &asset);
        EXPECT_FALSE(asset.plain.empty()) << asset.path;
        EXPECT_TRUE(asset.etag.starts_with('"') && asset.etag.ends_with('"')) << asset.etag;
    }
    EXPECT_EQ(find_asset("/assets/none.js"), nullptr);
    EXPECT_EQ(find_asset(""), nullptr);
}

TEST(WebAssets, IndexPageLoadsOnlyFilesThatAreEmbedded) {
    const std::string page = text(index_page().plain);
    EXPECT_TRUE(page.starts_with("<!doctype html>"));
    EXPECT_FALSE(index_page().immutable);
    for (const std::string attribute : {"src=\"", "href=\""}) {
        for (std::size_t at = page.find(attribute); at != std::string::npos;
             at = page.find(attribute, at + 1)) {
            const std::size_t begin = at + attribute.size();
            const std::string path = page.substr(begin, page.find('"', begin) - begin);
            const Asset* asset = find_asset(path);
            ASSERT_NE(asset, nullptr) << path;
            EXPECT_TRUE(asset->immutable) << path;
        }
    }
}

TEST(WebAssets, CompressedFormIsGzip) {
    for (const Asset& asset : web_assets()) {
        if (!asset.gzip.empty()) {
            EXPECT_EQ(asset.gzip[0], 0x1f);
            EXPECT_EQ(asset.gzip[1], 0x8b);
            EXPECT_LT(asset.gzip.size(), asset.plain.size());
        }
    }
}

TEST(WebAssets, PagePathsAreThoseOfTheRouter) {
    for (const std::string_view path :
         {"/", "/nodes", "/nodes/127.0.0.1:8042", "/apps", "/apps/application_1_0001",
          "/apps/application_1_0001/jobs/3", "/apps/application_1_0001/stages/4.0",
          "/containers/container_1_0001_01_000001/logs"}) {
        EXPECT_TRUE(is_page_path(path)) << path;
    }
    for (const std::string_view path :
         {"", "/x", "/nodes/", "/nodes/a/b", "/apps/", "/apps/a/", "/apps/a/jobs", "/apps/a/jobs/",
          "/apps/a/jobs/1/x", "/apps/a/other/1", "/containers/a", "/containers//logs",
          "/containers/a/logs/", "/ws/v1/cluster/apps", "/api/v1/applications"}) {
        EXPECT_FALSE(is_page_path(path)) << path;
    }
}

}  // namespace
}  // namespace heddle::web
