// The one record face that needs no program: text.
#include <algorithm>
#include <string_view>

#include "common/rdd/hash.h"
#include "common/rdd/record_face.h"

namespace heddle::rdd {

namespace {

const std::string_view* as_text(const void* rows) {
    return static_cast<const std::string_view*>(rows);
}

void hash_rows(const void* rows, std::uint32_t count, std::uint64_t* out) {
    for (std::uint32_t i = 0; i < count; ++i) {
        out[i] = hash_text(as_text(rows)[i]);
    }
}

void encode_rows(const void* rows, const std::uint32_t* selection, std::uint32_t count,
                 ByteWriter& out) {
    for (std::uint32_t i = 0; i < count; ++i) {
        out.text(as_text(rows)[selection != nullptr ? selection[i] : i]);
    }
}

std::uint32_t decode_rows(ByteReader& in, void* out, std::uint32_t count) {
    auto* rows = static_cast<std::string_view*>(out);
    for (std::uint32_t i = 0; i < count; ++i) {
        rows[i] = in.text();
        if (in.failed()) {
            return i;
        }
    }
    return count;
}

void own_rows(const void* rows, std::uint32_t count, void* out, Arena& arena) {
    for (std::uint32_t i = 0; i < count; ++i) {
        static_cast<std::string_view*>(out)[i] = arena.store(as_text(rows)[i]);
    }
}

void copy_rows(const void* rows, std::uint32_t count, void* out) {
    std::copy_n(as_text(rows), count, static_cast<std::string_view*>(out));
}

RecordFace make_face() {
    RecordFace face;
    face.name = "text";
    face.size = sizeof(std::string_view);
    face.align = alignof(std::string_view);
    face.trivial = true;
    face.views = true;
    face.key = [](const void* row) { return row; };
    face.hash = hash_rows;
    face.equal = [](const void* a, const void* b) { return *as_text(a) == *as_text(b); };
    face.compare = [](const void* a, const void* b) { return as_text(a)->compare(*as_text(b)); };
    face.prefix = [](const void* rows, std::uint32_t count, std::uint64_t* out) {
        for (std::uint32_t i = 0; i < count; ++i) {
            out[i] = text_prefix(as_text(rows)[i]);
        }
    };
    face.encode = encode_rows;
    face.decode = decode_rows;
    face.own = own_rows;
    face.own_moved = [](void* rows, std::uint32_t count, void* out, Arena& arena) {
        own_rows(rows, count, out, arena);
    };
    face.copy = copy_rows;
    face.relocate = [](void* rows, std::uint32_t count, void* out) { copy_rows(rows, count, out); };
    face.destroy = [](void*, std::uint32_t) {};
    face.heap_size = [](const void*, std::uint32_t) { return std::size_t{0}; };
    face.describe = [](const void* row, std::string& out) {
        out += '"';
        out += as_text(row)->substr(0, 200);
        out += '"';
    };
    return face;
}

}  // namespace

const RecordFace& text_face() {
    static const RecordFace face = make_face();
    return face;
}

}  // namespace heddle::rdd
