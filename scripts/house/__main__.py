"""`python3 -m house COMMAND …`: what the shell files in scripts/ call."""

from __future__ import annotations

import sys

from .cli import main

sys.exit(main(sys.argv[1:]))
