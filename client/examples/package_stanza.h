#pragma once

// One stanza of a Debian package index, as docs/archive_rank.md reads it. What comes out shows
// parts of the text and copies nothing, except values of several lines, which are joined.

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace archive_rank {

struct PackageStanza {
    std::string_view package;
    std::string_view section;  // "(none)" when there is none
    std::int64_t installed_kib = 0;
    std::vector<std::string_view> needs;  // first alternatives, bare names, sorted, each once
};

/// Makes a copy of joined text that lives as long as the stanza is used.
using Keep = std::function<std::string_view(std::string_view)>;

/// False: the text has no Package field and is no package.
bool parse_stanza(std::string_view text, const Keep& keep, PackageStanza& out);

}  // namespace archive_rank
