#include "resourcemanager/shell/submission.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "common/base/strings.h"
#include "common/net/digest.h"
#include "common/wire/codec.h"
#include "common/wire/json.h"
#include "resourcemanager/shell/submission_wishes.h"

namespace heddle::rm {
namespace {

using wire::Json;

constexpr std::size_t kNameMax = 1024;
constexpr std::size_t kTagMax = 100;
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kAccessListMax = 4096;
constexpr Resource kMasterSizeDefault{1024, 1};
constexpr std::string_view kHeddleScheme = "heddle:sha256/";

constexpr std::array<std::string_view, 24> kFields = {
    "application-id",
    "application-name",
    "queue",
    "priority",
    "am-container-spec",
    "unmanaged-AM",
    "cancel-tokens-when-complete",
    "max-app-attempts",
    "resource",
    "application-type",
    "keep-containers-across-application-attempts",
    "application-tags",
    "app-node-label-expression",
    "am-container-node-label-expression",
    "log-aggregation-context",
    "attempt-failures-validity-interval",
    "reservation-id",
    "am-black-listing-requests",
    "application-timeouts",
    "heddle-kind",
    "heddle-argv",
    "heddle-pending-limit",
    "user",
    "am-container-resource-request",
};

Error invalid(const std::string& what) {
    return {ErrorCode::InvalidArgument, what};
}

Error unsupported(const std::string& what) {
    return {ErrorCode::Unsupported, what + " is not supported in this version"};
}

// YARN's clients send the context bare or under a root element.
const Json& unwrapped(const Json& body) {
    for (const char* root : {"application-submission-context", "applicationSubmissionContextInfo",
                             "application-submission-context-info", "app"}) {
        const Json* inner = body.find(root);
        if (inner != nullptr && inner->is_object()) {
            return *inner;
        }
    }
    return body;
}

// An unknown field is passed over as YARN does, unless it looks like one that was misspelt.
Status check_fields(const Json& context) {
    for (const wire::JsonMember& member : *context.object()) {
        if (std::ranges::find(kFields, member.key) != kFields.end()) {
            continue;
        }
        const std::string hint = did_you_mean(member.key, kFields);
        if (!hint.empty() || member.key.starts_with("heddle-")) {
            return invalid("unknown field '" + member.key + "'" + hint);
        }
    }
    return {};
}

bool has_entries(const Json* map) {
    const Json* entry = map == nullptr ? nullptr : map->find("entry");
    if (entry == nullptr) {
        return false;
    }
    return entry->array() == nullptr || !entry->array()->empty();
}

// {"entry":[{key,value}]}, {"entry":{key,value}} or nothing.
Result<std::vector<const Json*>> entries_of(const Json* map, const char* field) {
    std::vector<const Json*> entries;
    const Json* entry = map == nullptr ? nullptr : map->find("entry");
    if (map != nullptr && !map->is_object()) {
        return invalid(std::string(field) + " must be an object with a list 'entry'");
    }
    if (entry == nullptr) {
        return entries;
    }
    if (entry->is_object()) {
        entries.push_back(entry);
    } else if (const Json::Array* list = entry->array()) {
        for (const Json& item : *list) {
            if (!item.is_object()) {
                return invalid(std::string(field) + ".entry must hold objects with key and value");
            }
            entries.push_back(&item);
        }
    } else {
        return invalid(std::string(field) + ".entry must be a list");
    }
    return entries;
}

Result<std::vector<std::string>> texts_of(const Json* value, const std::string& field) {
    std::vector<std::string> texts;
    if (value == nullptr) {
        return texts;
    }
    if (const std::string* one = value->string()) {
        texts.push_back(*one);
        return texts;
    }
    const Json::Array* list = value->array();
    if (list == nullptr) {
        return invalid(field + " must be a text or a list of texts");
    }
    for (const Json& item : *list) {
        if (item.string() == nullptr) {
            return invalid(field + " must hold texts only");
        }
        texts.push_back(*item.string());
    }
    return texts;
}

Status read_environment(const Json* map, LaunchSpec& spec) {
    TRY(const std::vector<const Json*> entries, entries_of(map, "environment"));
    for (const Json* entry : entries) {
        TRY(const std::string key, entry->string_or("key", ""));
        const Json* value = entry->find("value");
        const bool number = value != nullptr && value->integer() != nullptr;
        TRY(const std::string text, number ? Result<std::string>(std::to_string(*value->integer()))
                                           : entry->string_or("value", ""));
        if (key.empty() || key.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
            return invalid("environment: '" + key + "' is not a variable's name");
        }
        if (text.find('\0') != std::string::npos) {
            return invalid("environment: the value of '" + key + "' cannot hold a NUL byte");
        }
        spec.environment[key] = text;
    }
    return {};
}

Result<Artifact> read_artifact(const std::string& name, const Json& value) {
    Artifact artifact;
    artifact.name = name;
    // What the codec or a node would refuse later is refused here.
    if (name.empty() || name.size() > 255 || name == "." || name == ".." || !printable(name) ||
        name.find('/') != std::string::npos) {
        return invalid("local-resources: '" + name +
                       "' is not a plain file name; artifacts go into the work directory itself");
    }
    if (name == kMasterTokenFile) {
        return invalid("local-resources: '" + name + "' is the name of the master's token file");
    }
    TRY(artifact.source, value.string_or("resource", ""));
    TRY(const std::string type, value.string_or("type", "FILE"));
    TRY(const std::int64_t size, value.integer_or("size", 0));
    TRY(artifact.executable, value.boolean_or("heddle-executable", true));
    if (type != "FILE") {
        return unsupported("local-resources." + name + ": type " + type);
    }
    if (size < 0) {
        return invalid("local-resources." + name + ": size must not be negative");
    }
    artifact.size = static_cast<std::uint64_t>(size);
    const std::string_view source = artifact.source;
    if (source.starts_with(kHeddleScheme)) {
        artifact.sha256 = source.substr(kHeddleScheme.size());
        if (!net::is_sha256_hex(artifact.sha256)) {
            return invalid("local-resources." + name + ": '" + artifact.source +
                           "' must be heddle:sha256/ and 64 lower-case hex digits");
        }
        return artifact;
    }
    if (!source.starts_with("file:") && !source.starts_with("http://") &&
        !source.starts_with("https://")) {
        return unsupported("local-resources." + name + ": the source '" + artifact.source +
                           "' (use heddle:sha256/..., file:, http: or https:)");
    }
    return artifact;
}

Status read_artifacts(const Json* map, LaunchSpec& spec) {
    TRY(const std::vector<const Json*> entries, entries_of(map, "local-resources"));
    for (const Json* entry : entries) {
        TRY(const std::string name, entry->string_or("key", ""));
        const Json* value = entry->find("value");
        if (value == nullptr || !value->is_object()) {
            return invalid("local-resources." + name + " needs a value");
        }
        TRY(Artifact artifact, read_artifact(name, *value));
        if (std::ranges::find(spec.artifacts, name, &Artifact::name) != spec.artifacts.end()) {
            return invalid("local-resources: two have the name '" + name + "'");
        }
        spec.artifacts.push_back(std::move(artifact));
    }
    return {};
}

Status read_command(const Json& context, const Json* container, LaunchSpec& spec) {
    TRY(spec.argv, texts_of(context.find("heddle-argv"), "heddle-argv"));
    const Json* commands = container == nullptr ? nullptr : container->find("commands");
    if (commands != nullptr && !commands->is_object()) {
        return invalid("am-container-spec.commands must be an object with 'command'");
    }
    TRY(const std::vector<std::string> lines,
        texts_of(commands == nullptr ? nullptr : commands->find("command"),
                 "am-container-spec.commands.command"));
    // With both, the exact vector counts; the line is for a manager that knows only YARN's fields.
    if (spec.argv.empty() && !lines.empty()) {
        spec.argv = {"/bin/sh", "-c", join(lines, " ")};  // joined as YARN does
    }
    for (const std::string& argument : spec.argv) {
        if (argument.find('\0') != std::string::npos) {
            return invalid("a command cannot hold a NUL byte");
        }
    }
    return {};
}

Status read_container(const Json& context, ApplicationSubmission& submission) {
    const Json* container = context.find("am-container-spec");
    if (container != nullptr && !container->is_object()) {
        return invalid("am-container-spec must be an object");
    }
    TRY(read_command(context, container, submission.master));
    if (container != nullptr) {
        TRY(read_environment(container->find("environment"), submission.master));
        TRY(read_artifacts(container->find("local-resources"), submission.master));
        if (has_entries(container->find("service-data"))) {
            return unsupported("am-container-spec.service-data");
        }
        const Json* credentials = container->find("credentials");
        if (credentials != nullptr && (has_entries(credentials->find("tokens")) ||
                                       has_entries(credentials->find("secrets")))) {
            return unsupported("am-container-spec.credentials");
        }
    }
    if (submission.master.argv.empty() && !submission.unmanaged) {
        return invalid(
            "nothing to run: give am-container-spec.commands.command (a shell line) or heddle-argv "
            "(an argument vector)");
    }
    return {};
}

// One resourceInformation: {"name":"yarn.io/gpu","value":2}. Memory and vcores may stand here as
// well as in fields of their own, which have the last word.
Status read_information(const Json& resource, const Json& entry, Resource& size) {
    TRY(const std::string name, entry.string_or("name", ""));
    TRY(const std::string units, entry.string_or("units", ""));
    TRY(const std::int64_t value, entry.integer_or("value", 0));
    const std::string where = "resource.resourceInformations: " + name;
    if (name == "memory-mb" || name == "vcores") {
        const bool memory = name == "memory-mb";
        if (!units.empty() && !(memory && units == "Mi")) {
            return invalid(where + " has no unit '" + units + "'; memory-mb is in Mi");
        }
        if (resource.find(memory ? "memory" : "vCores") == nullptr) {
            (memory ? size.memory_mib : size.vcores) = value;
        }
        return {};
    }
    const auto known = resource_name(name);
    if (!known) {
        return invalid(where +
                       " is no name of a resource: write yarn.io/gpu, gpu or another one "
                       "that nodes have (node.resources)");
    }
    if (!units.empty()) {
        return invalid(where + " is counted and has no unit, not '" + units + "'");
    }
    if (value < 0 || value > kNamedCountMax) {
        return invalid(where + " is 0 to " + std::to_string(kNamedCountMax) + ", not " +
                       std::to_string(value));
    }
    if (size.named.get(*known) != 0) {
        return invalid(where + " is given twice");
    }
    size.named.set(*known, value);
    return {};
}

}  // namespace

bool printable(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Status read_informations(const Json& resource, Resource& size) {
    const Json* all = resource.find("resourceInformations");
    const Json* entries = all == nullptr ? nullptr : all->find("resourceInformation");
    if (entries == nullptr) {
        return {};
    }
    if (entries->array() == nullptr) {
        return read_information(resource, *entries, size);
    }
    for (const Json& entry : *entries->array()) {
        TRY(read_information(resource, entry, size));
    }
    if (size.named.entries().size() > kNamedResourcesMax) {
        return invalid("resource.resourceInformations: at most " +
                       std::to_string(kNamedResourcesMax) + " named resources");
    }
    return {};
}

namespace {

Status read_size(const Json& context, ApplicationSubmission& submission) {
    submission.master_size = kMasterSizeDefault;
    const Json* resource = context.find("resource");
    if (resource == nullptr || resource->is_null()) {
        return {};
    }
    if (!resource->is_object()) {
        return invalid("resource must be an object: {\"memory\":1024,\"vCores\":1}");
    }
    TRY(submission.master_size.memory_mib,
        resource->integer_or("memory", kMasterSizeDefault.memory_mib));
    TRY(submission.master_size.vcores, resource->integer_or("vCores", kMasterSizeDefault.vcores));
    TRY(read_informations(*resource, submission.master_size));
    if (submission.master_size.memory_mib < 1 || submission.master_size.vcores < 1) {
        return invalid("resource: memory (MiB) and vCores must be at least 1");
    }
    if (submission.master_size.memory_mib > wire::kMemoryMibMax ||
        submission.master_size.vcores > wire::kVcoresMax) {
        return invalid("resource: at most " + std::to_string(wire::kMemoryMibMax) + " MiB and " +
                       std::to_string(wire::kVcoresMax) + " vCores, not " +
                       to_string(submission.master_size));
    }
    return {};
}

std::string default_type(ApplicationKind kind) {
    switch (kind) {
        case ApplicationKind::Rdd:
            return "HEDDLE-RDD";
        case ApplicationKind::Master:
            return "MASTER";
        case ApplicationKind::Command:
            return "COMMAND";
    }
    return "";
}

Status read_kind(const Json& context, ApplicationSubmission& submission) {
    TRY(const std::string kind, context.string_or("heddle-kind", "command"));
    const auto parsed = parse_application_kind(kind);
    if (!parsed) {
        return invalid("heddle-kind is rdd, master or command, not '" + kind + "'");
    }
    submission.kind = *parsed;
    TRY(submission.unmanaged, context.boolean_or("unmanaged-AM", false));
    if (submission.unmanaged && submission.kind == ApplicationKind::Command) {
        return invalid("an application of kind command has no master that could be unmanaged");
    }
    TRY(submission.type, context.string_or("application-type", default_type(submission.kind)));
    return {};
}

Status read_names(const Json& context, ApplicationSubmission& submission) {
    TRY(const std::string id, context.string_or("application-id", ""));
    if (id.empty()) {
        return invalid(
            "application-id is missing; POST /ws/v1/cluster/apps/new-application gives one");
    }
    TRY(submission.id, parse_application_id(id));
    TRY(submission.name, context.string_or("application-name", "N/A"));
    TRY(submission.queue, context.string_or("queue", ""));
    const Json* tags = context.find("application-tags");
    TRY(submission.tags, texts_of(tags != nullptr && tags->is_object() ? tags->find("tag") : tags,
                                  "application-tags.tag"));
    for (const std::string* text : {&submission.name, &submission.type, &submission.queue}) {
        if (text->size() > kNameMax || !printable(*text)) {
            return invalid("names are at most 1024 bytes without control characters");
        }
    }
    const bool good_tags = std::ranges::all_of(submission.tags, [](const std::string& tag) {
        return tag.size() <= kTagMax && printable(tag);
    });
    if (submission.tags.size() > kTagsMax || !good_tags) {
        return invalid("at most 50 application-tags of at most 100 bytes each");
    }
    return {};
}

Result<std::int32_t> small_number(const Json& context, const char* field, std::int32_t otherwise,
                                  std::int32_t min) {
    TRY(const std::int64_t number, context.integer_or(field, otherwise));
    if (number < min || number > 1'000'000) {
        return invalid(std::string("'") + field + "' must be at least " + std::to_string(min) +
                       " and at most 1000000");
    }
    return static_cast<std::int32_t>(number);
}

// "alice,bob ops,dev": users, then groups; "*": everybody.
AccessList parse_access_list(std::string_view text) {
    AccessList list;
    const std::size_t space = text.find(' ');
    const auto names = [](std::string_view part) {
        std::vector<std::string> all;
        for (const std::string_view name : split(part, ',')) {
            if (!trim(name).empty()) {
                all.emplace_back(trim(name));
            }
        }
        return all;
    };
    list.everybody = trim(text) == "*";
    if (!list.everybody) {
        list.users = names(text.substr(0, space));
        list.groups = space == std::string_view::npos ? std::vector<std::string>()
                                                      : names(text.substr(space));
    }
    return list;
}

Status read_access(const Json* container, ApplicationSubmission& submission) {
    const Json* acls = container == nullptr ? nullptr : container->find("application-acls");
    TRY(const std::vector<const Json*> entries, entries_of(acls, "application-acls"));
    for (const Json* entry : entries) {
        TRY(const std::string key, entry->string_or("key", ""));
        TRY(const std::string value, entry->string_or("value", ""));
        if (key != "VIEW_APP" && key != "MODIFY_APP") {
            return invalid("application-acls: '" + key + "' is neither VIEW_APP nor MODIFY_APP");
        }
        if (value.size() > kAccessListMax || !printable(value)) {
            return invalid(
                "application-acls: a list takes at most 4096 bytes without control "
                "characters, as 'user,user group,group' or '*'");
        }
        (key == "VIEW_APP" ? submission.viewers : submission.modifiers) = parse_access_list(value);
    }
    return {};
}

constexpr std::int64_t kSecondsMax = std::int64_t{365} * 24 * 3600;

// A time of at least one unit and at most a year; 0 and below are none, as in YARN.
Status read_time(const Json& object, const char* field, Duration unit,
                 std::optional<Duration>& out) {
    TRY(const std::int64_t number, object.integer_or(field, 0));
    const std::int64_t most = seconds(kSecondsMax).microseconds / unit.microseconds;
    if (number > most) {
        return invalid(std::string(field) + " is at most " + std::to_string(most) +
                       " (a year), not " + std::to_string(number) + "; leave it out for no limit");
    }
    if (number > 0) {
        out = unit * number;
    }
    return {};
}

// {"entry":[{"key":"LIFETIME","value":60}]}, in seconds.
Status read_times(const Json& context, ApplicationSubmission& submission) {
    TRY(read_time(context, "attempt-failures-validity-interval", milliseconds(1),
                  submission.failures_validity));
    TRY(read_time(context, "heddle-pending-limit", seconds(1), submission.pending_max));
    TRY(const std::vector<const Json*> entries,
        entries_of(context.find("application-timeouts"), "application-timeouts"));
    for (const Json* entry : entries) {
        TRY(const std::string key, entry->string_or("key", ""));
        if (key != "LIFETIME") {
            return invalid("application-timeouts: there is no '" + key +
                           "'; the only one is LIFETIME, in seconds");
        }
        TRY(const std::int64_t value, entry->integer_or("value", 0));
        if (value < 0) {
            return invalid("application-timeouts: a LIFETIME of " + std::to_string(value) +
                           " s is none; give a number of seconds, or leave it out for no limit");
        }
        TRY(read_time(*entry, "value", seconds(1), submission.lifetime));
    }
    return {};
}

Status refuse_unsupported(const Json& context) {
    TRY(const std::string text, context.string_or("reservation-id", ""));
    if (!text.empty()) {
        return unsupported("reservation-id");
    }
    const Json* request = context.find("am-container-resource-request");
    if (request != nullptr && !request->is_null()) {
        Error error = unsupported("am-container-resource-request");
        error.message +=
            "; give the master's size as resource and its label as "
            "am-container-node-label-expression";
        return error;
    }
    return {};
}

// YARN calls it an expression; it is the name of one label.
Status read_label(const Json& context, const char* field, std::string& label) {
    TRY(const std::string text, context.string_or(field, ""));
    label = trim(text);
    if (label.size() > 255 || !std::ranges::all_of(label, [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '-' || c == '_';
        })) {
        return invalid(std::string(field) + " '" + label +
                       "': give one label of nodes (letters, digits, '-' and '_')");
    }
    return {};
}

}  // namespace

Result<ApplicationSubmission> parse_submission(std::string_view body) {
    TRY(const Json json, wire::parse_json(body));
    const Json& context = unwrapped(json);
    if (!context.is_object()) {
        return invalid("the body must be a JSON object, YARN's application-submission-context");
    }
    TRY(check_fields(context));
    TRY(refuse_unsupported(context));
    ApplicationSubmission submission;
    TRY(read_kind(context, submission));
    TRY(read_names(context, submission));
    TRY(read_size(context, submission));
    submission.priority = kPriorityOpen;
    if (context.find("priority") != nullptr) {
        TRY(submission.priority, small_number(context, "priority", 0, 0));
    }
    TRY(submission.attempts_max, small_number(context, "max-app-attempts", 2, 1));
    TRY(submission.keep_containers,
        context.boolean_or("keep-containers-across-application-attempts", false));
    TRY(read_label(context, "app-node-label-expression", submission.label));
    TRY(read_label(context, "am-container-node-label-expression", submission.master_label));
    TRY(read_container(context, submission));
    TRY(read_times(context, submission));
    TRY(read_master_blacklist(context, submission));
    TRY(read_log_context(context, submission));
    TRY(read_access(context.find("am-container-spec"), submission));
    return submission;
}

}  // namespace heddle::rm
