"""A real OpenSSH server for tests: SFTP only, on the loopback interface, as this very user, below a folder of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .debs import Sysroot
from .say import Trouble
from .settings import Settings

PACKAGE = "openssh-server"
# sshd takes uid 0 for a machine's own server, which wants a user `sshd` and /run/sshd. In a user namespace root is this
# user, whom every Debian knows, and files stay root's.
OTHER_USER, OTHER_ID = "nobody", 65534

CONFIG = """Port {port}
ListenAddress 127.0.0.1
HostKey {host_key}
AuthorizedKeysFile {authorized}
PidFile {folder}/sshd.pid
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowAgentForwarding no
AllowTcpForwarding no
X11Forwarding no
PermitTunnel no
PermitTTY no
UseDNS no
MaxStartups 100
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d {root}
"""


def ensure_sshd(settings: Settings) -> Path:
    """The machine's own sshd, else Debian's openssh-server unpacked beside the machine."""
    if found := shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"):
        return Path(found)
    sysroot = Sysroot(settings)
    sysroot.add([PACKAGE], "an SFTP server for tests")
    return sysroot.root / "usr/sbin/sshd"


def library_path(settings: Settings) -> str:
    """LD_LIBRARY_PATH with which an unpacked sshd finds its libraries."""
    return ":".join(map(str, Sysroot(settings).libraries()))


def as_login() -> tuple[list[str], str]:
    """(what to put before sshd, the one user who can log in): a server that is not root's serves its own user only."""
    if os.getuid() != 0:
        return [], getpass.getuser()
    command = ["unshare", "-U", f"--map-user={OTHER_ID}", f"--map-group={OTHER_ID}"]
    if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0:
        return command, OTHER_USER
    raise Trouble("sshd as root needs user namespaces here (unshare, package util-linux). Run as an ordinary user.")


def write_config(folder: Path, port: int, host_key: Path, authorized: Path, root: Path) -> Path:
    """Write sshd_config into `folder`; `root` is where a session begins (no chroot: that takes a real root)."""
    config = folder / "sshd_config"
    config.write_text(
        CONFIG.format(folder=folder, port=port, host_key=host_key, authorized=authorized, root=root), encoding="utf-8"
    )
    return config


def command(sshd: Path, config: Path, prefix: Sequence[str]) -> list[str]:
    """Command line that runs the server in the foreground, its log on standard error."""
    return [*prefix, str(sshd), "-D", "-e", "-f", str(config)]
