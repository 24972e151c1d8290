"""Which arm of a study a row of results belongs to."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ablate.errors import Problem, StudyError, did_you_mean
from ablate.records.equal_numbers import are_equal
from ablate.records.results_columns import NOTHING_GIVEN, ResultColumns
from ablate.study.arms import BASELINE, Arm, conditions, scene
from ablate.study.plan import Plan
from ablate.study.schema import Selector, SettingsOverride
from ablate.study.yaml_source import is_same_number, parse_scalar, scalar_name
from ablate.workload import Settings, Workload

Cells = Mapping[str, str]

_NULL = {"none", "null", "~"}


class ArmReader:
    """Finds arms by their name or by their levels, whichever a table tells."""

    def __init__(self, plan: Plan, workload: Workload, columns: ResultColumns) -> None:
        """workload: the plan's. columns: of the table whose rows are read."""
        self._plan = plan
        self._columns = columns
        self._reference = {
            context: dict(scene(plan.study, workload, context).reference)
            for context in plan.study.contexts
        }
        self._resolved = {
            context: workload.resolve(settings) for context, settings in plan.study.contexts.items()
        }
        self._known: dict[tuple[str, ...], Arm | StudyError] = {}

    def arm_of(self, cells: Cells) -> Arm:
        """The row's arm. Raises StudyError; `where` of its problems is the column, or ""."""
        columns = self._columns
        places = (columns.context, columns.arm, *columns.factors.values())
        key = tuple(cells[column] for column in places if column is not None)
        if key not in self._known:
            try:
                self._known[key] = self._find(cells)
            except StudyError as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, StudyError):
            raise found
        return found

    def _find(self, cells: Cells) -> Arm:
        context = self._context(cells)
        given = self._levels(cells, context)
        column = self._columns.arm
        if column is None:
            problems = (*self._unvaried(given, context), *self._untold(given, context))
            if problems:
                raise StudyError(*problems)
            return self._with_levels(given, context)
        if not cells[column]:
            raise StudyError(Problem(column, "is empty", "give the arm's name"))
        try:
            arm = self._plan.arm(context, cells[column])
        except StudyError as error:
            raise _in_column(error, column) from None
        if problems := tuple(self._contradictions(arm, given)):
            raise StudyError(*problems)
        return arm

    def _with_levels(self, given: Mapping[str, str], context: str) -> Arm:
        changes = self._changes(given, context)
        if self._plan.study.design.kind == "path":
            # A level alone would name the step that brings it in, with all that came before.
            varied = self._plan.reference(context).levels
            needed = {f: level for f, level in self._needed(changes).items() if f in varied}
            changes = varied | needed | changes
        return self._plan.select(Selector(levels=changes), context)

    def _context(self, cells: Cells) -> str:
        contexts, column = self._plan.study.contexts, self._columns.context
        if column is None:
            return next(iter(contexts))
        name = cells[column]
        if name not in contexts:
            message = f"no baseline named '{name}'" if name else "is empty"
            raise StudyError(Problem(column, message, did_you_mean(name, contexts)))
        return name

    def _levels(self, cells: Cells, context: str) -> dict[str, str]:
        """The levels that the row gives, by factor."""
        given: dict[str, str] = {}
        problems = []
        for factor, column in self._columns.factors.items():
            cell = cells[column]
            level = _meant(cell, self._names(factor, context))
            if level is None and cell == BASELINE:
                level = self._reference[context][factor]
            if level is not None:
                given[factor] = level
            elif cell.lower() not in NOTHING_GIVEN:
                message = f"no level of '{factor}' named '{cell}'"
                levels = self._plan.study.factors[factor].levels
                problems.append(Problem(column, message, did_you_mean(cell, levels)))
        if problems:
            raise StudyError(*problems)
        return given

    def _names(self, factor: str, context: str) -> dict[str, str]:
        """What a cell may hold -> the level that it means: each level's name, and, where no level
        equals the baseline, its own value of the only key that the factor sets.
        """
        levels = self._plan.study.factors[factor].levels
        names = {level: level for level in levels}
        keys = {key for sets in levels.values() for key in sets}
        if self._reference[context][factor] == BASELINE and len(keys) == 1:
            settings = self._plan.study.contexts[context]
            for value in _values_of(keys.pop(), settings, self._resolved[context]):
                names.setdefault(scalar_name(value), BASELINE)
        return names

    def _unvaried(self, given: Mapping[str, str], context: str) -> Iterator[Problem]:
        """Levels of factors that are left as they are in the row's context."""
        varied = self._plan.reference(context).levels
        for factor, level in self._changes(given, context).items():
            if factor in varied:
                continue
            contexts = self._plan.study.factors[factor].contexts
            why = (
                f"its `contexts` are {', '.join(contexts)}"
                if contexts and context not in contexts
                else f"varied there are: {', '.join(varied) or 'none'}"
            )
            yield Problem(
                self._columns.factors[factor],
                f"'{factor}' is not varied in '{context}', which has no arm with '{level}'",
                f"correct the row, or leave the cell empty; {why}",
            )

    def _untold(self, given: Mapping[str, str], context: str) -> Iterator[Problem]:
        """Empty cells that may mean the reference, and a level that some write as nothing."""
        reference = self._reference[context]
        varied = self._plan.reference(context).levels
        for factor, column in self._columns.factors.items():
            levels = self._plan.study.factors[factor].levels
            nothing = [level for level in levels if _is_nothing(level, levels[level])]
            told = factor in given or not self._holds(factor, {**reference, **given})
            if factor in varied and nothing and reference[factor] not in nothing and not told:
                yield Problem(
                    column,
                    f"is empty, which may mean '{nothing[0]}' or the reference level "
                    f"'{reference[factor]}'",
                    "write the level's name",
                )

    def _changes(self, given: Mapping[str, str], context: str) -> dict[str, str]:
        """The given levels that differ from the reference, but for those without effect: of a
        factor whose condition does not hold in the row.
        """
        return {
            factor: level
            for factor, level in given.items()
            if level != self._reference[context][factor] and self._holds(factor, given)
        }

    def _contradictions(self, arm: Arm, given: Mapping[str, str]) -> Iterator[Problem]:
        """Factors that the row puts at other levels than the arm that it names."""
        for factor, level in given.items():
            actual = arm.levels.get(factor, level)
            if level != actual and self._holds(factor, arm.levels):
                yield Problem(
                    self._columns.factors[factor],
                    f"arm '{arm.name}' has {factor}: {actual}, and not {level}",
                    "correct the row, or remove one of the two columns",
                )

    def _holds(self, factor: str, levels: Mapping[str, str]) -> bool:
        """Whether levels meet a factor's condition, as far as they say."""
        needed = conditions(self._plan.study, factor)
        return all(levels.get(other, level) == level for other, level in needed.items())

    def _needed(self, factors: Iterable[str]) -> dict[str, str]:
        """What the conditions of factors name."""
        study = self._plan.study
        return {
            other: level for name in factors for other, level in conditions(study, name).items()
        }


def _values_of(key: str, settings: SettingsOverride, resolved: Settings) -> list[Any]:
    """The value that settings give a dotted key, resolved or as written, such as a preset's; none
    where they give it none.
    """
    found: Any = resolved
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return [settings[key]] if key in settings else []
        found = found[part]
    return [found]


def _is_nothing(level: str, settings: Mapping[str, Any]) -> bool:
    """Whether a table may hold nothing where it means this level, as pandas writes None."""
    return level.lower() in ("none", "null") or list(settings.values()) == [None]


def _in_column(error: StudyError, column: str) -> StudyError:
    return StudyError(*(problem._replace(where=column) for problem in error.problems))


def _meant(cell: str, names: Mapping[str, str]) -> str | None:
    """The level that a cell means, of those that names stand for: the one of that name, else the
    only one of that very value, else the only one alike. An empty cell means none.
    """
    if not cell:
        return None
    for is_same in (str.__eq__, _equal, _alike):
        found = {level for name, level in names.items() if is_same(cell, name)}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _equal(cell: str, name: str) -> bool:
    """8.0 is 8, 5e-4 is 0.0005, ~ is none and [1, 0.5] is 1-0.5. Of YAML no more than lists: to it
    much that a cell may hold, such as #REF!, is nothing.
    """
    if is_same_number(cell, name):
        return True
    if cell.lower() in _NULL:
        return name == scalar_name(None)
    if not (cell.startswith("[") and cell.endswith("]")):
        return False
    try:
        return scalar_name(parse_scalar(cell)) == name
    except StudyError:
        return False


def _alike(cell: str, name: str) -> bool:
    """True is true, and a fraction the same in single precision. Whole numbers that differ at all
    are two, as dates and identifiers are.
    """
    if cell.lower() == name.lower():
        return True
    try:
        one, other = float(cell), float(name)
    except ValueError:
        return False
    both_whole = one.is_integer() and other.is_integer()
    return not both_whole and are_equal(one, other)
