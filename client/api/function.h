#pragma once

// Functions as data. A function crosses machines as the position of its type in the registry and
// the bytes of its fields: so it is an empty callable, or an aggregate whose fields have a codec.

#include <string_view>
#include <type_traits>
#include <utility>

#include "client/api/codec.h"
#include "common/rdd/bytes.h"

namespace heddle::api {

template <typename F>
constexpr bool is_shippable() {
    if constexpr (std::is_empty_v<F>) {
        return std::is_default_constructible_v<F>;
    } else if constexpr (std::is_class_v<F> && std::is_aggregate_v<F>) {
        return IsRecord<F>::value;
    } else {
        return false;
    }
}

template <typename F>
constexpr void require_shippable() {
    static_assert(
        is_shippable<F>(),
        "heddle: this function cannot be sent to executors, because it captures variables or is a "
        "function pointer. Use a lambda that captures nothing, or a function object whose fields "
        "are "
        "records. Instead of  rdd.map([factor](double x) { return x * factor; })  write  "
        "struct Scale { double factor; double operator()(double x) const { return x * factor; } }; "
        " "
        "rdd.map(Scale{factor})");
}

template <typename F>
rdd::Bytes encode_function(const F& function) {
    rdd::ByteWriter out;
    if constexpr (!std::is_empty_v<F>) {
        encode_value(function, out);
    }
    return out.take();
}

/// False: the bytes are not the fields of an F.
template <typename F>
bool decode_function(std::string_view bytes, F& function) {
    rdd::ByteReader in(bytes);
    if constexpr (!std::is_empty_v<F>) {
        decode_value(in, function);
    }
    return in.status("function").ok();
}

}  // namespace heddle::api
