#!/usr/bin/env python3
"""The lint must be able to fail: each test builds a small clean tree, breaks one rule in it, and
expects exactly that finding, with its place and what to do about it."""

import os
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checks  # noqa: E402
import tables  # noqa: E402

HEADER = "#pragma once\n\n// A purpose.\n\n"

CLEAN = {
    "common/base/CMakeLists.txt": "heddle_library(heddle_base SOURCES result.cpp\n"
                                  "    PRIVATE_LINKS spdlog::spdlog)\n",
    "common/base/result.h": HEADER + "#include <string>\n",
    "common/base/result.cpp": '#include "common/base/result.h"\n',
    "common/base/clock.h": HEADER,
    "common/base/log.cpp": "// Logs.\n#include <spdlog/spdlog.h>\n",
    "common/model/CMakeLists.txt": "heddle_library(heddle_model SOURCES node.cpp\n"
                                   "    LINKS heddle_base)\n",
    "common/model/node.h": HEADER + '#include "common/base/result.h"\n',
    "common/model/node.cpp": '#include "common/model/node.h"\n',
    "common/net/CMakeLists.txt": "heddle_library(heddle_net SOURCES client.cpp\n"
                                 "    LINKS heddle_base)\n",
    "common/net/client.h": HEADER,
    "common/net/client.cpp": '#include "common/net/client.h"\n#include <boost/asio.hpp>\n',
    "resourcemanager/core/CMakeLists.txt": "heddle_library(heddle_rm_core SOURCES core.cpp\n"
                                           "    LINKS heddle_model)\n",
    "resourcemanager/core/core.h": HEADER + '#include "common/model/node.h"\n',
    "resourcemanager/core/core.cpp":
        '#include "resourcemanager/core/core.h"\n\n#include <map>\n\n'
        "// std::chrono in a comment and time(nullptr) are fine\n"
        'const char* text = "std::mutex, getenv(x)";\nlong big = 1\'000\'000;\n'
        "long uptime(long now) { return now; }\n",
    "resourcemanager/shell/CMakeLists.txt": "heddle_library(heddle_rm_shell SOURCES daemon.cpp\n"
                                            "    LINKS heddle_rm_core heddle_net)\n",
    "resourcemanager/shell/daemon.cpp":
        '// The daemon.\n#include "common/net/client.h"\n'
        '#include "resourcemanager/core/core.h"\n#include <mutex>\n#include <unistd.h>\n',
    "nodeagent/core/CMakeLists.txt": "heddle_library(heddle_node_core SOURCES core.cpp\n"
                                     "    LINKS heddle_model)\n",
    "nodeagent/core/core.cpp": '// The node core.\n#include "common/model/node.h"\n',
    "executor/CMakeLists.txt": "heddle_library(heddle_executor SOURCES serve.cpp LINKS heddle_base)"
                               "\n",
    "executor/serve.h": HEADER,
    "executor/serve.cpp": '#include "executor/serve.h"\n',
    "executor/block_table.h": HEADER,
    "client/driver/CMakeLists.txt": "heddle_library(heddle_driver SOURCES driver.cpp\n"
                                    "    LINKS heddle_executor)\n",
    "client/driver/driver.h": HEADER,
    "client/driver/driver.cpp":
        '#include "client/driver/driver.h"\n#include "executor/serve.h"\n',
    "client/api/CMakeLists.txt": "heddle_library(heddle_api SOURCES rdd.cpp LINKS heddle_driver)\n",
    "client/api/rdd.h": HEADER + "#include <boost/pfr.hpp>\n",
    "client/api/rdd.cpp": '#include "client/api/rdd.h"\n#include "client/driver/driver.h"\n',
    "tests/unit/CMakeLists.txt": "heddle_test(node_test SOURCES node_test.cpp LINKS heddle_model)\n",
    "tests/unit/node_test.cpp":
        '#include "common/model/node.h"\n#include <gtest/gtest.h>\n',
    "deploy/run.sh": "#!/bin/bash\necho done\n",
}


class LintTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="heddle-lint-")
        self.addCleanup(shutil.rmtree, self.root)
        for path, text in CLEAN.items():
            self.write(path, text)

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def append(self, path, text):
        self.write(path, CLEAN[path] + text)
        return CLEAN[path].count("\n") + 1

    def expect(self, path, line, rule, *words):
        """Exactly one finding, at this place, of this rule, whose message holds `words`."""
        found = checks.run(self.root)
        self.assertEqual([(f.path, f.line, f.rule) for f in found], [(path, line, rule)],
                         "\n".join(map(str, found)))
        for word in words:
            self.assertIn(word, found[0].message)
        self.assertTrue(str(found[0]).startswith(f"{path}:{line}: [{rule}] "))

    def test_clean_tree_has_no_findings(self):
        self.assertEqual([str(f) for f in checks.run(self.root)], [])

    # Arrows
    def test_upward_include_is_an_arrow_violation(self):
        line = self.append("common/base/result.h", '#include "common/model/node.h"\n')
        found = [f for f in checks.run(self.root) if f.rule == "arrow"]
        self.assertEqual([(f.path, f.line) for f in found], [("common/base/result.h", line)])
        self.assertIn("Move the declaration down", found[0].message)

    def test_parts_do_not_include_each_other(self):
        self.append("nodeagent/core/core.cpp", '#include "resourcemanager/core/core.h"\n')
        rules = {f.rule for f in checks.run(self.root)}
        self.assertEqual(rules, {"arrow", "link"})

    def test_core_does_not_include_its_shell(self):
        self.write("resourcemanager/shell/daemon.h", HEADER)
        line = self.append("resourcemanager/core/core.h",
                           '#include "resourcemanager/shell/daemon.h"\n')
        found = [f for f in checks.run(self.root) if f.rule == "arrow"]
        self.assertEqual([(f.path, f.line) for f in found], [("resourcemanager/core/core.h", line)])

    def test_driver_never_includes_the_api(self):
        line = self.append("client/driver/driver.cpp", '#include "client/api/rdd.h"\n')
        found = [f for f in checks.run(self.root) if f.rule == "arrow"]
        self.assertEqual([(f.path, f.line) for f in found], [("client/driver/driver.cpp", line)])

    def test_executor_is_entered_by_its_door(self):
        line = self.append("client/driver/driver.cpp", '#include "executor/block_table.h"\n')
        self.expect("client/driver/driver.cpp", line, "door", "executor/serve.h")

    def test_product_code_does_not_include_tests(self):
        self.write("tests/support/fixture.h", HEADER)
        line = self.append("common/net/client.cpp", '#include "tests/support/fixture.h"\n')
        self.expect("common/net/client.cpp", line, "arrow")

    def test_file_outside_every_box(self):
        self.write("helpers/misc.cpp", "// Misc.\n")
        self.expect("helpers/misc.cpp", 1, "box", "ARROWS")

    def test_include_not_from_the_root(self):
        line = self.append("common/model/node.cpp", '#include "node.h"\n')
        self.expect("common/model/node.cpp", line, "include", "from the root")

    # Links
    def test_include_that_links_do_not_reach(self):
        line = self.append("resourcemanager/shell/daemon.cpp", '#include "common/store/store.h"\n')
        self.write("common/store/CMakeLists.txt",
                   "heddle_library(heddle_store SOURCES store.cpp LINKS heddle_base)\n")
        self.write("common/store/store.h", HEADER)
        self.write("common/store/store.cpp", '#include "common/store/store.h"\n')
        self.expect("resourcemanager/shell/daemon.cpp", line, "link", "add heddle_store",
                    "resourcemanager/shell/CMakeLists.txt")

    def test_link_against_an_arrow(self):
        self.write("common/base/CMakeLists.txt",
                   "heddle_library(heddle_base SOURCES result.cpp LINKS heddle_net)\n")
        self.expect("common/base/CMakeLists.txt", 1, "link", "heddle_base", "must not link")

    def test_test_program_links_what_it_includes(self):
        line = self.append("tests/unit/node_test.cpp", '#include "common/net/client.h"\n')
        self.expect("tests/unit/node_test.cpp", line, "link", "add heddle_net")

    # Third-party libraries
    def test_third_party_outside_its_owner(self):
        line = self.append("resourcemanager/shell/daemon.cpp", "#include <nlohmann/json.hpp>\n")
        self.expect("resourcemanager/shell/daemon.cpp", line, "third-party", "common/wire")

    def test_third_party_in_a_header_of_its_owner(self):
        line = self.append("common/net/client.h", "#include <boost/asio.hpp>\n")
        self.expect("common/net/client.h", line, "header", "in the .cpp")

    def test_third_party_name_in_a_header(self):
        line = self.append("common/net/client.h", "using Loop = boost::asio::io_context;\n")
        self.expect("common/net/client.h", line, "header", "boost::")

    def test_unknown_library(self):
        line = self.append("common/net/client.cpp", "#include <folly/Range.h>\n")
        self.expect("common/net/client.cpp", line, "third-party", "THIRD_PARTY")

    def test_generated_protobuf_stays_in_wire(self):
        line = self.append("resourcemanager/shell/daemon.cpp",
                           '#include "common/wire/node.pb.h"\n')
        self.expect("resourcemanager/shell/daemon.cpp", line, "third-party", "codec.h")

    def test_left_out_standard_header(self):
        line = self.append("common/net/client.cpp", "#include <format>\n")
        self.expect("common/net/client.cpp", line, "leave-out", "strings.h")

    # Headers and files
    def test_header_without_pragma_once(self):
        self.write("common/model/node.h", "// A purpose.\n#include <string>\n")
        self.expect("common/model/node.h", 1, "header", "#pragma once")

    def test_header_without_purpose(self):
        self.write("common/model/node.h", "#pragma once\n#include <string>\n")
        self.expect("common/model/node.h", 1, "purpose")

    def test_source_without_purpose(self):
        self.write("nodeagent/core/core.cpp", '#include "common/model/node.h"\n')
        self.expect("nodeagent/core/core.cpp", 1, "purpose")

    def test_using_namespace_in_a_header(self):
        line = self.append("common/model/node.h", "using namespace std;\n")
        self.expect("common/model/node.h", line, "header")

    def test_nolint_without_reason(self):
        line = self.append("common/net/client.cpp", "int a;  // NOLINT\n")
        self.expect("common/net/client.cpp", line, "nolint", "reason")

    def test_nolint_with_reason_is_fine(self):
        self.append("common/net/client.cpp", "int a;  // NOLINT(bugprone-x): C interface\n")
        self.assertEqual(checks.run(self.root), [])

    # Purity of cores
    def test_each_banned_include_in_a_core(self):
        for header in sorted(tables.PURE_BANNED_STANDARD) + ["unistd.h", "sys/stat.h"]:
            with self.subTest(header):
                line = self.append("resourcemanager/core/core.cpp", f"#include <{header}>\n")
                self.expect("resourcemanager/core/core.cpp", line, "purity", header)

    def test_clock_header_in_a_core(self):
        line = self.append("resourcemanager/core/core.cpp", '#include "common/base/clock.h"\n')
        self.expect("resourcemanager/core/core.cpp", line, "purity", "argument of step()")

    def test_each_banned_call_in_a_core(self):
        for code in ["std::chrono::seconds s;", "std::mutex m;", "auto t = std::time(nullptr);",
                     "auto t = time(nullptr);", "int r = rand();", "std::mt19937 g;",
                     'auto* e = getenv("X");', 'auto* e = std::getenv("X");',
                     "auto n = monotonic_now();", "std::thread t;", "thread_local int x;",
                     'printf("x");', "std::cerr << 1;", "int fd = ::open(p, 0);",
                     "std::atomic<int> a;", "const char* d = __TIME__;"]:
            with self.subTest(code):
                line = self.append("resourcemanager/core/core.cpp", code + "\n")
                self.expect("resourcemanager/core/core.cpp", line, "purity")

    def test_members_with_the_names_of_calls_are_fine_in_a_core(self):
        self.append("resourcemanager/core/core.cpp",
                    "void f(Q& q) { q.time(0); q.read(1); q.random(); node->kill(2); }\n")
        self.assertEqual([str(f) for f in checks.run(self.root)], [])

    # Text
    def test_unfinished_work(self):
        for word in tables.UNFINISHED:
            with self.subTest(word):
                line = self.append("common/net/client.cpp", f"// {word}: later\n")
                self.expect("common/net/client.cpp", line, "unfinished")

    def test_machine_path(self):
        for path in ["/home/" + "anna/x", "/wor" + "k/main"]:
            with self.subTest(path):
                line = self.append("common/net/client.cpp", f'const char* p = "{path}";\n')
                self.expect("common/net/client.cpp", line, "machine", "path of one machine")

    def test_registry_host(self):
        self.write("web/package-lock.json",
                   '{\n"resolved": "https://' + "regis" + 'try.example.org/x.tgz"\n}\n')
        self.expect("web/package-lock.json", 2, "machine", "omit-lockfile")

    def test_broken_script(self):
        self.write("deploy/run.sh", "#!/bin/bash\nif true; then\n")
        found = checks.run(self.root)
        self.assertEqual([(f.path, f.rule) for f in found], [("deploy/run.sh", "script")])


if __name__ == "__main__":
    unittest.main(verbosity=1)
