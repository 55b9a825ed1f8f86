// The system's generator.
#include "common/base/random_word.h"

#include <random>
#include <string_view>

namespace heddle {

std::string random_word() {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::random_device device;
    std::string word;
    for (int half = 0; half < 2; ++half) {
        std::random_device::result_type bits = device();
        for (int i = 0; i < 8; ++i, bits >>= 4U) {
            word += kHex[bits & 15U];
        }
    }
    return word;
}

}  // namespace heddle
