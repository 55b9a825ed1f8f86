#include "common/base/quality.h"

#include "common/base/strings.h"

namespace heddle {
namespace {

// "1", "0.5", "0.125": at most three digits after the point, as RFC 9110 has it.
int thousandths(std::string_view text) {
    const auto point = text.find('.');
    int whole = 0;
    if (!parse_number(text.substr(0, point), whole) || whole > 1) {
        return 0;
    }
    int part = 0;
    if (point != std::string_view::npos && point + 1 < text.size()) {
        const std::string_view digits = text.substr(point + 1);
        if (digits.size() > 3 || !parse_number(digits, part)) {
            return 0;
        }
        for (std::size_t i = digits.size(); i < 3; ++i) {
            part *= 10;
        }
    }
    return whole == 1 ? 1000 : part;
}

int quality(const std::vector<std::string_view>& parameters) {
    for (std::size_t i = 1; i < parameters.size(); ++i) {
        const std::string_view parameter = trim(parameters[i]);
        if (parameter.starts_with("q=") || parameter.starts_with("Q=")) {
            return thousandths(trim(parameter.substr(2)));
        }
    }
    return 1000;
}

}  // namespace

std::optional<int> quality_of(std::string_view list, std::string_view item) {
    for (const std::string_view entry : split(list, ',')) {
        const auto parameters = split(entry, ';');
        if (to_lower(trim(parameters.front())) == to_lower(item)) {
            return quality(parameters);
        }
    }
    return std::nullopt;
}

}  // namespace heddle
