from odoo import api, models
from odoo.exceptions import UserError


class FranchiseDocumentRowMixin(models.AbstractModel):
    """A row of a document: it is made, changed and deleted only while the document is open to it.

    A model names the many2one to its document in `_row_of` and says in `_fixed_text` why a row can't change; by
    default a document is open as a draft.
    """

    _name = "franchise.document.row.mixin"
    _description = "Row of a Document"

    _row_of = ""

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._check_document_open()
        return rows

    def write(self, vals):
        self._check_document_open()
        result = super().write(vals)
        if self._row_of in vals:  # nor may a row move into a document that is fixed
            self._check_document_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_open_document(self):
        self._check_document_open()

    def _check_document_open(self):
        """:raises UserError: a document isn't open to its rows any more."""
        for document in self[self._row_of]:
            if not self._is_open(document):
                raise UserError(self._fixed_text(document))

    def _is_open(self, document):
        """Whether the rows of `document` may change."""
        return document.state == "draft"

    def _fixed_text(self, document):
        """The sentence that says why the rows of `document` can't change, and what to do."""
        return self.env._("%s is no draft any more: its rows can't change.", document.display_name)
