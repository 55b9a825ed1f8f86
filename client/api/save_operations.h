#pragma once

// What writes files; every Rdd inherits it.

#include <string>
#include <string_view>
#include <type_traits>

#include "client/api/files.h"
#include "client/api/graph.h"
#include "client/api/operations.h"
#include "common/fs/compression.h"

namespace heddle {

using Compression = fs::Codec;  // of text files: Compression::Gzip

}  // namespace heddle

namespace heddle::api {

/// Its records as lines: what text files hold and other programs read.
template <typename T>
NodePtr as_lines(const NodePtr& node, std::string_view name, Callsite at) {
    if constexpr (std::is_same_v<T, std::string_view>) {
        return node;
    } else {
        return make_narrow(
            node, name,
            rdd::registered_operator(Registered<ToTextOperator<T>>::ordinal, "to_text", {}),
            rdd::text_record(), false, at);
    }
}

template <typename T>
class SaveOperations {
public:
    /// Writes a folder of text files, a record per line and a file per partition: complete or not
    /// at all. Throws UsageError when the path exists or its parent does not.
    /// `compression`: of the files, whose names end in its suffix.
    void save_as_text_file(const std::string& path, Compression compression,
                           Callsite at = Callsite::here()) const {
        run_save_text(as_lines<T>(handle(), "save_as_text_file", at), "save_as_text_file", path,
                      std::string(fs::suffix_of(compression)), at);
    }
    void save_as_text_file(const std::string& path, Callsite at = Callsite::here()) const {
        save_as_text_file(path, Compression::None, at);
    }
    /// Writes a folder of object files, which Context::object_file<T> reads back: complete or not
    /// at all. Throws as save_as_text_file does.
    void save_as_object_file(const std::string& path, Callsite at = Callsite::here()) const {
        run_save_text(make_narrow(handle(), "save_as_object_file",
                                  rdd::registered_operator(
                                      Registered<ToObjectsOperator<T>>::ordinal, "to_objects", {}),
                                  rdd::text_record(), false, at),
                      "save_as_object_file", path, {}, at);
    }

private:
    const Rdd<T>& self() const { return static_cast<const Rdd<T>&>(*this); }
    const NodePtr& handle() const { return self().handle(); }
};

}  // namespace heddle::api
