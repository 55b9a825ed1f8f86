// The table behind the registry, and who is in this process.
#include "common/rdd/registry.h"

#include <dlfcn.h>
#include <link.h>

#include <deque>
#include <map>
#include <mutex>

#include "common/base/strings.h"
#include "common/rdd/hash.h"

namespace heddle::rdd {

namespace {

// The address sanitizer must leave the note alone: what it would put behind it to catch overruns is
// read as the next note of the segment.
#ifdef __clang__
#define HEDDLE_EXACT_SIZE __attribute__((no_sanitize("address")))
#else
#define HEDDLE_EXACT_SIZE  // GCC adds nothing to what has a section of its own
#endif

struct RuntimeNote {
    ElfW(Nhdr) header;
    char name[sizeof(kRuntimeNoteName)];
    std::uint32_t version;
};
[[gnu::section(".note.heddle"), gnu::used,
  gnu::aligned(4)]] HEDDLE_EXACT_SIZE constinit const RuntimeNote runtime_note = {
    {sizeof(kRuntimeNoteName), sizeof(std::uint32_t), kRuntimeNoteType},
    {'H', 'e', 'd', 'd', 'l', 'e', '\0', '\0'},
    kRuntimeVersion};

// Written by static initialisers (of the program and of libraries loaded later), read by tasks.
struct Table {
    std::mutex mutex;
    std::deque<OperatorEntry> entries;  // a deque: addresses stay
};

Table& table() {
    static Table instance;
    return instance;
}

std::uint64_t type_hash(const OperatorEntry& entry) {
    return hash_text(entry.type_name);
}

Result<const OperatorEntry*> find_entry(std::uint32_t ordinal, std::uint64_t hash,
                                        const std::string& name) {
    Table& all = table();
    const std::lock_guard lock(all.mutex);
    if (ordinal >= all.entries.size()) {
        return Error{ErrorCode::NotFound, "operator " + name + " is number " +
                                              std::to_string(ordinal) + ", this program has only " +
                                              std::to_string(all.entries.size())};
    }
    const OperatorEntry& entry = all.entries[ordinal];
    if (type_hash(entry) != hash) {
        return Error{
            ErrorCode::Conflict,
            "operator " + name + " (number " + std::to_string(ordinal) +
                ") is another one in this process: driver and executor run different builds"};
    }
    return &entry;
}

std::string base_name(const char* path) {
    const std::string_view text(path == nullptr ? "" : path);
    return std::string(text.substr(text.rfind('/') + 1));  // npos + 1 is 0
}

// The note that the linker's --build-id leaves in every module.
std::string build_id_in(const char* note, std::size_t size) {
    constexpr std::size_t kHeader = sizeof(ElfW(Nhdr));
    while (size >= kHeader) {
        ElfW(Nhdr) header;
        std::memcpy(&header, note, kHeader);
        const std::size_t name = (header.n_namesz + 3U) & ~3U;
        const std::size_t body = (header.n_descsz + 3U) & ~3U;
        if (kHeader + name + body > size) {
            break;
        }
        const char* description = note + kHeader + name;
        if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
            std::memcmp(note + kHeader, "GNU", 4) == 0) {
            return to_hex({reinterpret_cast<const std::uint8_t*>(description), header.n_descsz});
        }
        note += kHeader + name + body;
        size -= kHeader + name + body;
    }
    return {};
}

struct ModuleSearch {
    std::uintptr_t address;
    ModuleIdentity found;
};

int visit_module(dl_phdr_info* info, std::size_t, void* data) {
    auto& search = *static_cast<ModuleSearch*>(data);
    bool inside = false;
    std::string build_id;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const auto& segment = info->dlpi_phdr[i];
        const std::uintptr_t start = info->dlpi_addr + segment.p_vaddr;
        if (segment.p_type == PT_LOAD) {
            inside =
                inside || (search.address >= start && search.address < start + segment.p_memsz);
        } else if (segment.p_type == PT_NOTE && build_id.empty()) {
            build_id = build_id_in(reinterpret_cast<const char*>(start), segment.p_memsz);
        }
    }
    if (!inside) {
        return 0;
    }
    // The program itself has an empty name here. It may be started under any name, so it has one
    // that is always the same.
    search.found.name = info->dlpi_name[0] == '\0' ? "program" : base_name(info->dlpi_name);
    search.found.build_id = build_id;
    return 1;
}

ModuleIdentity module_of(const void* address) {
    ModuleSearch search{reinterpret_cast<std::uintptr_t>(address), {}};
    dl_iterate_phdr(visit_module, &search);
    return search.found;
}

std::string describe_module(const std::vector<ModuleIdentity>& modules, std::size_t index) {
    if (index >= modules.size()) {
        return "(none)";
    }
    return modules[index].name + " build " +
           (modules[index].build_id.empty() ? "(no build id)" : modules[index].build_id);
}

}  // namespace

std::uint32_t register_entry(const OperatorEntry& entry) {
    Table& all = table();
    const std::lock_guard lock(all.mutex);
    all.entries.push_back(entry);
    return static_cast<std::uint32_t>(all.entries.size() - 1);
}

OperatorRef registered_operator(std::uint32_t ordinal, std::string display_name, Bytes payload) {
    Table& all = table();
    const std::lock_guard lock(all.mutex);
    CHECK(ordinal < all.entries.size());
    OperatorRef op;
    op.kind = OperatorKind::Registered;
    op.ordinal = ordinal;
    op.type_hash = type_hash(all.entries[ordinal]);
    op.name = std::move(display_name);
    op.payload = std::move(payload);
    return op;
}

RecordType registered_record(std::uint32_t ordinal) {
    Table& all = table();
    const std::lock_guard lock(all.mutex);
    CHECK(ordinal < all.entries.size() && all.entries[ordinal].face != nullptr);
    RecordType type;
    type.kind = OperatorKind::Registered;
    type.ordinal = ordinal;
    type.type_hash = type_hash(all.entries[ordinal]);
    return type;
}

Result<const OperatorEntry*> find_registered(const OperatorRef& op) {
    if (op.kind != OperatorKind::Registered) {
        return Error{ErrorCode::InvalidArgument,
                     "operator '" + op.name + "' is not one that a program registers"};
    }
    return find_entry(op.ordinal, op.type_hash, op.name);
}

Result<const RecordFace*> find_face(const RecordType& type) {
    if (type.kind == OperatorKind::Builtin && type.name == "text") {
        return &text_face();
    }
    if (type.kind != OperatorKind::Registered) {
        return Error{ErrorCode::InvalidArgument, "no record type named '" + type.name + "'"};
    }
    TRY(const OperatorEntry* entry, find_entry(type.ordinal, type.type_hash, "(record type)"));
    if (entry->face == nullptr) {
        return Error{ErrorCode::Conflict, "entry " + std::to_string(type.ordinal) +
                                              " of this program is not a record type"};
    }
    return entry->face;
}

ProgramIdentity program_identity() {
    Table& all = table();
    const std::lock_guard lock(all.mutex);
    ProgramIdentity identity;
    identity.entries = static_cast<std::uint32_t>(all.entries.size());
    std::map<std::string, ModuleIdentity> modules;
    for (const OperatorEntry& entry : all.entries) {
        identity.names_hash = hash_combine(identity.names_hash, type_hash(entry));
        ModuleIdentity module =
            module_of(entry.type_name);  // static data of the module that registers
        modules.try_emplace(module.name, module);
    }
    for (auto& [name, module] : modules) {
        identity.modules.push_back(std::move(module));
    }
    return identity;
}

Status check_same_program(const ProgramIdentity& driver, const ProgramIdentity& executor) {
    const auto refuse = [](const std::string& what, const std::string& theirs,
                           const std::string& mine) -> Error {
        return {ErrorCode::Conflict,
                "driver and executor do not run the same program: " + what + " is " + theirs +
                    " in the driver and " + mine +
                    " in the executor; submit the program again after building it"};
    };
    if (driver.runtime_version != executor.runtime_version) {
        return refuse("the runtime version", std::to_string(driver.runtime_version),
                      std::to_string(executor.runtime_version));
    }
    const std::size_t modules = std::max(driver.modules.size(), executor.modules.size());
    for (std::size_t i = 0; i < modules; ++i) {
        const std::string theirs = describe_module(driver.modules, i);
        const std::string mine = describe_module(executor.modules, i);
        if (theirs != mine) {
            return refuse("a module", theirs, mine);
        }
    }
    if (driver.entries != executor.entries || driver.names_hash != executor.names_hash) {
        return refuse("the list of operators", std::to_string(driver.entries) + " entries",
                      std::to_string(executor.entries) + " entries, not the same ones");
    }
    return {};
}

Bytes encode(const ProgramIdentity& identity) {
    ByteWriter out;
    out.number(identity.runtime_version);
    out.number(identity.entries);
    out.number(identity.names_hash);
    out.count(identity.modules.size());
    for (const ModuleIdentity& module : identity.modules) {
        out.text(module.name);
        out.text(module.build_id);
    }
    return out.take();
}

Result<ProgramIdentity> decode_program_identity(std::string_view bytes) {
    ByteReader in(bytes);
    ProgramIdentity identity;
    identity.runtime_version = in.number<std::uint32_t>();
    identity.entries = in.number<std::uint32_t>();
    identity.names_hash = in.number<std::uint64_t>();
    identity.modules.resize(in.count_of(2));
    for (ModuleIdentity& module : identity.modules) {
        module.name = in.text();
        module.build_id = in.text();
    }
    TRY(in.status("program identity"));
    return identity;
}

}  // namespace heddle::rdd
