#pragma once

// 128-bit integers, for products of quantities that must not overflow: shares are compared by
// cross-multiplication. A compiler extension of g++ and clang, spelled so that -Wpedantic agrees.

namespace heddle {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

}  // namespace heddle
