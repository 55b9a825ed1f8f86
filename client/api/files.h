#pragma once

// Whole files and files of records in bytes. An object file is a sequence of blobs, each as long as
// the eight bytes in front of it say: the name of the record type, a count, the encoded records.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <typeinfo>
#include <utility>
#include <vector>

#include "client/api/codec.h"
#include "client/api/composed.h"
#include "client/api/face.h"
#include "client/api/graph.h"
#include "client/api/kernels.h"
#include "common/rdd/operator.h"

namespace heddle::api {

/// Text records: the path of a file, then all that is in it, and so on. A file is never divided;
/// neighbours share a partition until there are no more than `splits_min` partitions.
NodePtr make_whole_files(const SessionPtr& session, std::string_view name, std::string_view path,
                         std::int32_t splits_min, Callsite at);
/// Text records of `length` bytes each. Files whose size is no multiple of it fail the first
/// action.
NodePtr make_fixed_records(const SessionPtr& session, std::string_view path, std::uint64_t length,
                           std::int32_t splits_min, Callsite at);
/// Text records through a program; see executor/task/pipe.h. Throws UsageError when `command` is
/// empty.
NodePtr make_pipe(const NodePtr& parent, const std::vector<std::string>& command,
                  const std::map<std::string, std::string>& environment, Callsite at);
/// Cut at white space, as Spark cuts a command.
std::vector<std::string> words_of(std::string_view command);
/// What is wrong with an object file, as an exception. `found`: the type's name in it; empty: the
/// bytes make no sense.
[[noreturn]] void throw_bad_objects(std::string_view path, std::string_view found,
                                    const char* wanted);

// The two rows of each file as a pair.
struct PairUp {
    using Pair = std::pair<std::string_view, std::string_view>;
    using Parts = std::tuple<>;
    std::string_view path{};
    bool has_path = false;
    static auto parts(auto&) { return std::tie(); }
    void operator()(const std::string_view& row, Emit<Pair>& emit) {
        if (has_path) {
            emit(path, row);
        }
        path = row;
        has_path = !has_path;
    }
};

template <typename T>
struct ReadObjects {
    using Parts = std::tuple<>;
    std::string_view path{};
    bool has_path = false;
    static auto parts(auto&) { return std::tie(); }
    void operator()(const std::string_view& row, Emit<T>& emit) {
        if (has_path) {
            read(row, emit);
        }
        path = row;
        has_path = !has_path;
    }

private:
    void read(std::string_view bytes, Emit<T>& emit) const;
};

template <typename T>
void ReadObjects<T>::read(std::string_view bytes, Emit<T>& emit) const {
    const char* const wanted = typeid(Owned<T>).name();
    rdd::ByteReader file(bytes);
    while (file.left() > 0) {
        const auto size = file.number<std::uint64_t>();
        rdd::ByteReader blob(file.raw(static_cast<std::size_t>(size)));
        const std::string_view type = blob.text();
        if (file.failed() || blob.failed() || type != wanted) {
            throw_bad_objects(path, file.failed() ? std::string_view() : type, wanted);
        }
        std::uint64_t left = blob.count();
        for (; left > 0 && !blob.failed() && !emit.stopped(); --left) {
            T record{};
            decode_value(blob, record);
            if (!blob.failed()) {
                emit(std::move(record));
            }
        }
        if (blob.failed() || (left == 0 && blob.left() > 0)) {
            throw_bad_objects(path, {}, wanted);
        }
    }
}

// Batches of records as blobs. The bytes are in a buffer until the next batch: the sink behind it
// copies them.
template <typename T>
class ToObjectsOperator final : public rdd::Operator {
public:
    explicit ToObjectsOperator(rdd::Sink& next) : next_(next) {}
    static rdd::OperatorEntry entry() {
        rdd::OperatorEntry out;
        out.type_name = typeid(ToObjectsOperator).name();
        out.make_operator = [](const rdd::OperatorInit&,
                               rdd::Sink& next) -> std::unique_ptr<rdd::Operator> {
            return std::make_unique<ToObjectsOperator>(next);
        };
        return out;
    }

    rdd::Flow push(rdd::Batch& batch) override {
        blob_.clear();
        blob_.text(typeid(Owned<T>).name());
        blob_.count(batch.count);
        face_of<T>().encode(batch.rows, nullptr, batch.count, blob_);
        size_.clear();
        size_.number<std::uint64_t>(blob_.size());
        std::string_view rows[] = {size_.view(), blob_.view()};
        rdd::Batch out;
        out.count = 2;
        out.rows = rows;
        out.face = &rdd::text_face();
        out.movable = true;
        return next_.push(out);
    }
    rdd::Flow close() override { return rdd::Flow::Continue; }

private:
    rdd::Sink& next_;
    rdd::ByteWriter size_;
    rdd::ByteWriter blob_;
};

}  // namespace heddle::api
