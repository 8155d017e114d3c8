"""R-G2, R-G4: files to a supplier over a real OpenSSH server arrive once and whole, or not at all."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from worker_sftp import SftpServer, message, new_key, sftp_server

from franchise_sync.erp.port import Message, Outcome
from franchise_sync.errors import AuthenticationError, ConfigurationError, ForbiddenTarget, TransientError
from franchise_sync.suppliers.port import Delivery
from franchise_sync.suppliers.sftp import SftpConnector
from franchise_sync.suppliers.sftp_mailbox import Different
from franchise_sync.suppliers.sftp_session import LOST
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import TargetPolicy

#: Runs a send in a process of its own that kills itself at one step.
KILLED = """
import os, signal, sys
sys.path[:0] = sys.argv[3].split(":")
from worker_sftp import LOOPBACK, message
from franchise_sync.erp.port import Endpoint
from franchise_sync.suppliers.port import ConnectorContext
from franchise_sync.suppliers.sftp import SftpConnector
from franchise_sync.suppliers.sftp_mailbox import Mailbox
from franchise_sync.transport.deadline import Deadline
import json
facts = json.loads(sys.stdin.read())
step, when = sys.argv[1], sys.argv[2]
real = getattr(Mailbox, step)
def killed(self, *args):
    if when == "after":
        real(self, *args)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(Mailbox, step, killed)
connector = SftpConnector(Endpoint(**facts["endpoint"]), ConnectorContext(secret=facts["secret"], policy=LOOPBACK))
connector.send([message(uuid=facts["uuid"])], Deadline(20))
"""


@pytest.fixture
def server() -> Iterator[SftpServer]:
    with sftp_server() as made:
        yield made


def send(connector: SftpConnector, *messages: Message) -> list[Delivery]:
    return connector.send(messages, Deadline(20))


def parts(server: SftpServer) -> list[str]:
    return [name for name in server.files() if name.endswith(".part")]


def test_a_message_becomes_one_file_with_a_name_made_of_its_key(server: SftpServer) -> None:
    """R-G2: the file holds the lines, exactly; no part is left."""
    sent = message()
    [delivery] = send(server.connector(), sent)
    assert delivery.outcome is Outcome.ACK
    assert server.files() == [f"claim_submitted-{sent.uuid}.csv"]
    assert delivery.remote_ref == f"out/claim_submitted-{sent.uuid}.csv"
    with (server.root / delivery.remote_ref).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    lines = [dict(zip(rows[0], row, strict=True)) for row in rows[1:-1]]
    assert [(line["key"], line["line_amount"]) for line in lines] == [("1", "200.10"), ("2", "90.00")]
    assert {line["sha256"] for line in lines} == {sent.sha256}
    assert lines[0]["reason"] == "Broken <b>& wet</b>\nsecond line"
    assert rows[-1] == ["end", "2"]


def test_three_times_is_one_file(server: SftpServer) -> None:
    """R-G4: by new processes' connectors, too, and the file is not even touched."""
    sent = message()
    [first] = send(server.connector(), sent)
    before = (server.root / first.remote_ref).stat()
    again = [send(server.connector(), replace(sent, attempt=attempt))[0] for attempt in (2, 3)]
    assert {d.outcome for d in again} == {Outcome.ACK}
    assert {d.remote_ref for d in again} == {first.remote_ref}
    after = (server.root / first.remote_ref).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert len(server.files()) == 1


def test_a_file_that_was_taken_away_is_not_made_again(server: SftpServer) -> None:
    """R-G4: the supplier's program reads and removes it; the second send doesn't double the claim."""
    sent = message()
    connector = server.connector()
    [first] = send(connector, sent)
    (server.root / first.remote_ref).unlink()
    [second] = send(connector, replace(sent, attempt=2))
    assert second.outcome is Outcome.ACK
    assert "taken since" in second.detail
    assert server.files() == []
    assert dict(connector.ask([sent.uuid], Deadline(10))) == {sent.uuid: first.remote_ref}
    assert connector.facts([sent.uuid], Deadline(10))[sent.uuid].sha256 == sent.sha256


def test_other_content_under_the_name_is_parked(server: SftpServer) -> None:
    """R-G4: same hash is success, another hash is for a human; nothing is overwritten."""
    sent = message()
    foreign = server.root / "out" / f"claim_submitted-{sent.uuid}.csv"
    foreign.write_text("something else")
    [delivery] = send(server.connector(), sent)
    assert delivery.outcome is Outcome.UNKNOWN
    assert "another content" in delivery.detail
    assert foreign.read_text() == "something else"


def test_the_same_content_under_the_name_is_success(server: SftpServer) -> None:
    """R-G4: also when the receipts are lost."""
    sent = message()
    [first] = send(server.connector(), sent)
    (server.root / "sent" / f"{sent.uuid}.json").unlink()
    [second] = send(server.connector(), sent)
    assert (second.outcome, second.remote_ref) == (Outcome.ACK, first.remote_ref)
    assert "already" in second.detail


def test_changed_content_under_the_same_key_is_parked(server: SftpServer) -> None:
    """R-G4: a key is used once."""
    sent = message()
    [first] = send(server.connector(), sent)
    (server.root / first.remote_ref).unlink()
    [second] = send(server.connector(), message(uuid=sent.uuid, reason="Another one"))
    assert second.outcome is Outcome.UNKNOWN
    assert "Compare" in second.detail
    assert server.files() == []


def test_a_link_under_the_name_is_refused(server: SftpServer) -> None:
    """Intruders: a symlink that leads elsewhere is neither followed nor replaced."""
    sent = message()
    secret = server.root.parent / "host_key"
    link = server.root / "out" / f"claim_submitted-{sent.uuid}.csv"
    link.symlink_to(secret)
    [delivery] = send(server.connector(), sent)
    assert delivery.outcome is Outcome.UNKNOWN
    assert "link" in delivery.detail
    assert link.is_symlink()


@pytest.mark.parametrize(
    ("step", "when", "left"),
    [
        ("_upload", "after", "a part"),  # uploaded, not decided
        ("_promise", "after", "a part"),  # decided, not renamed
        ("_rename", "before", "a part"),
        ("_rename", "after", "the file"),  # renamed, result not recorded
    ],
)
def test_killed_between_two_steps(server: SftpServer, step: str, when: str, left: str) -> None:
    """Faults: kill -9 of the worker between upload and rename, and between rename and finish: one whole file."""
    sent = message()
    facts = {"endpoint": vars(server.endpoint()), "secret": server.secret, "uuid": sent.uuid}
    path = ":".join([str(Path(__file__).parent), *os.environ.get("PYTHONPATH", "").split(":")])
    done = subprocess.run([sys.executable, "-c", KILLED, step, when, path], input=json.dumps(facts), text=True)
    assert done.returncode == -signal.SIGKILL
    assert bool(parts(server)) == (left == "a part")
    connector = server.connector()
    there = connector.ask([sent.uuid], Deadline(10))
    assert bool(there) == (left == "the file")
    [delivery] = send(connector, replace(sent, attempt=2))
    assert delivery.outcome is Outcome.ACK
    assert server.files() == [f"claim_submitted-{sent.uuid}.csv"]  # and the stray part is swept
    assert send(server.connector(), message(uuid=sent.uuid))[0].remote_ref == delivery.remote_ref


def test_killed_after_the_rename_and_taken_by_the_supplier(server: SftpServer) -> None:
    """Faults: the worst order: renamed, killed, taken away, sent again. No second file."""
    sent = message()
    facts = {"endpoint": vars(server.endpoint()), "secret": server.secret, "uuid": sent.uuid}
    path = ":".join([str(Path(__file__).parent), *os.environ.get("PYTHONPATH", "").split(":")])
    subprocess.run([sys.executable, "-c", KILLED, "_rename", "after", path], input=json.dumps(facts), text=True)
    [name] = server.files()
    (server.root / "out" / name).unlink()
    [delivery] = send(server.connector(), replace(sent, attempt=2))
    assert delivery.outcome is Outcome.ACK
    assert server.files() == []


def test_eight_workers_at_once_make_one_file(server: SftpServer) -> None:
    """R-G9: leases may overlap; of all who send the same message one decides."""
    sent = [message() for _number in range(5)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _n: send(server.connector(), *sent), range(8)))
    assert {delivery.outcome for batch in results for delivery in batch} == {Outcome.ACK}
    send(server.connector(), *(replace(m, attempt=2) for m in sent))
    assert server.files() == sorted(f"claim_submitted-{m.uuid}.csv" for m in sent)
    assert len(server.files("sent")) == 5


def test_a_full_disk_leaves_no_half_file() -> None:
    """Faults: ENOSPC on the file connector is a retry; nothing stands under the final name, no part is left."""
    with sftp_server(file_limit=4000) as server:
        small, large = message(), message(reason="x" * 20_000)
        first, second = send(server.connector(), small, large)
        assert first.outcome is Outcome.ACK
        assert second.outcome is Outcome.RETRY
        assert "may be full" in second.detail
        assert second.retry_after > 0
        assert server.files() == [f"claim_submitted-{small.uuid}.csv"]
        assert server.files("sent") == [f"{small.uuid}.json"]


def test_fifty_megabytes_go_through_whole(server: SftpServer) -> None:
    """Faults: a 50 MB payload, where the settings allow it: compared by hash after the upload."""
    data = os.urandom(1024 * 1024) * 50
    connector = server.connector()
    box = connector.connect(Deadline(60))
    box.ensure("sent")
    box.put("5c9b9d7e-1111-4000-8000-00000000000f", "big.csv", data, "0" * 64)
    box.session.close()
    assert hashlib.sha256((server.root / "out/big.csv").read_bytes()).digest() == hashlib.sha256(data).digest()


def test_a_missing_folder_is_a_sentence(server: SftpServer) -> None:
    """R-G7: what is missing, and no attempt is lost on it quickly."""
    (server.root / "out").rmdir()
    [delivery] = send(server.connector(), message())
    assert delivery.outcome is Outcome.RETRY
    assert "missing" in delivery.detail
    assert [finding.sentence for finding in server.connector().check() if not finding.ok] == [
        "out is missing: the supplier has to make it"
    ]


def test_a_changed_host_key_is_refused(server: SftpServer) -> None:
    """Intruders: nothing is said to a machine that only claims to be the supplier's, not even the login."""
    other = new_key()[1]
    with pytest.raises(ConfigurationError, match=r"shows the host key SHA256:.*pinned is SHA256:.*nothing was sent"):
        send(server.connector(host_key=other), message())
    assert server.files() == []
    assert "pinned is" in next(f.sentence for f in server.connector(host_key=other).check() if not f.ok)


def test_a_host_key_of_another_type_is_refused(server: SftpServer) -> None:
    """Intruders: an RSA key is pinned, the machine has none."""
    with pytest.raises(ConfigurationError, match="no host key of the pinned type"):
        send(server.connector(host_key=new_key("rsa")[1]), message())


def test_an_rsa_host_key_can_be_pinned() -> None:
    """R-G2: by the signature algorithms of today."""
    with sftp_server(host_key_kind="rsa") as server:
        assert send(server.connector(), message())[0].outcome is Outcome.ACK


def test_without_a_pinned_key_check_shows_the_one_there(server: SftpServer) -> None:
    """R-G7: with its fingerprint, to compare with the supplier's words; nothing is trusted at first sight."""
    with pytest.raises(ConfigurationError, match="ssh-keyscan"):
        send(server.connector(host_key=""), message())
    findings = {finding.name: finding for finding in server.connector(host_key="").check()}
    assert not findings["host key"].ok
    assert server.host_key in findings["shown"].sentence
    assert "SHA256:" in findings["shown"].sentence


def test_a_wrong_key_is_an_authentication_error(server: SftpServer) -> None:
    """R-G4: the key is wrong, not the claim."""
    stranger = SftpConnector(server.endpoint(), server.context(secret=new_key()[0]))
    with pytest.raises(AuthenticationError, match="refused the login"):
        send(stranger, message())
    with pytest.raises(AuthenticationError):
        send(SftpConnector(server.endpoint(), server.context(secret="a-password")), message())


def test_a_broken_key_is_a_sentence(server: SftpServer) -> None:
    """R-G7: not a stack."""
    broken = SftpConnector(server.endpoint(), server.context(secret="-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA"))
    with pytest.raises(ConfigurationError, match="can't be read"):
        send(broken, message())
    assert not broken.check()[0].ok


def test_loopback_is_refused_unless_named(server: SftpServer) -> None:
    """Intruders: the address is checked on connect."""
    guarded = SftpConnector(server.endpoint(), server.context(policy=TargetPolicy()))
    with pytest.raises(ForbiddenTarget, match="not a public address"):
        send(guarded, message())


def test_a_server_that_says_nothing_ends_at_the_deadline(server: SftpServer) -> None:
    """Faults: a hung supplier costs the deadline, no more."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        endpoint = replace(server.endpoint(), url=f"sftp://127.0.0.1:{mute.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(TransientError):
            SftpConnector(endpoint, server.context()).send([message()], Deadline(1))
        assert time.monotonic() - began < 5


def test_a_session_that_hangs_ends_at_the_deadline(server: SftpServer) -> None:
    """Faults: SIGSTOP of the supplier's server in the middle of a session; the messages are tried again."""
    connector = server.connector()
    box = connector.connect(Deadline(1.5))
    children = subprocess.run(["pgrep", "-f", f"{server.root.parent}"], capture_output=True, text=True).stdout.split()
    sessions = [pid for child in children for pid in _children(int(child))]
    for pid in sessions:
        os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert sessions
        with pytest.raises((OSError, *LOST)):
            box.list_incoming()
        assert time.monotonic() - began < 5
        assert not box.session.alive
    finally:
        for pid in sessions:
            os.kill(pid, signal.SIGCONT)


def test_a_connection_cut_in_the_middle_keeps_what_was_done(
    server: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-G4: what arrived is acknowledged, the rest is tried again."""
    connector = server.connector()
    batch = [message() for _number in range(3)]
    opened = connector.connect

    def cutting(deadline: Deadline):
        box = opened(deadline)
        put, count = box.put, iter(range(9))

        def once(*args: object) -> str:
            if next(count) == 1:
                box.session.close()
            return put(*args)

        box.put = once
        return box

    monkeypatch.setattr(connector, "connect", cutting)
    outcomes = [delivery.outcome for delivery in send(connector, *batch)]
    assert outcomes == [Outcome.ACK, Outcome.RETRY, Outcome.RETRY]
    assert len(server.files()) == 1


def test_nothing_is_left_running(server: SftpServer) -> None:
    """R-G7: no thread of a closed connection stays."""
    connector = server.connector()
    send(connector, message())
    before = threading.active_count()
    for _round in range(3):
        send(connector, message())
    time.sleep(0.3)
    assert threading.active_count() <= before


def test_a_damaged_receipt_is_parked(server: SftpServer) -> None:
    """R-G4: nobody guesses whether it arrived."""
    sent = message()
    (server.root / "sent").mkdir()
    (server.root / "sent" / f"{sent.uuid}.json").write_text('{"file": "../../x"}')
    [delivery] = send(server.connector(), sent)
    assert delivery.outcome is Outcome.UNKNOWN
    assert "damaged" in delivery.detail
    with pytest.raises(Different):
        server.connector().ask([sent.uuid], Deadline(10))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "https://files.example.com"}, "sftp://"),
        ({"url": "sftp://user:secret@files.example.com"}, "login or password"),
        ({"url": "sftp://files.example.com/../etc"}, r"'\.\.'"),
        ({"login": ""}, "no login"),
        ({"options": {"folder_out": "../out"}}, "refused"),
        ({"options": {"folder_out": "/etc"}}, "refused"),
        ({"options": {"folder_out": "x", "folder_in": "x"}}, "the same"),
        ({"options": {"file_format": "docx"}}, "not csv or xml"),
        ({"options": {"max_file_bytes": -1}}, "max_file_bytes"),
    ],
)
def test_unusable_endpoints_say_why(server: SftpServer, changes: dict, words: str) -> None:
    """R-G7: before anything is leased."""
    facts = {**vars(server.endpoint()), "url": "sftp://files.example.com", **changes}
    with pytest.raises(ConfigurationError, match=words):
        SftpConnector(type(server.endpoint())(**facts), server.context())


def _children(pid: int) -> list[int]:
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*found, *(deeper for child in found for deeper in _children(child))]
