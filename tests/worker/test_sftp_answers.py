"""R-G3: answer and acknowledgement files of a supplier, over a real OpenSSH server, count once; bad ones harm nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from decimal import Decimal
from uuid import uuid4

import pytest
from worker_fakes import FakeSyncApi, MemoryErp
from worker_sftp import SftpServer, sftp_server

from franchise_sync.delivery.deliver import Deliverer, Limits
from franchise_sync.delivery.inbox import Collector
from franchise_sync.erp.port import Answer
from franchise_sync.suppliers.file_write import NAMESPACE
from franchise_sync.suppliers.sftp import UNFINISHED_SECONDS
from franchise_sync.suppliers.sftp_mailbox import Mailbox

UUID, OTHER = str(uuid4()), str(uuid4())
HEADER = "uuid,status,number,currency,amount,reason,date,line,line_amount"
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    f'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><answers xmlns="{NAMESPACE}" version="1">&c;</answers>'
)


@pytest.fixture
def server() -> Iterator[SftpServer]:
    with sftp_server() as made:
        yield made


def collect(server: SftpServer) -> list[Answer]:
    return [answer for page in server.connector().answers("") for answer in page.answers]


def accepted(uuid: str = UUID, end: str = "end,2\n") -> str:
    return (
        f"{HEADER}\n{uuid},accepted,CN-7,CNY,250.10,,2026-11-25T08:00:00Z,1,200.10\n"
        f"{uuid},accepted,CN-7,CNY,250.10,,2026-11-25T08:00:00Z,2,50.00\n{end}"
    )


def test_an_answer_file_is_read_and_archived(server: SftpServer) -> None:
    """R-G3: amounts by line, their number, the moment."""
    server.drop("answers-1.csv", accepted())
    [answer] = collect(server)
    assert (answer.uuid, answer.state, answer.number, answer.currency) == (UUID, "accepted", "CN-7", "CNY")
    assert answer.amount == Decimal("250.10")
    assert answer.lines == (("1", Decimal("200.10")), ("2", Decimal("50.00")))
    assert answer.occurred_at is not None
    assert answer.occurred_at.isoformat() == "2026-11-25T08:00:00+00:00"
    assert answer.raw == accepted()
    assert server.files("in") == []
    [name] = server.files("archive")
    assert name.endswith("-answers-1.csv")
    assert (server.root / "archive" / name).read_text() == accepted()


def test_the_same_in_xml(server: SftpServer) -> None:
    """R-G3: both formats say the same."""
    server.drop(
        "a.xml",
        f'<answers xmlns="{NAMESPACE}" version="1"><answer uuid="{UUID}" status="accepted" number="CN-7" currency="CNY"'
        ' amount="250.10"><line key="1" amount="200.10"/><line key="2" amount="50.00"/></answer>'
        f'<answer uuid="{OTHER}" status="disputed" reason="数量不符"/></answers>',
    )
    first, second = collect(server)
    assert (first.state, first.amount, len(first.lines)) == ("accepted", Decimal("250.10"), 2)
    assert (second.uuid, second.state, second.reason) == (OTHER, "disputed", "数量不符")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("1.ack", f"uuid,status,reason\n{UUID},acknowledged,\n{OTHER},rejected,unknown customer\nend,2\n"),
        (
            "1.ack.xml",
            f'<answers xmlns="{NAMESPACE}" version="1"><answer uuid="{UUID}" status="acknowledged"/>'
            f'<answer uuid="{OTHER}" status="rejected" reason="unknown customer"/></answers>',
        ),
    ],
)
def test_acknowledgement_files(server: SftpServer, name: str, text: str) -> None:
    """R-G3: in the manner of CONTRL and 997: taken, or refused with the reason."""
    server.drop(name, text)
    answers = collect(server)
    assert [(a.uuid, a.state, a.reason) for a in answers] == [
        (UUID, "acknowledged", ""),
        (OTHER, "rejected", "unknown customer"),
    ]


def test_an_acknowledgement_accepts_no_money(server: SftpServer) -> None:
    """R-G3: an amount comes in an answer file only."""
    server.drop("1.ack", f"uuid,status,reason\n{UUID},accepted,\nend,1\n")
    [answer] = collect(server)
    assert (answer.uuid, answer.state) == ("", "unreadable")
    assert "acknowledged, rejected" in answer.reason


def test_a_kill_between_storing_and_archiving_repeats_under_the_same_id(server: SftpServer) -> None:
    """R-G3, faults: the file stands until its answers are stored; read again, they have the ids that our Odoo knows."""
    server.drop("answers-1.csv", accepted())
    pages = server.connector().answers("")
    [first] = next(pages).answers
    pages.close()  # the worker ends here: stored, not archived
    assert server.files("in") == ["answers-1.csv"]
    [second] = collect(server)
    assert second.message_id == first.message_id
    assert len(second.message_id) <= 128
    assert server.files("in") == []


def test_equal_words_in_a_new_file_are_a_new_answer(server: SftpServer) -> None:
    """R-G3: accepted, disputed, accepted again: the last one counts, so it must not look like the first."""
    server.drop("answers-1.csv", accepted())
    [first] = collect(server)
    server.drop("answers-2.csv", accepted())
    [second] = collect(server)
    assert second.message_id != first.message_id
    assert len(server.files("archive")) == 2


def test_a_name_used_twice_replaces_nothing_in_the_archive(server: SftpServer) -> None:
    """R-H4: what came is kept."""
    for _round in range(2):
        server.drop("answers.csv", accepted())
        collect(server)
    assert len(server.files("archive")) == 2


BAD = {
    "not-utf8.csv": (b"uuid,status\n\xff\xfe,accepted\nend,1\n", "not UTF-8"),
    "nul.csv": (f"uuid,status\n{UUID},disp\0uted\nend,1\n", "NUL"),
    "laughs.xml": (LAUGHS, "document type"),
    "external.xml": (f'<!DOCTYPE a SYSTEM "file:///etc/passwd"><answers xmlns="{NAMESPACE}"/>', "document type"),
    "broken.xml": (f'<answers xmlns="{NAMESPACE}" version="1"><answer</answers>', "not well-formed"),
    "latin.xml": (f'<?xml version="1.0" encoding="ISO-8859-1"?><answers xmlns="{NAMESPACE}"/>', "ISO-8859-1"),
    "alien.xml": ("<orders/>", "is not <answers"),
    "count.csv": (f"uuid,status\n{UUID},disputed\nend,2\n", "has 1 rows"),
    "columns.csv": (f"uuid,status,price\n{UUID},disputed,1\nend,1\n", "price"),
    "status.csv": (f"uuid,status\n{UUID},perhaps\nend,1\n", "perhaps"),
    "stranger.csv": ("uuid,status\nABC,disputed\nend,1\n", "uuid is not"),
    "nan.csv": (f"uuid,status,currency,amount\n{UUID},accepted,CNY,NaN\nend,1\n", "not a plain decimal"),
    "minus.csv": (f"uuid,status,currency,amount\n{UUID},accepted,CNY,-5.00\nend,1\n", "negative"),
    "bare.csv": (f"uuid,status\n{UUID},accepted\nend,1\n", "needs an amount and a currency"),
    "twice.csv": (f"uuid,status,reason\n{UUID},disputed,a\n{UUID},disputed,a\nend,2\n", "more than once"),
    "differs.csv": (accepted().replace("250.10,,2026-11-25T08:00:00Z,2", "250.11,,2026-11-25T08:00:00Z,2"), "differ"),
    "sum.csv": (accepted().replace(",50.00", ",51.00"), "add up to"),
    "date.csv": (f"uuid,status,date\n{UUID},disputed,yesterday\nend,1\n", "yesterday"),
    "cells.csv": (f"uuid,status\n{UUID}\nend,1\n", "1 cells"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_go_to_the_errors_with_a_sentence(server: SftpServer, name: str) -> None:
    """Bad input: invalid UTF-8, NUL, NaN, billion laughs, half files: no answer, an alert, and the others go on."""
    data, words = BAD[name]
    server.drop(name, data)
    server.drop("zz-good.csv", accepted())
    alert, good = collect(server)
    assert (alert.uuid, alert.state) == ("", "unreadable")
    assert words in alert.reason
    assert good.uuid == UUID
    assert server.files("in") == []
    moved, sentence = server.files("error")
    assert moved.endswith(name)
    assert words in (server.root / "error" / sentence).read_text()


def test_fifty_megabytes_are_refused_unread(server: SftpServer) -> None:
    """Bad input: the size is looked at first."""
    with (server.root / "in" / "big.csv").open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    began = time.monotonic()
    [alert] = collect(server)
    assert "52428800 bytes" in alert.reason
    assert alert.raw == ""
    assert time.monotonic() - began < 5
    assert any(name.endswith("big.csv") for name in server.files("error"))


def test_links_devices_and_folders_are_not_opened(server: SftpServer) -> None:
    """Intruders: neither the host key behind a link nor a pipe that would hang is read."""
    (server.root / "in" / "link.csv").symlink_to(server.root.parent / "host_key")
    os.mkfifo(server.root / "in" / "pipe.csv")
    (server.root / "in" / "folder.csv").mkdir()
    alerts = collect(server)
    assert [answer.reason for answer in alerts] == [
        "link.csv is a link or a device, not a file: it was not opened.",
        "pipe.csv is a link or a device, not a file: it was not opened.",
    ]
    assert not any("PRIVATE" in answer.raw for answer in alerts)
    assert server.files("in") == ["folder.csv"]


@pytest.mark.parametrize("name", ["a b.csv", "a\nb.csv", "…\\..\\x.csv", "-rf.csv", "x" * 200 + ".csv"])
def test_odd_names_are_refused_and_left_alone(server: SftpServer, name: str) -> None:
    """Intruders: a name that could be a path or an option is never used as one; the alert has the same id each time."""
    server.drop(name, accepted())
    [first], [second] = collect(server), collect(server)
    assert "refused" in first.reason
    assert first.message_id == second.message_id
    assert server.files("in") == [name]


def test_a_listing_with_paths_is_refused(server: SftpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Intruders: a server may send any name; '../' leads nowhere."""
    server.drop("good.csv", accepted())
    connector = server.connector()
    opened = connector.connect

    def lying(deadline):
        box = opened(deadline)
        listing = box._sftp.listdir_iter

        def entries(path):
            for entry in listing(path):
                entry.filename = "../../host_key"
                yield entry

        box._sftp.listdir_iter = entries
        return box

    monkeypatch.setattr(connector, "connect", lying)
    [alert] = [answer for page in connector.answers("") for answer in page.answers]
    assert "no paths" in alert.reason
    assert server.files("in") == ["good.csv"]


def test_a_file_without_its_end_waits(server: SftpServer) -> None:
    """R-G3: it may still be being written; after a quarter of an hour it is an error."""
    path = server.drop("slow.csv", accepted(end=""))
    server.drop("slow.xml", "<answers ")
    server.drop("answers.csv.part", "uuid")
    assert collect(server) == []
    assert server.files("in") == ["answers.csv.part", "slow.csv", "slow.xml"]
    path.write_text(accepted())
    assert [answer.uuid for answer in collect(server)] == [UUID]
    old = time.time() - UNFINISHED_SECONDS - 60
    os.utime(server.root / "in" / "slow.xml", (old, old))
    [alert] = collect(server)
    assert "has not grown" in alert.reason


def test_many_files_come_in_pages(server: SftpServer) -> None:
    """R-G3: each page is archived before the next one is read; none is skipped."""
    for number in range(250):
        server.drop(f"{number:03}.ack", f"uuid,status,reason\n{uuid4()},acknowledged,\nend,1\n")
    pages = server.connector().answers("cursor")
    first = next(pages)
    assert (len(first.answers), first.cursor) == (200, "cursor")
    assert len(server.files("in")) == 250
    assert len(next(pages).answers) == 50
    assert len(server.files("archive")) == 200
    assert list(pages) == []
    assert server.files("in") == []


def test_from_the_outbox_to_the_inbox_over_files(server: SftpServer, api: FakeSyncApi, erp: MemoryErp) -> None:
    """R-G2, R-G3, faults: delivered; answered; the worker dies between storing and archiving; applied once."""
    [uuid] = api.add()
    connector = server.connector()
    limits = Limits(lease_seconds=20, deadline_seconds=10)
    assert Deliverer(lambda: erp, lambda _code: connector, limits).deliver("nbparts") == {"ack": 1}
    assert api.states() == {uuid: "delivered"}
    server.drop("1.csv", f"uuid,status,currency,amount\n{uuid},accepted,CNY,290.10\nend,1\n")
    archived = Mailbox.file_away
    try:
        Mailbox.file_away = lambda *_args: (_ for _ in ()).throw(SystemExit)
        with pytest.raises(SystemExit):
            Collector(erp, lambda _code: connector, lambda _code: "").collect("nbparts")
    finally:
        Mailbox.file_away = archived
    assert server.files("in") == ["1.csv"]
    assert Collector(erp, lambda _code: connector, lambda _code: "").collect("nbparts") == {"duplicate": 1}
    assert server.files("in") == []
    assert len(api.inbox) == 1
