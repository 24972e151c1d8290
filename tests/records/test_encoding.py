import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablate.errors import RecordError
from ablate.records.encoding import RECORD_VERSION, decode, encode, encode_compactly
from ablate.records.schema import Cost, TrialRecord
from ablate.study.trial import TrialSpec
from tests.records.samples import make_failed, make_record

ASSETS = Path(__file__).parent / "assets"
names = st.text(min_size=1, max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def records(draw: st.DrawFn) -> TrialRecord:
    spec = TrialSpec(
        workload=draw(names),
        workload_version=draw(names),
        settings=draw(st.dictionaries(names, values, max_size=4)),
        seed=draw(st.integers(0, 2**63)),
    )
    status: Any = draw(st.sampled_from(["completed", "diverged", "pruned", "failed"]))
    points = draw(st.integers(0, 4))
    column = st.lists(st.none() | numbers, min_size=points, max_size=points)
    finished = status == "completed"
    return TrialRecord(
        hash=spec.hash,
        spec=spec,
        status=status,
        metrics=draw(st.dictionaries(names, numbers, min_size=1)) if finished else {},
        history=draw(st.dictionaries(names, column, max_size=3)),
        chance_level=draw(st.dictionaries(names, numbers, max_size=2)),
        cost=Cost(seconds=draw(numbers), flops=draw(numbers)),
        provenance=draw(st.dictionaries(names, values, max_size=3)),
        error=None if finished else draw(names.filter(str.strip)),
    )


@given(records())
def test_a_record_survives_its_encoding(record: TrialRecord):
    assert decode(encode(record), "here") == record


@given(records())
def test_a_compact_record_is_one_line_and_rounds_only_once(record: TrialRecord):
    line = encode_compactly(record)
    rounded = decode(line, "here")
    assert "\n" not in line
    assert rounded.spec == record.spec and rounded.hash == record.hash
    assert encode_compactly(rounded) == line


@pytest.mark.parametrize("asset", sorted(ASSETS.glob("*.json")), ids=lambda path: path.name)
def test_records_of_every_version_so_far_are_read(asset: Path):
    record = decode(asset.read_text(), asset.name)
    assert record.hash == "b634a42f9d4d290a9ee8"
    assert record.metrics["test_accuracy"] == 82.22
    assert record.history["epoch"] == [1.0, 2.0]


def test_every_version_so_far_has_an_asset():
    versions = {json.loads(asset.read_text())["record_version"] for asset in ASSETS.glob("*.json")}
    assert versions == set(range(1, RECORD_VERSION + 1))


def test_a_record_of_a_later_version_is_refused():
    text = encode(make_record()).replace('"record_version": 1', '"record_version": 9')
    with pytest.raises(RecordError) as caught:
        decode(text, "records/x.json")
    assert str(caught.value) == (
        f"records/x.json: is a record of version 9; this ablate reads up to {RECORD_VERSION}\n"
        "    use the ablate that wrote it, or a newer one"
    )


def test_a_record_that_was_tampered_with_is_refused():
    record = make_record()
    other = make_record(1).hash
    text = encode(record).replace(record.hash, other)
    with pytest.raises(RecordError) as caught:
        decode(text, "records/x.json")
    assert str(caught.value) == (
        f"records/x.json: is not a trial record: hash {other} is not its spec's, which is "
        f"{record.hash}\n    remove it; its trial runs again"
    )


def test_numbers_that_json_cannot_hold_are_refused():
    record = make_record(metrics={"test_loss": float("nan")})
    with pytest.raises(RecordError) as caught:
        encode(record)
    assert str(caught.value).startswith(f"the record of trial {record.hash} is not plain JSON: ")


@pytest.mark.parametrize("encode", [encode, encode_compactly])
def test_half_a_character_is_replaced_and_loses_no_record(encode: Callable[[TrialRecord], str]):
    said = {"file /data/caf\udce9.npy": ["/data/caf\udce9.npy"]}
    record = make_failed(error="no file /data/caf\udce9.npy").model_copy(
        update={"provenance": said}
    )
    read = decode(encode(record).encode(), "here")
    assert read.error == "no file /data/caf\ufffd.npy"
    assert read.provenance == {"file /data/caf\ufffd.npy": ["/data/caf\ufffd.npy"]}


def test_half_a_character_in_the_spec_is_refused_as_it_would_lead_to_another_hash():
    spec = make_record().spec.model_copy(update={"settings": {"file": "caf\udce9.npy"}})
    record = make_record(hash=spec.hash, spec=spec)
    with pytest.raises(RecordError) as caught:
        encode(record)
    assert str(caught.value).startswith(
        f"the record of trial {spec.hash} is not plain JSON: 'utf-8' codec can't encode character "
    )


@pytest.mark.parametrize("error", [None, "", " \n"])
def test_a_failed_record_without_a_reason_is_refused(error: str | None):
    text = encode(make_failed()).replace('"ValueError: no luck"', json.dumps(error))
    with pytest.raises(RecordError) as caught:
        decode(text, "here")
    assert str(caught.value) == (
        "here: is not a trial record: a failed trial needs its error text\n"
        "    remove it; its trial runs again"
    )
