// Writing JSON.

#include <charconv>
#include <cmath>

#include "common/base/check.h"
#include "common/wire/json.h"

namespace heddle::wire {
namespace {

// The length of the UTF-8 sequence at the front of `text`, 0 if it is not one: overlong forms,
// surrogates and code points above U+10FFFF are not.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xC2 ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF5 ? 4
                                              : 0;
    if (length == 0 || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) {
            return 0;
        }
    }
    const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    const bool too_high = first == 0xF4 && byte(1) > 0x8F;
    return overlong || surrogate || too_high ? 0 : length;
}

void append_quoted(std::string& out, std::string_view text) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += '"';
    while (!text.empty()) {
        const char c = text.front();
        const std::size_t length = utf8_length(text);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') {
            out += "\\u00";
            out += kDigits[static_cast<unsigned char>(c) >> 4U];
            out += kDigits[static_cast<unsigned char>(c) & 15U];
        } else if (length == 0) {
            out += "\xEF\xBF\xBD";
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

}  // namespace

std::string quote_json(std::string_view text) {
    std::string out;
    append_quoted(out, text);
    return out;
}

void JsonWriter::before_value() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (has_items_.empty()) {
        CHECK(text_.empty());
        return;
    }
    CHECK(text_.back() != '{');  // a member needs a key first
    if (has_items_.back()) {
        text_ += ',';
    }
    has_items_.back() = true;
}

JsonWriter& JsonWriter::begin_object() {
    before_value();
    text_ += '{';
    has_items_.push_back(false);
    return *this;
}

JsonWriter& JsonWriter::end_object() {
    CHECK(!has_items_.empty() && !after_key_);
    has_items_.pop_back();
    text_ += '}';
    return *this;
}

JsonWriter& JsonWriter::begin_array() {
    before_value();
    text_ += '[';
    has_items_.push_back(false);
    return *this;
}

JsonWriter& JsonWriter::end_array() {
    CHECK(!has_items_.empty() && !after_key_);
    has_items_.pop_back();
    text_ += ']';
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view key) {
    CHECK(!has_items_.empty() && !after_key_);
    if (has_items_.back()) {
        text_ += ',';
    }
    has_items_.back() = true;
    append_quoted(text_, key);
    text_ += ':';
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    before_value();
    append_quoted(text_, text);
    return *this;
}

JsonWriter& JsonWriter::value(bool boolean) {
    before_value();
    text_ += boolean ? "true" : "false";
    return *this;
}

JsonWriter& JsonWriter::value(long long number) {
    before_value();
    text_ += std::to_string(number);
    return *this;
}

JsonWriter& JsonWriter::value(unsigned long long number) {
    before_value();
    text_ += std::to_string(number);
    return *this;
}

JsonWriter& JsonWriter::value(double number) {
    if (!std::isfinite(number)) {
        return null();
    }
    before_value();
    char buffer[32];
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, number);
    const std::string_view digits(buffer, static_cast<std::size_t>(result.ptr - buffer));
    text_ += digits;
    if (digits.find_first_of(".e") == std::string_view::npos) {
        text_ += ".0";
    }
    return *this;
}

JsonWriter& JsonWriter::value(const Json& tree) {
    if (const auto* boolean = tree.boolean()) {
        return value(*boolean);
    }
    if (const auto* integer = tree.integer()) {
        return value(*integer);
    }
    if (const auto* real = tree.real()) {
        return value(*real);
    }
    if (const auto* text = tree.string()) {
        return value(*text);
    }
    if (const auto* array = tree.array()) {
        begin_array();
        for (const Json& item : *array) {
            value(item);
        }
        return end_array();
    }
    if (const auto* object = tree.object()) {
        begin_object();
        for (const JsonMember& item : *object) {
            key(item.key).value(item.value);
        }
        return end_object();
    }
    return null();
}

JsonWriter& JsonWriter::null() {
    before_value();
    text_ += "null";
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    before_value();
    text_ += json;
    return *this;
}

std::string JsonWriter::take() && {
    CHECK(has_items_.empty() && !after_key_);
    return std::move(text_);
}

}  // namespace heddle::wire
