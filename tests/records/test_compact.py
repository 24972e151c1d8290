from pathlib import Path

import pytest

from ablate.errors import RecordError
from ablate.records.compact import read_compact, write_compact
from ablate.records.encoding import encode_compactly
from tests.records.samples import make_failed, make_record


def test_records_are_lines_in_order_of_their_hash(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    records = [make_record(seed) for seed in range(5)]
    write_compact(records, path)
    again = tmp_path / "again.jsonl"
    write_compact(reversed(records), again)
    assert path.read_bytes() == again.read_bytes()
    assert list(read_compact(path)) == sorted(record.hash for record in records)


def test_numbers_keep_seven_significant_digits_and_specs_and_final_metrics_all(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    record = make_record(metrics={"test_accuracy": 82.123456789}, history={"loss": [1.23456789e-7]})
    write_compact([record], path)
    read = read_compact(path)[record.hash]
    assert read.metrics == {"test_accuracy": 82.123456789}  # arms may differ in the eighth
    assert read.history == {"loss": [1.234568e-07]}
    assert read.spec == record.spec


def test_twenty_trials_of_a_hundred_points_stay_below_a_tenth_of_a_megabyte_each(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    column = [index / 7 for index in range(100)]
    history = {f"column_{number}": column for number in range(9)}
    write_compact([make_record(seed, history=history) for seed in range(20)], path)
    assert path.stat().st_size < 20 * 10_000


def test_weights_stay_behind(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    write_compact([make_record(weights=f"{make_record().hash}.safetensors")], path)
    assert read_compact(path)[make_record().hash].weights is None


def test_weights_that_a_line_names_are_not_there(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    path.write_text(encode_compactly(make_record(weights=f"{make_record().hash}.safetensors")))
    assert read_compact(path)[make_record().hash].weights is None


def test_an_unreadable_line_is_named(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    write_compact([make_record(0), make_record(1)], path)
    path.write_text(path.read_text() + "{}\n")
    with pytest.raises(RecordError) as caught:
        read_compact(path)
    assert str(caught.value) == (
        f"{path}, line 3: is not a trial record: hash: Field required\n"
        "    remove it; its trial runs again"
    )


def test_two_records_of_one_trial_are_refused(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    hash_ = make_record().hash
    with pytest.raises(RecordError) as caught:
        write_compact([make_record(), make_failed()], path)
    assert str(caught.value) == f"{path}: two records have the hash {hash_}"
    write_compact([make_record()], path)
    path.write_text(path.read_text() * 2)
    with pytest.raises(RecordError) as caught:
        read_compact(path)
    assert str(caught.value) == f"{path}, line 2: is a second record of trial {hash_}"


def test_an_absent_file_is_named(tmp_path: Path):
    with pytest.raises(RecordError) as caught:
        read_compact(tmp_path / "records.jsonl")
    assert str(caught.value) == (
        f"{tmp_path / 'records.jsonl'}: cannot be read: No such file or directory"
    )
