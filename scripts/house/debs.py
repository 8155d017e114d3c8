"""Libraries, fonts and programs of Debian packages, unpacked beside the machine instead of installed into it.

One folder, the sysroot, takes them all. `Sysroot.env()` is what a program needs to find them.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
from pathlib import Path

from .apt import machine_apt, unpack
from .once import locked
from .say import Trouble, note, step
from .settings import Settings

# WeasyPrint opens these by name; one of each line's libraries present on the machine is enough.
LIBRARIES = {
    "libpango-1.0-0": "pango-1.0",
    "libpangoft2-1.0-0": "pangoft2-1.0",
    "libharfbuzz0b": "harfbuzz",
    "libharfbuzz-subset0": "harfbuzz-subset",
    "libfontconfig1": "fontconfig",
    "fontconfig-config": "fontconfig",
    "libmagic1": "magic",
}
CJK_FONTS = "fonts-noto-cjk"
CJK_FILE = "NotoSansCJK-Regular.ttc"
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))

FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <include ignore_missing="yes">{root}/etc/fonts/conf.d</include>
  <dir>/usr/share/fonts</dir>
  <dir>{root}/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


class Sysroot:
    """The folder with unpacked packages, and how to run programs with it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.root = settings.cache / "sysroot"
        self.log = settings.log / "apt.log"
        self.fonts_conf = settings.cache / "fonts" / "fonts.conf"

    def add(self, packages: list[str], what: str) -> None:
        """Unpack these packages, with what they need and the machine lacks. Done once per package name."""
        have = self.root / ".packages"
        with locked(self.settings.cache / "sysroot.lock", "the unpacked packages"):
            have.mkdir(parents=True, exist_ok=True)
            missing = [name for name in packages if not (have / name).exists()]
            if not missing:
                return
            with step(f"Getting {what}: {', '.join(missing)}"):
                apt = machine_apt(self.settings)
                apt.update()
                unknown = [name for name in missing if not apt.candidate(name)]
                if unknown:
                    raise Trouble(
                        f"The machine's apt sources have no package {', '.join(unknown)}, needed for {what}. "
                        "Enable the distribution's main (Ubuntu: also universe) section and start again."
                    )
                for deb in apt.closure(missing):
                    unpack(deb, self.root, self.log)
                    deb.unlink()
                for name in missing:
                    (have / name).touch()

    def libraries(self) -> list[Path]:
        """Folders with shared libraries in the sysroot."""
        found = []
        for base in (self.root / "usr/lib", self.root / "lib"):
            for folder in (*sorted(base.glob("*-linux-gnu*")), base):
                # Some packages keep private libraries one level down, and name that place by its absolute path.
                private = [path for path in sorted(folder.glob("*/")) if any(path.glob("lib*.so*"))]
                found += [folder, *private] if folder.is_dir() else []
        return found

    def env(self) -> dict[str, str]:
        """Environment variables for programs that use the sysroot."""
        env = {"FONTCONFIG_FILE": str(self.fonts_conf)}
        if self.root.is_dir():
            paths = [str(path) for path in self.libraries()]
            old = os.environ.get("LD_LIBRARY_PATH")
            env["LD_LIBRARY_PATH"] = ":".join([*paths, *([old] if old else [])])
            env["PATH"] = ":".join([os.environ.get("PATH", ""), str(self.root / "usr/bin")])
            magic = self.root / "usr/lib/file/magic.mgc"
            if magic.exists():
                env["MAGIC"] = str(magic)
        return env

    def write_fonts_conf(self) -> None:
        """Tell fontconfig of the sysroot's fonts, beside the machine's."""
        text = FONTS_CONF.format(root=self.root, cache=self.fonts_conf.parent / "cache")
        self.fonts_conf.parent.mkdir(parents=True, exist_ok=True)
        if not self.fonts_conf.exists() or self.fonts_conf.read_text() != text:
            self.fonts_conf.write_text(text)


def ensure_print_needs(settings: Settings) -> Sysroot:
    """What PDF statements need: pango, harfbuzz, fontconfig, a CJK font. The machine's own are used when there."""
    sysroot = Sysroot(settings)
    sysroot.write_fonts_conf()
    packages = sorted(name for name, library in LIBRARIES.items() if not ctypes.util.find_library(library))
    if not any(next(folder.rglob(CJK_FILE), None) for folder in FONT_FOLDERS if folder.is_dir()):
        packages.append(CJK_FONTS)
    if packages:
        sysroot.add(_names_here(settings, packages), "what PDF statements need")
    return sysroot


def _names_here(settings: Settings, packages: list[str]) -> list[str]:
    """Ubuntu and Debian 13 renamed libraries for 64-bit time (libmagic1 → libmagic1t64)."""
    have = Sysroot(settings).root / ".packages"
    names = []
    for name in packages:
        renamed = f"{name}t64"
        if (have / name).exists() or (have / renamed).exists():
            continue
        apt = machine_apt(settings)
        apt.update()
        names.append(renamed if not apt.candidate(name) and apt.candidate(renamed) else name)
    return names


def ensure_wkhtmltopdf(settings: Settings) -> Path | None:
    """wkhtmltopdf for Odoo's own reports: the machine's, else the suite's, else None (Debian 13 dropped it)."""
    if found := shutil.which("wkhtmltopdf"):
        return Path(found)
    sysroot = Sysroot(settings)
    program = sysroot.root / "usr/bin/wkhtmltopdf"
    if not program.exists():
        apt = machine_apt(settings)
        apt.update()
        if not apt.candidate("wkhtmltopdf"):
            note("  This suite has no wkhtmltopdf: Odoo's own PDF reports are off; our statements don't need it.")
            return None
        sysroot.add(["wkhtmltopdf"], "Odoo's own PDF reports")
    return program


def ensure_chromium(settings: Settings) -> Path:
    """A browser for tours and pictures: the machine's Chromium or Chrome, else the suite's chromium in the sysroot."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    sysroot = Sysroot(settings)
    sysroot.write_fonts_conf()
    sysroot.add(["chromium"], "a browser")
    browser = sysroot.root / "usr/lib/chromium/chromium"
    if not browser.exists():  # Ubuntu's package only points to a snap
        raise Trouble(
            "The suite's chromium package holds no browser. Install Chromium or Chrome by the machine's means."
        )
    wrapper = settings.cache / "bin" / "chromium"
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    exports = "".join(f"export {name}='{value}'\n" for name, value in sysroot.env().items() if name != "PATH")
    wrapper.write_text(f"#!/bin/sh\n{exports}exec '{browser}' \"$@\"\n")
    wrapper.chmod(0o755)
    return wrapper
