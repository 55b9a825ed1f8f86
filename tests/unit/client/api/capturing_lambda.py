#!/usr/bin/env python3
"""A function that cannot cross machines is refused by the compiler, in every operation that takes one, with
a message that shows the form to use; so is a record whose bytes nobody knows. The compiler's message is what a
user reads, so it is what is tested.

    capturing_lambda.py ROOT COMPILER...
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1])
HERE = pathlib.Path(__file__).parent
CASES = {
    HERE / "capturing_lambda.cpp": re.compile(r"error: .*captures variables.*struct Scale"),
    HERE / "not_a_record.cpp": re.compile(r"error: .*a record.*specialise heddle::Codec"),
}


def refused_lines(compiler, source, message):
    """The lines of `source` that the message is about, and all that the compiler said."""
    place = re.compile(re.escape(source.name) + r":(\d+)")
    clang = "clang" in pathlib.Path(compiler).name
    command = [compiler, "-std=c++20", "-fsyntax-only", f"-I{ROOT}", f"-I{ROOT / 'client/include'}",
               "-ferror-limit=0" if clang else "-fmax-errors=0", source]
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, check=False)
    if done.returncode == 0:
        sys.exit(f"{compiler}: {source.name} was accepted")
    lines, found, pending, open_ = done.stderr.split("\n"), set(), set(), False
    # g++ says first from where, clang afterwards.
    for line in lines:
        if "error:" in line:
            open_ = bool(message.search(line))
            if open_ and not clang:
                found |= pending
            pending = set()
        places = {int(number) for number in place.findall(line)}
        if clang and open_:
            found |= places
        pending |= places
    return found, done.stderr


def main():
    failed = False
    for source, message in CASES.items():
        text = source.read_text(encoding="utf-8").split("\n")
        wanted = {number for number, line in enumerate(text, 1) if line.endswith("// refused")}
        for compiler in sys.argv[2:]:
            found, said = refused_lines(compiler, source, message)
            for number in sorted(wanted - found):
                failed = True
                print(f"{compiler}: no such message for line {number}: {text[number - 1].strip()}")
            print(f"{compiler}: {len(wanted & found)} of {len(wanted)} lines of {source.name} are refused with the message")
            if wanted - found:
                print(said)
    sys.exit(1 if failed else 0)


main()
