"""What the environment says that the precision `auto` stands for. No torch here: a run asks before
its first trial.
"""

import os
from typing import Literal

from ablate.errors import AblateError, Problem

Used = Literal["float32", "bfloat16"]
VARIABLE = "ABLATE_PRECISION"
"""So a study that was begun on a machine without bfloat16 can be continued on one that has it, with
the same trials in the same arithmetic.
"""


def automatic_precision() -> Used | None:
    """What `auto` stands for; None: the environment leaves it to the device. Raises AblateError
    where it asks for a precision that there is not.
    """
    match os.environ.get(VARIABLE, ""):
        case "":
            return None
        case "float32" | "bfloat16" as known:
            return known
        case other:
            fix = "write float32 or bfloat16, or leave it out"
            raise AblateError(Problem(f"{VARIABLE}={other}", "is no precision", fix))
