"""Specifications for tests: small ones drawn at random, and one flip of every toggle."""

from typing import Any

from hypothesis import strategies as st

from ablate.image_classification.architecture.spec import ArchitectureSpec

# A base in which every key has an effect.
BASE: dict[str, Any] = {
    "filters": [4, 6],
    "convolutions_per_stage": [1, 2],
    "kernel_size": 3,
    "downsampling": "max_pool",
    "normalization": "batch",
    "normalization_position": "before_activation",
    "activation": "relu",
    "dropout_stages": [0.1, 0.2],
    "dropout_classifier": 0.1,
    "dropout_output": 0.1,
    "classifier_widths": [5],
    "classifier_normalization": "none",
    "initialization": "framework_default",
}

# Other values of each key; a key of ArchitectureSpec without a row fails the tests that walk them.
FLIPS: dict[str, list[Any]] = {
    "filters": [[4, 7]],
    "convolutions_per_stage": [[2, 2]],
    "kernel_size": [1, 5],
    "downsampling": ["average_pool", "strided_conv", "strided_conv_layer"],
    "normalization": ["none"],
    "normalization_position": ["after_activation"],
    "activation": ["gelu"],
    "dropout_stages": [[0.1, 0.3], 0.0],
    "dropout_classifier": [0.2, 0.0],
    "dropout_output": [0.2, 0.0],
    "classifier_widths": [[6], [5, 5], []],
    "classifier_normalization": ["batch"],
    "initialization": ["xavier_uniform", "xavier_normal", "kaiming"],
}


def spec_of(**settings: Any) -> ArchitectureSpec:
    """The specification of plain settings, as a study file gives them."""
    return ArchitectureSpec.model_validate(settings)


@st.composite
def specs(draw: st.DrawFn) -> ArchitectureSpec:
    """Specifications with one to three small stages, for images of at least 16 pixels a side."""
    stages = draw(st.integers(1, 3))

    def one_each(entry: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
        return st.lists(entry, min_size=stages, max_size=stages)

    rates = st.sampled_from([0.0, 0.1, 0.5])
    return spec_of(
        filters=draw(one_each(st.integers(1, 5))),
        convolutions_per_stage=draw(one_each(st.integers(1, 2))),
        kernel_size=draw(st.sampled_from([1, 3, 5])),
        downsampling=draw(
            st.sampled_from(["max_pool", "average_pool", "strided_conv", "strided_conv_layer"])
        ),
        normalization=draw(st.sampled_from(["none", "batch"])),
        normalization_position=draw(st.sampled_from(["before_activation", "after_activation"])),
        activation=draw(st.sampled_from(["relu", "gelu"])),
        dropout_stages=draw(one_each(rates)),
        dropout_classifier=draw(rates),
        dropout_output=draw(rates),
        classifier_widths=draw(st.lists(st.integers(1, 6), max_size=2)),
        classifier_normalization=draw(st.sampled_from(["none", "batch"])),
        initialization=draw(
            st.sampled_from(["framework_default", "xavier_uniform", "xavier_normal", "kaiming"])
        ),
    )
