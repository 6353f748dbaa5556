"""Templates are formatted: Django's tags by djade, the HTML's indentation by djhtml.

python -m tests.templates_formatted [--fix]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
PROGRAMS = Path(sys.executable).parent
FORMATTERS = [["djade", "--target-version", "5.2"], ["djhtml", "--tabwidth", "2"]]


def run(*, fix: bool) -> int:
    """0 when every template is formatted (or now is, with `fix`)."""
    files = sorted(str(path) for path in TEMPLATES.rglob("*.html"))
    codes = []
    for formatter in FORMATTERS:
        options = [] if fix else ["--check"]
        program, *arguments = formatter
        argv = [str(PROGRAMS / program), *arguments, *options, *files]
        codes.append(subprocess.run(argv, stdout=sys.stderr).returncode)
    return run(fix=False) if fix else max(codes)


if __name__ == "__main__":
    sys.exit(run(fix="--fix" in sys.argv[1:]))
