#pragma once

// How a function finds its way to another process of the same program: by the order in which it was
// registered. Every operator and record face is an instantiated template with a static member whose
// initialisation registers it; initialisers run in an order that the linker fixed, so position n is
// the same code in every process that runs this binary.
//
// Never by address (moved by ASLR and by rebuilds) and never by name alone: g++ gives captureless
// lambdas in equally named static functions of two source files one and the same name. Position is
// what counts; the hash of the name and the build ids of all modules that register are checks that
// catch another build.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/rdd/operator.h"
#include "common/rdd/plan.h"

namespace heddle::rdd {

/// The version of plan bytes, block layout and task messages: driver and executor must agree.
inline constexpr std::uint32_t kRuntimeVersion = 6;

// Every program that is linked with this library carries the version in an ELF note, so that an
// executor can tell before it runs the program.
inline constexpr char kRuntimeNoteName[8] = {'H', 'e', 'd', 'd', 'l', 'e', '\0', '\0'};
inline constexpr std::uint32_t kRuntimeNoteType = 1;

/// For static initialisers. Keeps a copy; `entry.type_name` and what it points to must be static.
/// Returns the ordinal.
std::uint32_t register_entry(const OperatorEntry& entry);

/// A reference to what was registered under `ordinal`. Requires a registered ordinal.
OperatorRef registered_operator(std::uint32_t ordinal, std::string display_name, Bytes payload);
RecordType registered_record(std::uint32_t ordinal);

/// Errors: NotFound, Conflict (the name's hash differs: another build), InvalidArgument (builtin
/// and Python references are not looked up here).
Result<const OperatorEntry*> find_registered(const OperatorRef& op);

/// Registered and builtin record types. Errors: as above.
Result<const RecordFace*> find_face(const RecordType& type);

// A loaded object that registers something: the program itself or a shared library.
struct ModuleIdentity {
    std::string name;      // file name without folders
    std::string build_id;  // hex of the linker's build id; empty when it was linked without one

    friend bool operator==(const ModuleIdentity&, const ModuleIdentity&) = default;
};

// What driver and executors exchange before the first task.
struct ProgramIdentity {
    std::uint32_t runtime_version = kRuntimeVersion;
    std::uint32_t entries = 0;
    std::uint64_t names_hash = 0;  // of all type names in order
    std::vector<ModuleIdentity> modules;

    friend bool operator==(const ProgramIdentity&, const ProgramIdentity&) = default;
};

ProgramIdentity program_identity();

/// Errors: Conflict, saying what differs and what to do.
Status check_same_program(const ProgramIdentity& driver, const ProgramIdentity& executor);

Bytes encode(const ProgramIdentity& identity);
/// Errors: DataLoss.
Result<ProgramIdentity> decode_program_identity(std::string_view bytes);

}  // namespace heddle::rdd
