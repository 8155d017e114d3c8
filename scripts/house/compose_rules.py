"""Check docker/compose.yaml without an engine: references resolve, services are hardened, no secret is in clear."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

SECRET_NAME = re.compile(r"PASSWORD|SECRET|_KEY|TOKEN")


def complaints(compose: dict[str, Any], folder: Path) -> list[str]:
    """Everything that is wrong, as sentences."""
    found = []
    for name, service in compose.get("services", {}).items():
        found += [f"{name}: {sentence}" for sentence in _service(service, compose, folder)]
    found += [
        f"The secret {name} is no file." for name, secret in compose.get("secrets", {}).items() if "file" not in secret
    ]
    return found


def _service(service: dict[str, Any], compose: dict[str, Any], folder: Path) -> list[str]:
    found = []
    image = service.get("image", "")
    default = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", image)
    if ":" not in default or default.endswith(":latest"):
        found.append(f"the image '{image}' has no fixed tag.")
    if service.get("read_only") is not True:
        found.append("the file system is writable; set read_only: true and name tmpfs folders.")
    if service.get("cap_drop") != ["ALL"]:
        found.append("capabilities are kept; set cap_drop: [ALL].")
    if "no-new-privileges:true" not in service.get("security_opt", []):
        found.append("set security_opt: no-new-privileges:true.")
    if service.get("privileged") or service.get("network_mode") == "host":
        found.append("it has the host's rights.")
    found += [
        f"port {port} is published to everybody; begin it with 127.0.0.1:."
        for port in service.get("ports", [])
        if not str(port).startswith("127.0.0.1:")
    ]
    found += [
        f"{variable} holds a secret; use a file ({variable}_FILE) and a Docker secret."
        for variable in service.get("environment", {})
        if SECRET_NAME.search(variable) and not variable.endswith(("_FILE", "_DIR"))
    ]
    build = service.get("build")
    if build:
        dockerfile = folder / build["context"] / build["dockerfile"]
        if not dockerfile.is_file():
            found.append(f"{build['dockerfile']} is missing.")
        elif "HEALTHCHECK" not in dockerfile.read_text() and "healthcheck" not in service:
            found.append("nothing tells whether it is healthy.")
        elif not re.search(r"^USER (?!root)", dockerfile.read_text().split("FROM")[-1], re.MULTILINE):
            found.append("it runs as root; end the Dockerfile with another USER.")
    else:
        if "healthcheck" not in service:
            found.append("nothing tells whether it is healthy.")
        if service.get("user") in (None, "root", "0"):
            found.append("it runs as root; set user:.")
    return found + _references(service, compose)


def _references(service: dict[str, Any], compose: dict[str, Any]) -> list[str]:
    found = [
        f"the {kind[:-1]} {name} is not declared."
        for kind in ("secrets", "networks")
        for name in service.get(kind, [])
        if name not in compose.get(kind, {})
    ]
    found += [
        f"the service {name} in depends_on does not exist."
        for name in service.get("depends_on", {})
        if name not in compose["services"]
    ]
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if not source.startswith((".", "/")) and source not in compose.get("volumes", {}):
            found.append(f"the volume {source} is not declared.")
    return found


def main(path: str) -> int:
    """Check one file; also by the Docker client, when it knows compose."""
    file = Path(path)
    found = complaints(yaml.safe_load(file.read_text(encoding="utf-8")), file.parent)
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0:
        done = subprocess.run([docker, "compose", "-f", path, "config", "--quiet"], capture_output=True, text=True)
        found += [done.stderr.strip()] if done.returncode else []
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
