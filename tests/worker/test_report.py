"""Statements from the command line: one archive, nothing half-written, sentences for every mistake (R-F1)."""

from __future__ import annotations

import base64
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from franchise_sync import cli, report
from franchise_sync.errors import Refused, WireError

ORDER = report.Order(date(2026, 1, 1), date(2026, 3, 31))


class FakeRuns:
    """Statement runs as our Odoo has them: two partners, one file each, ready after `waits` looks."""

    def __init__(self, waits: int = 2, failed: int = 0) -> None:
        self.waits, self.failed = waits, failed
        self.values: dict[str, Any] = {}
        self.partners = [[7, "Tea Garden"], [8, "Tea Garden, Accounts"]]
        self.files = [
            {"id": 11, "name": "Tea Garden.pdf", "content": base64.b64encode(b"%PDF").decode()},
            {"id": 12, "name": "../../etc/茶园.pdf", "content": base64.b64encode(b"%PDF2").decode()},
        ]

    def call(self, model: str, method: str, *args: Any, **_kwargs: Any) -> Any:
        return getattr(self, f"{model.replace('.', '_')}__{method}")(*args)

    def res_partner__name_search(self, name: str, *_args: Any) -> list[list[Any]]:
        return [row for row in self.partners if name.lower() in row[1].lower()]

    def franchise_statement_run__create(self, vals_list: list[dict[str, Any]]) -> list[int]:
        [self.values] = vals_list
        return [3]

    def franchise_statement_run__action_start(self, ids: list[int]) -> bool:
        return ids == [3]

    def franchise_statement_run__read(self, _ids: list[int], _fields: list[str]) -> list[dict[str, Any]]:
        self.waits -= 1
        done = 2 - self.failed if self.waits <= 0 else 0
        state = "done" if self.waits <= 0 else "running"
        return [{"state": state, "line_count": 2, "done_count": done, "failed_count": self.failed if done else 0}]

    def franchise_statement_run__fetch_files(self, _ids: list[int], after: int) -> list[dict[str, Any]]:
        return [row for row in self.files if row["id"] > after][:1]

    def franchise_statement_run_line__search_read(self, *_args: Any) -> list[dict[str, Any]]:
        return [{"partner_id": [9, "Mill"], "error": "Paper jam"}]


def fetch(runs: FakeRuns, target: Path, order: report.Order = ORDER, **values: Any) -> report.Report:
    return report.fetch(runs, order, target, sleep=lambda _seconds: None, **{"timeout": 60, **values})


def test_one_archive_with_progress(tmp_path: Path) -> None:
    """R-F1: waits, tells how far it is, and writes each file once; a name never leads out of the archive."""
    seen: list[tuple[int, int]] = []
    done = fetch(FakeRuns(), tmp_path / "s.zip", progress=lambda *row: seen.append(row))
    assert seen == [(0, 2), (2, 2)]
    assert done == report.Report(3, 2, {}, 2)
    archive = zipfile.ZipFile(tmp_path / "s.zip")
    assert archive.namelist() == ["Tea Garden.pdf", "茶园.pdf"]
    assert archive.read("茶园.pdf") == b"%PDF2"
    assert [path.name for path in tmp_path.iterdir()] == ["s.zip"]


def test_what_is_asked_for(tmp_path: Path) -> None:
    """R-F1: period, partner and format; an exact name wins over longer ones."""
    runs = FakeRuns()
    order = report.Order(date(2026, 1, 1), date(2026, 1, 31), ["Tea Garden"], "supplier", "pdf", True)
    fetch(runs, tmp_path / "s.zip", order)
    assert runs.values == {
        "date_from": "2026-01-01",
        "date_to": "2026-01-31",
        "file_format": "pdf",
        "drafts": True,
        "party": "supplier",
        "partner_ids": [[6, 0, [7]]],
    }


@pytest.mark.parametrize(("name", "words"), [("Nobody", "No partner is called"), ("Garden", "fits several")])
def test_a_partner_that_is_not_one(tmp_path: Path, name: str, words: str) -> None:
    """R-F1: nothing is begun."""
    runs = FakeRuns()
    with pytest.raises(Refused, match=words):
        fetch(runs, tmp_path / "s.zip", report.Order(ORDER.date_from, ORDER.date_to, [name]))
    assert not runs.values


def test_nothing_half_written(tmp_path: Path) -> None:
    """R-F1: a file that can't be read, or no file, leaves what was there before."""
    target = tmp_path / "s.zip"
    target.write_bytes(b"before")
    broken, empty = FakeRuns(), FakeRuns()
    broken.files[1]["content"] = "%%%"
    empty.files = []
    for runs, error in ((broken, WireError), (empty, Refused)):
        with pytest.raises(error):
            fetch(runs, target)
        assert target.read_bytes() == b"before"
        assert [path.name for path in tmp_path.iterdir()] == ["s.zip"]
    with pytest.raises(Refused, match="can't be written"):
        fetch(FakeRuns(), tmp_path / "missing" / "s.zip")


def test_out_of_time(tmp_path: Path) -> None:
    """R-F1: it goes on in Odoo, and the sentence says where."""
    with pytest.raises(Refused, match="Statement Runs"):
        fetch(FakeRuns(waits=10**6), tmp_path / "s.zip", timeout=0)


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-F1, R-G7: exit code 1 with the partner that failed, and the archive of the others."""
    runs = FakeRuns(failed=1)
    monkeypatch.setattr(report, "open_client", lambda _settings: runs)
    target = tmp_path / "s.zip"
    done = CliRunner().invoke(cli.app, ["report", str(target), "--from", "2026-01-01", "--to", "2026-03-31", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {
        "output": str(target), "run": 3, "partners": 2, "failed": {"Mill": "Paper jam"}, "files": 2,
    }  # fmt: skip
    said = CliRunner().invoke(cli.app, ["report", str(target), "--from", "2026-01-01", "--to", "2026-03-31"])
    assert "MISTAKE  Mill: Paper jam" in said.stdout
    assert (runs.values["date_from"], runs.values["date_to"]) == ("2026-01-01", "2026-03-31")


def test_the_accountants_own_key_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-F1, R-H1: the worker's login is no accountant's."""
    for name in ("REPORT_LOGIN", "REPORT_API_KEY", "REPORT_API_KEY_FILE"):
        monkeypatch.delenv(f"FRANCHISE_SYNC_{name}", raising=False)
    failed = CliRunner().invoke(cli.app, ["report", "x.zip"])
    assert failed.exit_code == 1
    assert "FRANCHISE_SYNC_REPORT_LOGIN is not set" in failed.stderr
