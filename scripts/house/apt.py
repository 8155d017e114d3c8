"""Debian and Ubuntu packages as files, without root: apt with its lists and its cache in a folder of ours.

apt checks every signature as always; nothing on the machine is changed. Sources are the machine's own, or one that
we name (Debian's sid, for odoo-19).
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from pathlib import Path

from .commands import clean_env, output, run
from .once import locked
from .say import Trouble
from .settings import Settings

LISTS_GOOD_FOR = 24 * 3600  # seconds before package lists are fetched again
MIRROR_TEMPLATE = "usr/share/python-apt/templates/Debian.info"  # of the package python-apt-common
KEYRINGS = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")


class Apt:
    """apt-get with an own configuration. `source` is a sources.list text; None means the machine's own sources."""

    def __init__(self, settings: Settings, name: str, source: str | None = None) -> None:
        if not shutil.which("apt-get"):
            raise Trouble(
                "This machine has no apt-get. Install what is missing by its own means: see 'Without apt' in the README."
            )
        self.folder = settings.cache / "apt" / name
        self.log = settings.log / "apt.log"
        self.source = source
        self.conf = self.folder / "apt.conf"
        self.archives = self.folder / "cache" / "archives"
        for part in ("state/lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self._write_conf()

    def _write_conf(self) -> None:
        lines = [
            f'Dir::State "{self.folder}/state";',
            f'Dir::State::lists "{self.folder}/state/lists";',
            f'Dir::Cache "{self.folder}/cache";',
            f'Dir::Cache::archives "{self.archives}";',
            'Debug::NoLocking "true";',  # the lock files would be root's; ours is taken in update() and fetch()
            'APT::Sandbox::User "";',  # the user _apt cannot enter a private folder
            'APT::Install-Recommends "false";',
            'Acquire::Languages "none";',
            'Acquire::Retries "3";',
            'Binary::apt::APT::Keep-Downloaded-Packages "true";',
            # Hooks of the desktop would fail without root.
            "#clear APT::Update::Post-Invoke;",
            "#clear APT::Update::Post-Invoke-Success;",
            "#clear APT::Update::Pre-Invoke;",
            "#clear DPkg::Post-Invoke;",
            "#clear DPkg::Pre-Install-Pkgs;",
        ]
        if self.source is None:
            lines.append('Dir::State::status "/var/lib/dpkg/status";')
        else:
            status = self.folder / "status"
            status.touch()
            (self.folder / "sources.list").write_text(self.source)
            lines += [
                f'Dir::State::status "{status}";',
                f'Dir::Etc::SourceList "{self.folder}/sources.list";',
                'Dir::Etc::SourceParts "/dev/null";',
                'Dir::Etc::Preferences "/dev/null";',
                'Dir::Etc::PreferencesParts "/dev/null";',
            ]
        self.conf.write_text("\n".join(lines) + "\n")

    def update(self, *, even_if_recent: bool = False) -> None:
        """Fetch the package lists, unless they are recent."""
        stamp = self.folder / "updated"
        with locked(self.folder / "update.lock", "the package lists"):
            recent = stamp.exists() and time.time() - stamp.stat().st_mtime < LISTS_GOOD_FOR
            if recent and not even_if_recent and stamp.read_text() == (self.source or ""):
                return
            run(
                ["apt-get", "-c", self.conf, "-q", "-o", "APT::Update::Error-Mode=any", "update"],
                log=self.log,
                env=clean_env(),
                what="Fetching the package lists",
                advice="Check the network and the apt sources (DEBIAN_MIRROR names another mirror of Debian).",
            )
            stamp.write_text(self.source or "")

    def candidate(self, package: str) -> str | None:
        """The version that would be taken, or None when the sources don't have the package."""
        text = output(["apt-cache", "-c", self.conf, "policy", package])
        found = re.search(r"Candidate: (\S+)", text)
        return None if not found or found[1] == "(none)" else found[1]

    def download(self, packages: list[str], into: Path) -> list[Path]:
        """Download just these packages (newest version) into a folder; returns the files."""
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into) as work:
            run(
                ["apt-get", "-c", self.conf, "-q", "download", *packages], log=self.log, cwd=Path(work),
                what=f"Downloading {', '.join(packages)}", advice="Check the network, then start again.",
            )  # fmt: skip
            return [deb.rename(into / deb.name) for deb in Path(work).glob("*.deb")]

    def closure(self, packages: list[str]) -> list[Path]:
        """Download these packages and whatever they need that the machine has not installed; returns the files."""
        with locked(self.folder / "closure.lock", "the downloads"):
            command = ["apt-get", "-c", self.conf, "-q", "-y", "--download-only", "install", *packages]
            # What an interrupted run left in the archives would not be named.
            empty = self.folder / "nothing-yet"
            (empty / "partial").mkdir(parents=True, exist_ok=True)
            uris = output([*command, "--print-uris", "-o", f"Dir::Cache::archives={empty}"])
            run(
                command, log=self.log, what=f"Downloading {', '.join(packages)}",
                advice="Check the network and the apt sources, then start again.",
            )  # fmt: skip
        names = re.findall(r"^'[^']+' (\S+\.deb) ", uris, flags=re.MULTILINE)
        return [self.archives / name for name in names]


def machine_apt(settings: Settings) -> Apt:
    """The machine's own sources."""
    return Apt(settings, "machine")


def os_release() -> dict[str, str]:
    """/etc/os-release as a dictionary."""
    text = Path("/etc/os-release").read_text() if Path("/etc/os-release").exists() else ""
    return {key: value.strip('"') for key, value in re.findall(r"^(\w+)=(.*)$", text, flags=re.MULTILINE)}


def debian_mirror(settings: Settings, machine: Apt) -> str:
    """Base address of a Debian mirror: the setting, else the machine's own, else the one that apt's own templates name."""
    if settings.debian_mirror:
        return settings.debian_mirror.rstrip("/")
    release = os_release()
    if release.get("ID") == "debian":
        text = output(["apt-get", "-c", machine.conf, "update", "--print-uris"])
        for uri, suite in re.findall(r"^'(\S+)/dists/([^/']+)/(?:InRelease|Release)'", text, flags=re.MULTILINE):
            if suite in (release.get("VERSION_CODENAME"), "stable", "testing", "unstable", "sid"):
                return uri
    return _template_mirror(settings, machine)


def _template_mirror(settings: Settings, machine: Apt) -> str:
    """Debian's mirror for sid as a package of the machine's (signed) distribution names it."""
    folder = settings.cache / "mirror"
    path = next((path for path in (Path("/") / MIRROR_TEMPLATE, folder / MIRROR_TEMPLATE) if path.exists()), None)
    if path is None:
        machine.update()
        if machine.candidate("python-apt-common"):
            for deb in machine.download(["python-apt-common"], settings.cache / "debs"):
                unpack(deb, folder, settings.log / "apt.log")
        path = folder / MIRROR_TEMPLATE
    text = path.read_text() if path.exists() else ""
    found = re.search(r"^Suite: sid\n(?:\S.*\n)*?BaseURI: (\S+)", text, flags=re.MULTILINE)
    if not found:
        raise Trouble(
            "No Debian mirror is known here. Set DEBIAN_MIRROR to one, or ODOO_HOME (an unpacked Odoo 19) or ODOO_DEB "
            "(a local odoo-19 package file)."
        )
    # Signatures are checked whatever the way; a small machine may lack the certificates for https.
    return re.sub(r"^https:", "http:", found[1]).rstrip("/")


def debian_keyring(settings: Settings, machine: Apt) -> Path:
    """Debian's archive keyring: the machine's, else the one packaged by the machine's (signed) distribution."""
    for name in KEYRINGS:
        path = Path("/usr/share/keyrings", name)
        if path.exists():
            return path
    folder = settings.cache / "keyring"
    for name in KEYRINGS:
        if (folder / "usr/share/keyrings" / name).exists():
            return folder / "usr/share/keyrings" / name
    machine.update()
    if not machine.candidate("debian-archive-keyring"):
        raise Trouble(
            "Debian's archive keyring is missing, so the signature of odoo-19 could not be checked. Install the package "
            "debian-archive-keyring, or set ODOO_HOME (an unpacked Odoo 19) or ODOO_DEB (a local odoo-19 package file)."
        )
    for deb in machine.download(["debian-archive-keyring"], settings.cache / "debs"):
        unpack(deb, folder, settings.log / "apt.log")
    return debian_keyring(settings, machine)


def suite_apt(settings: Settings) -> Apt:
    """Debian's sid (or DEBIAN_SUITE), signature checked with Debian's keyring."""
    machine = machine_apt(settings)
    mirror = debian_mirror(settings, machine)
    keyring = debian_keyring(settings, machine)
    return Apt(settings, settings.debian_suite, f"deb [signed-by={keyring}] {mirror} {settings.debian_suite} main\n")


def unpack(deb: Path, into: Path, log: Path) -> None:
    """Unpack a package's files below a folder (no scripts of the package are run)."""
    into.mkdir(parents=True, exist_ok=True)
    run(["dpkg-deb", "-x", deb, into], log=log, what=f"Unpacking {deb.name}", advice="Is the disk full?")
