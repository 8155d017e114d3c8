"""The rules for the compose file: ours keeps them, and each breach is named."""

import copy
from pathlib import Path

import pytest
import yaml

from house.compose_rules import complaints
from house.settings import REPO

FOLDER = REPO / "docker"


@pytest.fixture
def compose():
    return copy.deepcopy(yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8")))


def test_ours_is_content(compose):
    assert complaints(compose, FOLDER) == []


@pytest.mark.parametrize(
    ("service", "change", "words"),
    [
        ("postgres", {"image": "postgres:latest"}, "has no fixed tag"),
        ("postgres", {"image": "postgres"}, "has no fixed tag"),
        ("worker", {"read_only": False}, "file system is writable"),
        ("worker", {"cap_drop": []}, "capabilities are kept"),
        ("odoo", {"security_opt": []}, "no-new-privileges"),
        ("odoo", {"ports": ["8069:8069"]}, "published to everybody"),
        ("broker", {"privileged": True}, "host's rights"),
        ("postgres", {"environment": {"POSTGRES_PASSWORD": "x"}}, "use a file"),
        ("postgres", {"user": "root"}, "runs as root"),
        ("broker", {"healthcheck": None}, "tells whether it is healthy"),
        ("worker", {"secrets": ["nothing"]}, "secret nothing is not declared"),
        ("worker", {"networks": ["moon"]}, "network moon is not declared"),
        ("worker", {"depends_on": {"ghost": {}}}, "service ghost in depends_on"),
        ("odoo", {"volumes": ["data:/x"]}, "volume data is not declared"),
        ("worker", {"build": {"context": "..", "dockerfile": "docker/none"}}, "is missing"),
    ],
)
def test_breaches_are_named(compose, service, change, words):
    for key, value in change.items():
        if value is None:
            compose["services"][service].pop(key)
        else:
            compose["services"][service][key] = value
    assert any(sentence.startswith(f"{service}: ") and words in sentence for sentence in complaints(compose, FOLDER))


def test_a_secret_must_be_a_file(compose):
    compose["secrets"]["db_password"] = {"environment": "X"}
    assert complaints(compose, Path(FOLDER)) == ["The secret db_password is no file."]
