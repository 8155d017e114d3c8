"""The benchmarks' command works, at its smallest size; that it measures what it says is checked by the benchmark itself."""

import json
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]


def test_contracts_at_the_smallest_size(demo_env):
    """R-I3: one command, figures as JSON on the last line, no finding against its own results."""
    command = [REPO / "scripts" / "bench.sh", "contracts", "--size", "200", "--runs", "1"]
    done = subprocess.run(command, env=demo_env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["problems"] == []
    assert result["sizes"] == [100, 200]
    for name, figures in result["screens"].items():
        assert figures["100"]["queries"] == figures["200"]["queries"], name
    assert result["deadlines"]["told"] == result["deadlines"]["due"] == 39
    assert result["coverage"]["claims"] == 1000
    assert "list, first page" in done.stderr


def test_claims_at_the_smallest_size(demo_env):
    """R-D1, R-D3, R-D10: intake, coverage, screens and the sweep of clocks, and no finding against its own results."""
    command = [REPO / "scripts" / "bench.sh", "claims", "--size", "200", "--runs", "1"]
    done = subprocess.run(command, env=demo_env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["problems"] == []
    assert result["sizes"] == [100, 200]
    for name, figures in result["screens"].items():
        assert figures["100"]["queries"] == figures["200"]["queries"], name
    assert (result["create"]["claims_made"], result["create"]["lines"]) == (100, 200)
    assert result["create"]["ratio"] > 1
    assert result["coverage"]["claims"] == 100
    # Half of the claims and the four that the ORM made are open; one in five of that half has a clock to tell of.
    sweep = result["sweep"]
    assert sweep["claims"] == 104
    assert sweep["told"] == 23
    assert "Sweep: 104 open claims" in done.stderr


def test_settlement_at_a_small_size(demo_env):
    """R-F4: the report's screens, generation, posting, workbook and tie-out; sums as in the database, constant queries."""
    command = [REPO / "scripts" / "bench.sh", "settlement", "--size", "8000", "--runs", "1"]
    done = subprocess.run(command, env=demo_env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["problems"] == []
    assert result["sizes"] == [4000, 8000]
    for name, figures in result["screens"].items():
        assert figures["4000"]["queries"] == figures["8000"]["queries"], name
    assert set(result["pivots"]) <= set(result["screens"])
    jobs = result["jobs"]
    assert jobs["generate"]["lines"] == 4000
    assert jobs["post"]["lines"] == 100 * jobs["post"]["settlements"] > 0
    assert jobs["workbook"]["lines"] == 800
    assert jobs["tie_out"]["settlements"] > 20
    assert "partner × month × cause" in done.stderr


def test_what_is_asked_wrongly_is_said(demo_env):
    """R-I3: a benchmark that isn't there, a size that says nothing."""
    for arguments in (["nothing"], ["contracts", "--size", "10"]):
        done = subprocess.run([REPO / "scripts" / "bench.sh", *arguments], env=demo_env, capture_output=True, text=True)
        assert done.returncode == 2
        assert "contracts" in done.stderr or "200" in done.stderr
