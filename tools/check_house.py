"""Holds what no off-the-shelf linter holds: private modules stay private, the clock stays in kit, ratchets hold.

Run by ``make check``; each rule has a test of its own in ``tests/unit/tools``.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import grimp

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "pipewarden"
PUBLIC = {"facts", "service"}
WHOLE = {"kit", "main", "cli", "lab", "migrations", "policy", "weights"}  # not slices of seven files
LONGEST_FILE = 400
LONGEST_FUNCTION = 70
BANNED_CALLS = {
    "datetime.now": "take the time as an argument, or a Clock",
    "datetime.utcnow": "take the time as an argument, or a Clock",
    "datetime.today": "take the time as an argument, or a Clock",
    "date.today": "take the time as an argument, or a Clock",
    "time.time": "take the time as an argument, or a Clock",
    "time.time_ns": "take the time as an argument, or a Clock",
    "uuid.uuid1": "ask the injected id source",
    "uuid.uuid4": "ask the injected id source",
    "uuid4": "ask the injected id source",
    "uuid1": "ask the injected id source",
    "os.urandom": "chance comes from kit",
    "np.random.rand": "use a generator with a seed that is an argument",
    "np.random.seed": "use a generator with a seed that is an argument",
}
BANNED_MODULES = {"random": "use numpy's generator with a seed that is an argument", "secrets": "secrets are kit's"}


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken rule at one place."""

    path: Path
    line: int
    words: str

    def __str__(self) -> str:
        """Return it the way compilers do, so that editors can jump there."""
        return f"{self.path}:{self.line}: {self.words}"


def banned_calls(tree: ast.AST, path: Path) -> list[Breach]:
    """Return every direct call for the clock, chance or an id in a parsed module outside ``kit``."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            tail = ".".join(name.split(".")[-2:])
            reason = BANNED_CALLS.get(name) or BANNED_CALLS.get(tail)
            if reason is None and name.endswith("default_rng") and not (node.args or node.keywords):
                reason = "give default_rng a seed that is an argument"
            if reason:
                found.append(Breach(path, node.lineno, f"{name}() is banned here: {reason}"))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            found += [
                Breach(path, node.lineno, f"import {name} is banned here: {BANNED_MODULES[name]}")
                for name in modules
                if name in BANNED_MODULES
            ]
    return found


def too_long(tree: ast.AST, lines: int, path: Path) -> list[Breach]:
    """Return files past 400 lines and functions past 70."""
    found = []
    if lines > LONGEST_FILE:
        found.append(Breach(path, 1, f"{lines} lines, {LONGEST_FILE} allowed: split by use case"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                found.append(Breach(path, node.lineno, f"{node.name} has {length} lines, {LONGEST_FUNCTION} allowed"))
    return found


def private_imports(graph: grimp.ImportGraph, package: str = "pipewarden") -> list[str]:
    """Return imports of a slice's private modules from outside it; only main, cli's wiring and migrations may."""
    found = []
    for module in sorted(graph.modules):
        parts = module.split(".")
        if len(parts) < 3 or parts[1] in WHOLE or parts[2] in PUBLIC:  # noqa: PLR2004  package.slice.module
            continue
        for importer in sorted(graph.find_modules_that_directly_import(module)):
            outside = importer.split(".")[1] if importer.count(".") else ""
            if outside not in {parts[1], "main", "migrations"}:
                found.append(f"{importer} imports {module}, which is private to {package}.{parts[1]}")
    return found


def rings(graph: grimp.ImportGraph, package: str = "pipewarden") -> list[str]:
    """Return every ring of imports between slices."""
    slices = sorted({module.split(".")[1] for module in graph.modules if module.count(".") == 1})
    reach = {
        (a, b)
        for a in slices
        for b in slices
        if a != b and graph.chain_exists(f"{package}.{a}", f"{package}.{b}", as_packages=True)
    }
    return [f"{a} and {b} import each other" for a, b in sorted(reach) if a < b and (b, a) in reach]


def code_lines(text: str) -> int:
    """Return how many lines hold code: blank lines, comments and docstrings do not count, on either side."""
    idle = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in idle:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            said = node.body[0]
            lines -= set(range(said.lineno, (said.end_lineno or said.lineno) + 1))
    return len(lines)


def sizes(lines: list[int], code: int, tests: int) -> tuple[str, bool]:
    """Return the summary of module sizes and whether the tests are at least as long as the code.

    Args:
        lines: length of each module, everything counted.
        code: lines of code in the package, migrations left out.
        tests: lines of code in the tests.
    """
    ordered = sorted(lines)
    p90 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.9))]
    words = f"{len(lines)} modules, lines: median {median(ordered):.0f}, p90 {p90}, max {ordered[-1]}; "
    return words + f"lines of code: tests / package = {tests} / {code} = {tests / code:.2f}", tests >= code


def main() -> int:
    """Check the whole tree and return 1 when anything is broken."""
    breaches: list[object] = []
    lines, code = [], 0
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines.append(text.count("\n"))
        code += 0 if "migrations" in path.parts else code_lines(text)
        tree = ast.parse(text)
        breaches += too_long(tree, text.count("\n"), path.relative_to(ROOT))
        if path.relative_to(SOURCE).parts[0] != "kit":
            breaches += banned_calls(tree, path.relative_to(ROOT))
    graph = grimp.build_graph("pipewarden", cache_dir=None)
    breaches += private_imports(graph) + rings(graph)
    tests = sum(code_lines(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("*.py"))
    summary, long_enough = sizes(lines, code, tests)
    if not long_enough:
        breaches.append(f"tests are shorter than the code: {summary}")
    for breach in breaches:
        print(breach)
    print(summary)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
