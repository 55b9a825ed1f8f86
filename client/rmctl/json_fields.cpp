#include "client/rmctl/json_fields.h"

namespace heddle::rmctl::fields {
namespace {

// Lists of a busy cluster are large; they come from a server that we chose to trust.
constexpr wire::JsonLimits kLimits{512U << 20U, 64, 50'000'000};

}  // namespace

using wire::Json;

Result<Json> parse(std::string_view body) {
    auto json = wire::parse_json(body, kLimits);
    if (!json) {
        return Error{ErrorCode::DataLoss,
                     "the server's answer is not the expected JSON: " + json.error().message};
    }
    return json;
}

std::string text(const Json& json, std::string_view key) {
    const auto value = json.string_or(key, "");
    return value.ok() ? *value : "";
}

std::int64_t number(const Json& json, std::string_view key) {
    const auto value = json.integer_or(key, 0);
    return value.ok() ? *value : 0;
}

double real(const Json& json, std::string_view key) {
    const Json* value = json.find(key);
    if (value == nullptr) {
        return 0;
    }
    if (const double* found = value->real()) {
        return *found;
    }
    const std::int64_t* whole = value->integer();
    return whole != nullptr ? static_cast<double>(*whole) : 0;
}

std::vector<Json> list(const Json& json, std::string_view outer, std::string_view inner) {
    const Json* holder = outer.empty() ? &json : json.find(outer);
    const Json* found = holder != nullptr ? holder->find(inner) : nullptr;
    if (found == nullptr) {
        return {};
    }
    if (const Json::Array* array = found->array()) {
        return *array;
    }
    return {*found};
}

bool flag(const Json& json, std::string_view key) {
    const auto value = json.boolean_or(key, false);
    return value.ok() && *value;
}

}  // namespace heddle::rmctl::fields
