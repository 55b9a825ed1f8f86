// Numbers and strings as text.
#include "client/api/text_form.h"

#include <array>
#include <charconv>

namespace heddle::api {

namespace {

template <typename T>
void append_chars(T value, std::string& out) {
    std::array<char, 32> buffer;
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    out.append(buffer.data(), end);
}

}  // namespace

void append_signed(std::int64_t value, std::string& out) {
    append_chars(value, out);
}

void append_unsigned(std::uint64_t value, std::string& out) {
    append_chars(value, out);
}

void append_double(double value, std::string& out) {
    append_chars(value, out);
}

void append_string(std::string_view text, bool quoted, std::string& out) {
    if (!quoted) {
        out += text;
        return;
    }
    out += '"';
    out += text.substr(0, kDescriptionCharacters);
    out += text.size() > kDescriptionCharacters ? "...\"" : "\"";
}

}  // namespace heddle::api
