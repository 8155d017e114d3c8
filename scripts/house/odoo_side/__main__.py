"""`python -m house.odoo_side CONF TASKS RESULTS`: run tasks (JSON file) in databases, write what they return."""

from __future__ import annotations

import importlib
import json
import sys
import threading
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config


def main(conf: str, tasks: str, results: str) -> None:
    """Each task in a transaction of its own; the first error ends the process with its traceback."""
    config.parse_config(["-c", conf, "--no-http"], setup_logging=True)
    done = []
    for task in json.loads(Path(tasks).read_text()):
        module = importlib.import_module(f"house.odoo_side.{task['module']}")
        threading.current_thread().dbname = task["database"]
        with Registry(task["database"]).cursor() as cr:
            done.append(module.prepare(api.Environment(cr, SUPERUSER_ID, {}), task["data"]))
    Path(results).write_text(json.dumps(done))


main(*sys.argv[1:])
