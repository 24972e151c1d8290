from ablate.image_classification.architecture.presets import PRESETS
from ablate.image_classification.architecture.summary import LayerRow, layer_table
from tests.image_classification.architecture.specs import spec_of


def test_the_table_has_a_row_a_layer_in_order() -> None:
    spec = spec_of(
        filters=[4],
        downsampling="strided_conv",
        normalization="batch",
        dropout_stages=0.25,
        classifier_widths=[],
    )
    assert layer_table(spec, (1, 8, 8), 3).rows == [
        LayerRow("stage1.convolution1", "3x3 convolution, stride 2", (4, 4, 4), 40, 1152),
        LayerRow("stage1.normalization1", "batch norm", (4, 4, 4), 8, 0),
        LayerRow("stage1.activation1", "relu", (4, 4, 4), 0, 0),
        LayerRow("stage1.dropout", "dropout 0.25", (4, 4, 4), 0, 0),
        LayerRow("flatten", "flatten", (64,), 0, 0),
        LayerRow("classifier.output", "linear", (3,), 195, 384),
    ]


def test_a_pool_says_its_window() -> None:
    rows = {row.name: row.description for row in layer_table(spec_of()).rows}
    assert rows["stage1.downsampling"] == "2x2 max pool"
    assert rows["stage1.convolution1"] == "3x3 convolution"


def test_totals_of_the_presets() -> None:
    totals = {
        name: layer_table(spec_of(**PRESETS[name]["architecture"]))[1:]
        for name in ("simple_model", "good_model", "goodest_model")
    }
    # FLOPs of good_model by hand: (27*32 + 288*32) * 1024, (288*64 + 576*64) * 256, 576*128 * 64
    # and 2048*64 + 64*10 multiply-adds.
    assert totals["good_model"] == (
        271_850,
        2
        * (
            (27 * 32 + 288 * 32) * 1024
            + (288 * 64 + 576 * 64) * 256
            + 576 * 128 * 64
            + 2048 * 64
            + 64 * 10
        ),
    )
    assert totals["simple_model"][0] == 390_410
    assert totals["goodest_model"][0] == 7_851_338
