#pragma once

// The record face of a type, made from its codec, and the registration of faces and operators.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <typeinfo>

#include "client/api/codec.h"
#include "common/rdd/builtins.h"
#include "common/rdd/operator.h"
#include "common/rdd/plan.h"
#include "common/rdd/record_face.h"
#include "common/rdd/registry.h"

namespace heddle::api {

template <typename T>
struct KeyOf {
    using type = T;
    static const T& get(const T& record) { return record; }
};
template <typename K, typename V>
struct KeyOf<std::pair<K, V>> {
    using type = K;
    static const K& get(const std::pair<K, V>& record) { return record.first; }
};
template <typename T>
using Key = typename KeyOf<T>::type;

template <typename T>
concept Ordered = requires(const T& a, const T& b) {
    { a < b } -> std::convertible_to<bool>;
};

/// The order of keys: operator<, and a NaN is greater than every number, as in Spark.
template <typename K>
bool key_less(const K& a, const K& b) {
    if constexpr (std::is_floating_point_v<K>) {
        return a < b || (b != b && a == a);
    } else {
        return a < b;
    }
}

template <typename K>
inline constexpr bool kBytes = false;
template <std::size_t N>
inline constexpr bool kBytes<std::array<unsigned char, N>> = true;

// An order-preserving number from the front of a key.
template <typename K>
std::uint64_t key_prefix(const K& key) {
    if constexpr (std::is_floating_point_v<K>) {
        if (key != key) {
            return UINT64_MAX;
        }
        const auto bits = std::bit_cast<std::uint64_t>(key == 0 ? 0.0 : static_cast<double>(key));
        return bits >> 63 != 0 ? ~bits : bits | (std::uint64_t{1} << 63);
    } else if constexpr (NumberLike<K>) {
        const auto number = static_cast<std::uint64_t>(key);
        return std::is_signed_v<K> ? number ^ (std::uint64_t{1} << 63) : number;
    } else if constexpr (kBytes<K>) {
        return rdd::text_prefix({reinterpret_cast<const char*>(key.data()), key.size()});
    } else {
        return rdd::text_prefix(key);
    }
}
template <typename K>
inline constexpr bool kHasPrefix =
    (std::is_arithmetic_v<K> && !std::is_same_v<K, long double>) || kText<K> || kBytes<K>;

// The batch functions of one type. Rows come as untyped memory and are T.
template <typename T>
struct FaceFunctions {
    static const T* in(const void* rows) { return static_cast<const T*>(rows); }
    static T* out(void* rows) { return static_cast<T*>(rows); }

    static void hash(const void* rows, std::uint32_t count, std::uint64_t* hashes) {
        for (std::uint32_t i = 0; i < count; ++i) {
            hashes[i] = hash_value(KeyOf<T>::get(in(rows)[i]));
        }
    }
    static bool equal(const void* a, const void* b) {
        return equal_values(KeyOf<T>::get(*in(a)), KeyOf<T>::get(*in(b)));
    }
    static int compare(const void* a, const void* b) {
        const auto& left = KeyOf<T>::get(*in(a));
        const auto& right = KeyOf<T>::get(*in(b));
        return key_less(left, right) ? -1 : key_less(right, left) ? 1 : 0;
    }
    static void prefix(const void* rows, std::uint32_t count, std::uint64_t* prefixes) {
        for (std::uint32_t i = 0; i < count; ++i) {
            prefixes[i] = key_prefix(KeyOf<T>::get(in(rows)[i]));
        }
    }
    static void encode(const void* rows, const std::uint32_t* selection, std::uint32_t count,
                       rdd::ByteWriter& writer) {
        if constexpr (is_raw<T>) {
            if (selection == nullptr) {
                writer.raw(rows, std::size_t{count} * sizeof(T));
                return;
            }
            char* const to = writer.claim(std::size_t{count} * sizeof(T));
            for (std::uint32_t i = 0; i < count; ++i) {
                std::memcpy(to + i * sizeof(T), in(rows) + selection[i], sizeof(T));
            }
        } else {
            for (std::uint32_t i = 0; i < count; ++i) {
                encode_value(in(rows)[selection != nullptr ? selection[i] : i], writer);
            }
        }
    }
    static std::uint32_t decode(rdd::ByteReader& reader, void* rows, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            T* const row = new (out(rows) + i) T{};
            decode_value(reader, *row);
            if (reader.failed()) {
                row->~T();
                return i;
            }
        }
        return count;
    }
    static void own(const void* rows, std::uint32_t count, void* to, rdd::Arena& arena) {
        for (std::uint32_t i = 0; i < count; ++i) {
            new (out(to) + i) T(own_value(in(rows)[i], arena));
        }
    }
    static void own_moved(void* rows, std::uint32_t count, void* to, rdd::Arena& arena) {
        for (std::uint32_t i = 0; i < count; ++i) {
            new (out(to) + i) T(api::own_moved(std::move(out(rows)[i]), arena));
        }
    }
    static void copy(const void* rows, std::uint32_t count, void* to) {
        for (std::uint32_t i = 0; i < count; ++i) {
            new (out(to) + i) T(in(rows)[i]);
        }
    }
    static void relocate(void* rows, std::uint32_t count, void* to) {
        for (std::uint32_t i = 0; i < count; ++i) {
            new (out(to) + i) T(std::move(out(rows)[i]));
            out(rows)[i].~T();
        }
    }
    static void destroy(void* rows, std::uint32_t count) {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            for (std::uint32_t i = 0; i < count; ++i) {
                out(rows)[i].~T();
            }
        }
    }
    static std::size_t heap(const void* rows, std::uint32_t count) {
        std::size_t sum = 0;
        if constexpr (!std::is_trivially_destructible_v<T>) {
            for (std::uint32_t i = 0; i < count; ++i) {
                sum += heap_size(in(rows)[i]);
            }
        }
        return sum;
    }
    static void describe(const void* row, std::string& text) { append_text(*in(row), true, text); }

    static rdd::RecordFace make() {
        rdd::RecordFace face;
        face.name = typeid(T).name();
        face.key = [](const void* row) -> const void* { return &KeyOf<T>::get(*in(row)); };
        face.size = sizeof(T);
        face.align = alignof(T);
        face.raw = is_raw<T>;
        face.trivial = std::is_trivially_destructible_v<T>;
        face.views = has_views<T>();
        if constexpr (IsHashable<Key<T>>::value) {
            face.hash = hash;
            face.equal = equal;
        }
        if constexpr (Ordered<Key<T>>) {
            face.compare = compare;
            if constexpr (kHasPrefix<Key<T>>) {
                face.prefix = prefix;
            }
        }
        face.encode = encode;
        face.decode = decode;
        face.own = own;
        face.own_moved = own_moved;
        face.copy = copy;
        face.relocate = relocate;
        face.destroy = destroy;
        face.heap_size = heap;
        face.describe = describe;
        return face;
    }
};

template <typename T>
const rdd::RecordFace& face_of() {
    static_assert(
        IsRecord<T>::value,
        "heddle: this type cannot be a record. Records are arithmetic types, strings, "
        "pairs, tuples, vectors, arrays, maps, optionals and plain aggregates of them; for "
        "another type specialise heddle::Codec<T>");
    if constexpr (std::is_same_v<T, std::string_view>) {
        return rdd::text_face();
    } else {
        static const rdd::RecordFace face = FaceFunctions<T>::make();
        return face;
    }
}

// One per registered template: its initialiser runs before main, and using `ordinal` anywhere makes
// the compiler emit it.
template <typename Registrant>
struct Registered {
    static const std::uint32_t ordinal;
};
template <typename Registrant>
const std::uint32_t Registered<Registrant>::ordinal = rdd::register_entry(Registrant::entry());

template <typename T>
struct FaceRegistrant {
    static rdd::OperatorEntry entry() {
        rdd::OperatorEntry out;
        out.type_name = typeid(FaceRegistrant).name();
        out.face = &face_of<T>();
        return out;
    }
};

template <typename T>
rdd::RecordType record_type() {
    if constexpr (std::is_same_v<T, std::string_view>) {
        return rdd::text_record();
    } else {
        return rdd::registered_record(Registered<FaceRegistrant<T>>::ordinal);
    }
}

}  // namespace heddle::api
