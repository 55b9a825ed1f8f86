#pragma once

// Function objects that the API itself makes out of the user's functions and values. A lambda as a
// field has no name that reflection could use, so each lists its parts:
//
//   template <typename F> struct NegationOf {
//       using Parts = std::tuple<F>;
//       F function{};
//       static auto parts(auto& self) { return std::tie(self.function); }
//       template <typename T> bool operator()(const T& record) { return !function(record); }
//   };
//
// Only parts travel. A composed function may have other fields, set by begin_partition(partition),
// which the operators of kernels.h call before the first record.

#include <concepts>
#include <tuple>
#include <type_traits>

#include "client/api/codec.h"
#include "common/rdd/ids.h"

namespace heddle {

namespace api {

template <typename F>
concept Composed = std::is_class_v<F> && requires {
    typename F::Parts;
};

template <typename F>
concept SeesPartition = Composed<F> && requires(F& function, rdd::Partition partition) {
    function.begin_partition(partition);
};

template <typename F>
void begin_partition(F& function, rdd::Partition partition) {
    if constexpr (SeesPartition<F>) {
        function.begin_partition(partition);
    }
}

}  // namespace api

template <api::Composed F>
struct Codec<F> {
    static void encode(const F& value, rdd::ByteWriter& out) {
        std::apply([&out](const auto&... part) { (api::encode_value(part, out), ...); },
                   F::parts(value));
    }
    static void decode(rdd::ByteReader& in, F& out) {
        std::apply([&in](auto&... part) { (api::decode_value(in, part), ...); }, F::parts(out));
    }
};

}  // namespace heddle
