"""Who takes which claim: by skill, then by load. Pure: no ORM."""

from collections.abc import Mapping
from typing import NamedTuple


class Job(NamedTuple):
    """A claim: its id, what it weighs, and {member: how closely their skills fit}, of those who may take it."""

    id: int
    weight: int
    fits: Mapping[int, int]


class Member(NamedTuple):
    """A person: what their open claims weigh, and how much they can carry."""

    load: int
    capacity: int


def claim_weight(priority) -> int:
    """What a claim of `priority` stars (0–3) weighs in somebody's load: one, and one more a star."""
    return 1 + int(priority or 0)


def assign(jobs, members: Mapping[int, Member]) -> dict[int, int | None]:
    """{job id: member id}, None where everybody who may take it has no room.

    Heavy jobs first, then by id. Each goes to the member whose skills fit closest; among equals to the one who is used least
    (load over capacity, with the job), then to the lowest id: the same input always gives the same answer.
    """
    loads = {key: member.load for key, member in members.items()}
    given = {}
    for job in sorted(jobs, key=lambda job: (-job.weight, job.id)):
        free = [key for key in job.fits if key in members and loads[key] + job.weight <= members[key].capacity]
        chosen = min(
            free,
            key=lambda key: (-job.fits[key], (loads[key] + job.weight) / members[key].capacity, key),
            default=None,
        )
        given[job.id] = chosen
        if chosen is not None:
            loads[chosen] += job.weight
    return given
