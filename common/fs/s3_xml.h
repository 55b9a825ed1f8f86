#pragma once

// As much XML as S3's answers need: elements by name, which are never within one of the same name.

#include <string>
#include <string_view>
#include <vector>

namespace heddle::fs {

/// What is between <name> and </name>, for each, in order.
std::vector<std::string_view> xml_elements(std::string_view text, std::string_view name);

/// The text of the first such element, without entities; empty: none.
std::string xml_text(std::string_view text, std::string_view name);

std::string xml_unescape(std::string_view text);
std::string xml_escape(std::string_view text);

}  // namespace heddle::fs
