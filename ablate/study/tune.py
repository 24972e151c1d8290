"""The key `tune` of a study: its search space found and read, and what it cannot go with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ablate.errors import Problem, StudyError
from ablate.refused_values import shown
from ablate.study.draft import Draft
from ablate.study.plan import Plan
from ablate.study.schema import Study, Tune
from ablate.study.seeds import seeds_named
from ablate.study.space_file import (
    LoadedSpace,
    check_space,
    find_space,
    folders_near,
    read_space,
    space_in,
)
from ablate.study.tuned import alike_when_tuned, searched_arms
from ablate.study.yaml_source import YamlFile
from ablate.workload import (
    FROM_ELSEWHERE,
    Workload,
    choice_metric,
    cure_by_validation,
    describe_metric,
    rests_on_test_data,
    validation_counterpart,
)

_SPACE = ("tune", "space")


def read_tuned_space(draft: Draft, long: dict[str, Any], study_file: Path) -> YamlFile | None:
    """Put the space itself where the long form's `tune` names it, so that a study as run stands
    for itself.

    Returns where the space is written; None where there is none. Problems go to the draft, and
    `tune` is then left out.
    """
    tune = long.get("tune")
    if tune is None:
        return None
    try:
        loaded = _loaded(draft, tune, study_file)
    except StudyError as error:
        draft.problems += error.problems
        del long["tune"]
        return None
    tune["space"] = loaded.space.model_dump(mode="json")
    return loaded.source


def _loaded(draft: Draft, tune: dict[str, Any], study_file: Path) -> LoadedSpace:
    if "space" not in tune:
        where = draft.source.where(("tune",))
        raise StudyError(
            Problem(where, "'space' is missing", "name a search space: {space: learning_rate}")
        )
    space, where = tune["space"], draft.source.where(_SPACE)
    if isinstance(space, dict):
        content = {key: value for key, value in space.items() if key != "name"}
        source = draft.source.part(_SPACE, content)
        return LoadedSpace(space_in(source, str(space.get("name", "tune"))), source)
    if not isinstance(space, str):
        raise StudyError(
            Problem(
                where,
                f"{shown(space)} is no search space",
                "give a name, the path of a YAML file, or a mapping with `parameters`",
            )
        )
    path = find_space(space, *folders_near(study_file), where=where)
    if not path.is_file():
        path = study_file.parent / path
    if not path.is_file():
        raise StudyError(Problem(where, f"no file '{space}', from here or from the study"))
    return read_space(path)


def check_tune(
    draft: Draft, plan: Plan, workload: Workload, space_source: YamlFile, seeds_given: bool
) -> None:
    """Raises StudyError where a study's `tune` cannot be meant: what it cannot go with, seeds of
    the comparison, a test metric, a space that does not fit an arm, or one that leaves two arms no
    difference.

    seeds_given: whether the study's seeds come from the command line.
    """
    tune = plan.study.tune
    if tune is None:
        return
    problems = [*_companions(draft, plan.study), *_seeds(draft, plan.study, tune, seeds_given)]
    problems += [*_metric(draft, plan, tune), *_stopping(draft, plan, tune)]
    if not problems:
        problems += _misfits(draft, plan, tune, workload, space_source)
    if not problems:
        problems += _twins(draft, plan, tune)
    if problems:
        raise StudyError(*problems)


def _companions(draft: Draft, study: Study) -> Iterator[Problem]:
    where = draft.source.where(("tune",))
    if study.design.order == "greedy":
        yield Problem(
            where,
            "a greedy path finds its arms by running, so that there are none to search beforehand",
            "give the path an order, or leave out `tune`",
        )
    if study.max_seeds is not None:
        yield Problem(
            where,
            "goes with seeds that are fixed beforehand: looking after every seed would end at "
            "other seeds with shared settings than with tuned ones",
            "leave out `max_seeds`, or `tune`",
        )
    if study.stop_futile:
        yield Problem(
            draft.source.where(("stop_futile",)),
            "goes with looking after every seed, which a tuned study does not",
            "leave out `stop_futile`, or `tune`",
        )
    if study.workload == FROM_ELSEWHERE:
        yield Problem(where, "results from elsewhere cannot be searched", "leave out `tune`")


def _seeds(draft: Draft, study: Study, tune: Tune, seeds_given: bool) -> Iterator[Problem]:
    both = [seed for seed in tune.seeds if seed in study.seeds]
    if both:
        yield Problem(
            "--seeds" if seeds_given else draft.source.where(("tune", "seeds")),
            f"{seeds_named(both)} would both choose settings and compare them: a setting that was "
            "chosen on a seed looks better on that seed than on others",
            "leave them to `tune`" if seeds_given else "search with others, such as [100, 101]",
        )


def _metric(draft: Draft, plan: Plan, tune: Tune) -> Iterator[Problem]:
    known, untouched = plan.metrics, "the test set is not touched in choosing"
    if tune.metric is not None and rests_on_test_data(tune.metric, known):
        where = draft.source.where(("tune", "metric"))
        yield Problem(where, untouched, cure_by_validation(tune.metric, known))
    own = plan.study.metric
    replaced = tune.metric is not None or validation_counterpart(own) is not None
    if not replaced and rests_on_test_data(own, known):
        yield Problem(
            draft.source.where(("tune",)),
            f"the study's metric, '{own}', rests on test data, and {untouched}",
            f"{cure_by_validation(own, known)}, by the key `metric` of `tune`",
        )


def _stopping(draft: Draft, plan: Plan, tune: Tune) -> Iterator[Problem]:
    """A grace period for nothing, and a metric by which no trial can be stopped."""
    if tune.scheduler is None:
        if tune.grace_period is not None:
            where = draft.source.where(("tune", "grace_period"))
            yield Problem(where, "goes with `scheduler`", "add that, too")
        return
    metric = tune.metric or choice_metric(plan.study.metric)
    if describe_metric(metric, plan.metrics).only_at_end:
        yield Problem(
            draft.source.where(("tune", "scheduler")),
            f"stops trials by their validation points, and '{metric}' is known only at the end",
            "leave it out, or name as `metric` one that points hold",
        )


def _misfits(
    draft: Draft, plan: Plan, tune: Tune, workload: Workload, source: YamlFile
) -> Iterator[Problem]:
    try:
        check_space(tune.space, workload, searched_arms(plan), source)
    except StudyError as error:
        where = draft.source.where(_SPACE)
        for problem in error.problems:
            yield problem._replace(
                where=where, message=f"does not fit: {problem.where}: {problem.message}"
            )


def _twins(draft: Draft, plan: Plan, tune: Tune) -> Iterator[Problem]:
    for one, other in alike_when_tuned(plan, tune.space):
        yield Problem(
            draft.source.where(_SPACE),
            f"'{one.name}' and '{other.name}' of '{one.context}' differ in nothing but what is "
            "searched, so that tuned they would be one arm",
            "leave out one of them, or search other settings",
        )
