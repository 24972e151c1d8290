"""What a person is told of settings that are refused."""

import pytest

from ablate.errors import SettingsError
from ablate.image_classification.settings.resolving import resolve


def message_of(settings: dict[str, object]) -> str:
    with pytest.raises(SettingsError) as caught:
        resolve(settings)
    return str(caught.value)
