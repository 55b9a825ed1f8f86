"""The rules of the tree as data: boxes, arrows, owners of third-party libraries, banned things.

docs/architecture.md explains them; this file is what the lint enforces. A new folder gets a line in
ARROWS before its first source file.
"""

COMMON = [
    "common/base", "common/model", "common/config", "common/wire", "common/net", "common/store",
    "common/rdd", "common/blocks", "common/fs", "common/sim",
]
CORE_SEES = ["common/base", "common/model", "common/rdd"]

# box (a folder; the longest match owns a file) -> boxes it may include and link.
ARROWS = {
    "common/base": [],
    "common/model": ["common/base"],
    "common/config": ["common/base", "common/model"],
    "common/wire": ["common/base", "common/model"],
    "common/net": ["common/base"],
    "common/store": ["common/base"],
    "common/rdd": ["common/base", "common/model"],
    "common/blocks": ["common/base", "common/model", "common/rdd"],
    "common/fs": ["common/base", "common/wire"],  # the JSON of WebHDFS
    "common/sim": ["common/base"],
    "resourcemanager/core": CORE_SEES,
    "resourcemanager": COMMON + ["resourcemanager/core", "web"],
    "nodeagent/core": CORE_SEES,
    "nodeagent/shim": ["common/base", "common/model"],
    "nodeagent": COMMON + ["nodeagent/core", "nodeagent/shim"],
    "executor/core": CORE_SEES,
    "executor": COMMON + ["executor/core"],
    "client/driver/core": CORE_SEES,
    "client/driver": COMMON + ["client/driver/core", "executor"],
    "client/api": ["common/base", "common/model", "common/config", "common/rdd", "common/blocks",
                   "common/fs", "client/driver", "executor"],
    "client/include": ["client/api"],
    "client/rmctl": COMMON,
    "client/include": ["client/api"],
    "client/examples": ["client/api", "client/include"],
    "web": ["common/base"],
}
# Tests may look at everything.
FREE_BOXES = ["tests"]

# Boxes that other boxes enter through one header only.
DOORS = {"executor": "executor/serve.h", "nodeagent/shim": "nodeagent/shim/state_files.h"}

# Third-party headers by prefix -> folders or files that own them.
THIRD_PARTY = {
    "boost/asio": ["common/net", "tests/bench/net"],
    "boost/beast": ["common/net", "tests/bench/net"],
    "boost/system": ["common/net"],
    "boost/pfr": ["client/api"],
    "boost/unordered": ["client/api"],
    "openssl/": ["common/net"],
    "zlib.h": ["common/net", "common/fs"],
    "bzlib.h": ["common/fs"],
    "nlohmann/": ["common/wire"],
    "pugixml": ["common/wire"],
    "google/protobuf": ["common/wire"],
    "toml++/": ["common/config"],
    "sqlite3.h": ["common/store"],
    "zstd": ["common/blocks", "common/fs"],
    "lz4": ["common/blocks", "common/fs"],
    "xxhash.h": ["common/blocks", "common/rdd", "common/store"],
    "curl/": ["common/fs"],
    "re2/": ["common/model"],
    "spdlog/": ["common/base/log.cpp"],
    "fmt/": ["common/base/log.cpp"],
    "CLI/": ["client/rmctl", "main.cpp"],
    "yaml-cpp/": ["client/rmctl"],
    "seccomp.h": ["nodeagent/shell", "nodeagent/shim"],
    "sys/capability.h": ["nodeagent/shell", "nodeagent/shim"],
    "gtest/": ["tests"],
    "gmock/": ["tests"],
    "benchmark/": ["tests"],
}
# Where a header may include a library of the table (STYLE section 8), and which ones.
HEADER_EXCEPTIONS = {"client/api": ["boost/pfr", "boost/unordered"], "tests": ["gtest/"]}
# Names that give a third-party library away in a header even without an include.
THIRD_PARTY_NAMES = ["boost", "nlohmann", "spdlog", "fmt", "toml", "CLI", "google::protobuf"]

# What programs outside the tree include; client/api provides it.
PUBLIC_PREFIX = "heddle/"

# Headers of the compilers' standard library that we leave out (STYLE section 8).
BANNED_STANDARD = {
    "format": "use common/base/strings.h",
    "expected": "use common/base/result.h",
    "print": "use common/base/log.h",
    "source_location": "use __FILE__ and __LINE__ in a macro",
    "regex": "std::regex is slow and recurses; parse by hand or use re2",
}

STANDARD = set("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfloat charconv chrono cinttypes
climits cmath codecvt compare complex concepts condition_variable csignal cstdarg cstddef cstdint
cstdio cstdlib cstring ctime deque exception execution filesystem forward_list fstream functional
future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map
memory memory_resource mutex new numbers numeric optional ostream queue random ranges ratio
scoped_allocator semaphore set shared_mutex span sstream stack stdexcept stop_token streambuf string
string_view syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map
unordered_set utility valarray variant vector version coroutine cxxabi.h immintrin.h x86intrin.h
""".split())
# POSIX and Linux: by prefix, and single names.
SYSTEM_PREFIXES = ("sys/", "netinet/", "arpa/", "net/", "linux/", "asm/", "bits/")
SYSTEM = set("""
emmintrin.h
dirent.h dlfcn.h elf.h endian.h errno.h fcntl.h fnmatch.h getopt.h glob.h grp.h ifaddrs.h libgen.h
limits.h link.h malloc.h netdb.h poll.h pthread.h pwd.h sched.h signal.h spawn.h stdio.h stdlib.h string.h
syscall.h termios.h time.h unistd.h ftw.h
""".split())

# Cores are deterministic and free of I/O: these boxes see none of the following.
PURE_BOXES = ["common/model", "resourcemanager/core", "nodeagent/core", "executor/core",
              "client/driver/core"]
PURE_BANNED_STANDARD = set("""
chrono thread mutex shared_mutex condition_variable atomic future semaphore barrier latch stop_token
random fstream iostream istream ostream filesystem cstdio ctime csignal execution syncstream
""".split())
PURE_BANNED_PROJECT = {
    "common/base/clock.h": "time is an argument of step()",
    "common/base/bounded_queue.h": "queues between threads belong to the shell",
    "common/base/random_word.h": "draw from the seeded Prng in common/base/prng.h",
}
# Pattern over code without comments and strings -> what to do instead.
PURE_BANNED_CODE = [
    (r"\bstd::chrono\b", "take TimePoint or Duration from common/base/time.h"),
    (r"\bstd::(jthread|thread|async|this_thread)\b", "threads belong to the shell"),
    (r"\bstd::(mutex|shared_mutex|lock_guard|unique_lock|scoped_lock|condition_variable|atomic)\b",
     "a core has one thread and no lock"),
    (r"\b(thread_local|volatile)\b", "a core has one thread"),
    (r"\bstd::(mt19937(_64)?|random_device|default_random_engine|shuffle)\b",
     "draw from the seeded Prng in common/base/prng.h"),
    (r"(?<![\w.>])(s?rand|random|drand48|getrandom|arc4random)\s*\(",
     "draw from the seeded Prng in common/base/prng.h"),
    (r"\b(monotonic_now|wall_now|gettimeofday|clock_gettime|clock_nanosleep|nanosleep|usleep)\s*\(",
     "time is an argument of step()"),
    (r"(?<![\w.>])(std::|::)time\s*\(|(?<![\w.>:])time\s*\(\s*(nullptr|NULL|0)\s*\)",
     "time is an argument of step()"),
    (r"\b__(DATE|TIME|TIMESTAMP)__\b", "time is an argument of step()"),
    (r"(?<![\w.>])(secure_)?getenv\s*\(", "settings reach a core through its configuration"),
    (r"(?<![\w.>])(std::)?(fopen|fread|fwrite|fprintf|printf|puts|system|popen|fork|vfork)\s*\(",
     "return an effect and let the shell do it"),
    (r"(?<![\w>)])::(open|openat|read|write|close|socket|connect|send|recv|unlink|rename|mkdir|stat|"
     r"kill|poll|select|ioctl|mmap|sleep|exec\w*)\s*\(", "return an effect and let the shell do it"),
    (r"\bstd::(cout|cerr|clog|cin|ifstream|ofstream|fstream|filesystem)\b",
     "return an effect and let the shell do it"),
]

# Unfinished work and this or that machine have no place in the tree. Spelled so that this file
# does not trip over itself.
UNFINISHED = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
MACHINE_PATHS = r"(?:^|[\s\"'=(:,`\[])(/(?:wor" + r"k|home|Users|roo" + r"t)/[A-Za-z0-9_.-]+)"
REGISTRY_HOSTS = (r"https?://[\w.:@-]*(?:regis" + r"try|artif" + r"actory|nex" + r"us|py" +
                  r"pi|mir" + r"ror)[\w.-]*")
