import pytest

from messaging.results.lift import Share, difference, lift


def test_the_interval_is_that_of_the_published_example():
    # Newcombe 1998, table II, the first contrast by method 10.
    found = difference(Share(56, 70), Share(48, 80))

    assert found.points == pytest.approx(20.0)
    assert (found.low, found.high) == pytest.approx((5.24, 33.39), abs=0.005)


@pytest.mark.parametrize(
    ("meant", "held_out"),
    [
        (Share(50, 1000), Share(5, 99)),
        (Share(50, 99), Share(50, 1000)),
        (Share(5, 1000), Share(4, 1000)),
        (Share(0, 0), Share(0, 0)),
    ],
)
def test_too_little_is_not_compared(meant, held_out):
    assert lift(meant, held_out) is None


def test_where_nobody_did_it_without_the_message_there_still_is_an_interval():
    found = lift(Share(10, 1000), Share(0, 100))

    assert found.low < 0 < found.points < found.high
    assert not found.is_clear


def test_a_difference_that_chance_hardly_makes_is_clear_in_both_directions():
    assert lift(Share(300, 1000), Share(100, 1000)).is_clear
    assert lift(Share(100, 1000), Share(300, 1000)).is_clear
    assert not lift(Share(100, 1000), Share(101, 1000)).is_clear
