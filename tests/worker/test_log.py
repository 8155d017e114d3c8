"""Logs: one line an event, no secret in any (R-H5)."""

from __future__ import annotations

import json
import logging

import pytest

from franchise_sync import log
from franchise_sync.text import register_secret

SECRET = "s3cret-of-a-supplier"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_secrets_are_masked_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    """R-H5: by value wherever it stands, by name whatever it is, in our lines and in others'."""
    register_secret(SECRET)
    log.configure("json", "debug")
    log.get("franchise_sync.x").info(
        f"login with {SECRET}", api_key="anything", nested={"password": "anything", "list": [f"<{SECRET}>"]},
        error=ValueError(SECRET),
    )  # fmt: skip
    logging.getLogger("other").warning("their line with %s", SECRET)
    try:
        raise RuntimeError(SECRET)
    except RuntimeError:
        log.get("franchise_sync.x").exception("failed")
    text = capsys.readouterr().err
    assert SECRET not in text
    assert "anything" not in text
    assert text.count("***") >= 5


def test_a_line_about_a_message_carries_its_key(capsys: pytest.CaptureFixture[str]) -> None:
    """R-G4: one idempotency key end to end."""
    log.configure("json", "info")
    log.get("franchise_sync.delivery").info("delivered", uuid="5c9b", endpoint="nbparts")
    [line] = lines(capsys)
    assert (line["event"], line["uuid"], line["level"]) == ("delivered", "5c9b", "info")
    assert line["timestamp"].endswith("Z")


def test_errors_of_libraries_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """R-G7: no stack of a broker that is down, unless the level is debug."""
    log.configure("json", "info")
    try:
        raise ConnectionError("Connection refused")
    except ConnectionError:
        logging.getLogger("dramatiq.worker").critical("Consumer encountered an unexpected error.", exc_info=True)
    [line] = lines(capsys)
    assert line["error"] == "ConnectionError: Connection refused"
    assert "Traceback" not in json.dumps(line)


def test_console_format(capsys: pytest.CaptureFixture[str]) -> None:
    """R-G7: readable for people."""
    log.configure("console", "info")
    log.get("franchise_sync.x").warning("look failed", reason="down")
    assert "look failed" in capsys.readouterr().err
