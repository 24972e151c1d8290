"""Every toggle of the network builder with its levels, in one place. Imports no torch.

A network is a row of stages (convolutions, then one downsampling by 2, then dropout) and a
classifier (hidden linear layers, then the output layer). `layers.py` derives the layers. Or it is
a backbone, a network of torchvision (`backbones.py`).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from ablate.image_classification.architecture.backbones import BACKBONES, blocks_of

NO_WEIGHTS, IMAGENET = "none", "imagenet"
"""Weights that are no file."""

Downsampling = Literal["max_pool", "average_pool", "strided_conv", "strided_conv_layer"]
Normalization = Literal["none", "batch"]
NormalizationPosition = Literal["before_activation", "after_activation"]
Activation = Literal["relu", "gelu"]
Initialization = Literal["framework_default", "xavier_uniform", "xavier_normal", "kaiming"]

_MOST_IN_A_STAGE = 1000
"""More is taken for a mistake: each is listed before anything runs."""
# Strict: `true` is no number of filters, and 3.5 no kernel size.
Count = Annotated[int, Field(strict=True, ge=1)]
Rate = Annotated[float, Field(strict=True, ge=0.0, lt=1.0)]


class BackboneSpec(BaseModel):
    """A network of torchvision, where it starts from, and how much of it is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: str | None = Field(
        default=None,
        description=(
            "A network of torchvision, with a new last layer; all other architecture keys but "
            "weights and train_from are then without effect. null: the convolutional network "
            "that these keys describe."
        ),
        json_schema_extra={"enum": [*BACKBONES]},
    )
    weights: str = Field(
        default=NO_WEIGHTS,
        description=(
            "What a backbone starts from: none, initial values drawn by seed; imagenet, "
            "torchvision's IMAGENET1K_V1; or a file of weights, .safetensors or .pth, or the run "
            "that kept them."
        ),
    )
    train_from: str | None = Field(
        default=None,
        description=(
            "First block of a backbone that is trained, of ResNet18 for instance layer4; those "
            "before it are frozen, in evaluation mode. classifier: nothing but the classifier. "
            "null, or all: everything."
        ),
    )

    @field_validator("train_from", mode="after")
    @classmethod
    def _all_is_none(cls, value: str | None) -> str | None:
        return None if value == "all" else value


class ArchitectureSpec(BackboneSpec):
    """A classifier as its design choices. Raises pydantic's ValidationError."""

    filters: tuple[Count, ...] = Field(
        default=(32, 64, 128),
        min_length=1,
        description="Filters of each stage's convolutions; as many stages as entries.",
    )
    convolutions_per_stage: tuple[Annotated[Count, Field(le=_MOST_IN_A_STAGE)], ...] = Field(
        default=(1, 1, 1),
        description="Convolutions in each stage, at least 1 (1 by default); one number serves all.",
    )
    kernel_size: Count = Field(
        default=3,
        description="Side of the convolutions' kernels, odd; the padding keeps the map's size.",
    )
    downsampling: Downsampling = Field(
        default="max_pool",
        description=(
            "What halves the map at the end of each stage: a 2x2 max_pool or average_pool; "
            "strided_conv: no pool, the stage's last convolution has stride 2; "
            "strided_conv_layer: a 3x3 convolution of stride 2 in the pool's place "
            "(the last two: Springenberg et al. 2015, arXiv 1412.6806)."
        ),
    )
    normalization: Normalization = Field(
        default="none",
        description="Normalisation of each convolution; batch: Ioffe and Szegedy 2015.",
    )
    normalization_position: NormalizationPosition = Field(
        default="before_activation",
        description="Whether a convolution's normalisation stands before or after its activation.",
    )
    activation: Activation = Field(
        default="relu", description="Activation of convolutions and hidden classifier layers."
    )
    dropout_stages: tuple[Rate, ...] = Field(
        default=(0.0, 0.0, 0.0),
        description=(
            "Dropout rate after each stage's downsampling, elementwise, in [0, 1) (0 by default); "
            "one number serves all."
        ),
    )
    dropout_classifier: Rate = Field(
        default=0.0,
        description="Dropout rate after the activation of each hidden classifier layer, in [0, 1).",
    )
    dropout_output: Rate = Field(
        default=0.0, description="Dropout rate after the last linear layer, in [0, 1)."
    )
    classifier_widths: tuple[Count, ...] = Field(
        default=(64,), description="Units of each hidden linear layer; [] for none."
    )
    classifier_normalization: Normalization = Field(
        default="none",
        description="Normalisation between each hidden linear layer and its activation.",
    )
    initialization: Initialization = Field(
        default="framework_default",
        description=(
            "Law of the initial weights: PyTorch's own, Xavier (Glorot and Bengio 2010) or "
            "Kaiming (He et al. 2015); biases begin at zero in all but PyTorch's."
        ),
    )

    @model_validator(mode="before")
    @classmethod
    def _defaults_fit_any_number_of_stages(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {"convolutions_per_stage": 1, "dropout_stages": 0.0, **data}

    @field_validator("convolutions_per_stage", "dropout_stages", mode="wrap")
    @classmethod
    def _one_entry_per_stage(
        cls, value: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> tuple[Any, ...]:
        for_all = isinstance(value, int | float)
        entries = tuple(validate((value,) if for_all else value))
        # Without filters they were refused already, and there is nothing to compare with.
        stages = len(info.data.get("filters", entries))
        if for_all:
            return entries * stages
        if len(entries) != stages:
            raise ValueError(
                f"{info.field_name} has {len(entries)} entries, but filters has {stages}: "
                "give one entry a stage, or one number for all stages"
            )
        return entries

    @field_validator("kernel_size", mode="after")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError(
                f"kernel_size is {value}, but only an odd kernel has a padding that keeps the "
                f"map's size: use {value - 1} or {value + 1}"
            )
        return value


def canonical(spec: ArchitectureSpec) -> ArchitectureSpec:
    """The same network with each key that has no effect in it at its default.

    Of a backbone that is every key of the convolutional network. Two specs describe the same
    network, its layers of the same names and with the same law of initial weights, exactly when
    their canonical forms are equal.
    """
    if spec.backbone is not None:
        kept = {key: getattr(spec, key) for key in BackboneSpec.model_fields}
        if spec.train_from == next(iter(blocks_of(spec.backbone))):
            kept["train_from"] = None
        return ArchitectureSpec.model_validate(kept)
    without_effect: list[str] = []
    if spec.normalization == "none":
        without_effect.append("normalization_position")
    if not spec.classifier_widths:
        without_effect += ["dropout_classifier", "classifier_normalization"]
    defaults = ArchitectureSpec()
    return spec.model_copy(update={key: getattr(defaults, key) for key in without_effect})
