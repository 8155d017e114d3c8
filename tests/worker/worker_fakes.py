"""In-memory stand-ins of both ports, faithful where the delivery logic depends on it. No Odoo, no network."""

from __future__ import annotations

import hashlib
import itertools
import json
import uuid as uuids
from datetime import UTC, datetime, timedelta
from typing import Any

from franchise_sync.erp import wire
from franchise_sync.erp.api_calls import ApiErp


def payload(key: str, /, **changes: Any) -> str:
    data = {
        "version": 1,
        "kind": "claim_submitted",
        "uuid": key,
        "document": {"number": "AFC/2026/00012", "revision": 1},
        "customer": {"name": "Tea & Light 茶里有光", "ref": "HQ-001"},
        "currency": "CNY",
        "amount": "290.10",
        "cause": {"code": "quality.material", "name": "Defect in material"},
        "reason": "Broken <b>& wet</b>\nsecond line",
        "lines": [
            {"key": "1", "kind": "goods", "description": "Valve", "quantity": "2", "amount": "200.10"},
            {"key": "2", "kind": "labour", "description": "Labour", "share": "80.00", "amount": "90.00"},
        ],
        **changes,
    }
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def termination_payload(key: str, /, **changes: Any) -> str:
    data = {
        "version": 1,
        "kind": "termination_notice",
        "uuid": key,
        "document": {"number": "Notice 7 终止通知", "revision": 1},
        "customer": {"name": "Tea & Light 茶里有光", "ref": "HQ-001"},
        "status": "given",
        "contract": {"number": "FC/2024/0007", "franchisee": "Qinghe Catering 青禾餐饮"},
        "ends_on": "2026-12-31",
        "agreement": {"number": "SA/0003", "decision": "end"},
        "decision_text": "终止",
        "run_off_until": "2027-06-30",
        "outlets": [{"code": "SH-001", "name": "Nanjing Road"}, {"code": "SH-002", "name": "Bund"}],
        "text": "Dear <b>partner</b>,\nthe contract & its outlets close.",
        **changes,
    }
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def amendment_payload(key: str, /, **changes: Any) -> str:
    data = {
        "version": 1,
        "kind": "agreement_amended",
        "uuid": key,
        "document": {"number": "SA/0003 version 2", "revision": 1},
        "customer": {"name": "Tea & Light 茶里有光", "ref": "HQ-001"},
        "agreement": {"number": "SA/0003", "version": 2},
        "date_from": "2027-01-01",
        "date_to": "",
        "currency": "CNY",
        "reason": "Agreed in writing",
        "changes": ["Warranty Months: 24 → 12", "Carrier: – → SF"],
        **changes,
    }
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def change_payload(key: str, /, **changes: Any) -> str:
    data = {
        "version": 1,
        "kind": "claim_changed",
        "uuid": key,
        "original": "5c9b9d7e-1111-4000-8000-00000000000f",
        "document": {"number": "AFC/2026/00012", "revision": 1},
        "customer": {"name": "Tea & Light 茶里有光", "ref": "HQ-001"},
        "currency": "CNY",
        "amount": "250.10",
        "reason": "Counted twice <b>&</b> corrected",
        "lines": [{"key": "1", "amount": "200.10"}, {"key": "2", "amount": "50.00"}],
        **changes,
    }
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def withdrawal_payload(key: str, /, **changes: Any) -> str:
    gone = {"kind": "claim_withdrawn", "amount": "0.00", "lines": [], "reason": "Our own mistake"}
    return change_payload(key, **{**gone, **changes})


def settlement_payload(key: str, /, **changes: Any) -> str:
    data = {
        "version": 1,
        "kind": "settlement_issued",
        "uuid": key,
        "document": {"number": "ST/2026/00003", "revision": 1},
        "customer": {"name": "Tea & Light 茶里有光", "ref": "HQ-001"},
        "party": "supplier",
        "type": "final",
        "date_to": "2026-10-31",
        "currency": "CNY",
        "opening_balance": "-10.00",
        "amount": "290.10",
        "closing_balance": "280.10",
        "answer_until": "2026-12-24",
        "answer_days": 30,
        "silence": "agree",
        "line_count": 2,
        "lines": [
            {
                "key": "1",
                "kind": "recovery",
                "date": "2026-10-02",
                "reference": "AFC/2026/00012",
                "their_reference": "RBILL/7",
                "description": "Valve <b>& wet</b>",
                "amount": "300.10",
            },
            {"key": "2", "kind": "payout", "date": "2026-10-31", "description": "Freight 运费", "amount": "-10.00"},
        ],
        "statement": {},
        **changes,
    }
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def settlement_reversal_payload(key: str, /, **changes: Any) -> str:
    data = {
        "version": 1,
        "kind": "settlement_reversed",
        "uuid": key,
        "original": "5c9b9d7e-1111-4000-8000-00000000000f",
        "document": {"number": "ST/2026/00003", "revision": 1},
        "customer": {"name": "Tea & Light 茶里有光", "ref": "HQ-001"},
        "currency": "CNY",
        "status": "reversed",
        "reason": "Counted twice",
        **changes,
    }
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


#: By kind: makes a payload for a uuid.
PAYLOADS = {
    "claim_submitted": payload,
    "claim_changed": change_payload,
    "claim_withdrawn": withdrawal_payload,
    "termination_notice": termination_payload,
    "agreement_amended": amendment_payload,
    "settlement_issued": settlement_payload,
    "settlement_reversed": settlement_reversal_payload,
}


class FakeSyncApi:
    """The addon's ``franchise.sync.api`` as its methods look on the wire, over a dict."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.inbox: dict[tuple[str, str], dict[str, Any]] = {}
        self.systems = [
            {
                "code": "nbparts",
                "name": "NB Parts",
                "connector": "fake",
                "enabled": True,
                "url": "https://nb.example.com",
                "database": "nb",
                "login": "sync",
                "options": {},
                "poll_cursor": "",
            }
        ]
        self.attempts: list[dict[str, Any]] = []
        self.files: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.drifts: list[dict[str, Any]] = []
        self.closed: list[dict[str, Any]] = []
        #: Codes that are handed out to be reconciled.
        self.turns: list[str] = []
        #: Exceptions raised by the next calls of a method, before (default) or after it has worked.
        self.fail_before: dict[str, list[Exception]] = {}
        self.fail_after: dict[str, list[Exception]] = {}
        self._ids = itertools.count(1)

    def add(self, count: int = 1, endpoint: str = "nbparts", **changes: Any) -> list[str]:
        added = []
        for _ in range(count):
            key = str(uuids.uuid4())
            text = changes.get("text") or payload(key, **changes.get("payload", {}))
            number = next(self._ids)
            self.rows[number] = {
                "id": number,
                "uuid": key,
                "endpoint": endpoint,
                "kind": "claim_submitted",
                "aggregate": f"franchise.claim.recovery,{number}",
                "seq": 1,
                "payload": text,
                "sha256": changes.get("sha256") or hashlib.sha256(text.encode()).hexdigest(),
                "state": "pending",
                "tries": 0,
                "token": "",
                "until": None,
            }
            added.append(key)
        return added

    def states(self) -> dict[str, str]:
        return {row["uuid"]: row["state"] for row in self.rows.values()}

    def call(self, method: str, **kwargs: Any) -> Any:
        self.calls.append(method)
        if self.fail_before.get(method):
            raise self.fail_before[method].pop(0)
        reply = getattr(self, method)(**kwargs)
        if self.fail_after.get(method):
            raise self.fail_after[method].pop(0)
        return json.loads(json.dumps(reply))

    def endpoints(self, code: str = "") -> list[dict[str, Any]]:
        return [system for system in self.systems if code in ("", system["code"])]

    def pending(self, only_due: bool = False) -> list[dict[str, Any]]:
        rows = [
            {
                "code": system["code"],
                "due": len(self._due(system["code"])),
                "awaiting_answer": sum(row["state"] == "delivered" for row in self.rows.values()),
                "breaker": "closed",
            }
            for system in self.systems
            if system["enabled"]
        ]
        return [{**row, "awaiting_answer": 0} for row in rows if row["due"]] if only_due else rows

    def lease(self, endpoint: str, limit: int, lease_seconds: int, request_id: str) -> dict[str, Any]:
        mine = [row for row in self.rows.values() if row["token"] == request_id and row["state"] == "pending"]
        until = datetime.now(UTC) + timedelta(seconds=lease_seconds)
        if not mine:
            mine = self._due(endpoint)[:limit]
            for row in mine:
                row.update(token=request_id, until=until)
        keys = ("id", "uuid", "kind", "aggregate", "seq", "payload", "sha256")
        messages = [{**{key: row[key] for key in keys}, "attempt": row["tries"] + 1} for row in mine]
        return {
            "request_id": request_id,
            "lease_until": wire.iso(until) if mine else "",
            "messages": messages,
        }

    def attachments(self, uuids: list[str]) -> list[dict[str, Any]]:
        leased = {row["uuid"] for row in self.rows.values() if row["token"] and row["state"] == "pending"}
        return [file for uuid in uuids if uuid in leased for file in self.files if file["uuid"] == uuid][:2]

    def finish(self, request_id: str, results: list[dict[str, Any]]) -> dict[str, Any]:
        applied, late = [], []
        states = {"ack": "delivered", "reject": "rejected", "unknown": "parked", "retry": "waiting"}
        for result in results:
            row = self.rows[result["id"]]
            assert row["uuid"] == result["uuid"]
            self.attempts.append(result)
            held = row["token"] == request_id and row["state"] == "pending"
            if held or result["outcome"] == "ack":
                row.update(state=states[result["outcome"]], token="", until=None, tries=row["tries"] + 1)
            (applied if held else late).append(row["id"])
        return {"applied": applied, "late": late}

    def release(self, request_id: str) -> int:
        mine = [row for row in self.rows.values() if row["token"] == request_id and row["state"] == "pending"]
        for row in mine:
            row.update(token="", until=None)
        return len(mine)

    def receive(self, endpoint: str, answers: list[dict[str, Any]], cursor: str | None) -> list[dict[str, Any]]:
        known = {row["uuid"] for row in self.rows.values()}
        replies = []
        for answer in answers:
            key = (endpoint, answer["message_id"])
            status = "duplicate" if key in self.inbox else "applied" if answer["uuid"] in known else "parked"
            self.inbox.setdefault(key, answer)
            replies.append({"message_id": answer["message_id"], "status": status, "reason": ""})
        if cursor is not None:
            next(system for system in self.systems if system["code"] == endpoint)["poll_cursor"] = cursor
        return replies

    def reconcile_page(self, endpoint: str, after_id: int = 0, limit: int = 500) -> dict[str, Any]:
        rows = [row for row in self.rows.values() if row["endpoint"] == endpoint and row["id"] > after_id][:limit]
        return {
            "rows": [
                {
                    "id": row["id"],
                    "uuid": row["uuid"],
                    "sha256": row["sha256"],
                    "state": row["state"],
                    "amount": "290.10",
                    "currency": "CNY",
                    "kind": row["kind"],
                    "document": f"AFC/{row['id']}",
                    "remote_ref": "",
                    "delivered_at": "2026-11-23T08:00:00Z" if row["state"] == "delivered" else "",
                    "awaits_answer": row.get("awaits_answer", True),
                    "answer_state": row.get("answer_state", ""),
                    "accepted_amount": row.get("accepted_amount", ""),
                }
                for row in rows
            ],
            "next": rows[-1]["id"] if len(rows) == limit else 0,
        }

    def report_drift(self, endpoint: str, run: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """As the addon does it: missing there is sent again, missing here read again, the rest stopped."""
        own = {row["uuid"]: row for row in self.rows.values() if row["endpoint"] == endpoint}
        replies = []
        for row in rows:
            effect, kind = "noted", row["kind"]
            if kind == "missing_here":
                effect = "reread"
                next(system for system in self.systems if system["code"] == endpoint)["poll_cursor"] = ""
            elif kind == "missing_there" and own[row["uuid"]]["state"] in ("delivered", "parked"):
                effect = "requeued"
                own[row["uuid"]].update(state="pending", token="", until=None)
            elif own[row["uuid"]]["state"] == "delivered":
                effect = "blocked"
                own[row["uuid"]]["state"] = "parked"
            self.drifts.append({**row, "run": run, "effect": effect})
            replies.append({"uuid": row["uuid"], "kind": kind, "effect": effect})
        return replies

    def close_reconciliation(
        self, endpoint: str, run: str, compared: int, totals: list[dict[str, Any]], complete: bool
    ) -> dict[str, Any]:
        closed = {"endpoint": endpoint, "run": run, "compared": compared, "totals": totals, "complete": complete}
        self.closed.append(closed)
        return {"found": sum(drift["run"] == run for drift in self.drifts), "settled": 0}

    def reconcile_turn(self, interval: float) -> str:
        return self.turns.pop(0) if self.turns else ""

    def status(self) -> dict[str, Any]:
        states = [row["state"] for row in self.rows.values()]
        return {
            "endpoints": [
                {
                    "code": system["code"],
                    "pending": states.count("pending"),
                    "delivered": states.count("delivered"),
                    "rejected": states.count("rejected"),
                    "dead": 0,
                    "parked": states.count("parked"),
                    "quarantined": 0,
                    "awaiting_answer": states.count("delivered"),
                    "oldest_due_seconds": 0,
                    "last_success_at": "",
                    "breaker": "closed",
                }
                for system in self.systems
            ],
            "time": "2026-11-23T08:00:00Z",
        }

    def wake_channel(self) -> str:
        return "franchise_sync_wake:0a1b2c3d"

    def _due(self, endpoint: str) -> list[dict[str, Any]]:
        now = datetime.now(UTC)
        return [
            row
            for row in self.rows.values()
            if row["endpoint"] == endpoint
            and row["state"] == "pending"
            and (row["until"] is None or row["until"] <= now)
        ]


class _Straight:
    """The client of :class:`MemoryErp`: no wire, the same JSON."""

    def __init__(self, api: FakeSyncApi) -> None:
        self._api = api

    def call(self, _model: str, method: str, **kwargs: Any) -> Any:
        return self._api.call(method, **kwargs)

    def server_version(self) -> str:
        return "19.0"

    def close(self) -> None:
        pass


class MemoryErp(ApiErp):
    """ErpPort straight onto a :class:`FakeSyncApi`."""

    def __init__(self, api: FakeSyncApi) -> None:
        super().__init__(_Straight(api))
        self.api = api
