"""Start a program that gets a signal when its parent dies: `deathsig.py PARENT_PID SIGNAL PROGRAM …`.

The kernel does it (PR_SET_PDEATHSIG), so it works even when the parent is killed with SIGKILL. The setting survives
exec but not a change of user, hence this small program directly before the real one.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    """Ask for the signal, check that the parent hasn't died in between, become the program."""
    parent, name, *command = argv
    number = signal.Signals[f"SIG{name}"].value
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0):
        sys.exit("prctl(PR_SET_PDEATHSIG) failed: this needs Linux.")
    if os.getppid() != int(parent):
        sys.exit("The process that wanted this one is gone.")
    os.execvp(command[0], command)


main(sys.argv[1:])
