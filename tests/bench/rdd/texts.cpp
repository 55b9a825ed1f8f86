#include "tests/bench/rdd/texts.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "common/base/prng.h"

namespace heddle::bench {
namespace {

std::string make_word(std::uint64_t number) {
    Prng prng(number);
    std::string word(2 + prng.below(11), 'a');
    for (char& c : word) {
        c = static_cast<char>('a' + prng.below(26));
    }
    return word;
}

}  // namespace

std::string make_text(std::size_t bytes) {
    constexpr std::uint64_t kWords = 500'000;
    std::vector<std::string> words;
    for (std::uint64_t i = 0; i < kWords; ++i) {
        words.push_back(make_word(i));
    }
    const double scale = std::log(static_cast<double>(kWords));
    std::string text;
    text.reserve(bytes + 16);
    Prng prng(1);
    for (std::uint64_t n = 1; text.size() < bytes; ++n) {
        const double u = static_cast<double>(prng.below(1U << 30)) / (1U << 30);
        text += words[std::min<std::uint64_t>(kWords - 1,
                                              static_cast<std::uint64_t>(std::exp(u * scale)) - 1)];
        text += n % 10 == 0 ? '\n' : ' ';
    }
    return text;
}

}  // namespace heddle::bench
