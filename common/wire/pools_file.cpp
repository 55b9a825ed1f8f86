#include "common/wire/pools_file.h"

#include <pugixml.hpp>

#include "common/base/strings.h"

namespace heddle::wire {
namespace {

Status read_number(const pugi::xml_node& pool, const char* element, std::int32_t least,
                   std::int32_t& out) {
    const pugi::xml_node node = pool.child(element);
    const std::string text(trim(node.text().as_string()));
    std::int32_t number = 0;
    if (!node) {
        return {};
    }
    if (!parse_number(text, number) || number < least) {
        return Error{ErrorCode::InvalidArgument, std::string(element) + " is '" + text +
                                                     "'; expected a whole number from " +
                                                     std::to_string(least) + " on"};
    }
    out = number;
    return {};
}

Status read_pool(const pugi::xml_node& node, PoolEntry& pool) {
    const std::string mode(trim(node.child("schedulingMode").text().as_string("FIFO")));
    if (mode != "FIFO" && mode != "FAIR") {
        return Error{ErrorCode::InvalidArgument,
                     "schedulingMode is '" + mode + "'; expected FIFO or FAIR"};
    }
    pool.fair = mode == "FAIR";
    TRY(read_number(node, "weight", 1, pool.weight));
    return read_number(node, "minShare", 0, pool.share_min);
}

}  // namespace

Result<std::vector<PoolEntry>> parse_pools(std::string_view xml) {
    pugi::xml_document document;
    const pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
    if (!parsed) {
        return Error{ErrorCode::InvalidArgument, "no XML: " + std::string(parsed.description()) +
                                                     " at byte " + std::to_string(parsed.offset)};
    }
    const pugi::xml_node root = document.child("allocations");
    if (!root) {
        return Error{ErrorCode::InvalidArgument, "the root element is not <allocations>"};
    }
    std::vector<PoolEntry> pools;
    for (const pugi::xml_node& node : root.children("pool")) {
        PoolEntry pool;
        pool.name = node.attribute("name").as_string();
        if (pool.name.empty()) {
            return Error{ErrorCode::InvalidArgument, "a pool has no name"};
        }
        if (const Status read = read_pool(node, pool); !read) {
            return Error{read.error().code, "pool '" + pool.name + "': " + read.error().message};
        }
        pools.push_back(std::move(pool));
    }
    return pools;
}

}  // namespace heddle::wire
