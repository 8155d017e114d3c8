"""Make an unpacked odoo-19 package whole: fonts and scripts that it links to, and one file that it lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import odoo_tree
from .commands import clean_env
from .say import Trouble, note
from .settings import Settings

PACKAGE_FOLDER = Path("usr/lib/python3/dist-packages/odoo")
SELFIE = Path("addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js")
SELFIE_NPM = "@mediapipe/selfie_segmentation@0.1"
# Without this file every page of the web client logs an error, and Odoo's browser tests fail on any error.
SELFIE_STAND_IN = """\
// Stand-in for @mediapipe/selfie_segmentation, which Debian's odoo-19 leaves out.
// Only blurring the background of one's own camera in calls needs the real one.
window.SelfieSegmentation = class SelfieSegmentation {
    constructor() {
        throw new Error("Background blur is not installed: npm package @mediapipe/selfie_segmentation is missing.");
    }
};
"""


def complete(settings: Settings, deb: Path, folder: Path, web_assets: Path) -> None:
    """Resolve every link of the tree below `folder`. Raises Trouble when one stays dangling."""
    package = folder / PACKAGE_FOLDER
    if not package.is_dir():
        raise Trouble(f"{deb} has no {PACKAGE_FOLDER}: its layout is not the one known here. {odoo_tree.OTHER_WAYS}")
    odoo_tree.unpack_libraries(settings, deb, folder)
    font_awesome(package, web_assets)
    selfie(package)
    other_fonts(package, folder / "usr/share/fonts")
    if dangling := dangling_links(package):
        listed = "\n".join(f"    {path.relative_to(package)} -> {path.readlink()}" for path in dangling[:20])
        raise Trouble(
            f"{len(dangling)} links of the Odoo package lead nowhere, so pages would lack fonts or scripts:\n{listed}\n"
            f"Another version of the package may be whole. {odoo_tree.OTHER_WAYS}"
        )


def dangling_links(package: Path) -> list[Path]:
    """Links below a folder whose target does not exist."""
    found = []
    for folder, _subfolders, names in os.walk(package):  # rglob takes three times as long for 50,000 files
        found += [path for name in names if (path := Path(folder, name)).is_symlink() and not path.exists()]
    return sorted(found)


def font_awesome(package: Path, web_assets: Path) -> None:
    """Give the web client the Font Awesome its style sheet names: 4.7, from PyPI's xstatic-font-awesome.

    The Debian package links to fonts-font-awesome, which in sid is a later one without those files (and the links
    for woff and woff2 are crossed).
    """
    fonts = web_assets / "xstatic/pkg/font_awesome/data/fonts"
    if not fonts.is_dir():
        raise Trouble(f"{fonts} is missing, so icons would be. Run scripts/clean.sh and start again.")
    for link in (package / "addons/web/static").glob("*/**/fontawesome/fonts/*"):
        source = fonts / link.name
        if link.is_symlink() and source.exists():
            link.unlink()
            shutil.copyfile(source, link)


def other_fonts(package: Path, fonts: Path) -> None:
    """Point a link to the regular weight of the same family where the font package now names its files otherwise."""
    for link in dangling_links(package):
        if link.suffix in (".otf", ".ttf"):
            stem = link.readlink().stem.lower()
            wanted = (stem, f"{stem}-regular")
            match = next((path for path in sorted(fonts.rglob(f"*{link.suffix}")) if path.stem.lower() in wanted), None)
            if match:
                link.unlink()
                link.symlink_to(os.path.relpath(match, link.parent))


def selfie(package: Path) -> None:
    """Add the script that Debian leaves out: from npm where npm is at hand, else a stand-in that says what is missing."""
    target = package / SELFIE
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if shutil.which("npm") and _from_npm(target):
        return
    note("  npm is not at hand: calls in the web client will not offer to blur the background; nothing else needs it.")
    target.write_text(SELFIE_STAND_IN)


def _from_npm(target: Path) -> bool:
    """Take the file from its npm package; False when npm can't reach it."""
    with tempfile.TemporaryDirectory() as work:
        try:
            subprocess.run(
                ["npm", "pack", "--silent", SELFIE_NPM], cwd=work, capture_output=True, env=clean_env(), timeout=90,
                check=True, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            archive = next(Path(work).glob("*.tgz"))
            subprocess.run(["tar", "-xzf", archive, f"package/{target.name}"], cwd=work, check=True)
        except (subprocess.SubprocessError, StopIteration, OSError):
            return False
        shutil.copyfile(Path(work, "package", target.name), target)
    return True
