"""As much of a supplier's stock Odoo in memory as notes and statements need."""

from __future__ import annotations

from typing import Any


class Client:
    """As much of a supplier's Odoo as notes need: external ids, a customer, rights, and calls that break off."""

    target = "https://erp.example.com"
    uid = 7
    page = 200

    def __init__(self, *, salesperson: int = 4) -> None:
        self.rows: dict[str, dict[str, dict[str, str]]] = {
            "mail.message": {},
            "mail.activity": {},
            "ir.attachment": {},
        }
        self.customer: dict[str, Any] = {
            "id": 8,
            "ref": "HQ-001",
            "user_id": [salesperson, "S"] if salesperson else False,
        }
        self.denied: set[str] = set()
        #: By model: the words with which its load() refuses, or the error raised after it has worked.
        self.words: dict[str, str] = {}
        self.cut: dict[str, Exception] = {}
        self.loads: list[str] = []
        #: To-dos that the clerk has done, in the order of doing: external id → (feedback, time).
        self.done: dict[str, tuple[str, str]] = {}

    def call(self, model: str, method: str, *args: Any, **_kwargs: Any) -> Any:
        return getattr(self, f"_{method}")(model, *args)

    def _has_access(self, model: str, _ids: list[int], operation: str) -> bool:
        return f"{operation} {model}" not in self.denied

    def _search(self, model: str, domain: list[Any]) -> list[int]:
        if model == "res.partner":
            return [8] if domain[0][2] == self.customer["ref"] else []
        if model == "mail.activity":  # those that are open
            return [i for i, name in enumerate(self.rows[model], 1) if name not in self.done]
        wanted = domain[0][2]
        return [i for i, row in enumerate(self.rows[model].values(), 1) if row["message_id"] in wanted]

    def _read(self, _model: str, ids: list[int], _fields: list[str]) -> list[dict[str, Any]]:
        return [self.customer for _id in ids]

    def _get_metadata(self, model: str, ids: list[int]) -> list[dict[str, Any]]:
        names = list(self.rows[model])
        return [{"id": i, "xmlids": [{"xmlid": names[i - 1]}]} for i in ids]

    def _unlink(self, model: str, ids: list[int]) -> bool:
        names = list(self.rows[model])
        for number in ids:
            self.rows[model].pop(names[number - 1])
        return True

    def _search_read(self, model: str, domain: list[Any], _fields: list[str]) -> list[dict[str, Any]]:
        assert (model, ("active", "=", False) in domain) == ("mail.activity", True)
        since = next((value for field, _op, value in domain if field == "write_date"), "")
        seen = next((value for field, op, value in domain if (field, op) == ("id", "not in")), [])
        names = list(self.rows[model])
        rows = [
            {"id": names.index(name) + 1, "feedback": said, "write_date": at, "write_uid": [5, "Clerk"]}
            for name, (said, at) in sorted(self.done.items(), key=lambda done: done[1][1])
        ]
        return [row for row in rows if row["write_date"][:19] >= since[:19] and row["id"] not in seen][: self.page]

    def _load(self, model: str, fields: list[str], rows: list[list[str]]) -> dict[str, Any]:
        self.loads.append(model)
        if model in self.words:
            messages = [{"type": "error", "record": i, "message": self.words[model]} for i in range(len(rows))]
            return {"ids": False, "messages": messages}
        for row in rows:  # as "mode: update" with "noupdate" does it: what is there is left alone
            self.rows[model].setdefault(row[0], dict(zip(fields, row, strict=True)))
        if model in self.cut:
            raise self.cut.pop(model)
        names = list(self.rows[model])
        return {"ids": [names.index(row[0]) + 1 for row in rows], "messages": []}
