#!/bin/sh
# Write access rights, record rules and docs/access.md from the one table, addons/franchise_aftersales/security/access.py.
set -eu
. "$(dirname -- "$0")/_house.sh"
house access "$@"
