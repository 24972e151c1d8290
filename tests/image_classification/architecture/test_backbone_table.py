"""A backbone's layers as a table."""

import pytest

from ablate.image_classification.architecture.cost import forward_flops
from ablate.image_classification.architecture.summary import LayerRow, layer_table
from tests.image_classification.architecture.specs import spec_of


def test_resnet18_has_its_known_parameters_and_the_flops_that_planning_counts() -> None:
    spec = spec_of(backbone="resnet18", train_from="layer4")
    table = layer_table(spec, (3, 256, 256), 10)
    assert table.parameters == 11_689_512 - 513 * 990
    planned = forward_flops(spec, (3, 256, 256), 10)
    assert table.flops == pytest.approx(planned.whole, rel=1e-3)
    assert sum(row.flops for row in table.rows) == table.flops
    rows = {row.name: row for row in table.rows}
    assert next(iter(rows)) == "conv1" and list(rows)[-1] == "fc"
    assert rows["layer4.1.conv2"].output_shape == (512, 8, 8)
    assert rows["layer3.1.conv2"].description == "3x3 convolution, frozen"
    assert rows["layer4.0.conv1"].description == "3x3 convolution, stride 2"
    assert rows["fc"] == LayerRow("fc", "linear", (10,), 5130, 10_240)


def test_parameters_outside_of_layers_have_rows_too() -> None:
    table = layer_table(spec_of(backbone="vit_b_32"), (3, 224, 224), 10)
    assert table.parameters == 88_224_232 - 769 * 990
    assert table.rows[-1].name == "encoder.pos_embedding"


def test_images_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^vit_b_32 cannot take images of \(3, 32, 32\): Wrong"):
        layer_table(spec_of(backbone="vit_b_32"), (3, 32, 32), 10)
