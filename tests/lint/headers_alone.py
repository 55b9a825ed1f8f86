#!/usr/bin/env python3
"""Writes one source file per header that includes nothing but that header, so that the build shows
which headers do not compile alone. A header that its own source includes first needs none: compiling
that source shows it. Called by CMake at configure time.

    headers_alone.py ROOT OUTPUT_DIRECTORY      prints the written files, one per line

Files whose contents are right already are left untouched, so that nothing is rebuilt for them.
"""

import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tables  # noqa: E402
import tree  # noqa: E402


def opens_its_source(root, header):
    """Whether the source of the same name includes the header before anything else."""
    source = os.path.join(root, header[:-2] + ".cpp")
    if not os.path.exists(source):
        return False
    first = re.search(r'^\s*#include\s+[<"]([^>"]+)', open(source, encoding="utf-8").read(), re.MULTILINE)
    return first is not None and first.group(1) == header


def main():
    root, output = os.path.abspath(sys.argv[1]), sys.argv[2]
    os.makedirs(output, exist_ok=True)
    boxes = tuple(box + "/" for box in tables.ARROWS)
    written = set()
    for path in tree.files_of(root):
        if not path.endswith(".h") or not path.startswith(boxes) or opens_its_source(root, path):
            continue
        name = path.replace("/", "_")[:-2] + ".cpp"
        full = os.path.join(output, name)
        text = f'#include "{path}"\n'
        written.add(name)
        if not os.path.exists(full) or open(full, encoding="utf-8").read() != text:
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        print(full)
    for name in set(os.listdir(output)) - written:
        os.remove(os.path.join(output, name))


if __name__ == "__main__":
    main()
