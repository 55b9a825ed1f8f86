"""Reads the tree: files, includes, and what CMake says about libraries. No rule lives here."""

import os
import re
import subprocess
from dataclasses import dataclass, field

CPP_SUFFIXES = (".h", ".cpp")
SKIPPED_FOLDERS = {".git", "build", "node_modules", ".cache", "__pycache__"}


@dataclass
class Include:
    line: int
    path: str
    angled: bool


@dataclass
class Source:
    path: str
    text: str
    code: str = ""        # without comments, strings kept
    bare: str = ""        # without comments and with empty strings
    includes: list = field(default_factory=list)

    @property
    def is_header(self):
        return self.path.endswith(".h")


@dataclass
class Target:
    name: str
    kind: str             # library, program, test
    folder: str
    path: str             # of the CMakeLists.txt
    line: int
    sources: list
    links: list
    private_links: list


def files_of(root):
    """Paths of all files, relative to `root`, sorted. Git's list when there is one."""
    if os.path.exists(os.path.join(root, ".git")):
        listed = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=False)
        if listed.returncode == 0:
            names = listed.stdout.decode().split("\0")
            return sorted(n for n in names if n and os.path.isfile(os.path.join(root, n)))
    found = []
    for folder, names, files in os.walk(root):
        names[:] = [n for n in names if n not in SKIPPED_FOLDERS]
        for name in files:
            found.append(os.path.relpath(os.path.join(folder, name), root))
    return sorted(found)


def read_text(root, path):
    """The file's text, or None when it is not text."""
    with open(os.path.join(root, path), "rb") as file:
        data = file.read()
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/'                               # comments
    r'|R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"'      # raw strings
    r'|"(?:\\.|[^"\\\n])*"'                             # strings
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",            # characters, not digit separators
    re.DOTALL)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text, keep_strings):
    """`text` with comments (and the contents of strings) turned to spaces; lines stay put."""
    def replace(match):
        token = match.group(0)
        if token.startswith("/"):
            return _blank(token)
        return token if keep_strings else '"' + _blank(token[1:-1]) + '"'
    return TOKEN.sub(replace, text)


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def load_source(root, path):
    text = read_text(root, path) or ""
    source = Source(path, text)
    source.code = without_comments(text, keep_strings=True)
    source.bare = without_comments(text, keep_strings=False)
    for match in INCLUDE.finditer(source.code):
        quoted, angled = match.groups()
        source.includes.append(
            Include(line_of(source.code, match.start()), quoted or angled, quoted is None))
    return source


COMMAND = re.compile(r"\b(heddle_library|heddle_program|heddle_test)\s*\(([^()]*)\)")
PLAIN = re.compile(r"\badd_library\s*\(\s*(\w+)\s+(?:STATIC|OBJECT)\s+([^()$]*)\)")
LINK = re.compile(r"\btarget_link_libraries\s*\(([^()]*)\)")
KEYWORDS = {"SOURCES", "LINKS", "PRIVATE_LINKS", "LABELS", "ARGS", "TIMEOUT"}


def load_targets(root, files):
    """Every heddle_library, heddle_program and heddle_test in the tree, by name."""
    targets = {}
    for path in files:
        if os.path.basename(path) != "CMakeLists.txt":
            continue
        text = re.sub(r"#[^\n]*", lambda m: _blank(m.group(0)), read_text(root, path) or "")
        folder = os.path.dirname(path)
        for match in COMMAND.finditer(text):
            words = match.group(2).replace('"', "").split()
            if not words:
                continue
            lists, current = {}, None
            for word in words[1:]:
                if word in KEYWORDS:
                    current = lists.setdefault(word, [])
                elif current is not None:
                    current.append(word)
            targets[words[0]] = Target(
                words[0], match.group(1).removeprefix("heddle_"), folder, path,
                line_of(text, match.start()),
                [os.path.normpath(os.path.join(folder, s)) for s in lists.get("SOURCES", [])
                 if "$" not in s],
                lists.get("LINKS", []), lists.get("PRIVATE_LINKS", []))
        for match in PLAIN.finditer(text):  # helpers of tests
            targets[match.group(1)] = Target(
                match.group(1), "library", folder, path, line_of(text, match.start()),
                [os.path.normpath(os.path.join(folder, s)) for s in match.group(2).split()],
                [], [])
        for match in LINK.finditer(text):
            words = match.group(1).split()
            if words and words[0] in targets:
                kept = [w for w in words[1:] if w not in ("PUBLIC", "PRIVATE", "INTERFACE")]
                targets[words[0]].links = targets[words[0]].links + kept
    return targets
