"""Streams of randomness do not meet."""

from ablate.image_classification.streams import stream_seed


def test_uses_and_seeds_are_apart_and_repeatable() -> None:
    uses = [("order", epoch) for epoch in range(50)] + [("split",), ("dropout",), ("init", "a")]
    seeds = {stream_seed(seed, *use) for seed in range(50) for use in uses}
    assert len(seeds) == 50 * len(uses)
    assert stream_seed(3, "order", 1) == stream_seed(3, "order", 1)
    assert all(0 <= seed < 2**63 for seed in seeds)
