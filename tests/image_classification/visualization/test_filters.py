"""Filters are the weights of convolutions."""

import numpy as np
import pytest
import torch
from torch import nn

from ablate.errors import AblateError
from ablate.image_classification.visualization.filters import as_colours, filters

NETWORK = nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU(), nn.Conv2d(4, 2, 3), nn.Flatten())


@pytest.mark.parametrize(("layer", "name"), [("first", "0"), ("last", "2"), ("2", "2")])
def test_they_are_the_weights_of_the_convolution(layer: str, name: str) -> None:
    found = filters(NETWORK, layer)
    assert found.layer == name
    assert torch.equal(torch.from_numpy(found.weights), NETWORK.get_submodule(name).weight)


def test_only_the_first_sees_colours() -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 5), nn.Conv2d(3, 2, 3))
    assert [filters(network, layer).sees_colours for layer in ("first", "last")] == [True, False]
    assert not filters(nn.Sequential(nn.Conv2d(1, 3, 5))).sees_colours


def test_other_layers_have_none() -> None:
    with pytest.raises(AblateError) as caught:
        filters(NETWORK, "1")
    assert str(caught.value) == "--layer 1: '1' is no convolution\n    there are 0, 2"


def test_as_colours_zero_is_grey_and_the_reach_is_full() -> None:
    weights = np.array([0.0, 0.5, -0.9], dtype=np.float32).reshape(1, 3, 1, 1)
    np.testing.assert_allclose(as_colours(weights, 0.5)[0, 0, 0], [0.5, 1.0, 0.0])
