"""What a file of weights holds."""

from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from ablate.errors import DataError, Problem

State = dict[str, NDArray[Any]]
"""Arrays by parameter name, as processes share them without copies."""


def read_state(path: Path) -> State:
    """The tensors of a .safetensors file, or of a .pth file by `weights_only`, which runs nothing
    of what the file says; floats as float32. Raises DataError when it holds anything else.
    """
    try:
        state = _tensors(path)
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise DataError(
            Problem(
                str(path),
                f"cannot be read as weights: {reason[0] if reason else type(error).__name__}",
                "it must be a state dict (names and tensors) as .pth or .safetensors",
            )
        ) from error
    return {
        name: (value.float() if value.is_floating_point() else value).detach().numpy()
        for name, value in state.items()
    }


def _tensors(path: Path) -> dict[str, torch.Tensor]:
    state = _stored(path)
    if not isinstance(state, dict) or not state:
        raise ValueError("it is no state dict")
    for name, value in state.items():
        if not isinstance(value, torch.Tensor):
            raise ValueError(f"its entry '{name}' is no tensor")
    return state


def _stored(path: Path) -> Any:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)
