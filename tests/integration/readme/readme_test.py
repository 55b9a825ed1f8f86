#!/usr/bin/env python3
"""Does what README.md says: builds its first program outside the tree with find_package(Heddle), runs it
on two threads and on a cluster, and compares with a count of its own.

    readme_test.py BUILD_DIRECTORY
"""

import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(sys.argv.pop(1)).resolve()


def run(command, **options):
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, timeout=300,
                          stdin=subprocess.DEVNULL, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class ReadmeTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="heddle-readme-"))
        self.addCleanup(shutil.rmtree, self.folder)
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        for language, name in (("cpp", "words.cpp"), ("cmake", "CMakeLists.txt")):
            block = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
            self.assertIsNotNone(block, f"README.md has no {language} block")
            (self.folder / name).write_text(block.group(1), encoding="utf-8")

    def expected(self):
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        counts = collections.Counter(word for line in text.split("\n") for word in line.split(" ") if word)
        best = sorted(counts.items(), key=lambda item: (-item[1], item[0].encode()))[:10]
        return "".join(f"{count:8d} {word}\n" for word, count in best)

    def test_first_program_builds_and_runs_locally_and_on_a_cluster(self):
        out = self.folder / "out"
        run(["cmake", "-S", self.folder, "-B", out, "-DCMAKE_BUILD_TYPE=Release",
             f"-DCMAKE_PREFIX_PATH={BUILD}"])
        run(["cmake", "--build", out])
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HEDDLE_")}
        program = [out / "words", ROOT / "README.md"]
        self.assertEqual(run(program, env={**environment, "HEDDLE_MASTER": "local[2]"}), self.expected())
        # Without HEDDLE_HOME: the program knows the tree that it was built against.
        processes = {"HEDDLE_MASTER": "local-cluster[2,1,512]"}
        self.assertEqual(run(program, env={**environment, **processes}), self.expected())
        missing = subprocess.run([out / "words", "no such file"], text=True, capture_output=True, timeout=60,
                                 env={**environment, "HEDDLE_MASTER": "local[2]"}, check=False)
        self.assertEqual(missing.returncode, 3, missing.stderr)
        self.assertRegex(missing.stderr, r"\Awords: no file matches 'no such file' in '/.*; check the path.*\n\Z")
        rmctl = [BUILD / "bin/rmctl", "--dir", self.folder / "dev"]
        try:
            run([*rmctl, "dev", "up", "--port", "0"], env=environment)
            shown = run([*rmctl, "submit", "--follow", *program], env=environment)
            self.assertIn(self.expected(), shown)
        finally:
            run([*rmctl, "dev", "down"], env=environment)


if __name__ == "__main__":
    unittest.main(verbosity=1)
