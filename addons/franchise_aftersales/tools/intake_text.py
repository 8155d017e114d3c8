"""What can be read in the text of a request without understanding it: serials, lots, and numbers that may be a bill's."""

import re
from typing import NamedTuple

LONGEST = 20_000  # characters that are looked at
MOST = 200  # numbers that are looked up

# The label says what follows; the words between them are what people put there.
_LOT = re.compile(
    r"(?<![A-Za-z0-9])(?:s/n|sn|serial|lot|batch|序列号|机身号|批号|批次号|批次)"
    r"[ \t]{0,3}(?:no\.?|number|nr\.?|号码)?[ \t]{0,3}(?:is|为|是)?[ \t]{0,3}[:：#＃]?[ \t]{0,3}"
    r"([A-Za-z0-9][A-Za-z0-9._/-]{2,39})",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![A-Za-z0-9._/-])[A-Za-z0-9][A-Za-z0-9._/-]{3,49}")


class Reading(NamedTuple):
    """Serials and lots that a label announces, and everything that may be the number of a document, in the text's order."""

    lots: tuple[str, ...]
    numbers: tuple[str, ...]


def read(text):
    """Read the first `LONGEST` characters of a text from outside; what is found is a proposal, nothing is trusted.

    :param text: plain text in any language; None and "" have nothing.
    """
    text = (text or "")[:LONGEST]
    lots = [_trimmed(match[1]) for match in _LOT.finditer(text)]
    numbers = [_trimmed(match[0]) for match in _NUMBER.finditer(text)]
    return Reading(_distinct(lots), _distinct(numbers))


def _trimmed(token):
    return token.rstrip("._/-")


def _distinct(tokens):
    # A number has a digit: words are no serials.
    kept = dict.fromkeys(token for token in tokens if any(letter.isdigit() for letter in token))
    return tuple(list(kept)[:MOST])
