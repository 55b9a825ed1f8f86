#pragma once

// One stanza of a Debian package index, as docs/archive_rank.md reads it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace archive_rank {

struct PackageStanza {
    std::string package;
    std::string section;  // "(none)" when there is none
    std::int64_t installed_kib = 0;
    std::vector<std::string> needs;  // first alternatives, bare names, sorted, each once
};

/// False: the text has no Package field and is no package.
bool parse_stanza(std::string_view text, PackageStanza& out);

}  // namespace archive_rank
