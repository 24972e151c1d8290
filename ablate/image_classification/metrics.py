"""What a trial of image classification measures."""

from ablate.workload import MetricDescription

_OF_TRAINING = "Training values are running averages since the point before."

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
    ),
    "validation_accuracy_mean": MetricDescription(
        label="validation accuracy, mean over training", unit="%"
    ),
    "validation_loss_mean": MetricDescription(
        label="validation loss, mean over training", unit="nats", higher_is_better=False
    ),
    "validation_loss_roughness": MetricDescription(
        label="validation loss roughness", unit="nats", higher_is_better=False
    ),
    "validation_loss_rise": MetricDescription(
        label="rise of the validation loss from its best to the end",
        unit="nats",
        higher_is_better=False,
    ),
    "best_epoch": MetricDescription(
        label="epoch of best validation loss", unit="epochs", higher_is_better=False
    ),
    "epochs": MetricDescription(label="epochs trained", unit="epochs", higher_is_better=False),
    "train_seconds": MetricDescription(label="training time", unit="s", higher_is_better=False),
}
