#!/usr/bin/env python3
"""./quickstart on a machine that has its packages and a built tree: the answer is right, a second run is
quick, and an interrupt at any moment leaves no process behind."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
ORACLE = ROOT / "tests/oracle/archive_rank.py"


def processes_of(folder):
    """pids of processes whose environment or command line names the directory, this one excepted."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in text:
                found.append(int(entry.name))
    return found


class QuickstartTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="heddle-quickstart-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(self.end_leftovers)

    def end_leftovers(self):
        for pid in processes_of(self.folder):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def start(self, *arguments):
        """Started in a session of its own, with the cluster's directory in its environment: so every
        process that comes from it can be found."""
        return subprocess.Popen(
            [ROOT / "quickstart", "--dir", self.folder / "dev", "--port", "0", *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, env={**os.environ, "QUICKSTART_TEST": str(self.folder)})

    def test_answer_is_right_and_nothing_stays(self):
        out = self.folder / "out"
        started = time.monotonic()
        job_started = None
        process = self.start("--exit", "--out", out)
        text = ""
        for line in process.stdout:
            text += line
            if line.startswith("== Submitting") and job_started is None:
                job_started = time.monotonic() - started
        process.stdout.close()
        self.assertEqual(process.wait(60), 0, text)
        self.assertLess(job_started, 10, text)  # the tree is built: nothing but the start of a cluster
        self.assertIn("What Debian rests on", text)
        self.assertIn("Where the time went", text)
        self.assertRegex(text, r"http://127\.0\.0\.1:\d+/\?code=\w+")
        self.assertNotIn((self.folder / "dev/token").read_text().strip(), text)
        self.assertEqual(processes_of(self.folder), [])
        expected = self.folder / "expected"
        index = self.folder / "dev/quickstart/packages.txt"
        subprocess.run([sys.executable, ORACLE, "compute", index, expected], check=True)
        compared = subprocess.run([sys.executable, ORACLE, "compare", expected, out], text=True,
                                  capture_output=True, check=False)
        self.assertEqual(compared.returncode, 0, compared.stdout + compared.stderr)

    def test_interrupt_at_any_moment_leaves_nothing(self):
        for number, delay in [(signal.SIGINT, 0.1), (signal.SIGINT, 0.5), (signal.SIGINT, 1.0),
                              (signal.SIGINT, 1.5), (signal.SIGINT, 2.5), (signal.SIGTERM, 2.0),
                              (signal.SIGHUP, 3.0), (signal.SIGINT, 4.0), (signal.SIGINT, 6.0)]:
            with self.subTest(f"{number.name} after {delay} s"):
                process = self.start()
                try:
                    text, _ = process.communicate(timeout=delay)
                    self.fail(f"ended by itself with {process.returncode}:\n{text}")
                except subprocess.TimeoutExpired:
                    pass
                # As a terminal does it: to the foreground process group.
                os.killpg(process.pid, number)
                text, _ = process.communicate(timeout=60)
                self.assertIn(process.returncode, (130, 143, -number), text)
                self.assertEqual(processes_of(self.folder), [], text)

    def test_existing_output_is_refused_before_anything_starts(self):
        (self.folder / "sections.tsv").mkdir()
        process = self.start("--exit", "--out", self.folder)
        text, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 6, text)
        self.assertIn("sections.tsv exists", text)

    def test_output_without_parent_is_refused(self):
        process = self.start("--exit", "--out", self.folder / "no/such")
        text, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 3, text)
        self.assertIn("no parent", text)

    def test_unknown_option(self):
        process = self.start("--exti")
        text, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 2, text)
        self.assertIn("unknown option '--exti'", text)


if __name__ == "__main__":
    unittest.main(verbosity=1)
