// Reading the settings of S3.
#include "common/fs/s3_settings.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "common/base/strings.h"

namespace heddle::fs {

namespace {

constexpr std::int64_t kPartLeast = std::int64_t{5} << 20;  // S3's own limit
constexpr std::int64_t kPartMost = std::int64_t{512} << 20;

constexpr const char* kAttempts = "fs.s3a.attempts.maximum";

std::optional<int> attempts_of(std::string_view text) {
    int attempts = 0;
    return parse_number(trim(text), attempts) && attempts > 0 ? std::optional(attempts)
                                                              : std::nullopt;
}

class Lookup {
public:
    Lookup(const Settings& settings, const std::string& bucket)
        : settings_(settings), bucket_("fs.s3a.bucket." + bucket + ".") {}

    std::string text(const std::string& name, const std::string& otherwise = {}) const {
        for (const std::string& full : {bucket_ + name, "fs.s3a." + name}) {
            if (const auto it = settings_.find(full); it != settings_.end()) {
                return std::string(trim(it->second));
            }
        }
        return otherwise;
    }
    /// Of the bucket alone.
    std::string own(const std::string& name) const {
        const auto it = settings_.find(bucket_ + name);
        return it == settings_.end() ? std::string() : std::string(trim(it->second));
    }
    Result<bool> flag(const std::string& name, bool otherwise) const {
        const std::string value = to_lower(text(name, otherwise ? "true" : "false"));
        if (value != "true" && value != "false") {
            return wrong(name, value, "true or false");
        }
        return value == "true";
    }
    Result<std::uint64_t> bytes(const std::string& name, const std::string& otherwise,
                                std::int64_t least, std::int64_t most) const {
        const std::string value = text(name, otherwise);
        const auto size = parse_bytes(value);
        if (!size || *size < least || *size > most) {
            return wrong(name, value,
                         "a size from " + human_bytes(least) + " to " + human_bytes(most));
        }
        return static_cast<std::uint64_t>(*size);
    }
    static Error wrong(const std::string& name, const std::string& value,
                       const std::string& expected) {
        return {ErrorCode::InvalidArgument,
                "setting fs.s3a." + name + " = '" + value + "': expected " + expected};
    }

private:
    const Settings& settings_;
    std::string bucket_;
};

// "eu-west-1" of "s3.eu-west-1.amazonaws.com"; empty: it does not say.
std::string region_of(const std::string& host) {
    constexpr std::string_view kHead = "s3.";
    const std::size_t tail = host.find(".amazonaws.com");
    if (tail == std::string::npos || tail <= kHead.size() || !host.starts_with(kHead)) {
        return {};
    }
    return host.substr(kHead.size(), tail - kHead.size());
}

std::optional<Signing> keys_of(const Lookup& lookup, const std::string& region) {
    const bool anonymous =
        lookup.text("aws.credentials.provider").find("Anonymous") != std::string::npos;
    Signing keys{region, lookup.text("access.key"), lookup.text("secret.key"), {}};
    // A token belongs to the keys that it stands beside: to the bucket's own, or to those of all.
    keys.session_token = lookup.own("access.key").empty() ? lookup.text("session.token")
                                                          : lookup.own("session.token");
    return anonymous || keys.access_key.empty() ? std::nullopt : std::optional(keys);
}

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

void add_keys(Settings& settings, const Signing& keys) {
    settings["fs.s3a.access.key"] = keys.access_key;
    settings["fs.s3a.secret.key"] = keys.secret_key;
    if (!keys.session_token.empty()) {
        settings["fs.s3a.session.token"] = keys.session_token;
    }
}

}  // namespace

Result<S3Place> s3_place(const Settings& settings, const std::string& bucket) {
    const Lookup lookup(settings, bucket);
    TRY(const bool tls, lookup.flag("connection.ssl.enabled", true));
    TRY(const bool in_path, lookup.flag("path.style.access", false));
    std::string host = lookup.text("endpoint");
    std::string scheme = tls ? "https://" : "http://";
    if (const std::size_t colon = host.find("://"); colon != std::string::npos) {
        scheme = host.substr(0, colon + 3);
        host = host.substr(colon + 3);
    }
    if (host.find('@') != std::string::npos) {
        return Lookup::wrong("endpoint", "(not shown)", "a host without a name or password");
    }
    if (scheme != "https://" && scheme != "http://") {
        return Lookup::wrong("endpoint", scheme + host,
                             "a host, or http:// or https:// and a host");
    }
    while (host.ends_with('/')) {
        host.pop_back();
    }
    S3Place place;
    place.region = lookup.text("endpoint.region", region_of(host));
    if (host.empty()) {
        host = place.region.empty() ? "s3.amazonaws.com" : "s3." + place.region + ".amazonaws.com";
    }
    if (place.region.empty()) {
        place.region = "us-east-1";
    }
    if (const auto attempts = settings.find(kAttempts);
        attempts != settings.end() && !attempts_of(attempts->second)) {
        return Lookup::wrong("attempts.maximum", attempts->second, "a number above 0");
    }
    place.endpoint = scheme + host;
    place.base = in_path ? scheme + host + "/" + bucket : scheme + bucket + "." + host;
    place.keys = keys_of(lookup, place.region);
    TRY(place.block_size, lookup.bytes("block.size", "32m", 1 << 10, std::int64_t{1} << 40));
    TRY(place.part_size, lookup.bytes("multipart.size", "16m", kPartLeast, kPartMost));
    return place;
}

std::optional<Signing> read_credentials(std::string_view text, std::string_view profile) {
    Signing keys;
    bool here = false;
    for (const std::string_view raw : split(text, '\n')) {
        const std::string_view line = trim(raw);
        if (line.starts_with('[') && line.ends_with(']')) {
            here = trim(line.substr(1, line.size() - 2)) == profile;
            continue;
        }
        const std::size_t equals = line.find('=');
        if (!here || equals == std::string_view::npos || line.starts_with('#')) {
            continue;
        }
        const std::string name = to_lower(trim(line.substr(0, equals)));
        const std::string value(trim(line.substr(equals + 1)));
        if (name == "aws_access_key_id") {
            keys.access_key = value;
        } else if (name == "aws_secret_access_key") {
            keys.secret_key = value;
        } else if (name == "aws_session_token") {
            keys.session_token = value;
        }
    }
    return keys.access_key.empty() || keys.secret_key.empty() ? std::nullopt : std::optional(keys);
}

void add_aws_environment(Settings& settings) {
    std::string region = environment("AWS_REGION");
    if (region.empty()) {
        region = environment("AWS_DEFAULT_REGION");
    }
    if (!region.empty()) {
        settings.emplace("fs.s3a.endpoint.region", region);
    }
    if (settings.count("fs.s3a.access.key") != 0 ||
        settings.count("fs.s3a.aws.credentials.provider") != 0) {
        return;
    }
    const Signing given{{},
                        environment("AWS_ACCESS_KEY_ID"),
                        environment("AWS_SECRET_ACCESS_KEY"),
                        environment("AWS_SESSION_TOKEN")};
    if (!given.access_key.empty() && !given.secret_key.empty()) {
        add_keys(settings, given);
        return;
    }
    std::string path = environment("AWS_SHARED_CREDENTIALS_FILE");
    if (path.empty()) {
        path = environment("HOME") + "/.aws/credentials";
    }
    std::ifstream file(path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    const std::string profile = environment("AWS_PROFILE");
    if (const auto keys = read_credentials(text, profile.empty() ? "default" : profile)) {
        add_keys(settings, *keys);
    }
}

HttpRules s3_rules(const Settings& settings) {
    HttpRules rules;
    if (const auto it = settings.find(kAttempts); it != settings.end()) {
        rules.attempts = attempts_of(it->second).value_or(rules.attempts);
    }
    return rules;
}

}  // namespace heddle::fs
