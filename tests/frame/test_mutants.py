from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import mutation_tests
from benchmarks.mutants import ROOT, Results, Run, draw, line_of
from benchmarks.mutation_sites import mutants_of, readable

LIMITS = '''"""Numbers."""


def over(number: int, most: int = 3) -> bool:
    """Whether it is too much, and is a number that counts."""
    if number < 0 and not most:
        raise ValueError(1 + 1)
    return number > most
'''
MODEL = """-- counted: how many, and 1 < 2
select a.repo, count(*) as n
from a
left join b on a.repo = b.repo and a.key = b.key
where a.kind <> 'a = b' and a.number between 1 and 3
group by a.repo
"""

REST = """def rest(number: int, part: int) -> int:
    while number > part:
        number = number - part
    return number
"""
TESTED = """from rest import rest

def test_rest():
    assert rest(7, 3) == 1
"""
RUN = """import sys
from pathlib import Path
from benchmarks import mutants

root = Path(sys.argv[1])
order = ["comparison", "arithmetic", "dropped condition", "returned value"]
every = mutants.mutants_of("rest.py", (root / "rest.py").read_bytes())
every.sort(key=lambda mutant: order.index(mutant.kind))
for mutant, run in zip(every, mutants.run_all(root, every, 2, tests=lambda path: ("tests",), seconds=4)):
    print(mutant.kind, run.verdict)
"""


def texts(path: str, source: str) -> set[str]:
    """The lines with a fault in them, without blanks at their ends."""
    lines = set()
    for mutant in mutants_of(path, source.encode()):
        changed = mutant.apply(source.encode()).decode()
        if readable(mutant, source.encode()):
            lines |= {line.strip() for line in changed.splitlines()} - {line.strip() for line in source.splitlines()}
    return lines


def test_faults_of_python_are_one_change_each() -> None:
    """Comparisons, operators, constants, conditions and returned values; no annotation, message or documentation."""
    assert texts("limits.py", LIMITS) == {
        "def over(number: int, most: int = 4) -> bool:",
        "if (number <= 0) and not most:",
        "if number < 1 and not most:",
        "if (number < 0 or not most):",
        "if (not most):",
        "if (number < 0):",
        "if number < 0 and most:",
        "if True:",
        "if False:",
        "return (number >= most)",
        "return None",
    }


def test_faults_of_sql_are_one_change_each() -> None:
    """As in Python, and joins; no comment is changed, and no operator inside of a text."""
    assert texts("model.sql", MODEL) == {
        "inner join b on a.repo = b.repo and a.key = b.key",
        "left join b on a.repo <> b.repo and a.key = b.key",
        "left join b on a.repo = b.repo or a.key = b.key",
        "left join b on a.repo = b.repo and a.key <> b.key",
        "left join b on a.key = b.key",
        "left join b on a.repo = b.repo where a.kind <> 'a = b' and a.number between 1 and 3",
        "where a.kind = 'a = b' and a.number between 1 and 3",
        "where a.kind <> 'a = b~' and a.number between 1 and 3",
        "where a.kind <> 'a = b' or a.number between 1 and 3",
        "where a.kind <> 'a = b' and a.number between 2 and 3",
        "where a.kind <> 'a = b' and a.number between 1 and 4",
        "where a.number between 1 and 3",
        "where a.kind <> 'a = b' group by a.repo",
    }


def test_same_seed_draws_the_same_sample() -> None:
    """So many of each package, each of a line of its own; another seed draws others."""
    packages = {"analytics/rework": "*.py", "warehouse/models sql": "ci_*.sql"}
    samples = [draw(ROOT, packages, seed, 9) for seed in (1, 1, 2)]
    assert samples[0] == samples[1] != samples[2]
    assert sorted(mutant.path.startswith("analytics") for mutant in samples[0]) == [False] * 5 + [True] * 4
    lines = {(mutant.path, line_of((ROOT / mutant.path).read_bytes(), mutant)) for mutant in samples[0]}
    assert len(lines) == 9


def test_results_are_kept_for_a_run_that_goes_on(tmp_path: Path) -> None:
    """What ended is read again, fault by fault; a fault that is new has no result."""
    first, second, *_ = mutants_of("limits.py", LIMITS.encode())
    kept = Results(tmp_path / "results.ndjson")
    kept.add(first, Run("killed", 1.5, "tests/test_limits.py::test_over"))
    assert Results(tmp_path / "results.ndjson").runs == {first: kept.runs[first]}
    assert second not in Results(tmp_path / "results.ndjson").runs


def test_tests_that_name_a_module_or_a_table_come_first() -> None:
    """A file of the same name before all, then those of its own table, and none twice; around these are the others."""
    near = mutation_tests.tests_of("warehouse/models/staging/deployments/reported_readings.sql")
    assert near[0] == "tests/warehouse/test_reported_readings.py"
    assert len(set(near)) == len(near)
    assert (
        "tests/analytics/comparison/test_note_texts.py" in mutation_tests.tests_of("analytics/comparison/notes.py")[:3]
    )
    wider = mutation_tests.wider_than("analytics/comparison/notes.py")
    assert "tests/cli/test_summary.py" in wider
    assert not set(wider) & set(mutation_tests.tests_of("analytics/comparison/notes.py"))


@pytest.mark.slow
def test_every_file_has_tests_that_exist() -> None:
    """Each file that is drawn from has tests, and each test of the table is there."""
    files = [
        path.relative_to(ROOT).as_posix()
        for name, pattern in mutation_tests.PACKAGES.items()
        for path in (ROOT / name.partition(" ")[0]).rglob(pattern)
    ]
    assert {name for path in files for name in mutation_tests.tests_of(path) if not (ROOT / name).exists()} == set()


@pytest.mark.slow
def test_tests_run_on_copies_with_a_fault(tmp_path: Path) -> None:
    """What no test notices survives, what does not end is stopped, and the tree itself stays as it is."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_rest.py").write_text(TESTED, encoding="utf-8")
    (tmp_path / "rest.py").write_text(REST, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", RUN, tmp_path], cwd=ROOT, text=True, capture_output=True, check=True)
    assert done.stdout.splitlines() == [
        "comparison survived",
        "arithmetic timed out",
        "dropped condition killed",
        "returned value killed",
    ]
    assert (tmp_path / "rest.py").read_text(encoding="utf-8") == REST
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pytest.ini", "rest.py", "tests"]
