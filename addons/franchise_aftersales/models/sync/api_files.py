import base64

from odoo import api, models
from odoo.exceptions import UserError

from .api_delivery import plain_text

MAX_FILE_BYTES = 10 * 1024 * 1024  # of one file that goes with a message
MAX_REPLY_BYTES = 12 * 1024 * 1024  # of all files in one reply; as base64 a third more, below what the worker reads
MAX_UUIDS = 2000


class FranchiseSyncApi(models.AbstractModel):
    """Files of messages, such as a printed statement, apart from the payloads.

    A payload is kept with its message for ever, is given out by every lease and has at most 1 MiB; a print is larger,
    is kept once as evidence anyway, and not every connector wants it. So a payload names a file by its SHA-256, and who
    delivers the message asks for it.
    """

    _inherit = "franchise.sync.api"

    @api.model
    def attachments(self, uuids):
        """Files of messages that are on their way: leased, and of a company that the worker's user may act for.

        A reply has a bounded size: messages whose files don't fit any more are left out and asked for again, and at least
        one message's files are in it. Messages that aren't on their way, and files that are too large, are never in it.

        :param uuids: keys of messages.
        :return: [{uuid, name, mimetype, sha256, content}] in the order of `uuids`, content as base64.
        """
        self = self._system()
        if not isinstance(uuids, list | tuple) or len(uuids) > MAX_UUIDS or not all(isinstance(u, str) for u in uuids):
            raise UserError(self.env._("Files are asked for by a list of at most %s keys of messages.", MAX_UUIDS))
        messages = (
            self.env["franchise.sync.message"]
            .sudo()
            .search(
                [
                    ("uuid", "in", [plain_text(uuid, 64) for uuid in uuids]),
                    ("company_id", "in", self.env.user.company_ids.ids),
                    ("state", "=", "pending"),
                    ("lease_until", ">", self._now()),
                ]
            )
        )
        files = self._files_of(messages)
        by_uuid = {message.uuid: message for message in messages}
        reply, size = [], 0
        for uuid in dict.fromkeys(uuids):
            found = files.get(by_uuid.get(uuid), ())
            size += sum(file.file_size for file in found)
            if reply and size > MAX_REPLY_BYTES:
                break
            reply += [self._prepare_file(uuid, file) for file in found]
        return reply

    def _files_of(self, messages):
        """{message: [ir.attachment small enough to be given out]}."""
        result = {}
        for model, group in messages.grouped("res_model").items():
            documents = {
                document.id: document
                for document in self.env[model].sudo().browse(set(group.mapped("res_id"))).exists()
            }
            for message in group:
                document = documents.get(message.res_id)
                files = document._sync_files() if document else ()
                result[message] = [file for file in files if file.file_size <= MAX_FILE_BYTES]
        return result

    @api.model
    def _prepare_file(self, uuid, file):
        return {
            "uuid": uuid,
            "name": file.name,
            "mimetype": file.mimetype or "application/octet-stream",
            "sha256": file.franchise_sha256 or "",
            "content": base64.b64encode(file.raw or b"").decode(),
        }
