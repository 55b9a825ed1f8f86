#!/usr/bin/env python3
"""The bundled programs on a small package index: word_count and archive_rank print the same in local[2]
and in local-cluster, and the tables are the oracle's.

    examples_agree.py BIN
"""

import collections
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

BIN = pathlib.Path(sys.argv.pop(1)).resolve()
ORACLE = pathlib.Path(__file__).resolve().parents[2] / "oracle/archive_rank.py"
MASTERS = ("local", "local[2]", "local-cluster[2,1,256]")


def small_index():
    """Packages that need each other, in two sections; some needs have alternatives, some no package."""
    stanzas = []
    for number in range(300):
        needs = [f"lib{number // 7}", f"lib{number % 11} (>= 1.{number}) | other", "virtual:any"]
        if number % 3 == 0:
            needs.append(f"tool{number // 2}")
        name = f"lib{number // 2}" if number % 2 else f"tool{number // 2}"
        stanzas.append(f"Package: {name}\nSection: {'libs' if number % 2 else 'utils'}\n"
                       f"Installed-Size: {number * 13}\nDepends: {', '.join(needs)}\n"
                       "Description: nothing\n of interest\n")
    return "\n".join(stanzas)


class Examples(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory(prefix="heddle-examples-")
        self.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)
        self.index = self.folder / "index"
        self.index.write_text(small_index(), encoding="utf-8")

    def start(self, master, name, *arguments, **options):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HEDDLE_")}
        return subprocess.run([BIN / name, *arguments], text=True, capture_output=True, timeout=120,
                              stdin=subprocess.DEVNULL, check=False,
                              env={**environment, "HEDDLE_MASTER": master}, **options)

    def out(self, *command, **options):
        done = self.start(*command, **options)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def test_word_count_counts_the_same_everywhere(self):
        counts = collections.Counter(self.index.read_text(encoding="utf-8").replace("\n", " ").split())
        best = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:10]
        expected = "".join(f"{count:8d} {word}\n" for word, count in best)
        for master in MASTERS:
            self.assertEqual(self.out(master, "word_count", self.index), expected, master)

    def test_archive_rank_gives_the_tables_of_the_oracle_everywhere(self):
        expected = self.folder / "expected"
        subprocess.run([sys.executable, ORACLE, "compute", self.index, expected], check=True,
                       capture_output=True)
        answers = set()
        for number, master in enumerate(MASTERS):
            tables = self.folder / f"tables-{number}"
            tables.mkdir()
            shown = self.out(master, "archive_rank", self.index, "--out", tables)
            answers.add(shown.split("Where the time went")[0])
            compared = subprocess.run([sys.executable, ORACLE, "compare", expected, tables], text=True,
                                      capture_output=True, check=False)
            self.assertEqual(compared.returncode, 0, f"{master}: {compared.stdout}{compared.stderr}")
        self.assertEqual(len(answers), 1, answers)

    def refused(self, code, name, *arguments, master="local[2]"):
        """The one line that the program says on standard error; it answers nothing."""
        done = self.start(master, name, *arguments)
        self.assertEqual((done.returncode, done.stdout), (code, ""), f"{arguments}\n{done.stderr}")
        self.assertRegex(done.stderr, rf"\A{name}: [^\n]*\n\Z")
        return done.stderr

    def test_archive_rank_leaves_both_tables_or_none_and_looks_before_it_computes(self):
        for taken in ("sections.tsv", "ranks.tsv"):
            tables = self.folder / f"with-{taken}"
            (tables / taken).mkdir(parents=True)
            said = self.refused(6, "archive_rank", self.index, "--out", tables)
            self.assertIn(f"{tables}/{taken}' already exists", said)
            self.assertEqual([path.name for path in tables.iterdir()], [taken])
        said = self.refused(3, "archive_rank", self.index, "--out", self.folder / "none")
        self.assertIn(f"folder '{self.folder}/none' does not exist", said)
        said = self.refused(8, "archive_rank", self.index, "--out", self.index)
        self.assertIn("is a file, not a folder", said)
        tables = self.folder / "unused"
        tables.mkdir()
        self.refused(3, "archive_rank", self.folder / "no-index", "--out", tables)
        self.assertEqual(list(tables.iterdir()), [])

    def test_mistakes_are_one_line_and_an_exit_code(self):
        for master in MASTERS:
            said = self.refused(3, "word_count", self.folder / "no-file", master=master)
            self.assertIn(f"no file matches '{self.folder}/no-file'; check the path", said)
        said = self.refused(8, "word_count", "ftp://somewhere/y")
        self.assertIn("no file system for 'ftp://somewhere/y'", said)
        self.refused(8, "word_count", self.index, master="lokal")


if __name__ == "__main__":
    unittest.main(verbosity=1)
