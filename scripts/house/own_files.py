"""A pytest plugin: each process of a distributed run keeps Odoo's files apart.

pytest-odoo clones the database for each process but lets them share one folder of files. Two tests that write the same
content at the same moment then meet: the second finds the file there and reads it before the first has filled it.
"""

import contextlib
import os
import shutil
from pathlib import Path

import odoo.tools
import pytest_odoo


@contextlib.contextmanager
def own_filestore(original_db_name, db_name):
    """Give a cloned database a folder of its own, linked from the original's: Odoo never changes a file it has written."""
    files = Path(odoo.tools.config["data_dir"], "filestore")
    if original_db_name == db_name:
        yield
        return
    shutil.rmtree(files / db_name, ignore_errors=True)
    if (files / original_db_name).is_dir():
        shutil.copytree(files / original_db_name, files / db_name, copy_function=os.link)
    yield
    shutil.rmtree(files / db_name, ignore_errors=True)


pytest_odoo._shared_filestore = own_filestore
