"""Tables of results as records. The studies use the workload `external`, which runs nothing."""

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from ablate.errors import RecordError, StudyError
from ablate.records.results_table import Results, read_results
from ablate.records.schema import TrialRecord
from ablate.study.loading import load_study
from ablate.study.schema import Study

STUDY = """
question: Which pooling, and which learning rate?
workload: external
baseline: {net.pool: max, training.learning_rate: 1e-3}
factors:
  net.pool: [max, mean]
  training.learning_rate: [1e-3, 1e-2]
seeds: 7
metric: accuracy
"""
TWO_BASELINES = """
question: Does pooling matter in small and in large networks?
workload: external
baselines: {small: {width: 8, pool: max}, large: {width: 64, pool: max}}
factors:
  pool: [max, mean]
  dropout: {levels: {without: {dropout: 0}, with: {dropout: 0.5}}, contexts: [large]}
metric: accuracy
"""
CONDITIONAL = """
question: Does momentum help SGD?
workload: external
baseline: {optimizer: adam, momentum: 0}
factors:
  optimizer: [adam, sgd]
  momentum: {levels: [0, 0.9], when: {optimizer: sgd}}
metric: accuracy
"""

NORM = """
question: Does normalisation matter?
workload: external
baseline: {norm: batch}
factors: {norm: [batch, none, layer]}
metric: accuracy
"""
KEYED = """
question: Which learning rate?
workload: external
baseline: {model.lr: 1}
factors: {model.lr: [1, 2]}
metric: accuracy
"""
PATH = """
question: What do augmentation and normalisation add?
workload: external
baseline: {aug: false, norm: false, momentum: 0}
factors:
  aug: [false, true]
  norm: {without: {norm: false}, with: {norm: true}}
  momentum: {levels: [0, 0.9], when: {norm: with}}
design: path
metric: accuracy
"""

Read = Callable[..., Results]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads a text as results.csv, for a study given as text."""
    monkeypatch.chdir(tmp_path)

    def write_and_read(text: str, study: str = STUDY) -> Results:
        Path("results.csv").write_text(text, encoding="utf-8")
        return read_results(Path("results.csv"), study_of(study))

    return write_and_read


@pytest.fixture
def refused(read: Read) -> Callable[..., str]:
    """The whole message with which a text is refused."""

    def message(text: str, study: str = STUDY) -> str:
        with pytest.raises(RecordError) as caught:
            read(text, study)
        assert caught.value.exit_code == 2
        return str(caught.value)

    return message


def study_of(text: str) -> Study:
    """Needs a current directory to write to."""
    Path("study.yaml").write_text(text, encoding="utf-8")
    return load_study("study.yaml")


def by_trial(results: Results) -> dict[tuple[str, int], TrialRecord]:
    """Records by arm, with its baseline's name where there are several, and seed."""
    several = len(results.plan.study.contexts) > 1
    return {
        (f"{trial.context}: {trial.arm}" if several else trial.arm, trial.seed): record
        for trial in results.plan.trials
        if (record := results.records.get(trial.hash)) is not None
    }


def metrics_of(results: Results) -> dict[tuple[str, int], dict[str, float]]:
    return {key: record.metrics for key, record in by_trial(results).items()}


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


class TestAWideTable:
    def test_each_row_is_the_record_of_its_arm_and_seed(self, read: Read):
        results = read("arm,seed,accuracy,loss\nbaseline,0,81.5,0.5\nmean,0,80,0.625\n")
        assert metrics_of(results) == {
            ("baseline", 0): {"accuracy": 81.5, "loss": 0.5},
            ("mean", 0): {"accuracy": 80.0, "loss": 0.625},
        }
        for trial in results.plan.trials:
            if (record := results.records.get(trial.hash)) is not None:
                assert record.spec == trial.spec
                assert (record.status, record.history, record.error) == ("completed", {}, None)
                assert record.provenance == {"source": "results.csv"}

    def test_the_plan_has_the_seeds_of_the_table(self, read: Read):
        results = read("arm,seed,accuracy\nmean,11,1\nbaseline,3,2\nmean,3,2\n")
        assert results.plan.study.seeds == (3, 11)
        assert [trial.seed for trial in results.plan.trials] == [3, 3, 3, 11, 11, 11]
        assert set(by_trial(results)) == {("baseline", 3), ("mean", 3), ("mean", 11)}

    def test_claims_are_looked_at_once_whatever_the_study_says(self, read: Read):
        claim = "claims:\n  - {says: a, reaches: {arm: {}, value: 80}}\n"
        study = STUDY + "max_seeds: 3\n" + claim
        rows = "".join(f"baseline,{seed},81\nmean,{seed},80\n" for seed in range(5))
        plan = read("arm,seed,accuracy\n" + rows, study).plan
        assert (plan.study.max_seeds, len(plan.study.seeds)) == (None, 5)

    def test_a_greedy_path_is_asked_for_the_order_that_was_taken(self, read: Read):
        study = PATH.replace("path", "{kind: path, order: greedy}")
        with pytest.raises(StudyError) as caught:
            read("arm,seed,accuracy\nbaseline,0,70\n+ norm,0,72\n+ aug,0,73\n", study)
        assert str(caught.value) == (
            "design.order: greedy finds an order by running, and these results come from one that "
            "was taken\n    give the path that order, as in `order: [aug, norm, momentum]`"
        )

    def test_arms_may_be_told_by_levels_of_which_an_empty_cell_is_the_reference(self, read: Read):
        text = "pool,learning_rate,seed,accuracy\n,,0,1\nmax,,1,2\nmean,0.001,0,3\n,0.01,0,4\n"
        assert metrics_of(read(text)) == {
            ("baseline", 0): {"accuracy": 1.0},
            ("baseline", 1): {"accuracy": 2.0},
            ("mean", 0): {"accuracy": 3.0},
            ("learning_rate=0.01", 0): {"accuracy": 4.0},
        }

    def test_an_empty_cell_is_refused_where_it_may_mean_a_level(
        self, read: Read, refused: Callable[..., str]
    ):
        study = (
            "question: '?'\nworkload: external\nbaseline: {schedule: cosine, o: adam, m: 0}\n"
            "factors:\n  schedule: [cosine, null]\n  o: [adam, sgd]\n"
            "  m: {levels: {zero: {m: 0}, own: {m: null}}, when: {o: sgd}}\nmetric: accuracy\n"
        )
        text = "schedule,o,m,seed,accuracy\ncosine,adam,,0,80\n"
        assert set(by_trial(read(text + "none,,,0,70\n", study))) == {
            ("baseline", 0),
            ("schedule=none", 0),
        }
        assert refused(text + ",,,0,70\n,sgd,,0,70\n", study) == (
            "results.csv, lines 3 and 4, column 'schedule': is empty, which may mean 'none' or the "
            "reference level 'cosine'\n    write the level's name\n"
            "results.csv, line 4, column 'm': is empty, which may mean 'own' or the reference "
            "level 'zero'\n    write the level's name"
        )
        assert read("arm,schedule,seed,accuracy\nschedule=none,,0,70\n", study).records
        bare = study.replace("schedule: cosine", "schedule: null")
        assert set(by_trial(read(text.replace("cosine,", ","), bare))) == {("baseline", 0)}

    def test_a_factor_without_a_column_is_refused_though_rows_have_other_seeds(
        self, refused: Callable[..., str]
    ):
        text = "pool,lr,seed,accuracy\nmax,1e-3,0,1\nmean,1e-3,0,2\nmax,1e-2,1,3\n"
        assert refused(text) == (
            "results.csv: no column gives the factor 'learning_rate'\n"
            "    add a column 'learning_rate', whose cells may be empty where it is '0.001', or a "
            "column 'arm'"
        )
        assert "did you mean 'learningrate'? Else add" in refused(
            text.replace("lr", "learningrate")
        )

    @pytest.mark.parametrize(
        "name", ["net.pool", "config.model.net.pool", "config.pool", "Pool", "baseline.net.pool"]
    )
    def test_a_factors_column_may_have_a_longer_name(self, name: str, read: Read):
        assert set(by_trial(read(f"{name},learning_rate,seed,accuracy\nmean,,0,1\n"))) == {
            ("mean", 0)
        }

    def test_the_column_of_another_setting_that_ends_alike_is_not_the_factors(
        self, refused: Callable[..., str]
    ):
        study = KEYED.replace("model.lr", "decoder.dropout")
        text = "params.encoder.dropout,seed,accuracy\n1,0,80\n2,0,81\n"
        cure = "call 'params.encoder.dropout' 'dropout', if it is that; else add a column 'arm'"
        assert f"no column names the arms\n    {cure}" in refused(text, study)
        assert "no column gives the factor 'pool'\n    call 'model.pool' 'pool'," in refused(
            "model.pool,learning_rate,seed,accuracy\nmean,,0,1\n"
        )

    @pytest.mark.parametrize(
        "factor", ["dropout: [0, 0.5]", "dropout: {none: {dropout: 0}, half: {dropout: 0.5}}"]
    )
    def test_nor_is_that_of_a_setting_that_the_study_has(
        self, factor: str, refused: Callable[..., str]
    ):
        study = (
            "question: q\nworkload: external\nbaseline: {dropout: 0, encoder.dropout: 0}\n"
            f"factors: {{{factor}}}\nmetric: accuracy\n"
        )
        text = "params.encoder.dropout,seed,accuracy\n0.5,0,80\n0,0,81\n"
        assert "no column names the arms" in refused(text, study)

    @pytest.mark.parametrize("column", ["model.lr", "config.model.lr", "config/model/lr"])
    @pytest.mark.parametrize("other", ["lr", "LR", "head.lr", "params.head.lr"])
    def test_the_column_of_its_key_goes_before_others(self, column: str, other: str, read: Read):
        text = f"{column},{other},seed,accuracy\n1,2,0,80\n2,2,1,81\n"
        assert metrics_of(read(text, KEYED)).keys() == {("baseline", 0), ("lr=2", 1)}

    def test_but_that_of_its_name_where_its_levels_have_names(self, read: Read):
        study = KEYED.replace("model.lr: [1, 2]", "lr: {low: {}, high: {model.lr: 2}}")
        text = "lr,model.lr,seed,accuracy\nlow,1,0,80\nhigh,2,1,81\n"
        assert metrics_of(read(text, study)).keys() == {("baseline", 0), ("high", 1)}

    def test_a_factors_column_is_no_other(self, read: Read, refused: Callable[..., str]):
        seeded = KEYED.replace("model.lr", "data.seed")
        text = "data.seed,seed,accuracy\n1,7,80\n2,8,81\n"
        assert metrics_of(read(text, seeded)).keys() == {("baseline", 7), ("seed=2", 8)}
        assert refused("data.seed,accuracy\n1,80\n", seeded) == (
            "results.csv: no column gives the seeds\n    add a column 'seed' of whole numbers"
        )
        assert refused("seed,accuracy\n1,80\n", seeded) == (
            "results.csv: no column gives the seeds\n    'seed' is the column of the factor of "
            "that name: give the factor another name, or its column the whole key"
        )
        treated = KEYED.replace("model.lr", "arm").replace("1", "control").replace("2", "treated")
        text = "arm,seed,accuracy\ncontrol,0,70\ntreated,0,80\n"
        assert metrics_of(read(text, treated)).keys() == {("baseline", 0), ("treated", 0)}

    @pytest.mark.parametrize(
        "cell", ["0.01", "1e-2", "1E-02", "0.010", ".01", "0.009999999776482582"]
    )
    def test_numbers_are_levels_however_they_are_written(self, cell: str, read: Read):
        assert set(by_trial(read(f"pool,learning_rate,seed,accuracy\n,{cell},0,1\n"))) == {
            ("learning_rate=0.01", 0)
        }

    @pytest.mark.parametrize(
        ("levels", "cell"),
        [
            ("[false, true]", "True"),
            ("[false, true]", "TRUE"),
            ("[x, null]", "None"),
            ("[x, null]", "null"),
            ("[x, null]", "~"),
            ("[x, [1, 0.5]]", "[1, 0.5]"),
            ("[x, 8]", "8.0"),
        ],
    )
    def test_values_are_levels_as_python_or_yaml_writes_them(
        self, levels: str, cell: str, read: Read
    ):
        first = levels[1:].partition(",")[0]
        study = (
            f"question: '?'\nworkload: external\nbaseline: {{a: {first}}}\n"
            f"factors: {{a: {levels}}}\nmetric: accuracy\n"
        )
        results = read(csv_text([{"a": cell, "seed": 0, "accuracy": 1}]), study)
        assert set(by_trial(results)) == {(results.plan.arms[1].name, 0)}

    @pytest.mark.parametrize(
        "cell", ["#REF!", "---", "&x", "[]", "- ~", "batch # rerun", "!!bool maybe"]
    )
    def test_what_yaml_would_take_for_nothing_is_no_level(
        self, cell: str, refused: Callable[..., str]
    ):
        rows = [{"norm": cell, "seed": 0, "accuracy": 1}]
        assert refused(csv_text(rows), NORM) == (
            f"results.csv, line 2, column 'norm': no level of 'norm' named '{cell}'\n"
            "    known are: batch, layer, none"
        )

    @pytest.mark.parametrize("cell", ["", "-", "na", "N/A", "#N/A"])
    def test_a_cell_that_gives_nothing_is_an_empty_one(
        self, cell: str, read: Read, refused: Callable[..., str]
    ):
        text = f"norm,seed,accuracy,loss\n{cell},0,1,{cell}\nlayer,0,2,0.5\n"
        assert refused(text, NORM) == (
            "results.csv, line 2, column 'norm': is empty, which may mean 'none' or the reference "
            "level 'batch'\n    write the level's name"
        )
        without = NORM.replace("none, ", "")
        assert metrics_of(read(text, without)) == {
            ("baseline", 0): {"accuracy": 1.0},
            ("layer", 0): {"accuracy": 2.0, "loss": 0.5},
        }

    @pytest.mark.parametrize(
        ("cell", "arm"), [("-", "norm=-"), ("na", "na"), ("#N/A", "norm=#N/A")]
    )
    def test_but_a_level_may_be_named_so(self, cell: str, arm: str, read: Read):
        study = NORM.replace("none", f"'{cell}'")
        assert set(by_trial(read(f"norm,seed,accuracy\n{cell},0,1\n", study))) == {(arm, 0)}

    def test_capitals_count_only_where_they_tell_levels_apart(self, read: Read):
        study = (
            "question: '?'\nworkload: external\nbaseline: {act: GELU}\n"
            "factors: {act: [GELU, gelu, ReLU]}\nmetric: accuracy\n"
        )
        results = read("act,seed,accuracy\nGELU,0,1\ngelu,0,2\nrelu,0,3\n", study)
        assert [arm for arm, _ in by_trial(results)] == ["baseline", "gelu", "ReLU"]
        with pytest.raises(RecordError) as caught:
            read("act,seed,accuracy\nGelu,0,1\n", study)
        assert str(caught.value) == (
            "results.csv, line 2, column 'act': no level of 'act' named 'Gelu'\n"
            "    did you mean 'gelu'?"
        )

    def test_a_metric_may_end_in_a_factors_name(self, read: Read):
        results = read("arm,seed,accuracy,time/pool\nmean,0,1,0.5\n")
        assert metrics_of(results) == {("mean", 0): {"accuracy": 1.0, "time/pool": 0.5}}

    def test_baseline_names_the_reference_level_where_no_level_does(self, read: Read):
        study = STUDY.replace("net.pool: [max, mean]", "net.pool: [mean, stride]")
        text = "pool,learning_rate,seed,accuracy\nbaseline,,0,1\nstride,,0,2\n"
        results = read(text, study)
        assert set(by_trial(results)) == {("baseline", 0), ("stride", 0)}

    @pytest.mark.parametrize(
        ("baseline", "cell"),
        [("{net.kernel: 3}", "3"), ("{net: {kernel: 3}}", "3.0"), ("{net.kernel: null}", "None")],
    )
    def test_the_baselines_own_value_is_the_reference_level(
        self, baseline: str, cell: str, read: Read, refused: Callable[..., str]
    ):
        study = (
            f"question: '?'\nworkload: external\nbaseline: {baseline}\n"
            "factors: {net.kernel: [5, 7]}\nmetric: accuracy\n"
        )
        results = read(f"kernel,seed,accuracy\n{cell},0,70\n7,0,72\n", study)
        assert set(by_trial(results)) == {("baseline", 0), ("kernel=7", 0)}
        assert read(f"arm,kernel,seed,accuracy\nbaseline,{cell},0,70\n", study).records
        assert refused("kernel,seed,accuracy\n4,0,70\n", study) == (
            "results.csv, line 2, column 'kernel': no level of 'kernel' named '4'\n"
            "    known are: 5, 7"
        )

    def test_dates_and_identifiers_are_told_apart_by_their_last_digit(
        self, read: Read, refused: Callable[..., str]
    ):
        study = (
            "question: '?'\nworkload: external\nbaseline: {snapshot: 20240101}\n"
            "factors: {snapshot: [20240115]}\nmetric: accuracy\n"
        )
        rows = "snapshot,seed,accuracy\n20240101,0,70\n20240115,0,72\n"
        assert metrics_of(read(rows, study)) == {
            ("baseline", 0): {"accuracy": 70.0},
            ("snapshot=20240115", 0): {"accuracy": 72.0},
        }
        both = study.replace("[20240115]", "[20240101, 20240115]")
        for own in (study, both):
            as_floats = rows.replace(",0,", ".0,0,")
            assert read(as_floats, own).records == read(rows, own).records
        assert refused("snapshot,seed,accuracy\n20240108,0,70\n", study) == (
            "results.csv, line 2, column 'snapshot': no level of 'snapshot' named '20240108'\n"
            "    did you mean '20240115'?"
        )

    def test_of_numbers_that_nearly_agree_the_same_one_is_meant(
        self, read: Read, refused: Callable[..., str]
    ):
        study = (
            "question: '?'\nworkload: external\nbaseline: {rate: 0.1}\n"
            "factors: {rate: [0.10000002, 0.2]}\nmetric: accuracy\n"
        )
        results = read("rate,seed,accuracy\n.1,0,70\n1.0000002e-1,0,72\n", study)
        assert set(by_trial(results)) == {("baseline", 0), ("rate=0.10000002", 0)}
        assert "no level of 'rate' named '0.10000001'" in refused(
            "rate,seed,accuracy\n0.10000001,0,70\n", study
        )

    def test_a_preset_of_the_baseline_is_the_reference_level(self, read: Read):
        study = (
            "question: '?'\nbaseline: {preset: good_model}\n"
            "factors: {preset: [simple_model, goodest_model]}\nmetric: test_accuracy\n"
        )
        results = read("preset,seed,test_accuracy\ngood_model,0,80\nsimple_model,0,70\n", study)
        assert set(by_trial(results)) == {("baseline", 0), ("simple_model", 0)}

    def test_arms_lie_in_their_context(self, read: Read):
        text = (
            "context,pool,dropout,seed,accuracy\nsmall,max,,0,1\nlarge,max,,0,2\nlarge,mean,,0,3\n"
        )
        assert metrics_of(read(text, TWO_BASELINES)) == {
            ("small: baseline", 0): {"accuracy": 1.0},
            ("large: baseline", 0): {"accuracy": 2.0},
            ("large: mean", 0): {"accuracy": 3.0},
        }

    def test_a_factor_that_is_not_varied_in_a_context_may_be_given_there(self, read: Read):
        study = TWO_BASELINES.replace("pool: max}", "pool: max, dropout: 0}")
        text = (
            "context,pool,dropout,seed,accuracy\n"
            "small,,without,0,1\nlarge,,without,0,2\nlarge,,with,0,3\n"
        )
        assert set(by_trial(read(text, study))) == {
            ("small: baseline", 0),
            ("large: baseline", 0),
            ("large: dropout=with", 0),
        }

    def test_a_trial_that_two_baselines_share_may_be_given_once_or_alike(self, read: Read):
        study = TWO_BASELINES.replace("width: 64", "width: 8")
        once = read("context,arm,seed,accuracy\nsmall,baseline,0,1\n", study)
        alike = read("context,arm,seed,accuracy\nsmall,baseline,0,1\nlarge,baseline,0,1\n", study)
        assert set(by_trial(once)) == {("small: baseline", 0), ("large: baseline", 0)}
        assert once.records == alike.records

    def test_a_level_implies_what_its_condition_needs(self, read: Read):
        results = read("optimizer,momentum,seed,accuracy\n,0.9,0,1\n", CONDITIONAL)
        assert by_trial(results).keys() == {("sgd, momentum=0.9", 0)}

    def test_a_row_of_a_path_is_the_step_with_all_its_levels(self, read: Read):
        text = (
            "aug,norm,momentum,seed,accuracy\n"
            "false,without,0,0,1\ntrue,without,0.9,0,2\ntrue,with,,0,3\ntrue,,0.9,0,4\n"
        )
        assert {arm: record.metrics for (arm, _), record in by_trial(read(text, PATH)).items()} == {
            "baseline": {"accuracy": 1.0},
            "+ aug": {"accuracy": 2.0},
            "+ norm": {"accuracy": 3.0},
            "+ momentum": {"accuracy": 4.0},
        }

    @pytest.mark.parametrize("aug", ["false", ""])
    def test_a_row_that_is_no_step_of_a_path_is_not_credited_to_one(
        self, aug: str, refused: Callable[..., str]
    ):
        assert refused(f"aug,norm,momentum,seed,accuracy\n{aug},with,0,0,50\n", PATH) == (
            "results.csv, line 2: 'baseline' has no arm with {aug: false, norm: with, momentum: 0}"
            "\n    its arms are 'baseline', '+ aug', '+ norm', '+ momentum'"
        )

    def test_a_level_without_effect_is_left_out(self, read: Read):
        text = "optimizer,momentum,seed,accuracy\nadam,0.9,0,1\nsgd,0,0,2\nsgd,0.9,0,3\n"
        assert set(by_trial(read(text, CONDITIONAL))) == {
            ("baseline", 0),
            ("sgd", 0),
            ("sgd, momentum=0.9", 0),
        }

    def test_arm_and_levels_may_both_be_given_if_they_agree(self, read: Read):
        text = "arm,optimizer,momentum,seed,accuracy\nbaseline,adam,0.9,0,1\nsgd,sgd,0,0,2\n"
        assert set(by_trial(read(text, CONDITIONAL))) == {("baseline", 0), ("sgd", 0)}

    def test_an_empty_cell_is_a_missing_metric(self, read: Read):
        text = "arm,seed,accuracy,loss,f1\nmean,0,1,-,n/a\nmean,1,1,0.5,NA\nmean,2,1,null,0.25\n"
        assert metrics_of(read(text)) == {
            ("mean", 0): {"accuracy": 1.0},
            ("mean", 1): {"accuracy": 1.0, "loss": 0.5},
            ("mean", 2): {"accuracy": 1.0, "f1": 0.25},
        }

    def test_a_trial_without_the_studys_metric_has_failed(self, read: Read):
        records = by_trial(read("arm,seed,accuracy,loss\nmean,0,,0.5\nmean,1,2,0.5\n"))
        assert (records["mean", 0].status, records["mean", 0].metrics) == ("failed", {})
        assert records["mean", 0].error == "has no accuracy in results.csv"

    @pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-Infinity", "1e999", "-2e154"])
    def test_a_trial_whose_metric_is_not_finite_has_diverged(self, cell: str, read: Read):
        record = by_trial(read(f"arm,seed,accuracy\nmean,0,{cell}\n"))["mean", 0]
        assert (record.status, record.metrics) == ("diverged", {})
        assert record.error == "not finite at the end: accuracy"

    def test_a_metric_that_no_one_asked_for_may_be_not_finite(self, read: Read):
        text = "arm,seed,accuracy,loss\nmean,0,1,nan\nmean,1,1,0.5\n"
        assert metrics_of(read(text)) == {
            ("mean", 0): {"accuracy": 1.0},
            ("mean", 1): {"accuracy": 1.0, "loss": 0.5},
        }

    def test_a_claims_metric_is_asked_for(self, read: Read):
        claim = (
            "claims: [{says: Yes., metric: loss, "
            "difference: {better: {pool: max}, worse: {pool: mean}}}]"
        )
        record = by_trial(read("arm,seed,accuracy,loss\nmean,0,1,nan\n", STUDY + claim))["mean", 0]
        assert record.error == "not finite at the end: loss"

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            (
                "claims: [{says: Yes., metric: loss, "
                "difference: {better: {pool: max}, worse: {pool: mean}}}]",
                "the metric 'loss' of claim 1",
            ),
            (
                "claims: [{says: Yes., "
                "faster: {faster: {pool: max}, slower: {pool: mean}, curve: loss}}]",
                "the curve 'loss' of claim 1",
            ),
            (
                "published: [{value: 1, metric: loss, label: Ours, arm: {}}]",
                "the metric 'loss' published for Ours",
            ),
        ],
    )
    def test_each_metric_that_the_study_names_is_there(
        self, asked: str, words: str, read: Read, refused: Callable[..., str]
    ):
        mistyped = "arm,seed,accuracy,los\nbaseline,0,1,1\nmean,0,1,1\n"
        assert refused(mistyped, STUDY + asked) == (
            f"results.csv: no column gives {words}\n    did you mean 'los'?"
        )
        longer = "arm,seed,metric,value\nbaseline,0,accuracy,1\nmean,0,los,1\n"
        assert refused(longer, STUDY + asked) == (
            f"results.csv, column 'metric': no row gives {words}\n    did you mean 'los'?"
        )
        well = "arm,seed,accuracy,loss,loss_mean\nbaseline,0,1,1,1\n"
        assert read(well, STUDY + asked).records

    def test_a_curve_may_be_given_as_its_mean(self, read: Read, refused: Callable[..., str]):
        claim = (
            "claims: [{says: Yes., faster: {faster: {pool: max}, slower: {pool: mean}, curve: f1}}]"
        )
        assert read("arm,seed,accuracy,f1_mean\nbaseline,0,1,1\n", STUDY + claim).records
        assert refused("arm,seed,accuracy,f1\nbaseline,0,1,1\n", STUDY + claim) == (
            "results.csv: no course of f1 is given, nor its mean 'f1_mean', for which claim 1 "
            "asks\n    give it in a long table, with columns metric, value and epoch or step"
        )

    @pytest.mark.parametrize("curve", ["accuracy", "f1"])
    def test_a_threshold_needs_the_course_of_a_curve(
        self, curve: str, read: Read, refused: Callable[..., str]
    ):
        study = STUDY + (
            "claims: [{says: Yes., faster: {faster: {pool: max}, slower: {pool: mean}, "
            f"curve: {curve}, threshold: 80}}}}]\n"
        )
        message = (
            f"results.csv: no course of {curve} is given, and claim 1 asks how soon it reaches "
            "80\n    give it in a long table, with columns metric, value and epoch or step"
        )
        assert refused(f"arm,seed,accuracy,{curve}_mean\nmean,0,81,70\n", study) == message
        final = "mean,0,accuracy,,81\nmean,0,f1,,71\nmean,0,loss,1,4\nmean,0,loss,2,3\n"
        assert refused(f"arm,seed,metric,epoch,value\n{final}", study) == message
        course = f"mean,0,{curve},1,70\nmean,0,{curve},2,81\nmean,0,accuracy,,81\n"
        assert read(f"arm,seed,metric,epoch,value\n{course}", study).records

    def test_fractions_of_a_metric_in_percent_are_refused(
        self, read: Read, refused: Callable[..., str]
    ):
        described = "metrics: {accuracy: {label: accuracy, unit: '%'}}\n"
        text = "arm,seed,accuracy\nbaseline,0,0.8\nmean,0,1\n"
        assert refused(text, STUDY + described) == (
            "results.csv, column 'accuracy': accuracy is in percent, and all that is given of it "
            "is at most 1\n    multiply by 100"
        )
        longer = "arm,seed,metric,value\nbaseline,0,accuracy,0.8\nmean,0,accuracy,nan\n"
        assert "column 'value'" in refused(longer, STUDY + described)
        for fine in ("arm,seed,accuracy\nmean,0,0\n", "arm,seed,accuracy\nmean,0,1.5\n"):
            assert read(fine, STUDY + described).records

    @pytest.mark.parametrize(
        "of_it",
        [
            "smallest_effect_of_interest: 0.5\n",
            "claims: [{says: No., no_difference: {first: {pool: max}, second: {pool: mean}, "
            "margin: 1}}]\n",
            "claims: [{says: Yes., reaches: {arm: {}, value: 80}}]\n",
            "published: [{value: 79.4, metric: accuracy, label: theirs}]\n",
        ],
    )
    def test_fractions_are_refused_where_the_study_speaks_of_percent(
        self, read: Read, refused: Callable[..., str], of_it: str
    ):
        text = "arm,seed,accuracy\nbaseline,0,0.82\nmean,0,0.7\n"
        assert refused(text, STUDY + of_it) == (
            "results.csv, column 'accuracy': the study's numbers for accuracy are in percent, and "
            "all that is given of it is at most 1\n    multiply by 100, or give the study's as "
            "fractions"
        )
        assert read(text.replace("0.", ""), STUDY + of_it).records

    @pytest.mark.parametrize(
        "of_it",
        [
            "smallest_effect_of_interest: 0.005\n",
            "claims: [{says: Yes., reaches: {arm: {}, value: 0.8}}]\n",
            "",
        ],
    )
    def test_fractions_that_the_study_speaks_of_are_taken(self, read: Read, of_it: str):
        text = "arm,seed,accuracy\nbaseline,0,0.82\nmean,0,0.7\n"
        assert read(text, STUDY + of_it).records

    @pytest.mark.parametrize(
        ("course", "is_percent"),
        [
            ("curve: accuracy, threshold: 0.8, by: 2", False),  # two epochs
            ("curve: accuracy, by: 2", True),  # two points
            ("curve: loss, by: 2", False),  # two nats
        ],
    )
    def test_by_of_a_faster_claim_is_in_epochs_or_in_its_curves_unit(
        self, read: Read, refused: Callable[..., str], course: str, is_percent: bool
    ):
        study = STUDY + (
            f"claims: [{{says: Faster., faster: {{faster: {{pool: max}}, slower: {{pool: mean}}, "
            f"{course}}}}}]\n"
        )
        text = "arm,seed,metric,epoch,value\n" + "".join(
            f"{arm},0,{metric},{epoch},{value}\n"
            for arm in ("baseline", "mean")
            for metric, epoch, value in (
                ("accuracy", 1, 0.7),
                ("accuracy", 2, 0.82),
                ("loss", 1, 0.9),
                ("loss", 2, 0.5),
            )
        )
        if is_percent:
            assert "are in percent" in refused(text, study)
        else:
            assert read(text, study).records

    def test_small_percentages_are_no_fractions_where_less_is_better(self, read: Read):
        study = STUDY.replace("metric: accuracy", "metric: error") + (
            "metrics: {error: {label: error, unit: '%', higher_is_better: false}}\n"
        )
        results = read("arm,seed,error\nbaseline,0,0.35\nmean,0,0.2\n", study)
        assert metrics_of(results)["mean", 0] == {"error": 0.2}

    def test_accuracies_that_are_fractions_are_refused_beside_percentages_of_another_metric(
        self, refused: Callable[..., str]
    ):
        study = STUDY + (
            "metrics: {accuracy: {label: accuracy, unit: '%'}, bleu: {label: BLEU, unit: '%'}}\n"
        )
        assert refused("arm,seed,accuracy,bleu\nmean,0,0.62,27.1\nmean,1,0.63,27.2\n", study) == (
            "results.csv, column 'accuracy': accuracy is in percent, and all that is given of it "
            "is at most 1\n    multiply by 100"
        )

    def test_of_two_accuracies_one_tells_that_the_other_is_in_percent(self, read: Read):
        study = STUDY + (
            "metrics: {accuracy: {label: accuracy, unit: '%'}, "
            "robust_accuracy: {label: under attack, unit: '%'}}\n"
        )
        results = read("arm,seed,accuracy,robust_accuracy\nmean,0,92.1,0.6\n", study)
        assert metrics_of(results)["mean", 0] == {"accuracy": 92.1, "robust_accuracy": 0.6}

    def test_one_metric_that_exceeds_1_tells_that_the_table_is_in_percent(
        self, read: Read, refused: Callable[..., str]
    ):
        study = STUDY + (
            "metrics: {accuracy: {label: accuracy, unit: '%'}, gap: {label: gap, unit: '%'}, "
            "error: {label: error, unit: '%', higher_is_better: false}}\n"
        )
        results = read("arm,seed,accuracy,gap,error\nmean,0,82,0.6,\nmean,1,inf,0.3,0\n", study)
        assert metrics_of(results)["mean", 0] == {"accuracy": 82.0, "gap": 0.6}
        text = "arm,seed,accuracy,gap,error\nmean,0,0.82,0.006,\nmean,1,0.83,0.003,0.17\n"
        assert [line for line in refused(text, study).splitlines() if line[0] != " "] == [
            f"results.csv, column '{metric}': {metric} is in percent, and all that is given of it "
            "is at most 1"
            for metric in ("accuracy", "gap", "error")
        ]

    def test_columns_that_say_nothing_of_these_are_named(self, read: Read):
        results = read(
            "Unnamed: 0,arm,seed,accuracy,notes,host,empty,lost\n"
            "0,mean,0,1,fine,3,,nan\n1,mean,1,2,,b,,\n"
        )
        assert results.ignored == ("Unnamed: 0", "notes", "host", "empty", "lost")
        assert metrics_of(results)["mean", 0] == {"accuracy": 1.0}

    def test_a_column_without_a_name_is_passed_over(self, read: Read):
        results = read(",arm,seed,accuracy\n0,mean,0,1\n")
        assert (results.ignored, metrics_of(results)) == ((), {("mean", 0): {"accuracy": 1.0}})

    def test_white_space_quotes_blank_lines_and_a_byte_order_mark_do_no_harm(self, read: Read):
        text = '\ufeffarm , seed, accuracy\r\n"mean",0 , 1\r\n\r\n,,\r\n baseline,1.0,2,,\r\n'
        assert metrics_of(read(text)) == {
            ("mean", 0): {"accuracy": 1.0},
            ("baseline", 1): {"accuracy": 2.0},
        }


class TestStatus:
    @pytest.mark.parametrize(
        ("word", "status", "error"),
        [
            ("", "completed", None),
            ("finished", "completed", None),
            ("FINISHED", "completed", None),
            ("FAILED", "failed", "failed where it ran"),
            ("crashed", "failed", "failed where it ran"),
            ("Killed", "failed", "failed where it ran"),
            ("running", "failed", "had not ended when its results were saved"),
            ("preempted", "failed", "had not ended when its results were saved"),
            ("diverged", "diverged", "diverged where it ran"),
            ("PRUNED", "pruned", None),
        ],
    )
    @pytest.mark.parametrize("column", ["status", "State"])
    def test_a_word_says_how_a_trial_ended(
        self, column: str, word: str, status: str, error: str | None, read: Read
    ):
        record = by_trial(read(f"arm,seed,{column},accuracy\nmean,0,{word},1\n"))["mean", 0]
        assert (record.status, record.error) == (status, error)
        assert record.metrics == ({"accuracy": 1.0} if status == "completed" else {})

    @pytest.mark.parametrize("name", ["state", "status"])
    def test_a_factor_goes_before_it(self, name: str, read: Read):
        study = (
            f"question: '?'\nworkload: external\nbaseline: {{{name}: CA}}\n"
            f"factors: {{{name}: [CA, failed]}}\nmetric: accuracy\n"
        )
        results = read(f"{name},seed,accuracy\nCA,0,80\nfailed,0,81\n", study)
        assert metrics_of(results) == {
            ("baseline", 0): {"accuracy": 80.0},
            ("failed", 0): {"accuracy": 81.0},
        }
        other = {"state": "status", "status": "state"}[name]
        records = by_trial(read(f"{name},{other},seed,accuracy\nCA,crashed,0,80\n,,1,1\n", study))
        assert records["baseline", 0].status == "failed"

    @pytest.mark.parametrize("ending", ["finished", "diverged"])
    def test_failed_attempts_give_way_to_one_that_ended(self, ending: str, read: Read):
        rows = ["mean,0,crashed,", f"mean,0,{ending},1", "mean,0,failed,"]
        records = [
            by_trial(read("\n".join(["arm,seed,status,accuracy", *order])))["mean", 0]
            for order in itertools.permutations(rows)
        ]
        assert len(records) == 6
        assert all(record == records[0] for record in records)
        assert records[0].status == {"finished": "completed"}.get(ending, ending)

    @pytest.mark.parametrize("lost", [",0.5", "-,"])
    def test_an_attempt_without_the_studys_metric_gives_way_too(
        self, lost: str, read: Read, refused: Callable[..., str]
    ):
        head = "arm,seed,accuracy,loss\n"
        first = read(f"{head}mean,0,{lost}\nmean,0,82,0.4\n")
        last = read(f"{head}mean,0,82,0.4\nmean,0,{lost}\n")
        assert metrics_of(first) == {("mean", 0): {"accuracy": 82.0, "loss": 0.4}}
        assert first.records == last.records
        none = f"{head}baseline,0,80,\nmean,0,{lost}\nmean,0,,0.7\n"
        record = by_trial(read(none))["mean", 0]
        assert (record.status, record.error) == ("failed", "has no accuracy in results.csv")
        assert "is there twice" in refused(f"{head}mean,0,82,\nmean,0,82,\nmean,0,{lost}\n")

    def test_of_failed_attempts_the_last_counts(self, read: Read):
        text = "arm,seed,status,accuracy\nmean,0,failed,\nmean,0,running,\nmean,1,,1\n"
        record = by_trial(read(text))["mean", 0]
        assert record.error == "had not ended when its results were saved"

    def test_a_failed_row_of_a_shared_trial_gives_way_too(self, read: Read):
        study = TWO_BASELINES.replace("width: 64", "width: 8")
        rows = ["small,baseline,0,failed,", "large,baseline,0,,1"]
        for order in (rows, rows[::-1]):
            results = read("\n".join(["context,arm,seed,status,accuracy", *order]), study)
            assert {r.status for r in results.records.values()} == {"completed"}


class TestALongTable:
    def test_is_none_by_columns_of_factors(self, read: Read):
        study = (
            "question: '?'\nworkload: external\nbaseline: {metric: cosine, value: 1, step: 2}\n"
            "factors: {metric: [cosine, dot], value: [1, 3], step: [2, 4]}\nmetric: accuracy\n"
        )
        results = read("metric,value,step,seed,accuracy\ndot,1,2,0,80\ncosine,3,2,0,81\n", study)
        assert metrics_of(results) == {
            ("dot", 0): {"accuracy": 80.0},
            ("value=3", 0): {"accuracy": 81.0},
        }

    def test_is_the_same_as_a_wide_one(self, read: Read):
        wide = read("arm,seed,accuracy,loss\nmean,0,1,0.5\nbaseline,0,2,0.25\n")
        long = read(
            "arm,seed,metric,value\nmean,0,accuracy,1\nmean,0,loss,0.5\n"
            "baseline,0,loss,0.25\nbaseline,0,accuracy,2\n"
        )
        assert long.records == wide.records

    @pytest.mark.parametrize("place", ["step", "epoch", "Step"])
    def test_the_last_step_is_final_and_the_whole_is_the_history(self, place: str, read: Read):
        text = (
            f"run,arm,seed,tag,{place},value\nx,mean,0,accuracy,10,3\nx,mean,0,accuracy,2,1\n"
            "x,mean,0,accuracy,4,2\nx,mean,0,loss,2,nan\nx,mean,0,loss,10,0.5\n"
            "x,mean,0,f1,10,7\n"
        )
        results = read(text)
        record = by_trial(results)["mean", 0]
        assert record.metrics == {"accuracy": 3.0, "loss": 0.5, "f1": 7.0}
        assert record.history == {
            place.lower(): [2.0, 4.0, 10.0],
            "accuracy": [1.0, 2.0, 3.0],
            "loss": [None, None, 0.5],
        }
        assert results.ignored == ("run",)

    def test_a_value_without_a_step_is_final(self, read: Read):
        record = by_trial(
            read(
                "arm,seed,metric,step,value\nmean,0,accuracy,,9\nmean,0,accuracy,1,3\n"
                "mean,0,accuracy,2,4\nmean,0,loss,,0.5\n"
            )
        )["mean", 0]
        assert record.metrics == {"accuracy": 9.0, "loss": 0.5}
        assert record.history == {"step": [1.0, 2.0], "accuracy": [3.0, 4.0]}

    @pytest.mark.parametrize("nan", ["nan", "NaN", "-nan"])
    def test_neither_has_one_whose_step_is_nan(self, nan: str, read: Read):
        text = "arm,seed,metric,step,value\nmean,0,accuracy,{0},9\nmean,0,accuracy,1,3\n"
        assert read(text.format(nan)).records == read(text.format("")).records

    @pytest.mark.parametrize("place", ["epoch", "step"])
    def test_a_course_ends_as_its_last_point_whichever_row_is_first(self, place: str, read: Read):
        rows = [f"mean,0,accuracy,{end}" for end in ("3,3,finished", "2,2,", "1,1,running")]
        records = [
            by_trial(read("\n".join([f"arm,seed,metric,{place},value,status", *order])))["mean", 0]
            for order in itertools.permutations(rows)
        ]
        assert all(record == records[0] for record in records)
        assert (records[0].status, records[0].metrics) == ("completed", {"accuracy": 3.0})

    def test_of_points_told_otherwise_the_last_row_tells_the_ending(self, read: Read):
        text = (
            "arm,seed,metric,epoch,step,value,status\nmean,0,accuracy,1,,1,running\n"
            "mean,0,accuracy,2,,2,running\nmean,0,loss,,90,0.5,running\nmean,0,loss,,99,0.4,{}\n"
        )
        assert by_trial(read(text.format("finished")))["mean", 0].status == "completed"
        assert by_trial(read(text.format("crashed")))["mean", 0].status == "failed"

    @pytest.mark.parametrize("end", ["diverged", "crashed", "finished"])
    def test_points_told_by_their_step_alone_stand_after_those_with_an_epoch_too(
        self, end: str, read: Read
    ):
        rows = [
            "mean,0,accuracy,1,100,1,running",
            "mean,0,accuracy,2,200,2,running",
            "mean,0,loss,,100,0.5,running",
            f"mean,0,loss,,250,0.4,{end}",
        ]
        head = "arm,seed,metric,epoch,step,value,status"
        statuses = {
            by_trial(read("\n".join([head, *order])))["mean", 0].status
            for order in itertools.permutations(rows)
        }
        assert statuses == {{"crashed": "failed", "finished": "completed"}.get(end, end)}

    @pytest.mark.parametrize(
        ("rows", "status"),
        [
            # final values say that nothing had ended, or how it did, whatever a point says
            (["accuracy,1,1,running", "accuracy,2,2,finished", "f1,,3,running"], "completed"),
            (["accuracy,1,1,running", "accuracy,2,2,running", "f1,,3,finished"], "completed"),
            # a row without a number, whose point is not known
            (["accuracy,1,1,running", "accuracy,2,2,running", "f1,2,,crashed"], "failed"),
            # what failed gives way at the last point, too
            (["accuracy,1,1,running", "accuracy,2,2,finished", "loss,2,1,crashed"], "completed"),
        ],
    )
    def test_an_ending_is_found_wherever_it_stands(self, rows: list[str], status: str, read: Read):
        found = {
            by_trial(
                read(
                    "\n".join(
                        ["arm,seed,metric,epoch,value,status", *(f"mean,0,{row}" for row in order)]
                    )
                )
            )["mean", 0].status
            for order in itertools.permutations(rows)
        }
        assert found == {status}

    @pytest.mark.parametrize("end", ["diverged", "finished"])
    def test_an_ending_goes_before_what_was_running_at_the_same_point(self, end: str, read: Read):
        rows = ["mean,0,accuracy,1,1,running", "mean,0,accuracy,2,2,running"]
        rows += [f"mean,0,loss,2,0.4,{end}", "mean,0,f1,3,,running"]
        statuses = {
            by_trial(read("\n".join(["arm,seed,metric,epoch,value,status", *order])))[
                "mean", 0
            ].status
            for order in itertools.permutations(rows)
        }
        assert statuses == {{"finished": "completed"}.get(end, end)}

    def test_two_endings_at_the_same_point_are_refused(self, refused: Callable[..., str]):
        text = (
            "arm,seed,metric,epoch,value,status\nmean,0,accuracy,1,1,running\n"
            "mean,0,accuracy,2,2,finished\nmean,0,loss,2,0.4,diverged\n"
        )
        assert refused(text) == (
            "results.csv, lines 2, 3 and 4: arm 'mean' with seed 0 has both completed and "
            "diverged\n    keep one"
        )

    def test_an_infinite_step_is_refused(self, refused: Callable[..., str]):
        text = (
            "arm,seed,metric,epoch,Step,value\nmean,0,accuracy,1,inf,9\nmean,0,accuracy,-inf,,3\n"
        )
        assert refused(text) == (
            "results.csv, line 2, column 'Step': 'inf' is no step\n"
            "    write a finite number, or leave the cell empty\n"
            "results.csv, line 3, column 'epoch': '-inf' is no epoch\n"
            "    write a finite number, or leave the cell empty"
        )

    def test_epoch_and_step_may_both_be_given(self, read: Read):
        text = (
            "arm,seed,metric,step,epoch,value\nmean,0,accuracy,20,1,2\nmean,0,accuracy,10,1,1\n"
            "mean,0,accuracy,30,2,3\n"
        )
        record = by_trial(read(text))["mean", 0]
        assert record.metrics == {"accuracy": 3.0}
        assert record.history == {
            "epoch": [1.0, 1.0, 2.0],
            "step": [10.0, 20.0, 30.0],
            "accuracy": [1.0, 2.0, 3.0],
        }

    def test_a_value_may_tell_its_epoch_and_not_its_step(self, read: Read):
        text = (
            "arm,seed,metric,epoch,step,value\nmean,0,accuracy,1,,1\nmean,0,accuracy,1,9,2\n"
            "mean,0,accuracy,2,,3\nmean,0,epoch,2,,2\nmean,0,epoch,3,,7\n"
        )
        record = by_trial(read(text))["mean", 0]
        assert record.metrics == {"accuracy": 3.0, "epoch": 7.0}
        assert record.history == {
            "epoch": [1.0, 1.0, 2.0, 3.0],
            "step": [None, 9.0, None, None],
            "accuracy": [1.0, 2.0, 3.0, None],
        }

    def test_a_trial_whose_loss_ends_in_nan_has_diverged_and_keeps_its_course(self, read: Read):
        study = STUDY.replace("metric: accuracy", "metric: loss")
        text = "arm,seed,metric,step,value\nmean,0,loss,1,0.5\nmean,0,loss,2,nan\n"
        record = by_trial(read(text, study))["mean", 0]
        assert (record.status, record.error) == ("diverged", "not finite at the end: loss")
        assert record.history == {"step": [1.0, 2.0], "loss": [0.5, None]}

    def test_a_point_that_has_exploded_is_no_number_of_the_course(self, read: Read):
        text = "arm,seed,metric,step,value\nmean,0,accuracy,1,9e307\nmean,0,accuracy,2,1e154\n"
        record = by_trial(read(text))["mean", 0]
        assert record.history == {"step": [1.0, 2.0], "accuracy": [None, 1e154]}

    @pytest.mark.parametrize(
        ("words", "status"),
        [
            (("", "", "crashed"), "failed"),
            (("", "crashed", ""), "failed"),
            (("running", "running", "finished"), "completed"),
            (("finished", "finished", "diverged"), "diverged"),
            (("", "", ""), "completed"),
        ],
    )
    def test_a_course_ends_as_the_last_status_that_its_rows_give(
        self, words: tuple[str, ...], status: str, read: Read
    ):
        rows = [f"mean,0,{word},accuracy,{step},{step}" for step, word in enumerate(words, 1)]
        record = by_trial(read("\n".join(["arm,seed,status,metric,step,value", *rows])))["mean", 0]
        assert record.status == status
        if status == "completed":
            assert record.history == {"step": [1.0, 2.0, 3.0], "accuracy": [1.0, 2.0, 3.0]}

    def test_failed_attempts_give_way_as_a_whole(self, read: Read):
        text = (
            "arm,seed,status,metric,step,value\nmean,0,FAILED,accuracy,1,5\n"
            "mean,0,FINISHED,accuracy,1,6\nmean,0,FINISHED,accuracy,2,7\n"
        )
        record = by_trial(read(text))["mean", 0]
        assert (record.status, record.metrics) == ("completed", {"accuracy": 7.0})
        assert record.history == {"step": [1.0, 2.0], "accuracy": [6.0, 7.0]}

    @pytest.mark.parametrize(
        ("others", "own"),
        [
            (["crashed,accuracy,10,5", "crashed,accuracy,20,6"], [(15, 7), (20, 8)]),
            (["crashed,accuracy,10,5", "crashed,accuracy,20,6"], [(15, 7), (30, 8)]),
            (["crashed,accuracy,10,5", "crashed,accuracy,40,6"], [(15, 7), (30, 8)]),
            (["preempted,accuracy,1,5", "preempted,accuracy,2,6"], [(2, 7), (3, 8)]),
            (["running,accuracy,0,5", "running,accuracy,1,6"], [(1, 7), (2, 8)]),
        ],
    )
    def test_an_attempt_that_its_own_status_tells_counts_alone(
        self, others: list[str], own: list[tuple[int, int]], read: Read
    ):
        rows = [*others, *(f"finished,accuracy,{step},{value}" for step, value in own)]
        head = "arm,seed,status,metric,step,value"
        for order in (rows, rows[::-1]):
            text = "\n".join([head, *(f"mean,0,{row}" for row in order)])
            record = by_trial(read(text))["mean", 0]
            assert (record.status, record.metrics) == ("completed", {"accuracy": 8.0})
            assert record.history == {"step": [own[0][0], own[1][0]], "accuracy": [7.0, 8.0]}

    @pytest.mark.parametrize("ending", ["finished", "diverged"])
    def test_what_goes_on_where_it_broke_off_is_one_course(self, ending: str, read: Read):
        rows = [f"{'crashed' if step < 3 else ending},accuracy,{step},{step}" for step in range(5)]
        for order in (rows, rows[::-1]):
            text = "\n".join(["arm,seed,status,metric,step,value", *(f"mean,0,{r}" for r in order)])
            record = by_trial(read(text))["mean", 0]
            assert record.status == ("completed" if ending == "finished" else ending)
            assert record.history["step"] == [0.0, 1.0, 2.0, 3.0, 4.0]

    def test_values_of_which_some_give_the_epoch_have_no_last(
        self, read: Read, refused: Callable[..., str]
    ):
        text = (
            "arm,seed,metric,epoch,step,value\nmean,0,accuracy,1,100,60\n"
            "mean,0,accuracy,2,200,70\nmean,0,accuracy,,300,80\n"
        )
        assert refused(text) == (
            "results.csv, lines 2, 3 and 4: some of the accuracy of arm 'mean' with seed 0 give "
            "the epoch and some do not: which is the last is not told\n"
            "    give the epoch in all of them, or in none"
        )
        beside = text.replace("accuracy", "gpu_util") + "mean,0,accuracy,2,200,75\n"
        assert metrics_of(read(beside)) == {("mean", 0): {"accuracy": 75.0}}

    def test_a_final_value_ends_an_attempt_that_others_failed_before(self, read: Read):
        rows = ["crashed,accuracy,1,5", "crashed,accuracy,,5", "finished,accuracy,,8"]
        text = "\n".join(["arm,seed,status,metric,step,value", *(f"mean,0,{r}" for r in rows)])
        assert metrics_of(read(text)) == {("mean", 0): {"accuracy": 8.0}}

    def test_the_course_of_another_metric_is_not_lost_without_a_word(
        self, refused: Callable[..., str]
    ):
        rows = [
            "running,loss,1,5",
            "crashed,accuracy,2,5",
            "running,loss,1,4",
            "finished,accuracy,2,8",
        ]
        text = "\n".join(["arm,seed,status,metric,step,value", *(f"mean,0,{r}" for r in rows)])
        assert "lines 2 and 4: arm 'mean' with seed 0 is there in several attempts" in refused(text)

    @pytest.mark.parametrize("turned", [False, True])
    def test_attempts_that_their_status_does_not_tell_apart_are_refused(
        self, turned: bool, refused: Callable[..., str]
    ):
        rows = [
            "mean,0,running,accuracy,1,5",
            "mean,0,crashed,accuracy,2,6",
            "mean,0,running,accuracy,1,7",
            "mean,0,finished,accuracy,2,8",
        ]
        text = "\n".join(["arm,seed,status,metric,step,value", *rows[:: -1 if turned else 1]])
        assert refused(text) == (
            f"results.csv, lines {'3 and 5' if turned else '2 and 4'}: arm 'mean' with seed 0 is "
            "there in several attempts, and whether these points are of the one that ended is not "
            "told\n    keep its rows alone, or give each the status that its attempt ended with"
        )

    def test_prefixes_of_metrics_are_dropped(self, read: Read):
        text = "arm,seed,metric,value\nmean,0,metrics.accuracy,1\nmean,0,summary.loss,2\n"
        assert metrics_of(read(text)) == {("mean", 0): {"accuracy": 1.0, "loss": 2.0}}


class TestExportsOfTrackers:
    def test_weights_and_biases_table(self, read: Read):
        results = read(
            '"Name","State","Notes","Created","Runtime","net.pool","learning_rate","seed","accuracy","loss"\n'
            '"fine-sun-1","finished","-","2025-03-01T09:00:00.000Z","312","max","","0","81.5","0.5"\n'
            '"calm-sea-2","crashed","-","2025-03-01T09:10:00.000Z","17","mean","","0","",""\n'
            '"wild-oak-3","finished","-","2025-03-01T09:20:00.000Z","320","mean","","0","80","0.75"\n'
        )
        assert metrics_of(results) == {
            ("baseline", 0): {"Runtime": 312.0, "accuracy": 81.5, "loss": 0.5},
            ("mean", 0): {"Runtime": 320.0, "accuracy": 80.0, "loss": 0.75},
        }
        assert results.ignored == ("Name", "Notes", "Created")

    def test_weights_and_biases_flattened(self, read: Read):
        results = read(
            "name,config.seed,config.net.pool,config.learning_rate,config.width,summary.accuracy,summary._step,rank\n"
            "a,0,mean,,8,80,1000,1\n"
        )
        assert metrics_of(results) == {("mean", 0): {"accuracy": 80.0, "_step": 1000.0}}
        assert results.ignored == ("name", "config.width", "rank")

    def test_a_setting_is_no_metric_whatever_its_name(self, read: Read):
        results = read("config.arm,config.seed,config.accuracy,summary.accuracy\nmean,0,90,80\n")
        assert metrics_of(results) == {("mean", 0): {"accuracy": 80.0}}
        assert results.ignored == ("config.accuracy",)

    def test_mlflow(self, read: Read):
        results = read(
            "run_id,experiment_id,status,metrics.accuracy,metrics.loss,params.seed,params.net.pool,"
            "params.training.learning_rate,params.nesterov,params.width,tags.mlflow.runName\n"
            "d337,168,FINISHED,80.0,0.2,0,mean,0.001,True,8,mean-0\n"
            "bfcc,168,FAILED,,,1,mean,0.001,True,8,mean-1\n"
        )
        assert metrics_of(results) == {
            ("mean", 0): {"accuracy": 80.0, "loss": 0.2},
            ("mean", 1): {},
        }
        assert by_trial(results)["mean", 1].status == "failed"
        assert results.ignored == (
            "run_id",
            "experiment_id",
            "params.nesterov",
            "params.width",
            "tags.mlflow.runName",
        )

    def test_ray_tune(self, read: Read):
        results = read(
            "accuracy,training_iteration,done,trial_id,config/seed,config/net/pool,"
            "config/learning_rate\n"
            "80,4,True,a1b2c,0,mean,1e-3\n"
        )
        assert metrics_of(results) == {("mean", 0): {"accuracy": 80.0, "training_iteration": 4.0}}

    def test_a_metric_may_be_named_like_a_prefix(self, read: Read):
        study = STUDY.replace("metric: accuracy", "metric: metrics.mAP50")
        results = read("arm,seed,metrics.mAP50,metrics.recall\nmean,0,0.5,0.25\n", study)
        assert metrics_of(results) == {("mean", 0): {"metrics.mAP50": 0.5, "recall": 0.25}}


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "arm,accuracy\nmean,1\n",
                "results.csv: no column gives the seeds\n    add a column 'seed' of whole numbers",
            ),
            (
                "seed,accuracy\n0,1\n",
                "results.csv: no column names the arms\n"
                "    add a column 'arm', or one a factor: pool, learning_rate",
            ),
            (
                "arm,seed,acuracy\nmean,0,1\n",
                "results.csv: no column gives the study's metric 'accuracy'\n"
                "    did you mean 'acuracy'?",
            ),
            (
                "arm,seed\nmean,0\n",
                "results.csv: no column gives the study's metric 'accuracy'\n"
                "    add a column 'accuracy'",
            ),
            (
                "arm,seed,accuracy\nmean,0,\nmean,1,\n",
                "results.csv, column 'accuracy': is empty in every row\n"
                "    it holds the study's metric",
            ),
            (
                "arm,seed,metric,value\nmean,0,acuracy,1\n",
                "results.csv, column 'metric': no row gives the study's metric 'accuracy'\n"
                "    did you mean 'acuracy'?",
            ),
            (
                "arm,seed,metric,value\nmean,0,,1\n",
                "results.csv, column 'metric': no row gives the study's metric 'accuracy'\n"
                "    name the metric 'accuracy'\n"
                "results.csv, line 2, column 'metric': is empty\n    name the metric",
            ),
            (
                "arm,seed,accuracy\nmaen,0,1\nmean,0,1\nmaen,1,1\n",
                "results.csv, lines 2 and 4, column 'arm': 'baseline' has no arm named 'maen'\n"
                "    did you mean 'mean'?",
            ),
            (
                "arm,seed,accuracy\n,0,1\n",
                "results.csv, line 2, column 'arm': is empty\n    give the arm's name",
            ),
            (
                "model.net.pool,learning_rate,seed,accuracy\nmaxx,,0,1\n",
                "results.csv, line 2, column 'model.net.pool': no level of 'pool' named 'maxx'\n"
                "    did you mean 'max'?",
            ),
            (
                "pool,learning_rate,seed,accuracy\nmean,0.01,0,1\n",
                "results.csv, line 2: 'baseline' has no arm with "
                "{pool: mean, learning_rate: 0.01}\n"
                "    its arms are 'baseline', 'mean', 'learning_rate=0.01'",
            ),
            (
                "arm,pool,seed,accuracy\nmean,max,0,1\n",
                "results.csv, line 2, column 'pool': arm 'mean' has pool: mean, and not max\n"
                "    correct the row, or remove one of the two columns",
            ),
            (
                "arm,seed,accuracy\nmean,0.5,1\nmean,,1\nmean,-1,1\n",
                "results.csv, line 2, column 'seed': '0.5' is no seed\n"
                "    a seed is a whole number from 0\n"
                "results.csv, line 3, column 'seed': is empty\n"
                "    a seed is a whole number from 0\n"
                "results.csv, line 4, column 'seed': '-1' is no seed\n"
                "    a seed is a whole number from 0",
            ),
            (
                'arm,seed,accuracy\nmean,0,"82,5"\nmean,1,82 %\nmean,2,1_000\n',
                "results.csv, line 2, column 'accuracy': '82,5' is no number\n"
                "    write it as 82.5, or leave the cell empty\n"
                "results.csv, line 3, column 'accuracy': '82 %' is no number\n"
                "    write it as 82.5, or leave the cell empty\n"
                "results.csv, line 4, column 'accuracy': '1_000' is no number\n"
                "    write it as 82.5, or leave the cell empty",
            ),
            (
                "arm,seed,metric,step,value\nmean,0,accuracy,last,x\n",
                "results.csv, line 2, column 'step': 'last' is no number\n"
                "    write it as 82.5, or leave the cell empty\n"
                "results.csv, line 2, column 'value': 'x' is no number\n"
                "    write it as 82.5, or leave the cell empty",
            ),
            (
                "arm,seed,status,accuracy\nmean,0,Fnished,1\n",
                "results.csv, line 2, column 'status': no status named 'Fnished'\n"
                "    did you mean 'finished'? Else rename the column, or leave it out, if it does "
                "not tell how trials ended",
            ),
            (
                "arm,seed,state,accuracy\nmean,0,CA,1\n",
                "results.csv, line 2, column 'state': no status named 'CA'\n"
                "    rename the column, or leave it out, if it does not tell how trials ended; "
                "known are: complete, completed, crashed, diverged, done, error, fail, failed, "
                "finished, killed, pending, preempted, preempting, pruned, queued, running, "
                "scheduled, succeeded, success, terminated, waiting",
            ),
            (
                "a.net.pool,b.net.pool,learning_rate,seed,accuracy\nmax,mean,,0,1\n",
                "results.csv: columns 'a.net.pool' and 'b.net.pool' could each be 'pool'\n"
                "    rename or remove all but one",
            ),
        ],
    )
    def test_is_said_with_its_place_and_cure(
        self, text: str, message: str, refused: Callable[..., str]
    ):
        assert refused(text) == message

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "arm,seed,accuracy\nmean,0,1\nmean,1,1\nmean,0,2\n",
                "results.csv, lines 2 and 4: arm 'mean' with seed 0 is there twice\n    keep one",
            ),
            (
                "pool,learning_rate,seed,accuracy\nmean,,0,1\nmean,1e-3,0.0,2\nmean,,0,2\n",
                "results.csv, lines 2, 3 and 4: arm 'mean' with seed 0 is there 3 times\n"
                "    keep one",
            ),
            (
                "arm,seed,epoch,accuracy\nmean,0,1,50\nmean,0,2,60\n",
                "results.csv, lines 2 and 3: arm 'mean' with seed 0 is there twice\n"
                "    keep the last; a course of training is a table with columns metric and value",
            ),
            (
                "arm,seed,metric,value\nmean,0,accuracy,1\nmean,0,accuracy,2\n",
                "results.csv, lines 2 and 3: accuracy of arm 'mean' with seed 0 is there twice\n"
                "    keep one, or say by a column 'epoch' or 'step' which is the last",
            ),
            (
                "arm,seed,metric,epoch,step,value\n"
                "mean,0,accuracy,1,10,1\nmean,0,accuracy,2,20,2\nmean,0,accuracy,1,10,1\n",
                "results.csv, lines 2 and 4: accuracy at epoch 1 and step 10 of arm 'mean' with "
                "seed 0 is there twice\n    keep one",
            ),
            (
                "arm,seed,status,accuracy\nmean,0,finished,1\nmean,0,diverged,\n",
                "results.csv, lines 2 and 3: arm 'mean' with seed 0 has both completed and "
                "diverged\n    keep one",
            ),
        ],
    )
    def test_a_trial_can_have_one_result(
        self, text: str, message: str, refused: Callable[..., str]
    ):
        assert refused(text) == message

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "pool,dropout,seed,accuracy\nmax,,0,1\n",
                "results.csv: no column says which baseline a row belongs to\n"
                "    add a column 'context' with small, large",
            ),
            (
                "context,pool,dropout,seed,accuracy\nlrage,max,,0,1\n,max,,0,1\n",
                "results.csv, line 2, column 'context': no baseline named 'lrage'\n"
                "    did you mean 'large'?\n"
                "results.csv, line 3, column 'context': is empty\n    known are: large, small",
            ),
            (
                "context,pool,dropout,seed,accuracy\nsmall,,with,0,1\n",
                "results.csv, line 2, column 'dropout': 'dropout' is not varied in 'small', which "
                "has no arm with 'with'\n"
                "    correct the row, or leave the cell empty; its `contexts` are large",
            ),
            (
                "context,arm,seed,accuracy\nlarge,mean,0,1\nlarge,mean,0,2\n",
                "results.csv, lines 2 and 3: arm 'mean' of 'large' with seed 0 is there twice\n"
                "    keep one",
            ),
        ],
    )
    def test_in_a_study_of_several_baselines_the_baseline_is_named(
        self, text: str, message: str, refused: Callable[..., str]
    ):
        assert refused(text, TWO_BASELINES) == message

    def test_a_level_whose_condition_cannot_hold_in_a_baseline_has_no_arm_there(
        self, read: Read, refused: Callable[..., str]
    ):
        study = (
            "question: '?'\nworkload: external\nbaselines: {a: {o: adam, m: 0, p: max}, "
            "b: {o: adam, m: 0, p: max, w: 2}}\nfactors:\n  p: [max, mean]\n"
            "  o: {levels: [adam, sgd], contexts: [b]}\n"
            "  m: {levels: [0, 0.9], when: {o: sgd}}\nmetric: accuracy\n"
        )
        head = "context,p,o,m,seed,accuracy\n"
        assert refused(f"{head}a,,,0.9,0,80\nb,,,0.9,0,80\n", study) == (
            "results.csv, line 2, column 'm': 'm' is not varied in 'a', which has no arm with "
            "'0.9'\n    correct the row, or leave the cell empty; varied there are: p"
        )
        assert read(f"{head}a,mean,adam,0.9,0,80\n", study).records

    def test_a_trial_that_two_baselines_share_cannot_have_two_results(
        self, refused: Callable[..., str]
    ):
        study = TWO_BASELINES.replace("width: 64", "width: 8")
        text = "context,arm,seed,accuracy\nsmall,baseline,0,1\nlarge,baseline,0,2\n"
        assert refused(text, study) == (
            "results.csv, lines 2 and 3: arm 'baseline' of 'large' with seed 0 is the same trial "
            "in another baseline, with other results\n    keep those of one baseline"
        )

    def test_everything_is_said_at_once_and_in_order(self, refused: Callable[..., str]):
        text = "arm,seed,accuracy,f1\nmean,x,1,1\nmaen,1,?,1\nmean,2,1,\nmean,x,1,1\n"
        assert [line for line in refused(text).splitlines() if line[0] != " "] == [
            "results.csv, lines 2 and 5, column 'seed': 'x' is no seed",
            "results.csv, line 3, column 'arm': 'baseline' has no arm named 'maen'",
            "results.csv, line 3, column 'accuracy': '?' is no number",
        ]

    def test_many_lines_are_counted(self, refused: Callable[..., str]):
        text = "arm,seed,accuracy\n" + "".join(f"maen,{seed},1\n" for seed in range(20))
        assert refused(text) == (
            "results.csv, lines 2, 3, 4, 5, 6 and 15 more, column 'arm': "
            "'baseline' has no arm named 'maen'\n    did you mean 'mean'?"
        )


class TestFiles:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "is empty\n    its first line names the columns"),
            (b"\n , \n", "is empty\n    its first line names the columns"),
            (b"arm,seed,accuracy\n\n", "holds no rows below its header"),
            (
                b"PK\x03\x04\x00\x00",
                "is neither CSV nor Parquet\n    save the table as CSV in UTF-8, or as Parquet",
            ),
            (
                "arm,größe\n".encode("latin-1"),
                "is neither CSV nor Parquet\n    save the table as CSV in UTF-8, or as Parquet",
            ),
        ],
    )
    def test_what_is_no_table_is_refused(
        self, content: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.chdir(tmp_path)
        Path("results.csv").write_bytes(content)
        with pytest.raises(RecordError) as caught:
            read_results(Path("results.csv"), study_of(STUDY))
        assert str(caught.value) == f"results.csv: {message}"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "arm,seed,accuracy\nmean,0,1,2\nmean,1\n",
                "results.csv, line 2: has 4 cells, and the header has 3\n"
                "    put a cell that holds a comma in quotes\n"
                "results.csv, line 3: has 2 cells, and the header has 3\n"
                "    add what is missing, an empty cell where there is no value",
            ),
            (
                'note,arm,seed,accuracy\n"two\nlines",mean,0,1\n,mean,x,1\n',
                "results.csv, line 4, column 'seed': 'x' is no seed\n"
                "    a seed is a whole number from 0",
            ),
            (
                'arm,seed,accuracy\nmean,0,1\n"mean,1,1\n',
                "results.csv, line 3: is not CSV: unexpected end of data\n"
                "    check the quotes there",
            ),
            (
                "arm,seed,arm,accuracy\nmean,0,mean,1\n",
                "results.csv, line 1: column 'arm' is there 2 times\n    keep one",
            ),
            (
                "arm;seed;accuracy\nmean;0;82,5\n",
                "results.csv, line 1: its columns are separated by ';'\n"
                "    separate them by commas",
            ),
            (
                "arm\tseed\taccuracy\nmean\t0\t82\n",
                "results.csv, line 1: its columns are separated by tabs\n"
                "    separate them by commas",
            ),
        ],
    )
    def test_damage_is_found_by_line(self, text: str, message: str, refused: Callable[..., str]):
        assert refused(text) == message

    def test_an_absent_file_and_a_folder_are_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.chdir(tmp_path)
        study = study_of(STUDY)
        for path, reason in (("no.csv", "No such file or directory"), (".", "Is a directory")):
            with pytest.raises(RecordError) as caught:
                read_results(Path(path), study)
            assert str(caught.value) == f"{path}: cannot be read: {reason}"


class TestParquet:
    @pytest.fixture(autouse=True)
    def here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    def test_a_time_beyond_those_of_python_does_no_harm(self):
        columns = {
            "pool": ["mean"],
            "seed": [0],
            "accuracy": [1.0],
            "ended": pyarrow.array([2**62], pyarrow.timestamp("us")),
        }
        parquet.write_table(pyarrow.table(columns), "results.parquet")
        results = read_results(
            Path("results.parquet"),
            study_of(STUDY.replace("  training.learning_rate: [1e-3, 1e-2]\n", "")),
        )
        assert metrics_of(results) == {("mean", 0): {"accuracy": 1.0}}
        assert results.ignored == ("ended",)

    def test_typed_cells_mean_what_their_text_means(self):
        columns = {
            "pool": pyarrow.array(["mean", "mean", None]).dictionary_encode(),
            "learning_rate": pyarrow.array([None, 1e-3, 1e-2], pyarrow.float32()),
            "seed": pyarrow.array([0, 1, 0], pyarrow.int64()),
            "accuracy": pyarrow.array([1.0, float("nan"), 0.1]),
            "loss": pyarrow.array([None, 0.5, 0.25]),
            "fine": [True, False, None],
            "__index_level_0__": [0, 1, 2],
        }
        parquet.write_table(pyarrow.table(columns), "results.parquet")
        results = read_results(Path("results.parquet"), study_of(STUDY))
        assert metrics_of(results) == {
            ("mean", 0): {"accuracy": 1.0},
            ("mean", 1): {},
            ("learning_rate=0.01", 0): {"accuracy": 0.1, "loss": 0.25},
        }
        assert by_trial(results)["mean", 1].status == "diverged"
        assert by_trial(results)["mean", 0].provenance == {"source": "results.parquet"}
        assert results.ignored == ("fine", "__index_level_0__")

    def test_rows_are_counted_from_one(self):
        table = pyarrow.table({"arm": ["mean", "mean"], "seed": [0.0, 0.5], "accuracy": [1, 2]})
        parquet.write_table(table, "results.parquet")
        with pytest.raises(RecordError) as caught:
            read_results(Path("results.parquet"), study_of(STUDY))
        assert str(caught.value) == (
            "results.parquet, row 2, column 'seed': '0.5' is no seed\n"
            "    a seed is a whole number from 0"
        )

    def test_a_damaged_file_is_refused(self):
        table = pyarrow.table({"arm": ["mean"], "seed": [0], "accuracy": [1]})
        parquet.write_table(table, "results.parquet")
        whole = Path("results.parquet").read_bytes()
        for damaged in (whole[:-20], b"PAR1", whole[:4] + b"?" * 200 + whole[204:]):
            Path("results.parquet").write_bytes(damaged)
            with pytest.raises(RecordError) as caught:
                read_results(Path("results.parquet"), study_of(STUDY))
            assert str(caught.value).startswith("results.parquet: is no readable Parquet file: "), (
                damaged
            )

    def test_an_empty_one_is_refused(self):
        parquet.write_table(pyarrow.table({"arm": pyarrow.array([], "string")}), "results.parquet")
        with pytest.raises(RecordError) as caught:
            read_results(Path("results.parquet"), study_of(STUDY))
        assert str(caught.value) == "results.parquet: holds no rows below its header"


ARMS = ("baseline", "mean", "learning_rate=0.01")
TRIALS = st.tuples(st.sampled_from(ARMS), st.integers(0, 10**9))
NUMBERS = st.floats(-1e154, 1e154)  # those beyond have no finite square, and count as diverged
METRICS = st.fixed_dictionaries(
    {"accuracy": NUMBERS}, optional={"loss": NUMBERS, "val/F1 (macro)": NUMBERS}
)
TABLES = st.dictionaries(TRIALS, METRICS, min_size=1, max_size=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    (folder / "study.yaml").write_text(STUDY)
    return folder


class TestEveryTable:
    @given(table=TABLES)
    def test_gives_back_the_numbers_written(self, table: dict, folder: Path):
        assert metrics_of(self.read(folder, wide(table))) == table

    @given(table=TABLES)
    def test_is_the_same_wide_and_long(self, table: dict, folder: Path):
        assert self.read(folder, wide(table)).records == self.read(folder, long(table)).records

    @given(table=TABLES)
    def test_is_the_same_in_csv_and_parquet(self, table: dict, folder: Path):
        rows = wide(table)
        parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "results.parquet")
        study = load_study(folder / "study.yaml")
        from_parquet = read_results(folder / "results.parquet", study)
        assert metrics_of(from_parquet) == metrics_of(self.read(folder, rows)) == table

    @given(table=TABLES, data=st.data())
    def test_is_the_same_in_any_order(self, table: dict, data: st.DataObject, folder: Path):
        rows = data.draw(st.permutations(wide(table)))
        assert self.read(folder, rows).records == self.read(folder, wide(table)).records

    def read(self, folder: Path, rows: Sequence[Mapping[str, Any]]) -> Results:
        (folder / "results.csv").write_text(csv_text(rows), encoding="utf-8")
        return read_results(folder / "results.csv", load_study(folder / "study.yaml"))


def wide(table: Mapping[tuple[str, int], Mapping[str, float]]) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for metrics in table.values() for name in metrics)
    return [
        {"arm": arm, "seed": seed, **{name: metrics.get(name) for name in names}}
        for (arm, seed), metrics in table.items()
    ]


def long(table: Mapping[tuple[str, int], Mapping[str, float]]) -> list[dict[str, Any]]:
    return list(_values(table))


def _values(table: Mapping[tuple[str, int], Mapping[str, float]]) -> Iterable[dict[str, Any]]:
    for (arm, seed), metrics in table.items():
        for name, value in metrics.items():
            yield {"arm": arm, "seed": seed, "metric": name, "value": value}


class TestTrialsThatEndedEarly:
    def test_one_of_a_single_point_keeps_it_as_its_course_where_others_have_several(
        self, read: Read
    ):
        rows = ["mean,0,accuracy,1,50", "mean,0,accuracy,2,60", "mean,1,accuracy,1,40"]
        study = STUDY.replace("  training.learning_rate: [1e-3, 1e-2]\n", "")
        found = read("arm,seed,metric,epoch,value\n" + "\n".join(rows), study)
        courses = sorted(record.history["accuracy"] for record in found.records.values())
        assert courses == [[40.0], [50.0, 60.0]]

    def test_single_points_of_all_are_no_courses(self, read: Read):
        rows = ["mean,0,accuracy,2,60", "mean,1,accuracy,2,40"]
        found = read("arm,seed,metric,epoch,value\n" + "\n".join(rows))
        assert all(record.history == {} for record in found.records.values())


def test_more_seeds_than_a_study_may_have_are_refused(refused: Callable[..., str]):
    rows = "".join(f"mean,{seed},{seed % 7}\n" for seed in range(10_001))
    assert refused("arm,seed,accuracy\n" + rows) == (
        "results.csv: has 10,001 different seeds, and a study at most 10,000\n"
        "    number the trials of each arm from 0, alike where they shared what a seed fixes"
    )
