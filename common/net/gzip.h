#pragma once

// Compressed bodies, for clients that ask for them.

#include <string>
#include <string_view>

namespace heddle::net {

/// Whether a value of Accept-Encoding takes gzip. Absent (empty): no.
bool accepts_gzip(std::string_view accept_encoding);

/// One gzip member with all of `bytes`.
std::string gzip(std::string_view bytes);

}  // namespace heddle::net
