// Nodes over whole files, and what to say of a bad object file.
#include "client/api/files.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "client/api/errors.h"
#include "client/api/input_places.h"
#include "common/rdd/builtins.h"

namespace heddle::api {

namespace {

std::string readable(std::string_view type) {
    int status = 0;
    char* const name = abi::__cxa_demangle(std::string(type).c_str(), nullptr, nullptr, &status);
    std::string text = name != nullptr && status == 0 ? name : std::string(type);
    std::free(name);
    return text;
}

std::int32_t splits_of(const Session& session, std::int32_t splits_min) {
    return splits_min > 0 ? splits_min : std::min(session.runner->default_parallelism(), 2);
}

// The listed files, or nothing and the error in the node: the first action throws it.
std::vector<fs::FileInfo> list(Node& node, std::string_view path) {
    auto files = expand_input(*node.session, node.node.name, path);
    if (!files) {
        node.error = files.error();
        return {};
    }
    return std::move(files).value();
}

}  // namespace

NodePtr make_whole_files(const SessionPtr& session, std::string_view name, std::string_view path,
                         std::int32_t splits_min, Callsite at) {
    auto node = std::make_shared<Node>(session, std::string(name), at);
    node->node.op = rdd::builtin_operator(rdd::builtin::kWholeFiles);
    node->node.record = rdd::text_record();
    const std::vector<fs::FileInfo> files = list(*node, path);
    const std::size_t count =
        std::min(files.size(), static_cast<std::size_t>(splits_of(*session, splits_min)));
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t begin = files.size() * i / count;
        const std::size_t end = files.size() * (i + 1) / count;
        rdd::ByteWriter out;
        out.number<std::uint8_t>(name == "whole_text_files" ? 1 : 0);  // others mean bytes
        out.count(end - begin);
        for (std::size_t at_file = begin; at_file < end; ++at_file) {
            out.text(files[at_file].path);
            out.number<std::uint64_t>(files[at_file].size);
            out.text(files[at_file].version);
        }
        node->node.sources.push_back({out.take(), {}});
    }
    node->node.partitions = static_cast<std::int32_t>(node->node.sources.size());
    return node;
}

NodePtr make_fixed_records(const SessionPtr& session, std::string_view path, std::uint64_t length,
                           std::int32_t splits_min, Callsite at) {
    if (length == 0) {
        throw UsageError(ErrorCode::InvalidArgument, "binary_records: the record length is 0");
    }
    auto node = std::make_shared<Node>(session, "binary_records", at);
    node->node.op = rdd::builtin_operator(rdd::builtin::kFixedRecords);
    node->node.record = rdd::text_record();
    std::uint64_t records = 0;
    const std::vector<fs::FileInfo> files = list(*node, path);
    for (const fs::FileInfo& file : files) {
        records += file.size / length;
        if (file.size % length != 0 && !node->error) {
            node->error =
                Error{ErrorCode::InvalidArgument, "binary_records: '" + file.path + "' has " +
                                                      std::to_string(file.size) +
                                                      " bytes, which is no multiple of "
                                                      "the record length " +
                                                      std::to_string(length)};
        }
    }
    const auto wanted = static_cast<std::uint64_t>(splits_of(*session, splits_min));
    const std::uint64_t each = std::max<std::uint64_t>((records + wanted - 1) / wanted, 1);
    bool answers = true;
    for (const fs::FileInfo& file : files) {
        const InputPlaces places(*session->files, file, answers);
        for (std::uint64_t first = 0; first < file.size / length; first += each) {
            const std::uint64_t records_here = std::min(each, file.size / length - first);
            rdd::ByteWriter out;
            out.text(file.path);
            out.number<std::uint64_t>(file.size);
            out.text(file.version);
            out.number<std::uint64_t>(length);
            out.number<std::uint64_t>(first);
            out.number<std::uint64_t>(records_here);
            node->node.sources.push_back(
                {out.take(), places.hosts(first * length, (first + records_here) * length)});
        }
    }
    node->node.partitions = static_cast<std::int32_t>(node->node.sources.size());
    return node;
}

NodePtr make_pipe(const NodePtr& parent, const std::vector<std::string>& command,
                  const std::map<std::string, std::string>& environment, Callsite at) {
    if (command.empty() || command.front().empty()) {
        throw UsageError(ErrorCode::InvalidArgument, "pipe: the command is empty");
    }
    rdd::ByteWriter out;
    out.count(command.size());
    for (const std::string& argument : command) {
        out.text(argument);
    }
    out.count(environment.size());
    for (const auto& [name, value] : environment) {
        out.text(name);
        out.text(value);
    }
    NodePtr node =
        make_narrow(parent, "pipe", rdd::builtin_operator(rdd::builtin::kPipe, out.take()),
                    rdd::text_record(), false, at);
    depend_on_order(node);
    return node;
}

std::vector<std::string> words_of(std::string_view command) {
    constexpr std::string_view kSpace = " \t\n\r\f";
    std::vector<std::string> words;
    for (std::size_t begin = command.find_first_not_of(kSpace); begin != std::string_view::npos;
         begin = command.find_first_not_of(kSpace, begin)) {
        const std::size_t end = std::min(command.find_first_of(kSpace, begin), command.size());
        words.emplace_back(command.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

void throw_bad_objects(std::string_view path, std::string_view found, const char* wanted) {
    const std::string file = "object file '" + std::string(path) + "' ";
    if (found.empty() || found == wanted) {
        throw std::runtime_error(file + "is cut short or no object file");
    }
    throw std::runtime_error(file + "holds records of type " + readable(found) +
                             ", but object_file was asked for " + readable(wanted));
}

}  // namespace heddle::api
