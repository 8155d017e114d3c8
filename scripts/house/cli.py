"""The commands behind the shell files of scripts/."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import fields

from . import settings as settings_module
from .processes import Stopped
from .say import Trouble, note
from .settings import Settings


def main(argv: list[str]) -> int:
    """Run one command. Returns the exit code: 0 done, 1 trouble or failed checks, 2 wrong usage, 130 stopped."""
    commands: dict[str, Callable[[Settings, list[str]], int]] = {
        "setup": setup, "env": env, "demo": demo, "test": test, "lint": lint, "clean": clean,
        "access": access, "manual": manual, "i18n": i18n, "bench": bench,
    }  # fmt: skip
    if not argv or argv[0] not in commands:
        note(f"Name one of these commands: {', '.join(commands)}.")
        return 2
    try:
        return commands[argv[0]](settings_module.load(), argv[1:])
    except Trouble as trouble:
        note(f"\n{trouble}")
        return 1
    except (KeyboardInterrupt, Stopped):
        note("Stopped.")
        return 130


def setup(settings: Settings, arguments: list[str]) -> int:
    """`setup.sh [browser] [settings]`: fetch everything and make the stock database, start nothing."""
    from . import databases
    from .setup import prepare

    if unknown := set(arguments) - {"browser", "settings"}:
        note(f"Unknown: {', '.join(unknown)}. Usage: scripts/setup.sh [browser] [settings]")
        return 2
    if "settings" in arguments:
        for field in fields(settings):
            print(f"{field.name:15} {getattr(settings, field.name) or '(not set)'}")
        return 0
    tools = prepare(settings, browser="browser" in arguments)
    databases.ensure_seed(tools)
    note(f"Ready: Odoo {tools.tree.version}, {tools.venv.python}, PostgreSQL in {tools.pg_bindir}.")
    return 0


def env(settings: Settings, arguments: list[str]) -> int:
    """`env`: print the environment for running Odoo's Python by hand, as lines for `eval`."""
    import shlex

    from .setup import prepare

    tools = prepare(settings)
    for name in ("PATH", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "LD_LIBRARY_PATH", "FONTCONFIG_FILE"):
        if name in tools.env():
            print(f"export {name}={shlex.quote(tools.env()[name])}")
    print("unset PYTHONDONTWRITEBYTECODE")
    return 0


def demo(settings: Settings, arguments: list[str]) -> int:
    """`demo.sh [--once]`."""
    from . import demo as demo_module

    return demo_module.main(settings, arguments)


def test(settings: Settings, arguments: list[str]) -> int:
    """`test.sh [group …] [pytest arguments]`."""
    from . import testing

    return testing.main(settings, arguments)


def lint(settings: Settings, arguments: list[str]) -> int:
    """`lint.sh [--fix]`."""
    from . import linting

    return linting.main(settings, arguments)


def access(settings: Settings, arguments: list[str]) -> int:
    """`access.sh [--check]`."""
    from . import access as access_module

    return access_module.main(settings, arguments)


def manual(settings: Settings, arguments: list[str]) -> int:
    """`manual.sh`."""
    from . import manual as manual_module

    return manual_module.main(settings, arguments)


def bench(settings: Settings, arguments: list[str]) -> int:
    """`bench.sh NAME [--size N] [--runs N]`."""
    from . import bench as bench_module

    return bench_module.main(settings, arguments)


def i18n(settings: Settings, arguments: list[str]) -> int:
    """`i18n.sh [FILE …]`."""
    from . import translations

    return translations.main(settings, arguments)


def clean(settings: Settings, arguments: list[str]) -> int:
    """`clean.sh`."""
    from . import cleaning

    return cleaning.main(settings, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
