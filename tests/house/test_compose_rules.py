"""The rules for the compose file: ours keeps them, and each breach is named."""

import copy
import subprocess
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
        ("valkey", {"privileged": True}, "host's rights"),
        ("postgres", {"environment": {"POSTGRES_PASSWORD": "x"}}, "use a file"),
        ("postgres", {"user": "root"}, "runs as root"),
        ("rabbitmq", {"healthcheck": None}, "tells whether it is healthy"),
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


def test_what_scales_has_no_name_and_no_single_port(compose):
    """R-G9: --scale worker=3 and --scale odoo=3 find a name and a port for each."""
    for name in ("worker", "odoo"):
        service = compose["services"][name]
        assert "container_name" not in service
        for port in service.get("ports", []):
            default = port.replace("${PORT_OUR:-", "").replace("${PORT_OUR_WEBSOCKET:-", "").replace("}", "")
            assert "-" in default.split(":")[1], f"{name} can have one container only: {port}"


def test_either_broker_by_profile(compose):
    """R-G9: Valkey or RabbitMQ, under one name; the worker waits for the one that is there."""
    services = compose["services"]
    for name in ("valkey", "rabbitmq"):
        assert services[name]["profiles"] == [name]
        assert services[name]["networks"]["inside"]["aliases"] == ["broker"]
        assert services["worker"]["depends_on"][name] == {"condition": "service_healthy", "required": False}
    assert services["worker"]["environment"]["BROKER_KIND"] == "${COMPOSE_PROFILES:-valkey}"


@pytest.mark.parametrize(
    ("kind", "url"),
    [("valkey", "redis://:s3cret@broker:6379/0"), ("rabbitmq", "amqp://franchise:s3cret@broker:5672/")],
)
def test_the_workers_entry_makes_the_url(tmp_path, kind, url):
    """R-G9: by the profile, with the password of the file."""
    (tmp_path / "password").write_text("s3cret\n")
    program = tmp_path / "franchise-sync"
    program.write_text('#!/bin/sh\necho "$FRANCHISE_SYNC_BROKER_URL $1"\n')
    program.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "BROKER_KIND": kind, "BROKER_PASSWORD_FILE": str(tmp_path / "password")}
    done = subprocess.run(["/bin/sh", FOLDER / "worker/entrypoint.sh", "run"], env=env, capture_output=True, text=True)
    assert done.stdout == f"{url} run\n"
