"""Files that may be large go out in pieces, under one set of headers."""

from odoo.http import Response, content_disposition, request
from werkzeug.wsgi import wrap_file


def file_headers(name, mimetype):
    """Headers of a download that nobody else keeps a copy of."""
    return [
        ("Content-Type", mimetype),
        ("Content-Disposition", content_disposition(name)),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
    ]


def file_response(file, name, mimetype):
    """A download of the file object `file`, sent in pieces and closed afterwards."""
    size = file.seek(0, 2)
    file.seek(0)
    response = Response(
        wrap_file(request.httprequest.environ, file),
        headers=[*file_headers(name, mimetype), ("Content-Length", str(size))],
        direct_passthrough=True,
    )
    response.call_on_close(file.close)
    return response
