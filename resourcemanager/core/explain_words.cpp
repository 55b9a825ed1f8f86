#include "resourcemanager/core/explain_words.h"

#include <vector>

#include "common/base/strings.h"

namespace heddle::rm {
namespace {

std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), ",");
    }
    return digits;
}

}  // namespace

std::string memory_text(std::int64_t mebibytes) {
    if (mebibytes < 1024) {
        return std::to_string(mebibytes) + " MiB";
    }
    const std::int64_t tenths = mebibytes % 1024 * 10 / 1024;
    return grouped(mebibytes / 1024) + (tenths == 0 ? "" : "." + std::to_string(tenths)) + " GiB";
}

std::string size_text(const Resource& size) {
    std::string text = memory_text(size.memory_mib) + ", " + count_text(size.vcores, "vcore");
    for (const NamedCounts::Entry& entry : size.named.entries()) {
        text += ", " + grouped(entry.count) + " " + entry.name;
    }
    return text;
}

std::string parts_text(const Resource& size) {
    std::vector<std::string> parts;
    if (size.memory_mib != 0) {
        parts.push_back(memory_text(size.memory_mib));
    }
    if (size.vcores != 0) {
        parts.push_back(count_text(size.vcores, "vcore"));
    }
    for (const NamedCounts::Entry& entry : size.named.entries()) {
        parts.push_back(grouped(entry.count) + " " + entry.name);
    }
    return parts.empty() ? "nothing" : join(parts, " and ");
}

std::string count_text(std::int64_t count, std::string_view noun) {
    return grouped(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string time_text(Duration time) {
    const std::int64_t seconds = time.milliseconds() / 1000;
    if (seconds < 1) {
        return "less than a second";
    }
    if (seconds < 120) {
        return std::to_string(seconds) + " s";
    }
    if (seconds < 7200) {
        return std::to_string(seconds / 60) + " min";
    }
    return grouped(seconds / 3600) + " h";
}

std::string on_label(std::string_view label) {
    return label.empty() ? "" : " on nodes labelled " + std::string(label);
}

}  // namespace heddle::rm
