# Sourced by the commands beside it: finds a Python and becomes `python -m house COMMAND …`.
# shellcheck shell=sh
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

python=${AFTERSALES_PYTHON:-}
if [ -z "$python" ]; then
    for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            break
        fi
    done
fi
if [ -z "$python" ]; then
    echo "Python 3.11 or newer is needed and was not found. Install python3, or set AFTERSALES_PYTHON to one." >&2
    exit 1
fi

house() {
    PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 exec "$python" -m house "$@"
}
