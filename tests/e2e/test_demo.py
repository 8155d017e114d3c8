"""The README's first command, as a stranger types it."""

import json
import signal
import subprocess
import time
import urllib.request
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from house.processes import leftovers

DEMO = Path(__file__).resolve().parents[2] / "scripts" / "demo.sh"
KEYS = [
    "claims_submitted", "delivered", "acknowledged", "doubled", "lost", "settlement_total", "posted_total",
    "tie_out_difference", "currency", "seconds",
]  # fmt: skip

CONTRACTS = (
    "Contracts: Nanjing ended, termination ended; Wuhan ended, termination closed; Hangzhou signed; Chengdu signed; Suzhou signed, default cured; "
    "Ningbo draft; Changsha signed, termination draft; Bai signed."
)


def test_once_tells_the_truth_in_its_last_line(demo_env, demo_home):
    done = subprocess.run([DEMO, "--once"], env=demo_env, capture_output=True, text=True, timeout=560)
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(done.stdout.splitlines()[-1])
    assert list(result) == KEYS
    assert result["claims_submitted"] >= 30
    assert result["delivered"] == result["acknowledged"] == result["claims_submitted"]
    assert (result["doubled"], result["lost"]) == (0, 0)
    assert Decimal(result["settlement_total"]) == Decimal(result["posted_total"]) > 0
    assert Decimal(result["tie_out_difference"]) == 0
    assert result["currency"] == "CNY"
    assert CONTRACTS in done.stdout
    settled = [line.split() for line in done.stdout.splitlines() if line.startswith("  STL/")]
    assert {row[3] for row in settled} == {"posted"}
    # Four suppliers, a carrier in two currencies, and seven franchisees: one settlement each.
    # Nanjing has two: its royalties were settled before the end.
    assert len(settled) == 14
    assert len({(currency, *partner) for _name, _amount, currency, _state, *partner in settled}) == 13
    assert leftovers(demo_home) == {}
    check_statements(demo_home / "statements")


def check_statements(folder):
    """Each partner has a page and a sheet; Chinese text is text in a font that has it, not boxes."""
    pdf = PdfReader(folder / "statements.pdf")
    text = "".join(page.extract_text() for page in pdf.pages)
    assert "STL/" in text
    assert "宁波精工设备有限公司" in text.replace("\n", "").replace(" ", "")
    fonts = {str(font.get_object()["/BaseFont"]) for page in pdf.pages for font in page["/Resources"]["/Font"].values()}
    assert any("CJK" in name for name in fonts), fonts
    book = load_workbook(folder / "statements.xlsx")
    assert len(book.worksheets) == 14


@pytest.fixture
def running_demo(demo_env):
    """`scripts/demo.sh` up to the point where everything stays up."""
    process = subprocess.Popen([DEMO], env=demo_env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    for line in process.stdout:
        said.append(line)
        if "stays up until Ctrl-C" in line:
            break
    text = "".join(said)
    yield process, text
    process.kill()
    process.communicate()


def test_stays_up_and_leaves_nothing_even_when_killed(running_demo, demo_home):
    process, text = running_demo
    assert process.poll() is None, text[-3000:]
    addresses = {word for word in text.split() if word.startswith("http://127.0.0.1:") and "?db=" not in word}
    assert len(addresses) == 2
    for address in addresses:
        with urllib.request.urlopen(address.removesuffix("/odoo") + "/web/health", timeout=10) as reply:
            assert reply.status == 200
    assert len(leftovers(demo_home)) >= 5  # PostgreSQL, the broker, two Odoo, the worker
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    deadline = time.monotonic() + 60
    while found := leftovers(demo_home):
        assert time.monotonic() < deadline, f"Left behind: {found}"
        time.sleep(0.2)
