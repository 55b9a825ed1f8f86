#pragma once

// The XML form of YARN's REST answers. There is one tree per answer, its JSON; XML is made from it
// by one rule: a member is an element, a list repeats its element, null is left out.

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace heddle::wire {

/// Whether a value of Accept prefers application/xml to JSON. JSON is the default: XML has to be
/// named, and be wanted more than JSON, or as much when JSON is only meant by a wildcard.
bool prefers_xml(std::string_view accept);

/// YARN's name of the root element for answers whose JSON has none, by the last part of the path:
/// "state" -> "appstate".
std::string_view xml_root(std::string_view path);

/// `json` as a document. Its root is the only member if that is an object, else the member `root`
/// if that is one, else a new element `root` around everything.
/// Errors: those of parse_json; answers of our own are well formed.
Result<std::string> xml_of(std::string_view json, std::string_view root);

constexpr std::string_view kXmlType = "application/xml; charset=utf-8";

/// The document that replaces an answer of this server, when the request's Accept asks for XML and
/// the path is one that has it (/ws/v1). Requires: a body of type JSON is JSON.
std::optional<std::string> asked_as_xml(std::string_view accept, std::string_view path,
                                        std::string_view content_type, std::string_view body);

}  // namespace heddle::wire
