"""The checks. Each yields Finding(path, line, rule, message with the fix)."""

import os
import re
import subprocess
from dataclasses import dataclass

import tables
import tree


@dataclass(order=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: [{self.rule}] {self.message}"


def box_of(path):
    """The box that owns `path`: the longest folder of the table, a free box, or None."""
    best = None
    for box in list(tables.ARROWS) + tables.FREE_BOXES:
        if path.startswith(box + "/") and (best is None or len(box) > len(best)):
            best = box
    return best


def is_free(box):
    return box in tables.FREE_BOXES


def third_party_of(include):
    """The prefix in the table that `include` falls under, or None."""
    hits = [p for p in tables.THIRD_PARTY if include.startswith(p)]
    return max(hits, key=len) if hits else None


def is_standard(include):
    return include in tables.STANDARD or include in tables.BANNED_STANDARD


def is_system(include):
    return include in tables.SYSTEM or include.startswith(tables.SYSTEM_PREFIXES)


def owns(owner, path):
    if owner.endswith(".cpp"):
        return path == owner or ("/" not in owner and os.path.basename(path) == owner)
    return path.startswith(owner + "/")


def allowed_text(box):
    allowed = tables.ARROWS.get(box, [])
    return ", ".join(allowed) if allowed else "the standard library only"


# -- arrows ---------------------------------------------------------------------------------------

def check_boxes(sources, files):
    known = set(files)
    for source in sources:
        box = box_of(source.path)
        if box is None:
            yield Finding(source.path, 1, "box", "lies in no box; move it into one, or give its "
                          "folder a line in tests/lint/tables.py ARROWS")
            continue
        for include in source.includes:
            if not include.angled:
                yield from check_project_include(source, box, include, known)


def check_project_include(source, box, include, known):
    path = include.path
    if path.endswith(".pb.h"):
        if not owns("common/wire", source.path) or source.is_header:
            yield Finding(source.path, include.line, "third-party",
                          f"generated protobuf \"{path}\" belongs into a .cpp of common/wire; "
                          "declare a function in common/wire/codec.h instead")
        return
    target = box_of(path)
    if "/" not in path or path.startswith(".") or (path not in known and target is None):
        yield Finding(source.path, include.line, "include",
                      f"\"{path}\" is no path from the root of the tree; "
                      "write it as \"common/base/result.h\" is written")
        return
    if target is None or target == box or is_free(box):
        if is_free(target) and not is_free(box):
            yield Finding(source.path, include.line, "arrow", f"{box} includes test code {path}")
        return
    if is_free(target) or target not in tables.ARROWS[box]:
        yield Finding(source.path, include.line, "arrow",
                      f"{box} must not include {path}; it may include {allowed_text(box)}. "
                      "Move the declaration down an arrow, or pass it in from the shell")
        return
    door = tables.DOORS.get(target)
    if door and path != door and not box.startswith(target):
        yield Finding(source.path, include.line, "door",
                      f"{target} is entered through {door} only; "
                      f"declare what you need there instead of including {path}")


def check_third_party(sources):
    for source in sources:
        box = box_of(source.path)
        for include in source.includes:
            if include.angled:
                yield from check_angled(source, box, include)
        if source.is_header and not is_free(box):
            yield from check_names(source, box)


def check_angled(source, box, include):
    path = include.path
    if path in tables.BANNED_STANDARD:
        yield Finding(source.path, include.line, "leave-out",
                      f"<{path}> is left out: {tables.BANNED_STANDARD[path]}")
        return
    library = third_party_of(path)
    if library is None:
        if not (is_standard(path) or is_system(path) or path.startswith(tables.PUBLIC_PREFIX)):
            yield Finding(source.path, include.line, "third-party",
                          f"<{path}> is not known; a project header is included as \"folder/x.h\", "
                          "a new library gets an owner in tests/lint/tables.py THIRD_PARTY")
        return
    owners = tables.THIRD_PARTY[library]
    if is_free(box) and not source.is_header:
        return
    if not any(owns(owner, source.path) for owner in owners):
        yield Finding(source.path, include.line, "third-party",
                      f"<{path}> belongs to {' and '.join(owners)}; use what that box declares")
        return
    if source.is_header and library not in tables.HEADER_EXCEPTIONS.get(box, []):
        yield Finding(source.path, include.line, "header",
                      f"<{path}> in a header slows every file that includes it; "
                      "include it in the .cpp and hide it behind a declaration")


def check_names(source, box):
    if box == "client/api":
        return
    for name in tables.THIRD_PARTY_NAMES:
        for match in re.finditer(r"(?<![\w:])" + name + r"::", source.bare):
            yield Finding(source.path, tree.line_of(source.bare, match.start()), "header",
                          f"{name}:: in a header; hide it behind a declaration (pimpl or a free "
                          "function in the .cpp)")


# -- headers and files ----------------------------------------------------------------------------

def check_headers(sources):
    for source in sources:
        if source.is_header:
            if not source.code.lstrip().startswith("#pragma once"):
                yield Finding(source.path, 1, "header",
                              "a header starts with #pragma once, before any other code")
            first = source.text.replace("#pragma once", "", 1).lstrip()
            if not first.startswith(("//", "/*")):
                yield Finding(source.path, 1, "purpose",
                              "a header opens with a comment that states its purpose")
            for match in re.finditer(r"^\s*using\s+namespace\b", source.bare, re.MULTILINE):
                yield Finding(source.path, tree.line_of(source.bare, match.end()), "header",
                              "using namespace in a header leaks into every file; write the name")
        elif not is_free(box_of(source.path)):
            has_header = any(i.path == source.path[:-4] + ".h" for i in source.includes)
            if not has_header and not source.text.startswith(("//", "/*")):
                yield Finding(source.path, 1, "purpose",
                              "a source without its own header opens with a comment that states "
                              "its purpose")
        for match in re.finditer(r"NOLINT(NEXTLINE|BEGIN|END)?(?P<rest>[^\n]*)", source.text):
            if not re.match(r"\([\w.,\- ]+\): \S", match.group("rest")) and \
                    match.group(1) != "END":
                yield Finding(source.path, tree.line_of(source.text, match.start()), "nolint",
                              "a NOLINT names its check and says why: NOLINT(check): reason")


def check_purity(sources):
    for source in sources:
        box = box_of(source.path)
        if box not in tables.PURE_BOXES:
            continue
        for include in source.includes:
            path = include.path
            if not include.angled and path in tables.PURE_BANNED_PROJECT:
                yield Finding(source.path, include.line, "purity",
                              f"{box} is pure: no {path}; {tables.PURE_BANNED_PROJECT[path]}")
            if include.angled and (path in tables.PURE_BANNED_STANDARD or is_system(path)):
                yield Finding(source.path, include.line, "purity",
                              f"{box} is pure: no <{path}>; return an effect and let the shell "
                              "do it")
        for pattern, fix in tables.PURE_BANNED_CODE:
            for match in re.finditer(pattern, source.bare):
                yield Finding(source.path, tree.line_of(source.bare, match.start()), "purity",
                              f"{box} is pure: no {match.group(0).strip()}; {fix}")


def check_text(root, files):
    unfinished = re.compile(r"\b(" + "|".join(tables.UNFINISHED) + r")\b")
    machine = re.compile(tables.MACHINE_PATHS, re.MULTILINE)
    registry = re.compile(tables.REGISTRY_HOSTS)
    for path in files:
        text = tree.read_text(root, path)
        if text is None:
            continue
        for match in unfinished.finditer(text):
            yield Finding(path, tree.line_of(text, match.start()), "unfinished",
                          f"{match.group(1)}: finish it, or leave it out with a clear error")
        for match in machine.finditer(text):
            yield Finding(path, tree.line_of(text, match.start(1)), "machine",
                          f"{match.group(1)} is a path of one machine; take it from an option, "
                          "the environment or a temporary directory")
        for match in registry.finditer(text):
            yield Finding(path, tree.line_of(text, match.start()), "machine",
                          f"{match.group(0)} names a package registry; lockfiles are written with "
                          "omit-lockfile-registry-resolved")


def check_scripts(root, files):
    for path in files:
        full = os.path.join(root, path)
        with open(full, "rb") as file:
            first = file.readline(80)
        if path.endswith(".sh") or re.match(rb"#!.*\bbash\b", first):
            done = subprocess.run(["bash", "-n", full], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                found = re.search(r"line (\d+)", done.stderr)
                yield Finding(path, int(found.group(1)) if found else 1, "script",
                              done.stderr.strip().split("\n")[0])


# -- links ----------------------------------------------------------------------------------------

def resolve(name):
    return {"Heddle::client": "heddle_api"}.get(name, name)


def public_reach(targets, name, seen=None):
    seen = set() if seen is None else seen
    name = resolve(name)
    if name in seen or name not in targets:
        return seen
    seen.add(name)
    for link in targets[name].links:
        public_reach(targets, link, seen)
    return seen


def reach(targets, target):
    """Libraries whose headers `target` may include: itself, its links, and what those publish."""
    found = {target.name}
    for link in target.links + target.private_links:
        public_reach(targets, link, found)
    return found


def owners_of(targets, path):
    """Names of targets that the file at `path` belongs to; empty when no CMakeLists claims it."""
    stem = os.path.splitext(path)[0]
    exact = [t.name for t in targets.values()
             if any(s == path or os.path.splitext(s)[0] == stem for s in t.sources)]
    if exact:
        return exact
    if not path.endswith(".h"):
        return []
    folder = os.path.dirname(path)
    beside = [t.name for t in targets.values() if t.kind == "library"
              and any(os.path.dirname(s) == folder for s in t.sources)]
    if beside:
        return beside
    while folder:
        here = [t.name for t in targets.values() if t.kind == "library" and t.folder == folder]
        if here:
            return here
        folder = os.path.dirname(folder)
    return []


def check_links(sources, targets):
    by_path = {s.path: s for s in sources}
    for target in targets.values():
        yield from check_link_arrows(target, targets)
    for source in sources:
        owners = owners_of(targets, source.path)
        for include in source.includes:
            if include.angled or include.path not in by_path:
                continue
            wanted = owners_of(targets, include.path)
            if not wanted or set(wanted) & set(owners):
                continue
            for owner in owners:
                if not any(w in reach(targets, targets[owner]) for w in wanted):
                    yield Finding(source.path, include.line, "link",
                                  f"includes {include.path} of {wanted[0]}, but {owner} does not "
                                  f"link it; add {wanted[0]} to its LINKS in "
                                  f"{targets[owner].path}")


def check_link_arrows(target, targets):
    box = box_of(target.folder + "/x")
    if box is None or is_free(box):
        return
    own = {box_of(s) for s in target.sources} | {box}
    for link in target.links + target.private_links:
        other = targets.get(resolve(link))
        if other is None:
            continue
        theirs = {box_of(s) for s in other.sources} or {box_of(other.folder + "/x")}
        for their in theirs:
            if their is None or their in own:
                continue
            if not any(b in tables.ARROWS and their in tables.ARROWS[b] for b in own):
                yield Finding(target.path, target.line, "link",
                              f"{target.name} of {box} must not link {link} of {their}; "
                              f"it may link {allowed_text(box)}")


def run(root):
    """All findings in the tree at `root`, sorted by place."""
    files = tree.files_of(root)
    sources = [tree.load_source(root, f) for f in files if f.endswith(tree.CPP_SUFFIXES)]
    targets = tree.load_targets(root, files)
    findings = []
    findings += check_boxes(sources, files)
    findings += check_third_party(sources)
    findings += check_headers(sources)
    findings += check_purity(sources)
    findings += check_text(root, files)
    findings += check_scripts(root, files)
    findings += check_links(sources, targets)
    return sorted(findings)
