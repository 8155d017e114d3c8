"""R-G2, R-G4: letters as the last resort, over a real mail server with TLS in a process of its own."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pypdf import PdfReader
from worker_fakes import MemoryErp
from worker_sftp import message
from worker_smtp import SENDER, Post, post

from franchise_sync.delivery.deliver import Deliverer, Limits
from franchise_sync.erp.port import Endpoint, Message, Outcome
from franchise_sync.errors import AuthenticationError, ConfigurationError, TransientError
from franchise_sync.runtime import Runtime
from franchise_sync.settings import Settings, load_settings
from franchise_sync.suppliers import registry
from franchise_sync.suppliers.email import EmailConnector
from franchise_sync.suppliers.port import ConnectorContext, Delivery
from franchise_sync.transport.deadline import Deadline


@pytest.fixture(scope="module")
def shared() -> Iterator[Post]:
    with post() as running:
        yield running


@pytest.fixture
def server(shared: Post) -> Post:
    for path in shared.folder.iterdir():
        path.unlink()
    return shared


def send(connector: EmailConnector, *messages: Message, seconds: float = 30) -> list[Delivery]:
    return connector.send(messages, Deadline(seconds))


def test_a_letter_has_text_table_and_pdf(server: Post) -> None:
    """R-G2: a person can read it, calculate with it, and file it; Chinese is Chinese in all three."""
    sent = message(reason="漏液，已拍照")
    [delivery] = send(server.connector(), sent)
    assert delivery.outcome is Outcome.ACK
    assert "queued as 4711" in delivery.response
    [mail] = server.mails()
    assert mail["Subject"] == "Claim AFC/2026/00012"
    assert (mail["From"], mail["To"]) == (SENDER, "claims@supplier.example")
    body = mail.get_body()
    assert body is not None
    assert "Tea & Light 茶里有光" in body.get_content()
    table, printed = mail.iter_attachments()
    assert table.get_filename() == f"claim_submitted-{sent.uuid}.csv"
    assert table.get_payload(decode=True).startswith(b"\xef\xbb\xbf")
    assert "漏液" in table.get_payload(decode=True).decode("utf-8-sig")
    pages = PdfReader(io.BytesIO(printed.get_payload(decode=True))).pages
    words = "".join(page.extract_text() for page in pages)
    assert "茶里有光" in words
    assert "漏液" in words
    assert "200.10" in words
    fonts = [font.get_object() for page in pages for font in page["/Resources"]["/Font"].values()]
    assert any("CJK" in str(font["/BaseFont"]) for font in fonts)


def test_the_same_message_has_the_same_id(server: Post) -> None:
    """R-G4: by which a person, or a mail program, tells a repetition from a new letter."""
    sent = message()
    first, second = send(server.connector(), sent)[0], send(server.connector(), sent)[0]
    assert first.remote_ref == second.remote_ref == f"<{sent.uuid}.franchise-sync@franchise.example>"
    assert [mail["Message-ID"] for mail in server.mails()] == [first.remote_ref] * 2
    assert {mail["X-Idempotency-Key"] for mail in server.mails()} == {sent.uuid}


def test_cells_are_no_formulas(server: Post) -> None:
    """Intruders: what begins like a formula is text in a spreadsheet; numbers stay numbers."""
    line = {"key": "1", "description": '=HYPERLINK("http://evil")', "product_code": "@SUM(A1)", "amount": "290.10"}
    send(server.connector(), message(reason="+cmd|' /C calc'!A0", lines=[line]))
    table = next(server.mails()[0].iter_attachments()).get_payload(decode=True).decode("utf-8-sig")
    assert "\"'=HYPERLINK" in table
    assert "'@SUM(A1)" in table
    assert "'+cmd" in table
    assert ",290.10" in table


def test_markup_is_text_in_the_pdf(server: Post) -> None:
    """Intruders: nothing is fetched or drawn for a payload."""
    send(server.connector(), message(reason="<img src='file:///etc/passwd'><script>x</script>"))
    printed = list(server.mails()[0].iter_attachments())[1].get_payload(decode=True)
    words = PdfReader(io.BytesIO(printed)).pages[0].extract_text()
    assert "<img" in words.replace("\n", "")


@pytest.mark.parametrize(
    "evil", ["A\r\nBcc: thief@example.com", "A\nX-Evil: 1", "A\x0bB\x0cC\u2028D", "A\r\n\r\n.\r\nQUIT"]
)
def test_no_header_can_be_added(server: Post, evil: str) -> None:
    """Intruders: the number of a document is not ours to trust in a header."""
    send(server.connector(), message(document={"number": evil, "revision": 1}))
    [mail] = server.mails()
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert "\n" not in mail["Subject"]
    assert len(list(mail.iter_attachments())) == 2


@pytest.mark.parametrize(
    "address",
    [
        "",
        "supplier",
        "a@b.example\nBcc: c@d.example",
        "a@b.example, c@d.example",
        "<a@b.example>",
        '"a b"@c.example',
        "a@b.",
    ],
)
def test_only_one_plain_address(server: Post, address: str) -> None:
    """R-G7, intruders: said before anything is leased."""
    with pytest.raises(ConfigurationError, match="no e-mail address"):
        server.connector(address)


def test_a_refused_recipient_is_a_rejection_in_the_servers_words(server: Post) -> None:
    """R-G4: final."""
    [delivery] = send(server.connector("nobody@supplier.example"), message())
    assert delivery.outcome is Outcome.REJECT
    assert "No such mailbox here" in delivery.detail


@pytest.mark.parametrize(
    ("recipient", "outcome", "words"),
    [
        ("greylisted@supplier.example", Outcome.RETRY, "Come back later"),
        ("full@supplier.example", Outcome.RETRY, "Insufficient storage"),
        ("spam@supplier.example", Outcome.REJECT, "Looks like spam"),
    ],
)
def test_what_the_server_says_decides(server: Post, recipient: str, outcome: Outcome, words: str) -> None:
    """R-G4: 4xx is tried again, 5xx is final."""
    [delivery] = send(server.connector(recipient), message())
    assert (delivery.outcome, words in delivery.detail) == (outcome, True)


@pytest.mark.parametrize("recipient", ["cut@supplier.example", "hang@supplier.example"])
def test_cut_off_after_data_is_unknown(server: Post, recipient: str) -> None:
    """Faults: the server has the mail and resets, or never answers: parked for a human, never sent twice."""
    began = time.monotonic()
    [first, second] = send(server.connector(recipient), message(), message(), seconds=3)
    assert first.outcome is Outcome.UNKNOWN
    assert "Ask the supplier" in first.detail
    assert second.outcome is Outcome.RETRY  # nothing of it had been sent
    assert time.monotonic() - began < 6
    assert len(server.mails()) == 1


def test_a_lost_lease_is_not_sent_again(server: Post) -> None:
    """Faults: kill -9 between the mail and the result: whoever leases it next doesn't write a second letter."""
    [delivery] = send(server.connector(), replace(message(), lost=1))
    assert delivery.outcome is Outcome.UNKNOWN
    assert "may have been sent" in delivery.detail
    assert server.mails() == []


def test_kinds_without_words_are_parked(server: Post) -> None:
    """R-G1: of a newer addon."""
    [delivery] = send(server.connector(), message("telegram_sent"))
    assert delivery.outcome is Outcome.UNKNOWN


def test_starttls_is_demanded() -> None:
    """R-H5: with it the letter goes, without it nothing does, not even the login."""
    with post("starttls") as running:
        assert send(running.connector(), message())[0].outcome is Outcome.ACK
    with post("plain") as running:
        with pytest.raises(ConfigurationError, match="no STARTTLS"):
            send(running.connector(), message())
        assert running.mails() == []


def test_a_wrong_certificate_is_refused(server: Post) -> None:
    """Intruders: bad TLS."""
    with pytest.raises(ConfigurationError, match="certificate"):
        send(server.connector(ca_file=""), message())


def test_a_wrong_password_is_an_authentication_error(server: Post) -> None:
    """R-G4: all is tried again when it is right."""
    with pytest.raises(AuthenticationError, match="refused the login"):
        send(server.connector(password="wrong-password"), message())
    assert [finding.ok for finding in server.connector(password="wrong-password").check()] == [True, True, False]


def test_a_closed_port_is_passing(server: Post) -> None:
    """R-G4: nothing was sent."""
    with pytest.raises(TransientError, match="can't be reached"):
        send(server.connector(port=1), message())


def test_it_needs_no_secret_but_a_mail_server(server: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G7: the settings of the worker name one server for all letters; each mistake is a sentence."""
    endpoint = Endpoint("papers", "Paper Mill", "email", True, options={"email_to": "a@b.example"})
    with pytest.raises(ConfigurationError, match="SMTP_HOST"):
        registry.build(endpoint, ConnectorContext(secret=""))
    assert registry.secret_of(endpoint, Settings().endpoint_secret) == ""
    monkeypatch.setenv("FRANCHISE_SYNC_SMTP_HOST", "mail.example.com")
    monkeypatch.setenv("FRANCHISE_SYNC_MAIL_FROM", SENDER)
    monkeypatch.setenv("FRANCHISE_SYNC_SMTP_LOGIN", "franchise")
    with pytest.raises(ConfigurationError, match="SMTP_PASSWORD"):
        load_settings().mail_server()
    monkeypatch.setenv("FRANCHISE_SYNC_SMTP_PASSWORD", "p4ssw0rd-of-mail")
    context = Runtime(load_settings()).context("papers", "")
    assert context.mail_server is not None
    assert "p4ssw0rd" not in repr(context)
    monkeypatch.setenv("FRANCHISE_SYNC_SMTP_TLS", "none")
    with pytest.raises(ConfigurationError, match="SMTP_TLS"):
        load_settings()


def test_the_delivery_parks_what_nobody_knows(server: Post, erp: MemoryErp, api) -> None:
    """R-G4: from the lease to the outbox: cut off means parked, and a second run sends nothing."""
    connector = server.connector("cut@supplier.example")
    api.add()
    limits = Limits(lease_seconds=20, deadline_seconds=10)
    assert Deliverer(lambda: erp, lambda _code: connector, limits).deliver("nbparts") == {"unknown": 1}
    assert Deliverer(lambda: erp, lambda _code: connector, limits).deliver("nbparts") == {}
    assert len(server.mails()) == 1
