#!/usr/bin/env python3
"""An independent computation of the main job (docs/archive_rank.md). Python's standard library only;
it shares no code with Heddle.

    archive_rank.py compute INDEX DIRECTORY    writes sections.tsv and ranks.tsv into DIRECTORY
    archive_rank.py compare EXPECTED ACTUAL    directories with both files; exit 1 when they differ

`compare` wants equal counts and ranks that agree to 1e-9 relative. A .tsv may be one file or a
folder of part files.
"""

import math
import os
import sys

DAMPING = 0.85
ROUNDS = 10
TOLERANCE = 1e-9
NO_SECTION = "(none)"


def stanzas(text):
    """Dictionaries of fields, one for each stanza that has a Package field."""
    for block in text.split("\n\n"):
        fields, name = {}, None
        for line in block.split("\n"):
            if line[:1] in (" ", "\t"):
                if name is not None:
                    fields[name] += " " + line.strip()
                continue
            head, colon, value = line.partition(":")
            # The first of equally named fields counts; continuation lines of others are dropped.
            name = head if colon and head not in fields else None
            if name is not None:
                fields[name] = value.strip()
        if fields.get("Package"):
            yield fields


def targets(value):
    """Names in a Depends or Pre-Depends value: of each entry the first alternative, bare."""
    for entry in value.split(","):
        first = entry.split("|")[0].strip()
        for stop in "([<":
            first = first.split(stop)[0]
        words = first.split()
        name = words[0].split(":")[0] if words else ""
        if name:
            yield name


def whole_number(text):
    return int(text) if text.isascii() and text.isdigit() else 0


def read_index(path):
    """(sections: name -> [packages, KiB], edges: package -> set of names)."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        text = file.read()
    sections, edges = {}, {}
    for fields in stanzas(text):
        entry = sections.setdefault(fields.get("Section") or NO_SECTION, [0, 0])
        entry[0] += 1
        entry[1] += whole_number(fields.get("Installed-Size", ""))
        own = edges.setdefault(fields["Package"], set())
        for field in ("Depends", "Pre-Depends"):
            own.update(targets(fields.get(field, "")))
    return sections, edges


def page_rank(edges):
    """name -> rank after exactly ROUNDS rounds, over all packages and all names they point to."""
    nodes = set(edges).union(*edges.values()) if edges else set()
    count = len(nodes)
    incoming = {node: [] for node in nodes}
    for source, out in edges.items():
        for target in out:
            incoming[target].append(source)
    dangling = [node for node in nodes if not edges.get(node)]
    ranks = dict.fromkeys(nodes, 1.0 / count if count else 0.0)
    for _ in range(ROUNDS):
        share = {source: ranks[source] / len(out) for source, out in edges.items() if out}
        lost = math.fsum(ranks[node] for node in dangling)
        even = (1.0 - DAMPING) / count + DAMPING * lost / count if count else 0.0
        ranks = {node: even + DAMPING * math.fsum(share[source] for source in sources)
                 for node, sources in incoming.items()}
    return ranks


def write_lines(path, lines):
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        file.writelines(line + "\n" for line in lines)


def as_bytes(name):
    return name.encode("utf-8", errors="surrogateescape")


def compute(index, directory):
    sections, edges = read_index(index)
    ranks = page_rank(edges)
    os.makedirs(directory, exist_ok=True)
    write_lines(os.path.join(directory, "sections.tsv"),
                (f"{name}\t{entry[0]}\t{entry[1]}" for name, entry in
                 sorted(sections.items(), key=lambda item: (-item[1][0], as_bytes(item[0])))))
    write_lines(os.path.join(directory, "ranks.tsv"),
                (f"{name}\t{rank:.17g}" for name, rank in
                 sorted(ranks.items(), key=lambda item: (-item[1], as_bytes(item[0])))))


def read_table(path):
    """Rows of a .tsv: one file, or a folder whose part files are read in the order of names."""
    paths = [path]
    if os.path.isdir(path):
        paths = [os.path.join(path, n) for n in sorted(os.listdir(path)) if n.startswith("part-")]
    rows = []
    for part in paths:
        with open(part, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            text = file.read()
        if text and not text.endswith("\n"):
            raise ValueError(f"{part}: the last line is cut off")
        rows += [line.split("\t") for line in text.split("\n")[:-1]]
    return rows


def keyed(rows, what, problems):
    """First column -> the others; doubled keys are a problem."""
    table = {}
    for row in rows:
        if row[0] in table:
            problems.append(f"{what}: '{row[0]}' is there twice")
        table[row[0]] = row[1:]
    return table


def different_keys(expected, actual, what, problems):
    for name in sorted(set(expected) - set(actual))[:5]:
        problems.append(f"{what}: '{name}' is missing")
    for name in sorted(set(actual) - set(expected))[:5]:
        problems.append(f"{what}: '{name}' is not expected")


def check_order(rows, key, what, problems):
    for earlier, later in zip(rows, rows[1:]):
        if key(earlier) >= key(later):
            problems.append(f"{what}: '{earlier[0]}' stands before '{later[0]}'")
            return


def compare(expected_directory, actual_directory):
    """A list of differences, empty when the results agree."""
    problems = []
    rows = {}
    for side, directory in (("expected", expected_directory), ("actual", actual_directory)):
        for name in ("sections.tsv", "ranks.tsv"):
            rows[side, name] = read_table(os.path.join(directory, name))

    expected = keyed(rows["expected", "sections.tsv"], "sections.tsv", problems)
    actual = keyed(rows["actual", "sections.tsv"], "sections.tsv", problems)
    different_keys(expected, actual, "sections.tsv", problems)
    for name in sorted(set(expected) & set(actual)):
        if expected[name] != actual[name]:
            problems.append(f"sections.tsv: '{name}': expected {expected[name]}, "
                            f"found {actual[name]}")
    check_order(rows["actual", "sections.tsv"], lambda row: (-int(row[1]), as_bytes(row[0])),
                "sections.tsv", problems)

    expected = keyed(rows["expected", "ranks.tsv"], "ranks.tsv", problems)
    actual = keyed(rows["actual", "ranks.tsv"], "ranks.tsv", problems)
    different_keys(expected, actual, "ranks.tsv", problems)
    for name in sorted(set(expected) & set(actual)):
        wanted, found = float(expected[name][0]), float(actual[name][0])
        if not abs(wanted - found) <= TOLERANCE * abs(wanted):
            problems.append(f"ranks.tsv: '{name}': expected {wanted!r}, found {found!r}")
    check_order(rows["actual", "ranks.tsv"], lambda row: (-float(row[1]), as_bytes(row[0])),
                "ranks.tsv", problems)
    return problems


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "compute":
        compute(sys.argv[2], sys.argv[3])
        return 0
    if len(sys.argv) == 4 and sys.argv[1] == "compare":
        problems = compare(sys.argv[2], sys.argv[3])
        for problem in problems[:20]:
            print(problem)
        if problems:
            print(f"{len(problems)} differences", file=sys.stderr)
            return 1
        rows = len(read_table(os.path.join(sys.argv[3], "ranks.tsv")))
        print(f"equal counts, {rows} ranks agree to {TOLERANCE:g} relative")
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
