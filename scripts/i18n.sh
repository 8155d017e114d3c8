#!/bin/sh
# Export the addons' terms (template and zh_CN) and say which lack a translation. `i18n.sh FILE …`: fill in from files
# with lines "English<TAB>中文" first.
set -eu
. "$(dirname -- "$0")/_house.sh"
house i18n "$@"
