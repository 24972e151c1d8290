from pathlib import Path

import pytest

from ablate.errors import StudyError
from ablate.study.arms import Arm
from ablate.study.loading import load_study
from ablate.study.own_point import why_outside
from ablate.study.planning import make_plan
from ablate.study.search_space import Parameter, SearchSpace
from ablate.study.space_file import (
    check_space,
    find_space,
    folders_near,
    probes,
    probes_of_pairs,
    read_space,
    unfamiliar_keys,
)
from ablate.workload import Workload, load_workload
from tests.study.fake_workload import FakeWorkload

ROOT = Path(__file__).parents[2]
RATE = "parameters:\n  training.rate: {type: float, range: [1e-5, 1], scale: log, why: w}\n"
CONDITIONAL = """\
about: The optimizer and its own.
parameters:
  momentum: {key: training.momentum, type: float, range: [0, 0.9], when: {optimizer: sgd}, why: w}
  optimizer: {key: training.optimizer, type: categorical, choices: [adam, sgd], why: w}
  width: {key: model.width, type: int, range: [4, 64], scale: log, why: w}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "space.yaml"
    path.write_text(text)
    return path


def arm(**settings: object) -> Arm:
    return Arm(name="a", context="baseline", levels={}, is_reference=False, settings=settings)


def checked(path: Path, workload: Workload, *arms: Arm) -> SearchSpace:
    """The space in a file, found fit for these arms."""
    loaded = read_space(find_space(path))
    check_space(loaded.space, workload, arms, loaded.source)
    return loaded.space


def complaints(path: Path, *arms: Arm) -> list[str]:
    """What is wrong, without the file's name."""
    with pytest.raises(StudyError) as caught:
        checked(path, FakeWorkload(), *arms)
    assert caught.value.exit_code == 2
    return [str(problem).replace(f"{path}, ", "") for problem in caught.value.problems]


class TestUnfamiliarKeys:
    def test_a_key_of_no_arm_is_told_where_any_would_be_taken(self):
        space = SearchSpace(
            name="s",
            parameters=tuple(
                Parameter(name=key, key=key, type="float", range=(0, 1), why="w")
                for key in ("lr", "lrr")
            ),
        )
        workload = load_workload("tests.tuning.valley:train")
        (remark,) = unfamiliar_keys(space, workload, [arm(lr=0.1), arm(depth=2)])
        assert remark == (
            "'lrr', which the space searches, is a setting of no arm: where the workload does not "
            "read it, its values make no difference; did you mean 'lr'?"
        )
        assert list(unfamiliar_keys(space, FakeWorkload(), [arm(lr=0.1)])) == []


class TestReading:
    def test_every_part_of_a_parameter(self, tmp_path: Path):
        space = read_space(write(tmp_path, CONDITIONAL)).space
        assert (space.name, space.about) == ("space", "The optimizer and its own.")
        optimizer, width, momentum = space.parameters  # each after what its condition names
        assert (optimizer.name, optimizer.key) == ("optimizer", "training.optimizer")
        assert optimizer.choices == ("adam", "sgd")
        assert (width.type, width.bounds, width.scale) == ("int", (4, 64), "log")
        assert momentum.when == {"optimizer": ("sgd",)}
        assert space.is_conditional

    def test_a_name_is_looked_for_here_and_then_beside_the_studies(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.chdir(tmp_path)
        there, here = tmp_path / "project" / "search_spaces", tmp_path / "search_spaces"
        folders = folders_near(Path("project/studies/study.yaml"))
        for folder in (there, here):  # the later one wins
            folder.mkdir(parents=True)
            write(folder, RATE)
            assert find_space("space", *folders).resolve() == folder / "space.yaml"

    def test_a_name_may_be_the_key_itself(self, tmp_path: Path):
        (rate,) = read_space(write(tmp_path, RATE)).space.parameters
        assert rate.key == rate.name == "training.rate"

    def test_words_about_a_space_do_not_enter_its_digest(self, tmp_path: Path):
        one = read_space(write(tmp_path, RATE)).space
        two = read_space(write(tmp_path, "about: a\n" + RATE.replace("why: w", "why: x"))).space
        wider = read_space(write(tmp_path, RATE.replace("1e-5", "1e-6"))).space
        assert one.digest == two.digest != wider.digest

    @pytest.mark.parametrize("path", sorted((ROOT / "search_spaces").glob("*.yaml")), ids=str)
    def test_the_spaces_that_come_along_can_be_read(self, path: Path):
        space = read_space(path).space
        assert space.parameters and space.about

    def test_learning_rates_go_over_five_decades(self):
        (rate,) = read_space(find_space("learning_rate", ROOT / "search_spaces")).space.parameters
        assert (rate.key, rate.bounds) == ("training.learning_rate", (1e-5, 1.0))
        assert rate.scale == "log"


class TestRefused:
    @pytest.mark.parametrize(
        ("parameter", "complaint"),
        [
            (
                "{type: float, range: [0.1, 0.1], why: w}",
                "line 2, parameters.training.rate.range: the range is empty: 0.1 is both its ends\n"
                "    give it room, or set the value in the study's baseline",
            ),
            (
                "{type: float, range: [1, 0.1], why: w}",
                "line 2, parameters.training.rate.range: the range is impossible: its low end 1 is "
                "above its high end 0.1\n    write [0.1, 1]",
            ),
            (
                "{type: float, range: [0, 1], scale: log, why: w}",
                "line 2, parameters.training.rate.range: a log scale never reaches 0\n"
                "    start the range above zero, as in [1e-5, 1], or write scale: linear",
            ),
            (
                "{type: float, range: [-1, 1], scale: log, why: w}",
                "line 2, parameters.training.rate.range: a log scale never reaches -1\n"
                "    start the range above zero, as in [1e-5, 1], or write scale: linear",
            ),
            (
                "{type: float, range: [0, 1, 2], why: w}",
                "line 2, parameters.training.rate.range: a range is two numbers, lowest and "
                "highest, not [0, 1, 2]\n    write it as in [1e-5, 1]",
            ),
            (
                "{type: float, range: [low, high], why: w}",
                "line 2, parameters.training.rate.range: a range is two numbers, lowest and "
                "highest, not ['low', 'high']\n    write it as in [1e-5, 1]",
            ),
            (
                "{type: int, range: [1.5, 4], why: w}",
                "line 2, parameters.training.rate.range: an int goes from one whole number to "
                "another, not [1.5, 4]",
            ),
            (
                "{type: float, range: [0, 1], scale: logarithmic, why: w}",
                "line 2, parameters.training.rate.scale: no scale named 'logarithmic'\n"
                "    known are: linear, log",
            ),
            (
                "{type: flaot, range: [0, 1], why: w}",
                "line 2, parameters.training.rate.type: no type named 'flaot'\n"
                "    did you mean 'float'?",
            ),
            (
                "{type: [float], range: [0, 1], why: w}",
                "line 2, parameters.training.rate.type: must be the name of a type, not "
                "['float']\n    known are: categorical, float, int",
            ),
            (
                "{type: float, range: [0, 1], scale: [log], why: w}",
                "line 2, parameters.training.rate.scale: must be the name of a scale, not "
                "['log']\n    known are: linear, log",
            ),
            (
                "{range: [0, 1], why: w}",
                "line 2, parameters.training.rate: 'type' is missing\n"
                "    give float, int or categorical",
            ),
            (
                "{type: float, range: [0, 1]}",
                "line 2, parameters.training.rate: 'why' is missing\n"
                "    say in a sentence why this range",
            ),
            (
                "{type: float, why: w}",
                "line 2, parameters.training.rate: 'range' is missing\n"
                "    give its lowest and highest value: [1e-5, 1]",
            ),
            (
                "{type: float, range: [0, 1], rnage: 2, why: w}",
                "line 2, parameters.training.rate.rnage: no key named 'rnage'\n"
                "    did you mean 'range'?",
            ),
            (
                "{type: categorical, choices: [1], why: w}",
                "line 2, parameters.training.rate.choices: the range is empty: a choice needs at "
                "least two values\n    add a value, or set it in the study's baseline",
            ),
            (
                "{type: categorical, choices: [1, 2, 1], why: w}",
                "line 2, parameters.training.rate.choices[2]: choice '1' is there twice\n"
                "    keep one",
            ),
            (
                "{type: categorical, choices: [1, 2], range: [1, 2], why: w}",
                "line 2, parameters.training.rate.range: a categorical parameter has choices, and "
                "no range",
            ),
        ],
    )
    def test_a_parameter_that_cannot_be_meant(self, tmp_path: Path, parameter: str, complaint: str):
        path = write(tmp_path, f"parameters:\n  training.rate: {parameter}\n")
        assert complaints(path) == [complaint]

    @pytest.mark.parametrize(
        ("when", "complaint"),
        [
            (
                "{optimizer: adamm}",
                "line 3, parameters.momentum.when.optimizer: the condition never holds: "
                "'optimizer' is never 'adamm'\n    did you mean 'adam'?",
            ),
            (
                "{optimiser: adam}",
                "line 3, parameters.momentum.when.optimiser: no parameter named 'optimiser'\n"
                "    did you mean 'optimizer'?",
            ),
            (
                "{rate: 0.1}",
                "line 3, parameters.momentum.when.rate: 'rate' is no categorical parameter, so "
                "that no condition can name its value\n"
                "    make the condition depend on a parameter with choices",
            ),
            (
                "{nesterov: no, optimizer: adam}",
                "line 3, parameters.momentum.when: the condition never holds: what it needs asks "
                "'optimizer' for two things at once\n"
                "    compare it with the conditions of the parameters that it names",
            ),
        ],
    )
    def test_a_condition_that_never_holds(self, tmp_path: Path, when: str, complaint: str):
        path = write(
            tmp_path,
            "parameters:\n"
            "  optimizer: {key: training.optimizer, type: categorical, choices: [adam, sgd],"
            " why: w}\n"
            f"  momentum: {{type: float, range: [0, 1], why: w, when: {when}}}\n"
            "  rate: {type: float, range: [0, 1], why: w}\n"
            "  nesterov: {type: categorical, choices: [no, yes], when: {optimizer: sgd}, why: w}\n",
        )
        assert complaints(path) == [complaint]

    def test_a_circle_of_conditions(self, tmp_path: Path):
        path = write(
            tmp_path,
            "parameters:\n"
            "  a: {type: categorical, choices: [x, y], why: w, when: {b: x}}\n"
            "  b: {type: categorical, choices: [x, y], why: w, when: {a: y}}\n",
        )
        assert complaints(path) == [
            f"line {line}, parameters.{name}.when: the condition never holds: '{name}' depends on "
            "itself\n    remove one of the conditions that form the circle"
            for line, name in ((2, "a"), (3, "b"))
        ]

    def test_two_parameters_of_one_key(self, tmp_path: Path):
        again = "  again: {key: training.rate, type: float, range: [0, 1], why: w}\n"
        assert complaints(write(tmp_path, RATE + again)) == [
            "line 3, parameters.again: 'training.rate' sets training.rate too\n"
            "    keep one of them, or give both a `when` that holds for one at a time"
        ]

    def test_one_key_may_have_a_range_for_each_of_several_conditions(self, tmp_path: Path):
        ranges = "".join(
            f"  {name}_rate: {{key: training.rate, type: float, range: [{low}, 1], why: w, "
            f"when: {{optimizer: {name}}}}}\n"
            for name, low in (("adam", 1e-5), ("sgd", 1e-3))
        )
        space = checked(write(tmp_path, CONDITIONAL + ranges), FakeWorkload(), arm())
        assert space.settings({"optimizer": "sgd", "sgd_rate": 0.1}) == {
            "training.optimizer": "sgd",
            "training.rate": 0.1,
        }

    def test_a_key_written_twice(self, tmp_path: Path):
        path = write(tmp_path, RATE + RATE.removeprefix("parameters:\n"))
        assert complaints(path) == ["line 3: key 'training.rate' is written twice"]

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("parameters: {}\n", "line 1, parameters: a search space needs parameters"),
            ("parameter: {}\n", "line 1, parameter: no key named 'parameter'"),
            ("parameters:\n  rate: 3\n", "a parameter is a mapping of keys to values, not 3"),
        ],
    )
    def test_a_file_that_is_no_space(self, tmp_path: Path, text: str, complaint: str):
        assert complaint in complaints(write(tmp_path, text))[0]

    def test_a_name_without_a_file(self, tmp_path: Path):
        (tmp_path / "learning_rate.yaml").touch()
        with pytest.raises(StudyError) as caught:
            find_space("learning_rat", tmp_path)
        assert str(caught.value) == (
            f"--space learning_rat: no search space named 'learning_rat' in {tmp_path}\n"
            "    did you mean 'learning_rate'?"
        )


class TestAgainstTheWorkload:
    def test_a_space_that_fits(self, tmp_path: Path):
        checked(write(tmp_path, CONDITIONAL), FakeWorkload(), arm(), arm(**{"model.width": 4}))

    def test_a_parameter_that_the_workload_does_not_know(self, tmp_path: Path):
        path = write(tmp_path, RATE.replace("training.rate", "training.raet"))
        assert complaints(path, arm(), arm()) == [
            "line 2, parameters.training.raet: no setting named 'training.raet'\n"
            "    did you mean 'training.rate'?"
        ]

    def test_a_choice_that_the_workload_refuses(self, tmp_path: Path):
        path = write(
            tmp_path,
            "parameters:\n"
            "  norm:\n"
            "    key: model.norm\n"
            "    type: categorical\n"
            "    choices: [none, bach]\n"
            "    why: w\n",
        )
        assert complaints(path, arm()) == [
            "line 5, parameters.norm.choices: bach is refused: 'bach' is not a level\n"
            "    did you mean 'batch'?"
        ]

    def test_a_parameter_without_effect_in_an_arm(self, tmp_path: Path):
        path = write(
            tmp_path, "parameters:\n  training.momentum: {type: float, range: [0, 1], why: w}\n"
        )
        checked(path, FakeWorkload(), arm(**{"training.optimizer": "sgd"}))
        assert complaints(path, arm(**{"training.optimizer": "adam"})) == [
            "line 2, parameters.training.momentum: changes nothing in arm 'a'\n"
            "    give it a `when`, leave it out, or search another arm"
        ]

    @pytest.mark.parametrize(
        ("key", "parameter", "complaint"),
        [
            ("training.epochs", "{type: float, range: [1, 3], why: w}", "1.12361 is refused: "),
            (
                "training.epochs",
                "{type: float, range: [1, 9], scale: log, why: w}",
                "1.14545 is refused: ",
            ),
            (
                "architecture.kernel_size",
                "{type: int, range: [1, 5], why: w}",
                "2 is refused: kernel_size is 2, but only an odd kernel",
            ),
        ],
    )
    def test_a_value_between_the_ends_that_the_workload_refuses(
        self, tmp_path: Path, key: str, parameter: str, complaint: str
    ):
        path = write(tmp_path, f"parameters:\n  {key}: {parameter}\n")
        one = arm(**{"preset": "good_model", "data.dataset": "digits"})
        with pytest.raises(StudyError) as caught:
            checked(path, load_workload("image_classification"), one)
        (problem,) = caught.value.problems
        assert problem.where == f"{path}, line 2, parameters.{key}.range"
        assert complaint in problem.message

    def test_a_space_made_in_code_is_named_without_a_line(self, tmp_path: Path):
        space = read_space(write(tmp_path, RATE.replace("training.rate", "training.raet"))).space
        with pytest.raises(StudyError) as caught:
            check_space(space, FakeWorkload(), [arm()])
        assert caught.value.problems[0].where == "search space 'space', parameters.training.raet"

    def test_a_choice_of_any_settings_that_looks_like_true_false_or_null(self, tmp_path: Path):
        path = write(
            tmp_path, "parameters:\n  bias: {type: categorical, choices: ['no', yes], why: no}\n"
        )
        with pytest.raises(StudyError) as caught:
            checked(path, load_workload("external"), arm())
        assert str(caught.value) == (
            f"{path}, line 2, parameters.bias.choices[1]: yes without quotes is text, and not true"
            "\n    write true, or 'yes' in quotes where text is meant"
        )

    def test_probes_meet_what_conditions_need(self, tmp_path: Path):
        space = read_space(write(tmp_path, CONDITIONAL)).space
        momenta = [p for p in probes(space, arm()) if "training.momentum" in p]
        assert momenta == [
            {"training.optimizer": "sgd", "training.momentum": value} for value in (0.0, 0.9)
        ]

    def test_pairs_of_choices_are_those_that_may_go_together(self):
        def of(name: str, *choices: str, **when: tuple[str, ...]) -> Parameter:
            return Parameter(
                name=name, key=name, type="categorical", choices=choices, when=when, why="a test"
            )

        space = SearchSpace(
            name="space",
            parameters=(of("a", "x", "y"), of("b", "p", "q", a=("y",)), of("c", "0", "1")),
        )
        pairs = [tuple(probe.values()) for probe in probes_of_pairs(space, arm())]
        assert set(pairs) == {
            *(("y", b) for b in "pq"),
            *((a, c) for a in "xy" for c in "01"),
            *(("y", b, c) for b in "pq" for c in "01"),
        }


@pytest.mark.parametrize("path", sorted((ROOT / "search_spaces").glob("*.yaml")), ids=str)
def test_the_command_at_the_head_of_a_space_starts_from_its_arm(path: Path):
    words = path.read_text().partition("\n")[0].split()
    assert words[:3] == ["#", "ablate", "search"]
    options = dict(zip(words[4::2], words[5::2], strict=True))
    assert options["--space"] == path.stem
    plan, space = make_plan(load_study(ROOT / words[3])), read_space(path).space
    arms = [each for each in plan.arms if options.get("--arm", each.name) == each.name]
    assert arms
    check_space(space, plan.load_workload(), arms)
    assert {why_outside(space, plan.load_workload(), each) for each in arms} == {""}


class TestWhereSettingsLie:
    def test_inside(self, tmp_path: Path):
        space = read_space(write(tmp_path, CONDITIONAL)).space
        resolved = FakeWorkload().resolve({"training.momentum": 0.5})
        assert space.values_of(resolved) == {"optimizer": "adam", "width": 8}

    def test_outside(self, tmp_path: Path):
        space = read_space(write(tmp_path, CONDITIONAL)).space
        assert space.values_of(FakeWorkload().resolve({"model.width": 65})) is None

    def test_one_value_stands_for_a_list_of_equal_ones(self, tmp_path: Path):
        text = "parameters:\n  model.rates: {type: float, range: [0, 1], why: w}\n"
        space = read_space(write(tmp_path, text)).space
        assert space.values_of({"model": {"rates": [0.5, 0.5]}}) == {"model.rates": 0.5}
        assert space.values_of({"model": {"rates": [0.5, 0.1]}}) is None
