#!/usr/bin/env python3
"""A function that cannot cross machines is refused by the compiler, in every operation that takes one, with
a message that shows the form to use. The compiler's message is what a user reads, so it is what is tested.

    capturing_lambda.py ROOT COMPILER...
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1])
SOURCE = pathlib.Path(__file__).with_suffix(".cpp")
MESSAGE = re.compile(r"error: .*captures variables.*struct Scale")
PLACE = re.compile(re.escape(SOURCE.name) + r":(\d+)")


def refused_lines(compiler):
    """The lines of SOURCE that the message is about, and all that the compiler said."""
    clang = "clang" in pathlib.Path(compiler).name
    command = [compiler, "-std=c++20", "-fsyntax-only", f"-I{ROOT}", f"-I{ROOT / 'client/include'}",
               "-ferror-limit=0" if clang else "-fmax-errors=0", SOURCE]
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, check=False)
    if done.returncode == 0:
        sys.exit(f"{compiler}: a function that captures was accepted")
    lines, found, pending, open_ = done.stderr.split("\n"), set(), set(), False
    # g++ says first from where, clang afterwards.
    for line in lines:
        if "error:" in line:
            open_ = bool(MESSAGE.search(line))
            if open_ and not clang:
                found |= pending
            pending = set()
        places = {int(number) for number in PLACE.findall(line)}
        if clang and open_:
            found |= places
        pending |= places
    return found, done.stderr


def main():
    text = SOURCE.read_text(encoding="utf-8").split("\n")
    wanted = {number for number, line in enumerate(text, 1) if line.endswith("// refused")}
    failed = False
    for compiler in sys.argv[2:]:
        found, said = refused_lines(compiler)
        for number in sorted(wanted - found):
            failed = True
            print(f"{compiler}: no such message for line {number}: {text[number - 1].strip()}")
        print(f"{compiler}: {len(wanted & found)} of {len(wanted)} operations refuse with the message")
        if wanted - found:
            print(said)
    sys.exit(1 if failed else 0)


main()
