from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.territory import (
    EARTH_RADIUS_KM,
    Place,
    Protection,
    areas_overlap,
    circles_overlap,
    distance_km,
    in_area,
    in_circle,
    overlap,
    place,
    protects,
    shown_km,
)

PLACES = st.builds(
    Place,
    st.floats(min_value=-90, max_value=90, allow_nan=False),
    st.floats(min_value=-180, max_value=180, allow_nan=False),
)
RADII = st.floats(min_value=0.01, max_value=500, allow_nan=False)
HALF_ROUND = 20015.12  # km: half of the sphere's circumference, rounded up
NEAR = 0.001  # km: between antipodes the arc sine loses half of its digits
SPANS = st.tuples(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.dates(date(2020, 1, 1), date(2030, 1, 1))).map(
    sorted
)
AREAS = st.builds(
    lambda span, state, city: Protection(1, *span, state=state, city=city and state * 10 + city),
    SPANS,
    st.integers(1, 3),
    st.sampled_from([None, 1, 2]),
)
CIRCLES = st.builds(
    lambda span, centre, radius, state, city: Protection(
        2, *span, centre=centre._replace(state=state, city=state * 10 + city), radius_km=radius
    ),
    SPANS,
    PLACES,
    RADII,
    st.integers(1, 3),
    st.integers(1, 2),
)


@tagged("post_install", "-at_install")
class TestTerritoryRules(BaseCase):
    """R-A3: distances, circles and areas as pure functions."""

    def test_known_distances(self):
        """Shanghai to Hangzhou, Shanghai to Los Angeles over the date line, pole to pole, and next to nothing."""
        for one, other, km, within in (
            ((31.2304, 121.4737), (30.2741, 120.1551), 164.7, 0.5),
            ((31.2304, 121.4737), (34.0522, -118.2437), 10437, 15),
            ((90, 0), (-90, 0), 20015.1, 0.1),
            ((0, 179.9), (0, -179.9), 22.24, 0.01),
            ((89.9, 0), (89.9, 180), 22.24, 0.01),
            ((30.0, 120.0), (30.0, 120.00001), 0.00096, 0.0001),
        ):
            with self.subTest(one=one, other=other):
                self.assertAlmostEqual(distance_km(Place(*one), Place(*other)), km, delta=within)

    @settings(max_examples=300, deadline=None)
    @given(one=PLACES, other=PLACES)
    @example(one=Place(0.0, 0.0), other=Place(0.0, 180.0))
    def test_distance_is_symmetric_never_negative_and_zero_to_itself(self, one, other):
        self.assertAlmostEqual(distance_km(one, other), distance_km(other, one), places=6)
        self.assertGreaterEqual(distance_km(one, other), 0)
        self.assertLess(distance_km(one, other), HALF_ROUND)
        self.assertEqual(distance_km(one, one), 0)

    @settings(max_examples=300, deadline=None)
    @given(one=PLACES, other=PLACES, third=PLACES)
    def test_a_detour_is_never_shorter(self, one, other, third):
        self.assertLessEqual(distance_km(one, third), distance_km(one, other) + distance_km(other, third) + NEAR)

    @settings(max_examples=200, deadline=None)
    @given(where=PLACES, latitude=st.floats(-90, 90, allow_nan=False))
    @example(where=Place(0.0, 180.0), latitude=0.0)
    def test_the_antimeridian_is_one_line_and_a_pole_is_one_point(self, where, latitude):
        east, west = Place(latitude, 180), Place(latitude, -180)
        self.assertAlmostEqual(distance_km(where, east), distance_km(where, west), delta=NEAR)
        for pole in (90, -90):
            reached = distance_km(where, Place(pole, where.longitude))
            self.assertAlmostEqual(distance_km(where, Place(pole, 17)), reached, delta=NEAR)

    @settings(max_examples=200, deadline=None)
    @given(one=PLACES, other=PLACES, radius=RADII, other_radius=RADII)
    def test_circles_overlap_both_ways_and_whoever_is_inside_makes_them(self, one, other, radius, other_radius):
        self.assertEqual(
            circles_overlap(one, radius, other, other_radius), circles_overlap(other, other_radius, one, radius)
        )
        self.assertEqual(
            circles_overlap(one, radius, other, other_radius), distance_km(one, other) < radius + other_radius
        )
        if in_circle(other, one, radius):
            self.assertTrue(circles_overlap(one, radius, other, other_radius))

    def test_circles_that_touch_do_not_overlap_but_the_edge_is_inside(self):
        one, other = Place(0, 0.5), Place(0, 1.5)
        between = distance_km(one, other)
        self.assertAlmostEqual(between, EARTH_RADIUS_KM * 3.141592653589793 / 180, places=6)
        self.assertFalse(circles_overlap(one, between / 2, other, between / 2))
        self.assertTrue(circles_overlap(one, between / 2, other, between / 2 + 0.001))
        self.assertTrue(in_circle(other, one, between))
        self.assertFalse(in_circle(other, one, between - 0.001))

    def test_areas(self):
        """A state contains its cities; two cities of a state are apart."""
        for one, other, expected in (
            ((1, None), (1, None), True),
            ((1, None), (2, None), False),
            ((1, 11), (1, None), True),
            ((1, 11), (1, 11), True),
            ((1, 11), (1, 12), False),
            ((1, 11), (2, None), False),
            ((None, None), (None, None), False),
        ):
            with self.subTest(one=one, other=other):
                self.assertEqual(areas_overlap(*one, *other), expected)
                self.assertEqual(areas_overlap(*other, *one), expected)
        self.assertTrue(in_area(Place(None, None, 1, 11), 1, None))
        self.assertTrue(in_area(Place(None, None, 1, 11), 1, 11))
        self.assertFalse(in_area(Place(None, None, 1, 12), 1, 11))
        self.assertFalse(in_area(Place(None, None, None, None), None, None))

    @settings(max_examples=300, deadline=None)
    @given(one=st.one_of(AREAS, CIRCLES), other=st.one_of(AREAS, CIRCLES))
    def test_overlap_is_mutual_and_needs_a_common_day(self, one, other):
        self.assertEqual(overlap(one, other), overlap(other, one))
        if one.date_to < other.date_from:
            self.assertFalse(overlap(one, other))
        elif one == other:
            self.assertTrue(overlap(one, other))

    @settings(max_examples=200, deadline=None)
    @given(area=AREAS, circle=CIRCLES)
    def test_a_circle_meets_the_area_that_contains_its_centre(self, area, circle):
        """The rule: what decides is where the outlet at the centre is."""
        same_days = max(area.date_from, circle.date_from) <= min(area.date_to, circle.date_to)
        self.assertEqual(overlap(area, circle), same_days and protects(area, circle.centre))

    def test_unknown_coordinates_lie_in_no_circle(self):
        self.assertIsNone(distance_km(place(0, 0), Place(1, 1)))
        self.assertFalse(in_circle(place(0, 0), Place(0.0, 0.1), 100))
        self.assertFalse(circles_overlap(place(0, 0), 100, Place(0.0, 0.1), 100))
        self.assertEqual(place(0, 5), Place(0, 5))

    def test_what_is_not_on_the_globe_is_refused(self):
        for latitude, longitude in ((90.1, 0), (-91, 5), (5, 180.5), (5, -181)):
            with self.assertRaisesRegex(ValueError, "latitude"):
                place(latitude, longitude)

    def test_kilometres_as_people_write_them(self):
        for value, text in ((5, "5"), (2.5, "2.5"), (0.25, "0.25"), (100, "100"), (1.234, "1.23")):
            self.assertEqual(shown_km(value), text)
