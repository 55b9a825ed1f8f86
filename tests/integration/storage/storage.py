"""What the scripts of this folder share: running the program and looking at what it leaves."""

import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading


PR_SET_PDEATHSIG = 1


class Failure(Exception):
    pass


def expect(good, what):
    if not good:
        raise Failure(what)


def start(command, **options):
    """A process that does not outlive this one, however it ends."""
    libc = ctypes.CDLL(None)
    return subprocess.Popen(command, preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), **options)


class Storage:
    """Runs storage_program below one base folder; `settings` are "name=value"."""

    def __init__(self, program, base, settings, environment=None):
        self.program, self.base, self.settings = program, base, settings
        self.environment = {**os.environ, **(environment or {})}
        self.scratch = tempfile.TemporaryDirectory(prefix="heddle-storage-")
        self.seen = []  # command lines of processes of the program

    def run(self, master, check, base=None, settings=(), good=True, environment=None):
        command = [self.program, master, base or self.base, self.scratch.name, check, *self.settings, *settings]
        process = start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                        env={**self.environment, **(environment or {})})
        watcher = threading.Thread(target=self.watch, args=(process,))
        watcher.start()
        try:
            out, errors = process.communicate(timeout=240)
        except subprocess.TimeoutExpired as late:
            process.kill()
            raise Failure(f"{check} on {master} takes too long") from late
        finally:
            watcher.join()
        if good:
            expect(process.returncode == 0, f"{check} on {master}: exit code {process.returncode}\n{out}{errors}")
        return out, errors

    def watch(self, process):
        """Command lines and environments of the program and of what it starts, while it runs."""
        while process.poll() is None:
            for entry in pathlib.Path("/proc").iterdir():
                if entry.name.isdigit():
                    try:
                        if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == process.pid:
                            self.seen.append((entry / "cmdline").read_text())
                    except (OSError, IndexError):
                        continue  # it has ended
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue


def main(test):
    try:
        test()
    except Failure as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        sys.exit(1)
    print("1 passed, 0 failed")
