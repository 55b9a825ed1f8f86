#pragma once

// What a text is cut into, by definition, to compare with.

#include <string>
#include <vector>

namespace heddle::test {

/// Delimiters are found from the start of the file, left to right.
inline std::vector<std::string> split_plainly(const std::string& text,
                                              const std::string& delimiter) {
    std::vector<std::string> records;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t hit = text.find(delimiter, at);
        records.push_back(text.substr(at, hit == std::string::npos ? hit : hit - at));
        at = hit == std::string::npos ? text.size() : hit + delimiter.size();
    }
    return records;
}

}  // namespace heddle::test
