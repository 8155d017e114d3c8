"""Where a photo or video was taken, blanked in the file itself (R-H5); the day it was taken stays.

The file keeps its length and its picture: the entries with the position are overwritten, nothing is encoded anew. Sources:
Exif 2.32 (GPS IFD, tag 0x8825), XMP (exif:GPS…), QuickTime (©xyz, com.apple.quicktime.location.ISO6709).
"""

import re
import struct
import zlib

_GPS_TAG = 0x8825
# Bytes for one value of each TIFF type.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_TIFF = re.compile(rb"(?:Exif\x00\x00|EXIF....|eXIf|\x00{4})(?=(II\*\x00|MM\x00\*))", re.DOTALL)
_XMP_GPS = re.compile(rb"""\s[\w]+:GPS\w+\s*=\s*(?:"[^"]*"|'[^']*')|<(\w+:GPS\w+)[^>]*>.*?</\1>""", re.DOTALL)
_XMP = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>", re.DOTALL)
_ISO6709 = re.compile(rb"[+-]\d{2,6}(?:\.\d+)?[+-]\d{3,7}(?:\.\d+)?(?:[+-]\d+(?:\.\d+)?)?(?:CRS[\w-]+)?/")
_VIDEO_MARKS = (b"\xa9xyz", b"location.ISO6709", b"loci")


def without_location(content):
    """`content` (bytes of a photo or video) with its position blanked; the same object when it says none."""
    data = bytearray(content)
    for match in _TIFF.finditer(content):
        _blank_gps(data, match.end())
    for packet in _XMP.finditer(content):
        for match in _XMP_GPS.finditer(content, packet.start(), packet.end()):
            data[match.start() : match.end()] = b" " * (match.end() - match.start())
    if content[4:8] in (b"ftyp", b"moov", b"wide", b"mdat") and any(mark in content for mark in _VIDEO_MARKS):
        for match in _ISO6709.finditer(content):
            data[match.start() : match.end()] = re.sub(rb"\d", b"0", match.group())
    if data == content:
        return content
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        _renew_checksums(data)
    return bytes(data)


def _blank_gps(data, start):
    """Empty the GPS directory of the TIFF structure that begins at `start`; what is malformed is left alone."""
    order = "<" if data[start : start + 2] == b"II" else ">"

    def number(form, at):
        size = struct.calcsize(form)
        if at < start or at + size > len(data):
            raise ValueError(at)
        return struct.unpack_from(order + form, data, at)[0]

    try:
        directory = start + number("I", start + 4)
        for index in range(number("H", directory)):
            entry = directory + 2 + 12 * index
            if number("H", entry) == _GPS_TAG:
                gps = start + number("I", entry + 8)
                count = number("H", gps)
                if gps + 2 + 12 * count > len(data):
                    raise ValueError(gps)
                for position in range(gps + 2, gps + 2 + 12 * count, 12):
                    length = _SIZES.get(number("H", position + 2), 1) * number("I", position + 4)
                    value = start + number("I", position + 8)
                    if length > 4 and value + length <= len(data):
                        data[value : value + length] = bytes(length)
                data[gps : gps + 2 + 12 * count] = bytes(2 + 12 * count)
    except ValueError:
        return


def _renew_checksums(data):
    """Write the checksums of a PNG's metadata chunks again."""
    at = 8
    while at + 12 <= len(data):
        length = struct.unpack_from(">I", data, at)[0]
        end = at + 8 + length
        if end + 4 > len(data):
            return
        if data[at + 4 : at + 8] in (b"eXIf", b"iTXt", b"tEXt"):
            struct.pack_into(">I", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
