#!/usr/bin/env python3
"""Tests of the oracle itself, on indexes small enough to work out by hand."""

import os
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import archive_rank  # noqa: E402

INDEX = """Package: editor
Section: editors
Installed-Size: 100
Depends: libc (>= 2.36) | musl, python3:any, libc (<< 3),
 terminfo [amd64] <!nocheck>

Package: libc
Section: libs
Installed-Size: 50
Installed-Size: 7
Pre-Depends: virtual-base

Package: editor
Section: editors
Depends: spell

Package: nowhere
Description: no section
 Section: this line belongs to the description

Not-A-Package: x


"""


class OracleTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="heddle-oracle-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.index = self.write("index", INDEX)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_sections_count_every_stanza(self):
        sections, _ = archive_rank.read_index(self.index)
        self.assertEqual(sections, {"editors": [2, 100], "libs": [1, 50], "(none)": [1, 0]})

    def test_edges_are_a_union_over_equal_names(self):
        _, edges = archive_rank.read_index(self.index)
        self.assertEqual(edges, {"editor": {"libc", "python3", "terminfo", "spell"},
                                 "libc": {"virtual-base"}, "nowhere": set()})

    def test_ranks_sum_to_one_and_dangling_mass_is_spread(self):
        ranks = archive_rank.page_rank({"a": {"b"}, "b": set()})
        # By hand: with x for a, a' = 0.075 + 0.425 (1 - x), from x = 1/2.
        x = 0.5
        for _ in range(10):
            x = 0.075 + 0.425 * (1 - x)
        self.assertAlmostEqual(ranks["a"], x, places=15)
        self.assertAlmostEqual(ranks["a"] + ranks["b"], 1.0, places=14)

    def test_compare_accepts_itself_and_part_files(self):
        archive_rank.compute(self.index, os.path.join(self.folder, "a"))
        archive_rank.compute(self.index, os.path.join(self.folder, "b"))
        with open(os.path.join(self.folder, "b/ranks.tsv"), encoding="utf-8") as file:
            lines = file.readlines()
        os.remove(os.path.join(self.folder, "b/ranks.tsv"))
        self.write("b/ranks.tsv/part-00000", "".join(lines[:2]))
        self.write("b/ranks.tsv/part-00001", "".join(lines[2:]))
        self.write("b/ranks.tsv/_SUCCESS", "")
        self.assertEqual(archive_rank.compare(os.path.join(self.folder, "a"),
                                              os.path.join(self.folder, "b")), [])

    def test_compare_sees_each_kind_of_difference(self):
        good = os.path.join(self.folder, "good")
        bad = os.path.join(self.folder, "bad")
        archive_rank.compute(self.index, good)
        with open(os.path.join(good, "ranks.tsv"), encoding="utf-8") as file:
            ranks = file.read()
        with open(os.path.join(good, "sections.tsv"), encoding="utf-8") as file:
            sections = file.read()
        name, rank = ranks.split("\n", maxsplit=1)[0].split("\t")
        changes = {
            "count": (sections.replace("editors\t2", "editors\t3"), ranks),
            "size": (sections.replace("\t50", "\t51"), ranks),
            "missing section": (sections.replace("libs\t1\t50\n", ""), ranks),
            "rank": (sections, ranks.replace(rank, repr(float(rank) * (1 + 2e-9)))),
            "not a number": (sections, ranks.replace(rank, "nan", 1)),
            "missing rank": (sections, ranks.replace(f"{name}\t{rank}\n", "")),
            "doubled rank": (sections, ranks + ranks.split("\n", maxsplit=1)[0] + "\n"),
            "order": (sections, "".join(reversed(ranks.splitlines(keepends=True)))),
        }
        for what, (new_sections, new_ranks) in changes.items():
            with self.subTest(what):
                self.write("bad/sections.tsv", new_sections)
                self.write("bad/ranks.tsv", new_ranks)
                self.assertNotEqual(archive_rank.compare(good, bad), [])

    def test_compare_accepts_the_last_digits(self):
        good = os.path.join(self.folder, "good")
        archive_rank.compute(self.index, good)
        with open(os.path.join(good, "ranks.tsv"), encoding="utf-8") as file:
            ranks = file.read()
        rank = ranks.split("\n", maxsplit=1)[0].split("\t")[1]
        shutil.copytree(good, os.path.join(self.folder, "near"))
        self.write("near/ranks.tsv", ranks.replace(rank, repr(float(rank) * (1 + 1e-13)), 1))
        self.assertEqual(archive_rank.compare(good, os.path.join(self.folder, "near")), [])


if __name__ == "__main__":
    unittest.main(verbosity=1)
