from collections import defaultdict
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError, UserError

# Present in the context only while a document moves through its own transition table. An object can't
# be sent over RPC, so no client can pretend to be the table.
_MOVING = object()


class Transition(NamedTuple):
    """One allowed step of a document: from these states, to that state, by members of that group."""

    sources: tuple[str, ...]
    target: str
    group: str


class FranchiseDocumentMixin(models.AbstractModel):
    """Documents whose state follows one table.

    A model lists its steps in `_transitions` ({action: Transition}); nothing else changes `state`: writing it
    directly is refused for everybody, over RPC too. `_frozen_fields` can be changed only in `_editable_states`,
    `_step_fields` (who approved, when, under which terms …) only by the document's own steps, and what is computed
    by nobody. The same table drives buttons, guards, the manual and the tests. A room that extends a document by `_inherit`
    declares its own fields in the same two names: those of all parts count together.
    """

    _name = "franchise.document.mixin"
    _description = "Document With a Transition Table"

    _transitions: dict[str, Transition] = {}
    _editable_states: tuple[str, ...] = ("draft",)
    _frozen_fields: frozenset[str] = frozenset()
    _step_fields: frozenset[str] = frozenset()
    # Code of the sequence that numbers new documents in `name`; none: numbered later, or not at all.
    _number_sequence: str | None = None

    @api.model_create_multi
    def create(self, vals_list):
        # Defaults in the context come from the client: for what isn't entered they don't count.
        own = self._own_fields() | {"state"}
        context = {key: value for key, value in self.env.context.items() if key.removeprefix("default_") not in own}
        self = self.with_context(context)  # pylint: disable=context-overridden
        initial = self.default_get(["state"]).get("state")
        if any(vals.get("state", initial) != initial for vals in vals_list):
            raise UserError(
                self.env._("%s starts as a draft: create it first, then use its buttons.", self._description)
            )
        if not self._is_moving():
            self._check_given(set().union(*vals_list))
        return super().create(self._numbered(vals_list))

    def _numbered(self, vals_list):
        """`vals_list` with the next numbers of the documents' companies, unless they bring their own."""
        if not self._number_sequence:
            return vals_list
        new = self.env._("New")
        numbered = [dict(vals) for vals in vals_list]
        unnamed = defaultdict(list)
        for vals in numbered:
            if vals.get("name", new) == new:
                unnamed[vals.get("company_id") or self.env.company.id].append(vals)
        for company, documents in unnamed.items():
            sequences = self.env["ir.sequence"].with_company(company)
            numbers = sequences._next_batch_by_code(self._number_sequence, len(documents))
            for vals, number in zip(documents, numbers):  # noqa: B905 — without a sequence there is no number
                vals["name"] = number
        return numbered

    def write(self, vals):
        if not self._is_moving():
            if "state" in vals:
                raise UserError(self.env._("The status is changed by the document's buttons, not directly."))
            self._check_given(vals)
            self._check_frozen(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_editable(self):
        kept = self.filtered(lambda document: document.state not in self._editable_states)
        if kept:
            raise UserError(
                self.env._("%s can't be deleted any more: it is evidence. Cancel it instead.", kept[0].display_name)
            )

    def _is_moving(self):
        return self.env.context.get("franchise_moving") is _MOVING

    def _trusted(self):
        """The same records, allowed to write frozen fields: for the model's own steps only."""
        return self.with_context(franchise_moving=_MOVING)

    def _check_given(self, names):
        """Refuse values from outside for what the document works out by itself, whatever its state.

        A stored computed field could be overwritten by `create` and `write`: being read-only is a matter of the screen.

        :raises UserError: names the fields.
        """
        own = self._own_fields().intersection(names)
        if own:
            raise UserError(
                self.env._(
                    "%(document)s works out by itself: %(fields)s. It can't be entered.",
                    document=self._description,
                    fields=", ".join(self._fields[name]._description_string(self.env) for name in sorted(own)),
                )
            )

    def _own_fields(self):
        """Names of the fields that only the document itself writes."""
        return self._declared("_step_fields").union(
            name for name, field in self._fields.items() if field.store and field.compute and field.readonly
        )

    def _declared(self, name):
        """The field names that all parts of this model declare under `name`."""
        return frozenset().union(*(vars(part).get(name, ()) for part in type(self).__mro__))

    def _get_frozen_fields(self):
        """Names of the fields that change only in the editable states."""
        return self._declared("_frozen_fields")

    def _check_frozen(self, vals):
        """Refuse changes of frozen fields outside the editable states.

        :raises UserError: names the document, its status and the field.
        """
        changed = self._get_frozen_fields().intersection(vals)
        if not changed:
            return
        frozen = self.filtered(lambda document: document.state not in self._editable_states)
        if frozen:
            states = dict(self._fields["state"]._description_selection(self.env))
            labels = [self._fields[name]._description_string(self.env) for name in sorted(changed)]
            raise UserError(
                self.env._(
                    "%(document)s is “%(state)s”: %(fields)s can't be changed any more.",
                    document=frozen[0].display_name,
                    state=states.get(frozen[0].state, frozen[0].state),
                    fields=", ".join(labels),
                )
            )

    def _check_transition(self, action):
        """Check that the user may take `action` on every record, and lock the records.

        :raises AccessError: the user lacks the step's group.
        :raises UserError: a record is in another state.
        """
        step = self._transitions[action]
        if not self.env.su and not self.env.user.has_group(step.group):
            group = self.env.ref(step.group).sudo()
            raise AccessError(self.env._("This step needs the role “%s”. Ask a colleague who has it.", group.full_name))
        self.lock_for_update()
        states = dict(self._fields["state"]._description_selection(self.env))
        for document in self:
            if document.state not in step.sources:
                raise UserError(
                    self.env._(
                        "%(document)s is “%(state)s”; this step is possible only from: %(sources)s.",
                        document=document.display_name,
                        state=states.get(document.state, document.state),
                        sources=", ".join(states.get(source, source) for source in step.sources),
                    )
                )
        return step

    def _move(self, action, values=None):
        """Check the step and write its target state, with `values` beside it."""
        step = self._check_transition(action)
        self._trusted().write({**(values or {}), "state": step.target})
        # Now rather than later: unique indexes over states must see this step before the next one.
        self.flush_recordset(["state"])
        return True
