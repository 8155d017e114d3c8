"""The order of preparation: everything the other commands need, fetched once."""

from __future__ import annotations

from . import debs, postgres
from .odoo import Tools
from .odoo_tree import ensure_odoo
from .settings import Settings
from .venv import ensure_venv


def prepare(settings: Settings, *, browser: bool = False) -> Tools:
    """Fetch whatever is missing and return where it is. A second call takes a second or two."""
    settings.make_folders()
    venv = ensure_venv(settings)
    sysroot = debs.ensure_print_needs(settings)
    tree = ensure_odoo(settings, venv.packages)
    wkhtmltopdf = debs.ensure_wkhtmltopdf(settings)
    programs = [wkhtmltopdf.parent] if wkhtmltopdf else []
    if browser:
        programs.append(debs.ensure_chromium(settings).parent)
    return Tools(settings, venv, tree, sysroot, postgres.find_binaries(settings, venv), tuple(programs))
