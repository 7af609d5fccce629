"""Set up, try, test and check Headway with nothing but Python, venv and Git.

    python3 dev.py demo     a simulated company and its dashboard; arguments go to `headway demo`
    python3 dev.py test     the fast tests; arguments go to pytest
    python3 dev.py check    format, lint and types
    python3 dev.py full     every test: the fast ones, the slow ones, the browser, Spark, the oldest DuckDB
    python3 dev.py bench    measures, and writes docs/performance.md; arguments go to benchmarks/performance.py
    python3 dev.py lock     makes the lock files anew (needs uv); arguments go to `uv pip compile`: --upgrade

The tools live in `.venv`, made from `requirements.lock` (each file checked by its hash) with uv where that is on the
PATH, else with pip; and again only when a lock, pyproject.toml or the Python changed.

Old Pythons must be able to read this file, to say what is wrong: no newer syntax here.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLD_DUCKDB = VENV / "duckdb15"
LOCK, FULL_LOCK, DUCKDB_LOCK = "requirements.lock", "requirements-full.lock", "requirements-duckdb15.lock"
RUNTIME_LOCK = "requirements-runtime.lock"  # what runs Headway, signing in and S3 included: for those who install it
UNFINISHED, FULL = "unfinished", " full"  # what the stamp in .venv can say beside the fingerprint
OLDEST_DUCKDB = b"duckdb==1.5.6"  # the lower bound in pyproject.toml; the models are tested on it too
EVERY_TABLE = ("as_of", "determinism", "headers", "older_files", "peer_cases", "publish", "services", "sources")
ALONE = {"browser": "tests/dashboard", "spark": "tests/warehouse"}  # where the tests with these marks are


def main(command: str = "help", *rest: str) -> None:
    """Run one command; ends the process with its exit code."""
    if sys.version_info < (3, 11):
        sys.exit("Headway needs Python 3.11 or newer, and this is {}.{}.\nRun dev.py with a newer one, such as: "
                 "python3.12 dev.py {}".format(sys.version_info[0], sys.version_info[1], command))  # fmt: skip
    # Compiled modules start in a third of the time, and each test process and many a test start some.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with_arguments = {"demo": demo, "test": test, "bench": bench, "lock": lock}
    without = {"check": check, "full": full}
    if command in with_arguments:
        with_arguments[command](*rest)
    elif command in without and not rest:
        without[command]()
    else:
        print(__doc__)
        sys.exit(0 if command in ("help", "--help", "-h") else 2)


def demo(*rest: str) -> None:
    """Become `headway demo`, in the folder of the caller."""
    set_up()
    become(VENV / "bin" / "headway", "demo", *rest)


def test(*rest: str) -> None:
    """Become pytest: the fast tests on all cores, or what the arguments ask for."""
    set_up()
    os.chdir(str(ROOT))
    become(PYTHON, "-m", "pytest", *(rest or ("-n", "auto")))


def bench(*rest: str) -> None:
    """Become the benchmark of one machine."""
    set_up()
    become(PYTHON, ROOT / "benchmarks" / "performance.py", *rest)


def check() -> None:
    """Format, lint and types; all three speak before it fails."""
    set_up()
    steps = (("ruff", "format", "--check", "."), ("ruff", "check", "."), ("mypy",))
    codes = [run(PYTHON, "-m", *step) for step in steps]
    sys.exit(max(codes))


def full() -> None:
    """Every test, with what the fast ones do without; stops at the first step that fails."""
    set_up(full=True)
    # Fast and slow tests of a file share what they build, and collecting all of them takes each process ten seconds.
    must(PYTHON, "-m", "pytest", "-n", "auto", "-m", "not browser and not spark")
    # Browsers and Spark are one at a time: each of them wants both cores.
    for marker, folder in ALONE.items():
        must(PYTHON, "-m", "pytest", "-n", "0", "-m", marker, folder)
    # Elsewhere a test makes only the tables that it asks for; here all of them, of rows of every kind.
    old = dict(os.environ, WHOLE_BUILDS="1", PYTHONPATH=str(OLD_DUCKDB))
    must(PYTHON, "-c", "import duckdb; assert duckdb.__version__.startswith('1.5.'), duckdb.__version__", env=old)
    must(
        PYTHON, "-m", "pytest", "-n", "auto", *("tests/warehouse/test_" + name + ".py" for name in EVERY_TABLE), env=old
    )


def lock(*rest: str) -> None:
    """Make the lock files anew: every file's hash, for every system and Python from 3.11 on, and no address."""
    if installer() != "uv":
        sys.exit("Making the lock files needs uv on the PATH.")
    tool = ("uv", "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header")
    form = (*tool, "--no-annotate", "--no-strip-extras", "--quiet", *rest)
    must(*form, "pyproject.toml", "--group", "dev", "--output-file", LOCK)
    more = ("--extra", "auth", "--extra", "spark", "--group", "dev", "--group", "full", "--constraint", LOCK)
    must(*form, "pyproject.toml", *more, "--output-file", FULL_LOCK)
    runtime = ("--extra", "auth", "--extra", "s3", "--constraint", FULL_LOCK)
    must(*form, "pyproject.toml", *runtime, "--output-file", RUNTIME_LOCK)
    subprocess.run([*form, "-", "--output-file", DUCKDB_LOCK], input=OLDEST_DUCKDB, cwd=str(ROOT), check=True)


def set_up(*, full: bool = False) -> None:
    """Make `.venv` hold what the lock names, and with `full` what only `dev.py full` needs, unless it does already."""
    stamp, wanted = VENV / "headway-stamp", fingerprint()
    state = stamp.read_text() if stamp.exists() else ""
    if PYTHON.exists() and state in ((wanted + FULL,) if full else (wanted, wanted + FULL)):
        return
    print("Setting up .venv with {} (a minute or so, once) ...".format(installer()), file=sys.stderr, flush=True)
    if state == UNFINISHED or not usable():
        make_venv()
    stamp.write_text(UNFINISHED)
    install("--require-hashes", "--only-binary", ":all:", "-r", LOCK)
    install("--no-deps", "--no-build-isolation", "-e", ".")
    if full:
        install("--require-hashes", "--no-build-isolation", "-r", FULL_LOCK)
        shutil.rmtree(str(OLD_DUCKDB), ignore_errors=True)
        install("--require-hashes", "--no-deps", "--target", OLD_DUCKDB, "-r", DUCKDB_LOCK)
    stamp.write_text(wanted + FULL if full else wanted)


def fingerprint() -> str:
    """All that decides what `.venv` should hold: the locks, pyproject.toml, the Python, who installs, and where."""
    texts = [(ROOT / name).read_bytes() for name in (LOCK, FULL_LOCK, DUCKDB_LOCK, "pyproject.toml")]
    words = [word.encode() for word in (sys.version, installer(), str(ROOT))]
    return hashlib.sha256(b"\0".join(texts + words)).hexdigest()


def installer() -> str:
    """Which tool installs: uv where it is on the PATH, else pip."""
    return "uv" if shutil.which("uv") else "pip"


def usable() -> bool:
    """Whether `.venv` runs this very Python, and has pip where pip must do the work."""
    probe = "import sys{}; print(sys.version)".format(", pip" if installer() == "pip" else "")
    try:
        answer = subprocess.check_output([str(PYTHON), "-c", probe], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    return answer.decode().strip() == sys.version.strip()


def make_venv() -> None:
    """Make an empty `.venv`; uv brings its own installer, so that Debian's separate ensurepip is not needed."""
    without = ("--without-pip",) if installer() == "uv" else ()
    if run(sys.executable, "-m", "venv", "--clear", *without, VENV):
        sys.exit("The virtual environment could not be made.\nOn Debian and Ubuntu: apt install python3-venv")


def install(*what: object) -> None:
    """Install into `.venv`."""
    uv = ("uv", "pip", "install", "--python", PYTHON)
    tool = uv if installer() == "uv" else (PYTHON, "-m", "pip", "install", "--use-pep517")
    must(*tool, "--quiet", *what)


def must(*command: object, env: "dict[str, str] | None" = None) -> None:
    """Run it; a failure ends this process with its exit code."""
    code = run(*command, env=env)
    if code:
        sys.exit(code)


def run(*command: object, env: "dict[str, str] | None" = None) -> int:
    """Run it in the project's folder and return its exit code."""
    return subprocess.call([str(part) for part in command], cwd=str(ROOT), env=env)


def become(*command: object) -> None:
    """Replace this process, so that signals and exit code are the program's own."""
    words = [str(part) for part in command]
    os.execv(words[0], words)  # noqa: S606 - no shell


if __name__ == "__main__":
    main(*sys.argv[1:])
