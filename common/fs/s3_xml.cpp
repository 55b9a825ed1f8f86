// Finding elements.
#include "common/fs/s3_xml.h"

#include <array>
#include <charconv>
#include <utility>

namespace heddle::fs {

namespace {

constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
    {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};

void append_utf8(std::string& out, unsigned code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | code >> 6U);
        out += static_cast<char>(0x80 | (code & 63U));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | code >> 12U);
        out += static_cast<char>(0x80 | (code >> 6U & 63U));
        out += static_cast<char>(0x80 | (code & 63U));
    } else {
        out += static_cast<char>(0xf0 | (code >> 18U & 7U));
        out += static_cast<char>(0x80 | (code >> 12U & 63U));
        out += static_cast<char>(0x80 | (code >> 6U & 63U));
        out += static_cast<char>(0x80 | (code & 63U));
    }
}

// False: no entity of that name.
bool append_entity(std::string& out, std::string_view name) {
    if (name.starts_with('#')) {
        const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
        const char* const begin = name.data() + (hex ? 2 : 1);
        unsigned code = 0;
        const auto [end, error] =
            std::from_chars(begin, name.data() + name.size(), code, hex ? 16 : 10);
        if (error != std::errc() || end != name.data() + name.size()) {
            return false;
        }
        append_utf8(out, code);
        return true;
    }
    for (const auto& [entity, c] : kEntities) {
        if (entity == name) {
            out += c;
            return true;
        }
    }
    return false;
}

}  // namespace

std::vector<std::string_view> xml_elements(std::string_view text, std::string_view name) {
    const std::string open = "<" + std::string(name) + ">";
    const std::string close = "</" + std::string(name) + ">";
    std::vector<std::string_view> found;
    std::size_t begin = text.find(open);
    while (begin != std::string_view::npos) {
        begin += open.size();
        const std::size_t end = text.find(close, begin);
        if (end == std::string_view::npos) {
            break;
        }
        found.push_back(text.substr(begin, end - begin));
        begin = text.find(open, end);
    }
    return found;
}

std::string xml_text(std::string_view text, std::string_view name) {
    const auto found = xml_elements(text, name);
    return found.empty() ? std::string() : xml_unescape(found.front());
}

std::string xml_unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t end = text[i] == '&' ? text.find(';', i) : std::string_view::npos;
        if (end != std::string_view::npos && append_entity(out, text.substr(i + 1, end - i - 1))) {
            i = end;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string xml_escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        bool plain = true;
        for (const auto& [entity, special] : kEntities) {
            if (c == special) {
                out += "&" + std::string(entity) + ";";
                plain = false;
            }
        }
        if (plain) {
            out += c;
        }
    }
    return out;
}

}  // namespace heddle::fs
