"""What a file is by its content, whatever its name says, and names that are safe in a folder and an archive (R-D4)."""

import io
import re
import zipfile
from typing import NamedTuple

# Kinds that a company may allow as evidence.
KINDS = ("image", "pdf", "video", "text", "office")
# What a browser shows without running anything; everything else is only ever downloaded.
SHOWN_INLINE = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "video/mp4", "video/webm"}
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_TYPES = {
    "WordDocument": ("application/msword", ".doc"),
    "Workbook": ("application/vnd.ms-excel", ".xls"),
    "PowerPoint Document": ("application/vnd.ms-powerpoint", ".ppt"),
}
_OOXML = "application/vnd.openxmlformats-officedocument"
_OOXML_TYPES = {
    "word/document.xml": (f"{_OOXML}.wordprocessingml.document", ".docx"),
    "xl/workbook.xml": (f"{_OOXML}.spreadsheetml.sheet", ".xlsx"),
    "ppt/presentation.xml": (f"{_OOXML}.presentationml.presentation", ".pptx"),
}
_ODF_TYPES = {
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.presentation": ".odp",
}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"avif")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]')
_EDGES = re.compile(r"^[\s.]+|[\s.]+$")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
MAX_NAME = 120


class FileType(NamedTuple):
    """What a file is: one of `KINDS`, its media type, and the ending that fits it."""

    kind: str
    mimetype: str
    ending: str


def file_type(content):
    """The `FileType` of `content` (bytes); None for what isn't evidence: programs, markup, archives, macros, unknown data.

    Signatures are those of the formats' own specifications: PNG (RFC 2083), JPEG (ITU-T T.81), GIF89a, RIFF, ISO base
    media (ISO/IEC 14496-12), Matroska, PDF (ISO 32000), OLE compound files, OOXML (ECMA-376), OpenDocument (OASIS).
    """
    for recognise in (_image, _video, _pdf, _office, _text):
        if found := recognise(content):
            return found
    return None


def _image(content):
    if content.startswith(b"\xff\xd8\xff"):
        return FileType("image", "image/jpeg", ".jpg")
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileType("image", "image/png", ".png")
    if content.startswith((b"GIF87a", b"GIF89a")):
        return FileType("image", "image/gif", ".gif")
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return FileType("image", "image/webp", ".webp")
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return FileType("image", "image/heic", ".heic")
    return None


def _video(content):
    if content[4:8] == b"ftyp":
        if content[8:10] == b"qt":
            return FileType("video", "video/quicktime", ".mov")
        return FileType("video", "video/mp4", ".mp4")
    if content.startswith(b"\x1a\x45\xdf\xa3"):
        if b"webm" in content[:64]:
            return FileType("video", "video/webm", ".webm")
        return FileType("video", "video/x-matroska", ".mkv")
    if content.startswith(b"RIFF") and content[8:12] == b"AVI ":
        return FileType("video", "video/x-msvideo", ".avi")
    return None


def _pdf(content):
    return FileType("pdf", "application/pdf", ".pdf") if content.startswith(b"%PDF-") else None


def _office(content):
    if content.startswith(_OLE):
        # The same container holds installers; streams are named in UTF-16.
        if "_VBA_PROJECT".encode("utf-16-le") in content:
            return None
        for name, (mimetype, ending) in _OLE_TYPES.items():
            if name.encode("utf-16-le") in content:
                return FileType("office", mimetype, ending)
    elif content.startswith(b"PK\x03\x04"):
        return _office_archive(content)
    return None


def _office_archive(content):
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            if any(name.endswith("vbaProject.bin") or name.startswith(("Basic/", "Scripts/")) for name in entries):
                return None
            if "[Content_Types].xml" in entries:
                for name, (mimetype, ending) in _OOXML_TYPES.items():
                    if name in entries:
                        return FileType("office", mimetype, ending)
            declared = entries.get("mimetype")
            if declared and declared.file_size < 256:
                mimetype = archive.read(declared).decode("ascii", "replace")
                if mimetype in _ODF_TYPES:
                    return FileType("office", mimetype, _ODF_TYPES[mimetype])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        return None
    return None


def _text(content):
    """Plain text in UTF-8 or GB 18030; nothing that a browser or a shell would take for more than text."""
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start or start.startswith((b"<", b"#!", b"MZ", b"\x7fELF")) or b"\x00" in content:
        return None
    if re.search(rb"<\s*(?:!doctype|html|script|svg|iframe|body|\?xml)", content[:65536], re.IGNORECASE):
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if all(char >= " " or char in "\t\r\n\f" for char in text):
            return FileType("text", "text/plain", ".txt")
    return None


def safe_name(name, ending=""):
    """`name` as a file name for any system: no path, control or direction marks, reserved word; with `ending` if given.

    An ending that says something else than `ending` stays in front of it, as ".exe" in "photo.exe.jpg".
    """
    name = _UNSAFE.sub("_", str(name or "").replace("\\", "/").rsplit("/", 1)[-1])
    name = _EDGES.sub("", name)
    if ending and name.lower().endswith(ending):
        name = _EDGES.sub("", name[: -len(ending)])
    if _RESERVED.match(name):
        name = f"_{name}"
    # 120 characters of three bytes each are under the 255 bytes of Linux' and the 255 units of Windows' file names less its folder.
    room = MAX_NAME - len(ending)
    while len(name[:room].encode()) > 200:
        room -= 1
    return (_EDGES.sub("", name[:room]) or "file") + ending


def matching_name(name, found):
    """`name`, safe, with an ending that fits its content (`found`: FileType); endings that say the same stay."""
    same = {
        ".jpg": (".jpg", ".jpeg", ".jpe", ".jfif"),
        ".heic": (".heic", ".heif", ".avif"),
        ".mp4": (".mp4", ".m4v", ".3gp"),
        ".txt": (".txt", ".csv", ".log", ".md", ".eml"),
    }.get(found.ending, (found.ending,))
    for ending in same:
        if str(name or "").lower().endswith(ending):
            return safe_name(name, ending)
    return safe_name(name, found.ending)


def unique_names(names):
    """The same file names in their order, each told apart from earlier ones whatever the case: "a.jpg", "a (2).jpg"."""
    taken, result = set(), []
    for name in names:
        stem, dot, ending = name.rpartition(".")
        if not dot:
            stem, ending = name, ""
        candidate, number = name, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{stem} ({number}){dot}{ending}"
        taken.add(candidate.casefold())
        result.append(candidate)
    return result


def spreadsheet_text(value):
    """`value` as a cell of a CSV that no spreadsheet program takes for a formula."""
    text = "" if value is None or value is False else str(value)
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")) else text
