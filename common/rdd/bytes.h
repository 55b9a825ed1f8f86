#pragma once

// Writing and reading our own compact binary form: little-endian fixed fields and variable-length
// counts. It carries plans, tasks and records; messages between daemons are protobuf.
//
// A reader never trusts its input. It does not stop at each field: a field that is not there reads
// as zero or empty and marks the reader as failed for good, and whoever decodes asks `status()`
// once at the end, before using anything. Counts are checked against the bytes that are left, so
// that a forged count cannot make anybody allocate.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/base/result.h"

namespace heddle::rdd {

using Bytes = std::string;

static_assert(std::endian::native == std::endian::little,
              "block and plan bytes are little-endian; other machines need swaps here");

class ByteWriter {
public:
    ByteWriter() = default;
    ByteWriter(const ByteWriter&) = delete;
    ByteWriter& operator=(const ByteWriter&) = delete;

    /// A number of fixed width.
    template <typename T>
    void number(T value) {
        static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
        std::memcpy(room(sizeof(T)), &value, sizeof(T));
        used_ += sizeof(T);
    }
    /// A count in 1 to 10 bytes, seven bits each.
    void count(std::uint64_t value) {
        char* out = room(10);
        std::size_t n = 0;
        while (value >= 0x80) {
            out[n++] = static_cast<char>(value | 0x80);
            value >>= 7;
        }
        out[n++] = static_cast<char>(value);
        used_ += n;
    }
    /// Bytes without a length in front.
    void raw(const void* data, std::size_t size) {
        if (size != 0) {
            std::memcpy(room(size), data, size);
            used_ += size;
        }
    }
    /// Room for `size` bytes that count as written; valid until the next call.
    char* claim(std::size_t size) {
        char* out = room(size);
        used_ += size;
        return out;
    }
    /// A length and the bytes.
    void text(std::string_view value) {
        count(value.size());
        raw(value.data(), value.size());
    }

    std::size_t size() const { return used_; }
    std::size_t capacity() const { return buffer_.size(); }
    std::string_view view() const { return {buffer_.data(), used_}; }
    void clear() { used_ = 0; }

    /// What was written; the writer is empty afterwards.
    Bytes take();

private:
    char* room(std::size_t size) {
        if (buffer_.size() - used_ < size) [[unlikely]] {
            grow(size);
        }
        return buffer_.data() + used_;
    }
    void grow(std::size_t size);

    Bytes buffer_;  // all of it is room; the first used_ bytes are written
    std::size_t used_ = 0;
};

class ByteReader {
public:
    explicit ByteReader(std::string_view bytes)
        : cursor_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    template <typename T>
    T number() {
        static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
        T value{};
        if (left() < sizeof(T)) [[unlikely]] {
            fail();
            return value;
        }
        std::memcpy(&value, cursor_, sizeof(T));
        cursor_ += sizeof(T);
        return value;
    }
    /// An enumerator of at most `last`; anything above fails the reader.
    template <typename E>
    E enumerator(E last) {
        const auto value = number<E>();
        if (static_cast<std::uint64_t>(value) > static_cast<std::uint64_t>(last)) {
            fail();
            return E{};
        }
        return value;
    }
    bool boolean() {
        const auto value = number<std::uint8_t>();
        if (value > 1) {
            fail();
        }
        return value == 1;
    }
    std::uint64_t count() {
        if (cursor_ != end_ && (*cursor_ & 0x80) == 0) [[likely]] {
            return static_cast<std::uint8_t>(*cursor_++);
        }
        return long_count();
    }
    /// A count of things that take at least `each` bytes; one that cannot be there fails the
    /// reader.
    std::size_t count_of(std::size_t each) {
        const std::uint64_t n = count();
        if (each != 0 && n > left() / each) [[unlikely]] {
            fail();
            return 0;
        }
        return static_cast<std::size_t>(n);
    }
    /// A view into the bytes that are read.
    std::string_view text() { return raw(count_of(1)); }
    std::string_view raw(std::size_t size) {
        if (size > left()) [[unlikely]] {
            fail();
            return {};
        }
        const std::string_view value(cursor_, size);
        cursor_ += size;
        return value;
    }

    std::size_t left() const { return static_cast<std::size_t>(end_ - cursor_); }
    bool failed() const { return failed_; }
    void fail() {
        failed_ = true;
        cursor_ = end_;
    }

    /// Errors: DataLoss when a field was missing or wrong, or when bytes are left over.
    Status status(std::string_view what) const;

private:
    std::uint64_t long_count();

    const char* cursor_;
    const char* end_;
    bool failed_ = false;
};

}  // namespace heddle::rdd
