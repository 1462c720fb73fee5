from funnel.stages import order_stages


def order(*moves):
    counts = {(before, after): count for before, after, count in moves}
    names = {name for pair in counts for name in pair}
    return order_stages(names, counts)


def test_the_longest_way_forward_is_the_main_one():
    way, beside = order(
        ("enquiry", "contacted", 80),
        ("contacted", "application", 40),
        ("application", "offer", 30),
        ("offer", "enrolled", 20),
        ("enquiry", "lost", 20),
        ("contacted", "lost", 40),
        ("offer", "lost", 25),
    )

    assert way == ["enquiry", "contacted", "application", "offer", "enrolled"]
    assert beside == ["lost"]


def test_a_move_back_does_not_turn_the_order_round():
    way, beside = order(
        ("enquiry", "contacted", 80),
        ("contacted", "lost", 40),
        ("lost", "contacted", 3),
        ("contacted", "enrolled", 20),
        ("enquiry", "lost", 9),
    )

    assert way == ["enquiry", "contacted", "enrolled"]
    assert beside == ["lost"]


def test_a_ring_of_stages_is_cut_where_fewest_go():
    way, _ = order(("a", "b", 10), ("b", "c", 9), ("c", "a", 2))

    assert way == ["a", "b", "c"]


def test_one_stage_alone_is_a_way():
    assert order_stages({"closed"}, {}) == (["closed"], [])
