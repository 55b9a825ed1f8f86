#pragma once

// Operators that every executor has, for any record type: they work through the record face alone,
// so no program need register them. Sources and sinks that touch files are in executor/task.

#include <cstdint>
#include <string_view>

#include "common/rdd/operator.h"
#include "common/rdd/plan.h"

namespace heddle::rdd {

// Names; all are version 1.
namespace builtin {
// Sources. Partition payload of parallelize: count, then the encoded records. Of text_records: see
// executor/task/text_source.h.
inline constexpr std::string_view kParallelize = "parallelize";
inline constexpr std::string_view kTextRecords = "text_records";
inline constexpr std::string_view kCheckpoint = "checkpoint";  // see executor/task/checkpoint.h
inline constexpr std::string_view kLocalCheckpoint = "local_checkpoint";
// Payload of whole_files: count, then path and size (64-bit) of each; text records: path, then
// content, of each file in turn.
inline constexpr std::string_view kWholeFiles = "whole_files";
// Payload of fixed_records: path, then as 64-bit numbers the file's size, the length of a record,
// the first record and how many; text records.
inline constexpr std::string_view kFixedRecords = "fixed_records";
// Narrow operators.
inline constexpr std::string_view kSort = "sort";  // payload: 1 ascending, 0 descending (one byte)
inline constexpr std::string_view kPipe = "pipe";  // see executor/task/pipe.h
// Actions.
inline constexpr std::string_view kCount = "count";      // answers a 64-bit number
inline constexpr std::string_view kCollect = "collect";  // answers count, then the encoded records
inline constexpr std::string_view kTake = "take";  // the same, at most payload (64-bit) records
inline constexpr std::string_view kSample =
    "sample";                                        // payload: size (64-bit), seed (64-bit);
                                                     // answers records seen (64-bit), then as take
inline constexpr std::string_view kDrain = "drain";  // runs through all records, answers nothing
inline constexpr std::string_view kSaveText = "save_text";    // see executor/task/save_text.h
inline constexpr std::string_view kSaveBytes = "save_bytes";  // the same without ends of lines
inline constexpr std::string_view kSaveCheckpoint = "save_checkpoint";
}  // namespace builtin

inline constexpr std::uint32_t kBuiltinVersion = 1;

OperatorRef builtin_operator(std::string_view name, Bytes payload = {});
RecordType text_record();

/// Null when there is no such operator here.
const OperatorEntry* find_builtin(const OperatorRef& op);

}  // namespace heddle::rdd
