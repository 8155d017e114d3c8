"""Odoo 19 itself: from ODOO_HOME, from ODOO_DEB, or the newest odoo-19 of Debian's sid. Never copied into the repo."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import odoo_assets
from .apt import machine_apt, suite_apt, unpack
from .commands import output
from .once import DONE, built, key_of, locked, remove_tree
from .say import Trouble, note, step
from .settings import Settings

PACKAGE = "odoo-19"
LAYOUT = "1"  # raise when unpacking changes, so that trees in caches are made anew
OTHER_WAYS = (
    "Set ODOO_HOME to a folder that holds the Python package 'odoo' of Odoo 19 (a source checkout, an unpacked package), "
    "or ODOO_DEB to a local odoo-19 package file."
)
# Left out: translations other than Chinese (850 MB), and a second copy of the addons' Python files.
LEFT_OUT = (
    "--anchored", "--exclude=./usr/lib/python3/dist-packages/addons", "--exclude=./usr/lib/python3/dist-packages/doc",
    "--exclude=./usr/lib/python3/dist-packages/setup", "--exclude=./etc",
    "--no-anchored", "--wildcards", "--exclude=*/i18n/[a-y]*.po",
)  # fmt: skip


@dataclass(frozen=True)
class OdooTree:
    """An Odoo 19 that can be imported when `path` is on PYTHONPATH."""

    path: Path
    version: str
    addons: tuple[Path, ...] = ()
    """Folders for --addons-path beside the one inside the package (a source checkout has one)."""

    @property
    def key(self) -> str:
        """Changes with the version (and the place, when it isn't ours)."""
        return key_of(self.version, str(self.path))


def ensure_odoo(settings: Settings, web_assets: Path) -> OdooTree:
    """Return an Odoo 19, fetching and unpacking it when needed. `web_assets`: site-packages with Font Awesome 4.7."""
    if settings.odoo_home:
        return _given(settings, settings.odoo_home, "ODOO_HOME")
    if not settings.odoo_deb and (importable := _importable()):
        return _given(settings, importable, "The machine's Python")
    if settings.odoo_deb:
        return _unpacked(settings, settings.odoo_deb, web_assets)
    kept = sorted(settings.cache.glob(f"odoo-*-layout{LAYOUT}/{DONE}"), key=lambda path: path.stat().st_mtime)
    if kept and not settings.odoo_refresh:
        return _tree(kept[-1].parent)
    with locked(settings.cache / "odoo-fetch.lock", "the download of Odoo"):
        return _unpacked(settings, _fetch(settings), web_assets)


def release_of(package: Path) -> str | None:
    """Version text of the Odoo whose package folder (…/odoo) is given, e.g. '19.0'; None if it is none."""
    release = package / "release.py"
    if not release.is_file():
        return None
    found = re.search(r"^version_info\s*=\s*\((\d+)\s*,\s*(\d+)", release.read_text(encoding="utf-8"), re.MULTILINE)
    return f"{found[1]}.{found[2]}" if found else None


def _given(settings: Settings, folder: Path, source: str) -> OdooTree:
    """An Odoo that is on the machine: shown to our Python through a link, so that nothing else beside it is."""
    places = [folder, folder / "usr/lib/python3/dist-packages", folder.parent if folder.name == "odoo" else folder]
    for place in places:
        version = release_of(place / "odoo")
        if version:
            break
    else:
        raise Trouble(f"{source} is {folder}, and no Odoo package is in it (no odoo/release.py). {OTHER_WAYS}")
    if not version.startswith("19."):
        raise Trouble(f"{source} is {folder}, which holds Odoo {version}, and Odoo 19 is needed. {OTHER_WAYS}")
    shown = settings.home / "odoo-path"
    link = shown / "odoo"
    shown.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() or link.readlink() != place / "odoo":
        remove_tree(link)
        link.symlink_to(place / "odoo")
    beside = place / "addons"
    extra = (beside,) if (beside / "web").is_dir() and not (place / "odoo/addons/web").is_dir() else ()
    return OdooTree(shown, f"{version} at {place}", extra)


def _importable() -> Path | None:
    """Folder of an Odoo 19 that the machine's own Python can import, e.g. in the official image."""
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")
    if not python:
        return None
    code = "import odoo.release as r, pathlib; print(pathlib.Path(r.__file__).parents[1]); print(r.version_info[0])"
    done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True)
    lines = done.stdout.split("\n")
    return Path(lines[0]) if done.returncode == 0 and lines[1:2] == ["19"] else None


def _fetch(settings: Settings) -> Path:
    """Download the newest odoo-19 of the suite; returns the package file."""
    with step(f"Fetching Odoo 19 ({PACKAGE} of Debian's {settings.debian_suite}, signature checked)"):
        apt = suite_apt(settings)
        apt.update(even_if_recent=settings.odoo_refresh)
        version = apt.candidate(PACKAGE)
        if not version:
            raise Trouble(
                f"Debian's suite {settings.debian_suite} no longer has the package {PACKAGE}. {OTHER_WAYS} "
                "DEBIAN_SUITE names another suite to look in."
            )
        (deb,) = apt.download([PACKAGE], settings.cache / "debs")
    return deb


def _unpacked(settings: Settings, deb: Path, web_assets: Path) -> OdooTree:
    """Unpack a package file once, make it whole, and drop the file if it is the one we fetched."""
    version = output(["dpkg-deb", "-f", deb, "Version"]).strip()
    if not version.startswith("19."):
        raise Trouble(f"{deb} holds Odoo {version or 'of an unknown version'}, and Odoo 19 is needed. {OTHER_WAYS}")

    def make(folder: Path) -> None:
        with step(f"Unpacking Odoo {version}"):
            _untar(deb, folder)
            odoo_assets.complete(settings, deb, folder, web_assets)

    folder = built(settings.cache, "odoo", f"{_file_name(version)}-layout{LAYOUT}", make)
    if deb.is_relative_to(settings.cache):
        deb.unlink(missing_ok=True)
    return _tree(folder)


def _file_name(version: str) -> str:
    return re.sub(r"[^0-9A-Za-z.+]+", "_", version)


def _tree(folder: Path) -> OdooTree:
    return OdooTree(folder / "usr/lib/python3/dist-packages", folder.name.removeprefix("odoo-"))


def _untar(deb: Path, folder: Path) -> None:
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as source:
        target = subprocess.run(["tar", "-x", "-C", folder, "--no-same-owner", *LEFT_OUT], stdin=source.stdout)
    if source.returncode or target.returncode:
        raise Trouble(f"Unpacking {deb} failed. Is the disk full ({shutil.disk_usage(folder).free >> 20} MB free)?")


def libraries_of(deb: Path) -> list[str]:
    """Font and script packages that the Odoo package depends on: targets of links in its web folders."""
    depends = output(["dpkg-deb", "-f", deb, "Depends"])
    names = [entry.split("|")[0].split("(")[0].strip() for entry in depends.split(",")]
    return [name for name in names if name.startswith(("fonts-", "libjs-"))]


def unpack_libraries(settings: Settings, deb: Path, folder: Path) -> None:
    """Put those packages into the same tree, from sid, or from the machine's own suite when sid is out of reach."""
    names = libraries_of(deb)
    files = settings.cache / "debs"
    try:
        apt = suite_apt(settings)
        apt.update()
        found = apt.download(names, files)
    except Trouble as trouble:
        note(f"  {trouble}\n  Taking fonts and scripts from this machine's own suite instead.")
        apt = machine_apt(settings)
        apt.update()
        found = apt.download([name for name in names if apt.candidate(name)], files)
    for file in found:
        unpack(file, folder, settings.log / "apt.log")
        os.unlink(file)
