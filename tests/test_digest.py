import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablate.digest import content_digest

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES))
def test_the_order_of_keys_does_not_matter(content: dict[str, object]) -> None:
    turned = dict(reversed(content.items()))
    assert content_digest(turned, 64) == content_digest(content, 64)


def test_is_the_sha_256_of_compact_json_in_as_many_digits_as_asked() -> None:
    whole = hashlib.sha256(b'{"a":[1,2.5],"b":null}').hexdigest()
    assert content_digest({"b": None, "a": [1, 2.5]}, 20) == whole[:20]


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, "1"), ([1, 2], [2, 1]), (None, {})])
def test_content_that_differs_has_another_digest(one: object, other: object) -> None:
    assert content_digest(one, 64) != content_digest(other, 64)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        content_digest({"rate": number}, 20)
