"""Who may be where: distances on the globe, protected circles and areas. Pure functions without ORM.

Rules, in one place:

* A circle protects everything within its radius (km) around an outlet, the edge included.
* An area protects a whole state, or one city of it.
* Two circles overlap when their centres are nearer than the sum of their radii; circles that only touch don't overlap.
* Two areas overlap when one contains the other, or they are the same.
* A circle conflicts with an area that contains the outlet at its centre: no outlines of states and cities are kept, so
  what is asked of an area is which state and city a place lies in.
"""

from datetime import date
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

# Mean radius R1 of the earth in km: IUGG; H. Moritz, "Geodetic Reference System 1980", Journal of Geodesy 74 (2000).
EARTH_RADIUS_KM = 6371.0088


class Place(NamedTuple):
    """Where something is. Latitude and longitude in degrees, None where unknown; ids of state and city, or None."""

    latitude: float | None
    longitude: float | None
    state: int | None = None
    city: int | None = None


class Protection(NamedTuple):
    """One protected area or circle, for the days `date_from` to `date_to` inclusive.

    `radius_km` None: an area, `state` and perhaps `city`; else a circle around `centre`. `key` is the caller's own.
    """

    key: int
    date_from: date
    date_to: date
    state: int | None = None
    city: int | None = None
    centre: Place | None = None
    radius_km: float | None = None


def place(latitude, longitude, state=None, city=None) -> Place:
    """A place from stored numbers: 0/0 (in the sea off Africa) is how an empty pair of coordinates is stored.

    :raises ValueError: the coordinates are not on the globe (latitude -90 to 90, longitude -180 to 180 degrees).
    """
    if not latitude and not longitude:
        return Place(None, None, state or None, city or None)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError(f"latitude {latitude}, longitude {longitude}")
    return Place(float(latitude), float(longitude), state or None, city or None)


def distance_km(one: Place, other: Place) -> float | None:
    """Great-circle distance in km by the haversine formula; None when a place has no coordinates.

    hav(d/R) = hav(φ2 - φ1) + cos φ1 · cos φ2 · hav(λ2 - λ1), hav(x) = sin²(x/2). Source: R. W. Sinnott, "Virtues of the
    Haversine", Sky and Telescope 68 (1984) 159. The sphere differs from the ellipsoid by at most 0.6 %.
    """
    if None in (one.latitude, one.longitude, other.latitude, other.longitude):
        return None
    phi1, phi2 = radians(one.latitude), radians(other.latitude)
    half_phi = (phi2 - phi1) / 2
    half_lambda = radians(other.longitude - one.longitude) / 2
    haversine = sin(half_phi) ** 2 + cos(phi1) * cos(phi2) * sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(haversine)))


def in_circle(where: Place, centre: Place, radius_km) -> bool:
    """Whether a place lies in the circle, its edge included; a place without coordinates lies in none."""
    distance = distance_km(where, centre)
    return distance is not None and distance <= radius_km


def circles_overlap(centre: Place, radius_km, other: Place, other_radius_km) -> bool:
    """Whether two circles (radii in km) have an area in common: distance < r1 + r2."""
    distance = distance_km(centre, other)
    return distance is not None and distance < radius_km + other_radius_km


def in_area(where: Place, state: int | None, city: int | None) -> bool:
    """Whether a place lies in a city, or in a state when no city is given."""
    if city:
        return where.city == city
    return bool(state) and where.state == state


def areas_overlap(state, city, other_state, other_city) -> bool:
    """Whether one of two areas contains the other."""
    if city and other_city:
        return city == other_city
    return bool(state) and state == other_state


def same_days(one, other) -> bool:
    """Whether two spans (`date_from`, `date_to`, both inclusive) share a day; a span that ends before it starts has none."""
    return max(one.date_from, other.date_from) <= min(one.date_to, other.date_to)


def from_day(protection: Protection, day: date) -> Protection:
    """What is left of a protection (or of an outlet's days) from `day` on; nothing: it ends before it starts."""
    return protection._replace(date_from=max(protection.date_from, day))


def protects(protection: Protection, where: Place) -> bool:
    """Whether the protected area or circle covers the place, whatever the day."""
    if protection.radius_km is None:
        return in_area(where, protection.state, protection.city)
    return in_circle(where, protection.centre, protection.radius_km)


def overlap(one: Protection, other: Protection) -> bool:
    """Whether two protections claim the same ground on the same day."""
    if not same_days(one, other):
        return False
    if one.radius_km is None and other.radius_km is None:
        return areas_overlap(one.state, one.city, other.state, other.city)
    if one.radius_km is None:
        return in_area(other.centre, one.state, one.city)
    if other.radius_km is None:
        return in_area(one.centre, other.state, other.city)
    return circles_overlap(one.centre, one.radius_km, other.centre, other.radius_km)


def shown_km(value) -> str:
    """A number of km as people write it: no more than two decimals, none without need."""
    text = f"{Decimal(str(value)):.2f}"
    return text.rstrip("0").rstrip(".")
