"""What a trial of image classification measures."""

from ablate.workload import MetricDescription

_OF_TRAINING = "Training values are running averages since the point before."


def _worse_when_higher(label: str, unit: str, meaning: str = "") -> MetricDescription:
    """What a whole course of training amounts to."""
    return MetricDescription(
        label=label, unit=unit, higher_is_better=False, only_at_end=True, meaning=meaning
    )


METRICS = {
    f"{which}_{kind}": MetricDescription(
        label=f"{which} {kind}",
        unit="%" if kind == "accuracy" else "nats",
        higher_is_better=kind == "accuracy",
        note=_OF_TRAINING if which == "train" else "",
    )
    for which in ("train", "validation", "test")
    for kind in ("accuracy", "loss")
} | {
    "generalization_gap": MetricDescription(
        label="gap between train and test accuracy",
        unit="%",
        higher_is_better=False,
        uses_test_data=True,
        only_at_end=True,
    ),
    "validation_accuracy_mean": MetricDescription(
        label="validation accuracy, mean over training", unit="%", only_at_end=True
    ),
    "validation_loss_mean": _worse_when_higher("validation loss, mean over training", "nats"),
    "validation_loss_roughness": _worse_when_higher(
        "validation loss roughness",
        "nats",
        "Roughness: by how much the validation loss rises from one validation to the next, a fall "
        "counting as none, in the mean over all of training; what it rises after its best, where "
        "a network overfits, is part of it.",
    ),
    "validation_loss_rise": _worse_when_higher(
        "rise of the validation loss from its best to the end", "nats"
    ),
    "best_epoch": _worse_when_higher("epoch of best validation loss", "epochs"),
    "epochs": _worse_when_higher("epochs trained", "epochs"),
    "train_seconds": _worse_when_higher("training time", "s"),
}
