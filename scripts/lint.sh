#!/bin/sh
# Check style and what Odoo 19 drops silently. `--fix`: repair what can be repaired.
set -eu
. "$(dirname -- "$0")/_house.sh"
house lint "$@"
