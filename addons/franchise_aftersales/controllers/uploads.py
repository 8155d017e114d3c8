"""Files that somebody sends with a form of the portal: taken by what they are, not by what they are called."""

from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools.mimetypes import guess_mimetype

MAX_FILE = 10 * 1024 * 1024  # bytes
FILE_TYPES = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
}


def chosen_files(name):
    """The uploads of the form's field `name`, without those that nobody chose."""
    return [file for file in request.httprequest.files.getlist(name) if file.filename]


def read_file(file):
    """Content (bytes) of an upload.

    :raises UserError: it is too large.
    """
    content = file.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise UserError(
            request.env._("%(file)s is larger than %(size)s MB.", file=file.filename, size=MAX_FILE // 1024**2)
        )
    return content


def read_document(file):
    """(name, content) of an upload that is a PDF, PNG or JPEG.

    :raises UserError: it is too large, or not of a kind that is read here.
    """
    content = read_file(file)
    endings = FILE_TYPES.get(guess_mimetype(content), ())
    if not file.filename.lower().endswith(endings or ("\0",)):
        raise UserError(request.env._("%s can't be read here: attach a PDF, PNG or JPEG file.", file.filename))
    return file.filename, content
