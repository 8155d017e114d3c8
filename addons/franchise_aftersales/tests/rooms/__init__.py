"""What the tests over all documents need to know of each room, in one file a room.

A room's file may have:

- `records(flow, made)`: {model: one record} for every model of the room, in `flow`'s company; `made` are those of the
  rooms before it. Access is tried on them.
- `STEPS`: {model: {action: (states from, state to, group)}}, the agreed table of transitions written down a second time.
- `STEP_VALUES`: {model: {field: value}} that a client might like to set beside the buttons.
- `documents(flow, made)`: {model: record} for the tests of transitions, where another record than that of `records` is
  needed.
- `state_values(flow, model, state)`: values that a document needs beside its state, when it is put there past the table.
- `BUTTONS`: {(model, action): method name} where it is not `action_<action>`; None where no button exists.
"""

from . import (
    aftercare,
    agreement,
    claim,
    clause,
    clock,
    closing,
    contract,
    evidence,
    insight,
    network,
    notice,
    recovery,
    resolution,
    settlement,
    statement,
    sync,
    termination,
)

ROOMS = (
    contract,
    clause,
    notice,
    network,
    agreement,
    claim,
    evidence,
    clock,
    resolution,
    recovery,
    aftercare,
    settlement,
    statement,
    sync,
    termination,
    closing,
    insight,
)


def merged(name):
    """The rooms' tables of that name as one dict; a later room adds to what an earlier one says of a model."""
    found = {}
    for room in ROOMS:
        for key, entry in getattr(room, name, {}).items():
            both = isinstance(entry, dict) and isinstance(found.get(key), dict)
            found[key] = {**found[key], **entry} if both else entry
    return found


def all_records(flow):
    """{model: one record} over all rooms."""
    made = {}
    for room in ROOMS:
        if hasattr(room, "records"):
            made.update(room.records(flow, made))
    return made


def all_documents(flow):
    """{model: one document} for every model with a table of transitions."""
    made = all_records(flow)
    for room in ROOMS:
        if hasattr(room, "documents"):
            made.update(room.documents(flow, made))
    return {model: made[model] for model in merged("STEPS")}


def state_values(flow, model, state):
    """Values that the model's document needs in `state`."""
    values = {}
    for room in ROOMS:
        if hasattr(room, "state_values"):
            values.update(room.state_values(flow, model, state))
    return values
