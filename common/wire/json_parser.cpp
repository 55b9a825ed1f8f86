// Reading JSON. nlohmann's parser calls us event by event without recursion and without a tree; the
// guards stop it before our own tree, at most 64 deep, has grown further.

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/wire/json.h"

namespace heddle::wire {
namespace {

class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit TreeBuilder(const JsonLimits& limits) : limits_(limits) {}

    bool null() override { return add(Json()); }
    bool boolean(bool value) override { return add(Json(value)); }
    bool number_integer(number_integer_t value) override { return add(Json(value)); }
    bool number_unsigned(number_unsigned_t value) override {
        constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        return value <= kMax ? add(Json(static_cast<std::int64_t>(value)))
                             : fail(ErrorCode::InvalidArgument,
                                    "number " + std::to_string(value) + " is out of range");
    }
    bool number_float(number_float_t value, const string_t&) override { return add(Json(value)); }
    bool string(string_t& value) override { return add(Json(std::move(value))); }
    bool binary(binary_t&) override { return false; }

    bool start_object(std::size_t) override { return open(true); }
    bool start_array(std::size_t) override { return open(false); }
    bool key(string_t& value) override {
        open_.back().keys.push_back(std::move(value));
        return true;
    }

    bool end_object() override {
        Level level = std::move(open_.back());
        open_.pop_back();
        std::vector<std::string_view> keys(level.keys.begin(), level.keys.end());
        std::ranges::sort(keys);
        const auto twice = std::ranges::adjacent_find(keys);
        if (twice != keys.end()) {
            return fail(ErrorCode::InvalidArgument,
                        "key '" + std::string(*twice) + "' occurs twice in one object");
        }
        Json::Object members;
        members.reserve(level.keys.size());
        for (std::size_t i = 0; i < level.keys.size(); ++i) {
            members.push_back({std::move(level.keys[i]), std::move(level.values[i])});
        }
        return place(Json(std::move(members)));
    }

    bool end_array() override {
        Json array(std::move(open_.back().values));
        open_.pop_back();
        return place(std::move(array));
    }

    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception& why) override {
        std::string_view reason = why.what();
        const std::size_t colon = reason.find(": ");
        reason.remove_prefix(colon == std::string_view::npos ? 0 : colon + 2);
        return fail(ErrorCode::InvalidArgument, "at byte " + std::to_string(position) + ": " +
                                                    std::string(reason.substr(0, 200)));
    }

    Result<Json> result(bool finished) && {
        if (error_) {
            return std::move(*error_);
        }
        if (!finished || !root_) {
            return Error{ErrorCode::InvalidArgument, "invalid JSON"};
        }
        return std::move(*root_);
    }

private:
    struct Level {
        bool object = false;
        std::vector<std::string> keys;
        std::vector<Json> values;
    };

    bool fail(ErrorCode code, std::string_view what) {
        if (!error_) {
            error_ = Error{code, "invalid JSON: " + std::string(what)};
        }
        return false;
    }

    bool count() {
        return ++values_ <= limits_.values ||
               fail(ErrorCode::ResourceExhausted,
                    "more than " + std::to_string(limits_.values) + " values");
    }

    bool open(bool object) {
        if (open_.size() >= limits_.depth) {
            return fail(ErrorCode::ResourceExhausted,
                        "nested deeper than " + std::to_string(limits_.depth) + " levels");
        }
        open_.push_back({object, {}, {}});
        return count();
    }

    bool add(Json value) { return count() && place(std::move(value)); }

    bool place(Json value) {
        if (open_.empty()) {
            root_ = std::move(value);
        } else {
            open_.back().values.push_back(std::move(value));
        }
        return true;
    }

    const JsonLimits& limits_;
    std::vector<Level> open_;
    std::size_t values_ = 0;
    std::optional<Json> root_;
    std::optional<Error> error_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.bytes) {
        return Error{ErrorCode::ResourceExhausted, "JSON of " + std::to_string(text.size()) +
                                                       " bytes; at most " +
                                                       std::to_string(limits.bytes) + " are taken"};
    }
    TreeBuilder builder(limits);
    bool finished = false;
    try {
        finished = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
    } catch (const std::exception& e) {
        return Error{ErrorCode::InvalidArgument, std::string("invalid JSON: ") + e.what()};
    }
    return std::move(builder).result(finished);
}

}  // namespace heddle::wire
