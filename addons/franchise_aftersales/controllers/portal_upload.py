"""What the forms with files share: sizes are looked at before a file is read, and the script of the page gets its answer as JSON."""

from odoo.http import request

MEGABYTE = 1024 * 1024
MAX_REQUEST = 100  # megabytes a form may send at once; Odoo's own limit is 128 MiB
# Types that a phone's picker offers, by the company's setting.
PICKED = {
    "image": "image/*",
    "pdf": "application/pdf",
    "video": "video/*",
    "text": "text/plain",
    "office": ".docx,.xlsx,.pptx,.odt,.ods,.doc,.xls",
}


def uploaded_files(name, company):
    """[(name, content as bytes)] of the files of the form's field `name`.

    :raises UserError: a file is larger than `company` takes; it isn't read into memory.
    """
    files = []
    for file in request.httprequest.files.getlist(name):
        if not file.filename:
            continue
        size = file.stream.seek(0, 2)
        file.stream.seek(0)
        company._check_evidence_size(file.filename, size)
        files.append((file.filename, file.read()))
    return files


def shown_type(company):
    """What a page says of files before they are chosen: {"accept", "max_mb", "kinds", "max_request"}."""
    kinds = [kind for kind in PICKED if company[f"franchise_evidence_{kind}"]]
    return {
        "accept": ",".join(PICKED[kind] for kind in kinds),
        "max_mb": company.franchise_evidence_max_mb,
        "kinds": ", ".join(
            company._fields[f"franchise_evidence_{kind}"]._description_string(request.env) for kind in kinds
        ),
        "max_request": MAX_REQUEST,
    }


def answer(url=None, error=None):
    """The answer to a form: a redirect; for the page's own script, which shows progress, JSON with "url" or "error".

    None for an error without the script: the page is rendered again.
    """
    scripted = request.httprequest.headers.get("X-Requested-With") == "XMLHttpRequest"
    if scripted:
        return request.make_json_response({"error": error} if error else {"url": url})
    return None if error else request.redirect(url)
