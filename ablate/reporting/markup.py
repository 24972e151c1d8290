"""A table as Markdown and as CSV."""

import re

from ablate.reporting.table import Cell, Table

_BLOCK = re.compile(r"^(?=#{1,6}(?: |$)|[+-](?: |$)|-{3,}$|=+$|\[[^]]*\]:)|^(\d+)(?=[.)](?: |$))")
"""Where a line would begin a heading, a list, a rule or a reference."""


def markdown_text(text: str) -> str:
    """Text that Markdown shows as it stands: no HTML, no links, no emphasis, one line."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = re.sub(r"([\\`*|~$]|(?<![^\W_])_|_(?![^\W_]))", r"\\\1", safe).replace("](", r"]\(")
    line = " ".join(safe.split())
    return _BLOCK.sub(r"\1\\", line)


def markdown(table: Table) -> str:
    """A pipe table; the small second line of a cell follows after a line break."""
    lines = [
        [markdown_text(title) for title in table.header],
        ["---:" if place in table.numeric else "---" for place in range(len(table.header))],
        *([_markdown_cell(cell) for cell in row] for row in table.rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _markdown_cell(cell: Cell) -> str:
    text = markdown_text(cell.text)
    if cell.tone not in ("plain", "muted"):
        text = f"**{text}**"
    return f"{text}<br><sub>{markdown_text(cell.note)}</sub>" if cell.note else text


def csv(table: Table) -> str:
    """The plain numbers, unrounded, missing ones empty."""
    text: str = table.frame.to_csv(index=False, lineterminator="\n")
    return text
