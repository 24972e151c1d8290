"""Arms in sentences: told from each other, and from their commas, as in "adam, aug=yes"."""

from collections.abc import Iterable

from ablate.study.plan import Plan


def told(plan: Plan, context: str, arm: str) -> str:
    """An arm's name, in quotes where it holds a comma, with its context where there are several."""
    return f"{quoted(arm)[0]}{of_context(plan, context)}"


def of_context(plan: Plan, *contexts: str) -> str:
    """As in " in small", or " in small and large"; "" where the study has one."""
    named = " and ".join(dict.fromkeys(contexts))
    return f" in {named}" if len(plan.study.contexts) > 1 else ""


def quoted(*names: str) -> list[str]:
    """The names, all of them in quotes where one holds a comma."""
    hold_commas = any("," in name for name in names)
    return [f"'{name}'" if hold_commas else name for name in names]


def listed(plan: Plan, arms: Iterable[tuple[str, str]], *notes: str) -> str:
    """Arms in a list, by context and name, each once; notes: behind each, "" for none."""
    keys = list(dict.fromkeys(arms))
    names = quoted(*(name for _, name in keys))
    behind = notes or [""] * len(keys)
    return ", ".join(
        f"{name}{of_context(plan, context)}{note}"
        for (context, _), name, note in zip(keys, names, behind, strict=True)
    )
