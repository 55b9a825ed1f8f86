#pragma once

// What a record can be, and how it becomes bytes. Arithmetic types, strings, string views, pairs,
// tuples, vectors, arrays, maps, optionals and plain aggregates of them need nothing from the user;
// any other type specialises heddle::Codec:
//
//   template <> struct heddle::Codec<Money> {
//       static void encode(const Money& value, rdd::ByteWriter& out) { out.number(value.cents()); }
//       static void decode(rdd::ByteReader& in, Money& out) { out = Money(in.number<long>()); }
//       static std::uint64_t hash(const Money& value);   // only to be used as a key
//   };
//
// Records are default-constructible. A record may hold views (std::string_view): those are views as
// long as the task runs, own() copies what they show into an arena, and what leaves the task
// (collect, first, ...) comes as Owned<T>, with strings in their place. The bytes of a view and of
// a string are the same, so a reader chooses.

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/pfr/core.hpp>

#include "client/api/text_form.h"
#include "common/rdd/arena.h"
#include "common/rdd/bytes.h"
#include "common/rdd/hash.h"

namespace heddle {

template <typename T>
struct Codec;  // specialised by users, and by nobody else

namespace api {

template <typename T>
concept UserCoded = requires(const T& value, T& out, rdd::ByteWriter& writer,
                             rdd::ByteReader& reader) {
    Codec<T>::encode(value, writer);
    Codec<T>::decode(reader, out);
};

template <typename T>
concept NumberLike = std::is_arithmetic_v<T> || std::is_enum_v<T>;

template <typename T>
struct IsArray : std::false_type {};
template <typename T, std::size_t N>
struct IsArray<std::array<T, N>> : std::true_type {};

template <typename T>
struct IsTuple : std::false_type {};
template <typename A, typename B>
struct IsTuple<std::pair<A, B>> : std::true_type {};
template <typename... Ts>
struct IsTuple<std::tuple<Ts...>> : std::true_type {};

template <typename T>
struct IsSequence : std::false_type {};
template <typename T, typename A>
struct IsSequence<std::vector<T, A>> : std::true_type {};

template <typename T>
struct IsMap : std::false_type {};
template <typename K, typename V>
struct IsMap<std::map<K, V>> : std::true_type {};
template <typename K, typename V>
struct IsMap<std::unordered_map<K, V>> : std::true_type {};

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <typename T>
inline constexpr bool kText = std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>;

// Nothing to encode: empty structures, lambdas that capture nothing.
template <typename T>
concept EmptyLike = std::is_empty_v<T> && std::is_default_constructible_v<T> && !UserCoded<T>;

template <typename T>
concept AggregateLike = std::is_class_v<T> && std::is_aggregate_v<T> && !IsArray<T>::value &&
                        !EmptyLike<T> && !UserCoded<T>;

// A fixed list of members: pairs, tuples, aggregates.
template <typename T>
concept ProductLike = IsTuple<T>::value || AggregateLike<T>;

template <typename T>
constexpr std::size_t member_count() {
    if constexpr (IsTuple<T>::value) {
        return std::tuple_size_v<T>;
    } else {
        return boost::pfr::tuple_size_v<T>;
    }
}

template <std::size_t I, typename T>
constexpr auto& member(T& value) {
    if constexpr (IsTuple<std::remove_const_t<T>>::value) {
        return std::get<I>(value);
    } else {
        return boost::pfr::get<I>(value);
    }
}

template <typename T, std::size_t I>
using MemberType = std::remove_cvref_t<decltype(member<I>(std::declval<T&>()))>;

// visit.template operator()<I>() for every member.
template <typename T, typename Visit>
constexpr void for_members(Visit&& visit) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (visit.template operator()<I>(), ...);
    }
    (std::make_index_sequence<member_count<T>()>{});
}

template <template <typename> class Trait, typename T>
constexpr bool all_members() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        return (Trait<MemberType<T, I>>::value && ... && true);
    }
    (std::make_index_sequence<member_count<T>()>{});
}

// ---- which types are records -----------------------------------------------------------------

template <typename T>
struct IsRecord;

template <typename T>
constexpr bool is_record() {
    if constexpr (UserCoded<T> || NumberLike<T> || kText<T> || EmptyLike<T>) {
        return true;
    } else if constexpr (IsArray<T>::value || IsSequence<T>::value || IsOptional<T>::value) {
        return IsRecord<typename T::value_type>::value;
    } else if constexpr (IsMap<T>::value) {
        return IsRecord<typename T::key_type>::value && IsRecord<typename T::mapped_type>::value;
    } else if constexpr (ProductLike<T>) {
        return all_members<IsRecord, T>();
    } else {
        return false;
    }
}
template <typename T>
struct IsRecord : std::bool_constant<is_record<T>()> {};

// ---- raw: the bytes of the value are its encoding --------------------------------------------
// Recursive and our own: std::is_trivially_copyable says no to pairs and yes to views.

template <typename T>
constexpr std::size_t raw_size() {  // 0: not raw
    if constexpr (UserCoded<T> || EmptyLike<T> || std::is_same_v<T, bool> ||
                  std::is_same_v<T, long double>) {
        return 0;
    } else if constexpr (NumberLike<T>) {
        return sizeof(T);
    } else if constexpr (IsArray<T>::value) {
        return raw_size<typename T::value_type>() == sizeof(typename T::value_type) ? sizeof(T) : 0;
    } else if constexpr (ProductLike<T>) {
        // Padding, an empty member or one that is not raw makes the sum differ.
        return []<std::size_t... I>(std::index_sequence<I...>) {
            const bool each =
                ((raw_size<MemberType<T, I>>() == sizeof(MemberType<T, I>)) && ... && true);
            const std::size_t sum = (raw_size<MemberType<T, I>>() + ... + 0);
            return each && sum == sizeof(T) ? sum : 0;
        }
        (std::make_index_sequence<member_count<T>()>{});
    } else {
        return 0;
    }
}
template <typename T>
inline constexpr bool is_raw = raw_size<T>() != 0 && alignof(T) <= 16;

// ---- views -------------------------------------------------------------------------------------

template <typename T>
struct HasNoViews;

template <typename T>
constexpr bool has_views() {
    if constexpr (std::is_same_v<T, std::string_view>) {
        return true;
    } else if constexpr (UserCoded<T> || NumberLike<T> || std::is_same_v<T, std::string>) {
        return false;
    } else if constexpr (IsArray<T>::value || IsSequence<T>::value || IsOptional<T>::value) {
        return has_views<typename T::value_type>();
    } else if constexpr (IsMap<T>::value) {
        return has_views<typename T::key_type>() || has_views<typename T::mapped_type>();
    } else if constexpr (ProductLike<T>) {
        return !all_members<HasNoViews, T>();
    } else {
        return false;
    }
}
template <typename T>
struct HasNoViews : std::bool_constant<!has_views<T>()> {};

template <typename T>
struct OwnedType {
    using type = T;
};
template <>
struct OwnedType<std::string_view> {
    using type = std::string;
};
template <typename A, typename B>
struct OwnedType<std::pair<A, B>> {
    using type = std::pair<typename OwnedType<A>::type, typename OwnedType<B>::type>;
};
template <typename... Ts>
struct OwnedType<std::tuple<Ts...>> {
    using type = std::tuple<typename OwnedType<Ts>::type...>;
};
template <typename T>
struct OwnedType<std::vector<T>> {
    using type = std::vector<typename OwnedType<T>::type>;
};
template <typename T>
struct OwnedType<std::optional<T>> {
    using type = std::optional<typename OwnedType<T>::type>;
};
template <typename T, std::size_t N>
struct OwnedType<std::array<T, N>> {
    using type = std::array<typename OwnedType<T>::type, N>;
};
template <typename K, typename V>
struct OwnedType<std::map<K, V>> {
    using type = std::map<typename OwnedType<K>::type, typename OwnedType<V>::type>;
};

// ---- encode and decode -------------------------------------------------------------------------

template <typename T>
void encode_value(const T& value, rdd::ByteWriter& out) {
    if constexpr (UserCoded<T>) {
        Codec<T>::encode(value, out);
    } else if constexpr (EmptyLike<T>) {
        return;
    } else if constexpr (std::is_same_v<T, bool>) {
        out.number<std::uint8_t>(value ? 1 : 0);
    } else if constexpr (NumberLike<T>) {
        out.number(value);
    } else if constexpr (kText<T>) {
        out.text(value);
    } else if constexpr (is_raw<T>) {
        out.raw(&value, sizeof(T));
    } else if constexpr (IsArray<T>::value) {
        for (const auto& element : value) {
            encode_value(element, out);
        }
    } else if constexpr (IsSequence<T>::value) {
        out.count(value.size());
        if constexpr (is_raw<typename T::value_type>) {
            out.raw(value.data(), value.size() * sizeof(typename T::value_type));
        } else {
            for (const typename T::value_type& element : value) {
                encode_value(element, out);
            }
        }
    } else if constexpr (IsMap<T>::value) {
        out.count(value.size());
        for (const auto& [key, mapped] : value) {
            encode_value(key, out);
            encode_value(mapped, out);
        }
    } else if constexpr (IsOptional<T>::value) {
        out.number<std::uint8_t>(value ? 1 : 0);
        if (value) {
            encode_value(*value, out);
        }
    } else {
        for_members<T>([&]<std::size_t I>() { encode_value(member<I>(value), out); });
    }
}

// Room that a count from elsewhere may take before its elements have been seen.
inline constexpr std::size_t kReserveMax = 1024;

template <typename T>
void decode_value(rdd::ByteReader& in, T& out) {
    if constexpr (UserCoded<T>) {
        Codec<T>::decode(in, out);
    } else if constexpr (EmptyLike<T>) {
        return;
    } else if constexpr (std::is_same_v<T, bool>) {
        out = in.boolean();
    } else if constexpr (NumberLike<T>) {
        out = in.number<T>();
    } else if constexpr (kText<T>) {
        out = in.text();
    } else if constexpr (is_raw<T>) {
        if (const std::string_view bytes = in.raw(sizeof(T)); !bytes.empty()) {
            std::memcpy(static_cast<void*>(&out), bytes.data(), sizeof(T));
        }
    } else if constexpr (IsArray<T>::value) {
        for (auto& element : out) {
            decode_value(in, element);
        }
    } else if constexpr (IsSequence<T>::value) {
        using Element = typename T::value_type;
        if constexpr (is_raw<Element>) {
            const std::size_t n = in.count_of(sizeof(Element));
            const std::string_view bytes = in.raw(n * sizeof(Element));
            out.resize(bytes.size() / sizeof(Element));
            if (!bytes.empty()) {
                std::memcpy(static_cast<void*>(out.data()), bytes.data(), bytes.size());
            }
        } else {
            const std::size_t n = in.count_of(1);
            out.clear();
            out.reserve(std::min(n, kReserveMax));
            for (std::size_t i = 0; i < n && !in.failed(); ++i) {
                if constexpr (std::is_same_v<Element, bool>) {
                    bool element = false;  // vector<bool> has no bools to refer to
                    decode_value(in, element);
                    out.push_back(element);
                } else {
                    decode_value(in, out.emplace_back());
                }
            }
        }
    } else if constexpr (IsMap<T>::value) {
        const std::size_t n = in.count_of(1);
        out.clear();
        for (std::size_t i = 0; i < n && !in.failed(); ++i) {
            typename T::key_type key{};
            decode_value(in, key);
            decode_value(in, out[std::move(key)]);
        }
    } else if constexpr (IsOptional<T>::value) {
        out.reset();
        if (in.boolean()) {
            decode_value(in, out.emplace());
        }
    } else {
        for_members<T>([&]<std::size_t I>() { decode_value(in, member<I>(out)); });
    }
}

// ---- owned form --------------------------------------------------------------------------------

template <typename T>
T own_value(const T& value, rdd::Arena& arena) {
    if constexpr (!has_views<T>()) {
        return value;
    } else if constexpr (std::is_same_v<T, std::string_view>) {
        return arena.store(value);
    } else if constexpr (IsArray<T>::value) {
        T out = value;
        for (auto& element : out) {
            element = own_value(element, arena);
        }
        return out;
    } else if constexpr (IsSequence<T>::value) {
        T out;
        out.reserve(value.size());
        for (const auto& element : value) {
            out.push_back(own_value(element, arena));
        }
        return out;
    } else if constexpr (IsMap<T>::value) {
        T out;
        for (const auto& [key, mapped] : value) {
            out.emplace(own_value(key, arena), own_value(mapped, arena));
        }
        return out;
    } else if constexpr (IsOptional<T>::value) {
        return value ? T(own_value(*value, arena)) : T();
    } else {
        T out{};
        for_members<T>(
            [&]<std::size_t I>() { member<I>(out) = own_value(member<I>(value), arena); });
        return out;
    }
}

/// The same for a value that is not wanted any more: what it has on the heap goes along.
template <typename T>
T own_moved(T&& value, rdd::Arena& arena) {
    static_assert(std::is_rvalue_reference_v<T&&>);
    if constexpr (!has_views<T>()) {
        return std::move(value);
    } else if constexpr (std::is_same_v<T, std::string_view>) {
        return arena.store(value);
    } else if constexpr (IsArray<T>::value || IsSequence<T>::value) {
        for (auto& element : value) {
            element = own_moved(std::move(element), arena);
        }
        return std::move(value);
    } else if constexpr (IsMap<T>::value || IsOptional<T>::value) {
        return own_value(std::as_const(value), arena);
    } else {
        for_members<T>([&]<std::size_t I>() {
            member<I>(value) = own_moved(std::move(member<I>(value)), arena);
        });
        return std::move(value);
    }
}

/// Bytes on the heap that the value owns.
template <typename T>
std::size_t heap_size(const T& value) {
    if constexpr (UserCoded<T> || NumberLike<T> || EmptyLike<T> || is_raw<T> ||
                  std::is_same_v<T, std::string_view>) {
        return 0;
    } else if constexpr (std::is_same_v<T, std::string>) {
        return value.capacity() > 15 ? value.capacity() + 1 : 0;  // libstdc++ keeps 15 inline
    } else if constexpr (IsSequence<T>::value) {
        std::size_t sum = value.capacity() * sizeof(typename T::value_type);
        if constexpr (!is_raw<typename T::value_type> &&
                      !std::is_same_v<typename T::value_type, std::string_view>) {
            for (const auto& element : value) {
                sum += heap_size(element);
            }
        }
        return sum;
    } else if constexpr (IsMap<T>::value) {
        std::size_t sum = 0;
        for (const auto& [key, mapped] : value) {
            sum += sizeof(typename T::value_type) + 48 + heap_size(key) + heap_size(mapped);
        }
        return sum;
    } else if constexpr (IsArray<T>::value) {
        std::size_t sum = 0;
        for (const auto& element : value) {
            sum += heap_size(element);
        }
        return sum;
    } else if constexpr (IsOptional<T>::value) {
        return value ? heap_size(*value) : 0;
    } else {
        std::size_t sum = 0;
        for_members<T>([&]<std::size_t I>() { sum += heap_size(member<I>(value)); });
        return sum;
    }
}

// ---- keys --------------------------------------------------------------------------------------

template <typename T>
struct IsHashable;

template <typename T>
constexpr bool is_hashable() {
    if constexpr (UserCoded<T>) {
        return requires(const T& value) {
            { Codec<T>::hash(value) } -> std::convertible_to<std::uint64_t>;
            { value == value } -> std::convertible_to<bool>;
        };
    } else if constexpr (NumberLike<T> || kText<T> || EmptyLike<T>) {
        return true;
    } else if constexpr (IsArray<T>::value || IsSequence<T>::value || IsOptional<T>::value) {
        return IsHashable<typename T::value_type>::value;
    } else if constexpr (ProductLike<T>) {
        return all_members<IsHashable, T>();
    } else {
        return false;
    }
}
template <typename T>
struct IsHashable : std::bool_constant<is_hashable<T>()> {};

template <typename T>
std::uint64_t hash_value(const T& value) {
    if constexpr (UserCoded<T>) {
        return Codec<T>::hash(value);
    } else if constexpr (EmptyLike<T>) {
        return 0;
    } else if constexpr (std::is_floating_point_v<T>) {
        double number = value == 0 ? 0.0 : static_cast<double>(value);  // one zero
        if (value != value) {
            number = std::numeric_limits<double>::quiet_NaN();  // and one NaN
        }
        return rdd::hash_number(std::bit_cast<std::uint64_t>(number));
    } else if constexpr (NumberLike<T>) {
        return rdd::hash_number(static_cast<std::uint64_t>(value));
    } else if constexpr (kText<T>) {
        return rdd::hash_text(value);
    } else if constexpr (IsArray<T>::value || IsSequence<T>::value) {
        std::uint64_t hash = value.size();
        for (const auto& element : value) {
            hash = rdd::hash_combine(hash, hash_value(element));
        }
        return hash;
    } else if constexpr (IsOptional<T>::value) {
        return value ? rdd::hash_combine(1, hash_value(*value)) : 0;
    } else {
        std::uint64_t hash = member_count<T>();
        for_members<T>(
            [&]<std::size_t I>() { hash = rdd::hash_combine(hash, hash_value(member<I>(value))); });
        return hash;
    }
}

template <typename T>
bool equal_values(const T& a, const T& b) {
    if constexpr (kText<T>) {
        return rdd::equal_text(a, b);
    } else if constexpr (EmptyLike<T>) {
        return true;
    } else if constexpr (std::is_floating_point_v<T>) {
        return a == b || (a != a && b != b);  // else each NaN would be a key of its own
    } else if constexpr (UserCoded<T> || NumberLike<T>) {
        return a == b;
    } else if constexpr (IsArray<T>::value || IsSequence<T>::value) {
        if (a.size() != b.size()) {
            return false;
        }
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (!equal_values(a[i], b[i])) {
                return false;
            }
        }
        return true;
    } else if constexpr (IsOptional<T>::value) {
        return a.has_value() == b.has_value() && (!a || equal_values(*a, *b));
    } else {
        bool equal = true;
        for_members<T>(
            [&]<std::size_t I>() { equal = equal && equal_values(member<I>(a), member<I>(b)); });
        return equal;
    }
}

// ---- for people --------------------------------------------------------------------------------

/// As a person reads it: numbers, text (quoted or not), "(a,b)", "[a,b]".
template <typename T>
void append_text(const T& value, bool quoted, std::string& out) {
    if constexpr (UserCoded<T>) {
        out += "(record)";
    } else if constexpr (EmptyLike<T>) {
        out += "()";
    } else if constexpr (std::is_enum_v<T>) {
        append_number(static_cast<std::int64_t>(value), out);
    } else if constexpr (NumberLike<T>) {
        append_number(value, out);
    } else if constexpr (kText<T>) {
        append_string(value, quoted, out);
    } else if constexpr (IsArray<T>::value || IsSequence<T>::value) {
        out += '[';
        for (std::size_t i = 0; i < value.size(); ++i) {
            out += i == 0 ? "" : ",";
            if (quoted && out.size() > kDescriptionCharacters) {
                out += "...";
                break;
            }
            append_text<typename T::value_type>(value[i], quoted, out);
        }
        out += ']';
    } else if constexpr (IsMap<T>::value) {
        out += '{';
        const char* separator = "";
        for (const auto& [key, mapped] : value) {
            out += separator;
            separator = ",";
            append_text(key, quoted, out);
            out += ':';
            append_text(mapped, quoted, out);
        }
        out += '}';
    } else if constexpr (IsOptional<T>::value) {
        if (value) {
            append_text(*value, quoted, out);
        } else {
            out += "none";
        }
    } else {
        out += '(';
        for_members<T>([&]<std::size_t I>() {
            out += I == 0 ? "" : ",";
            append_text(member<I>(value), quoted, out);
        });
        out += ')';
    }
}

}  // namespace api

/// T with strings in place of views: what an action gives back.
template <typename T>
using Owned = typename api::OwnedType<T>::type;

}  // namespace heddle
