"""Personal data in free text, covered so that the text still makes sense (R-H5)."""

import re

_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-])[\w.+-]*@((?:[\w-]+\.)+[A-Za-z]{2,})")
# Resident identity numbers of GB 11643: 17 digits and a check character.
_IDENTITY = re.compile(r"(?<![\dA-Za-z])(\d{4})\d{10}\d{3}[\dXx](?![\dA-Za-z])")
_BANK_CARD = re.compile(r"(?<![\dA-Za-z])(\d{4})(?:[ -]?\d{4}){2,3}[ -]?(\d{1,4})(?![\dA-Za-z])")
# Mobile numbers of China with or without its prefix; fixed lines with an area code; international ones with a plus sign.
_MOBILE = re.compile(r"(?<![\dA-Za-z])((?:\+?86[ -]?)?1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?![\dA-Za-z])")
_FIXED = re.compile(r"(?<![\dA-Za-z-])(0\d{2,3}-)\d{5,6}(\d{2})(?![\dA-Za-z])")
_INTERNATIONAL = re.compile(r"(?<![\dA-Za-z])(\+\d{1,3})(?:[ -]?\d){5,10}[ -]?(\d{2})(?!\d)")


def masked(text):
    """`text` with telephone, identity and bank card numbers and e-mail addresses covered but for their ends.

    Names can't be told from other words: fields that hold them are covered as a whole by `covered`.
    """
    text = str(text or "")
    text = _EMAIL.sub(r"\1***@\2", text)
    text = _IDENTITY.sub(r"\1**************", text)
    text = _MOBILE.sub(r"\1****\2", text)
    text = _BANK_CARD.sub(r"\1********\2", text)
    text = _FIXED.sub(r"\1*****\2", text)
    return _INTERNATIONAL.sub(r"\1*****\2", text)


def covered(value):
    """A name or an address with only its first character left; "" for nothing."""
    value = str(value or "").strip()
    return f"{value[0]}**" if value else ""


def hidden(text, words):
    """`text` without a person: `words`, which name it, become "**" wherever they stand, and numbers are covered (`masked`).

    :param words: longest first; upper and lower case are the same.
    """
    text = str(text or "")
    for word in words:
        edge = r"(?<!\w)%s(?!\w)" if word.isascii() else "%s"  # Chinese writes no spaces between words
        text = re.sub(edge % re.escape(word), "**", text, flags=re.IGNORECASE)
    return masked(text)
