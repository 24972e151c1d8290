"""Results that were trained elsewhere, of whatever kind: the workload of a study that runs nothing.

Its trials come in as a table, by `ablate report STUDY --results FILE`.
"""

from ablate.errors import Problem
from ablate.free_settings import ResultsAlone

EXTERNAL = ResultsAlone(
    "external",
    "1",
    Problem(
        "workload 'external'",
        "runs nothing: the results of this study come in as a table",
        "use `ablate report STUDY --results FILE`",
    ),
)
