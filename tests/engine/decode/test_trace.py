import json
from collections.abc import Callable
from typing import Any

import pytest
import torch

from engine.decode import (
    CellState,
    DecodeStep,
    Mode,
    SpanArrangement,
    cell_states,
    encode_header,
    encode_step,
    read_header,
    read_trace,
)
from engine.errors import RequestError

Decode = Callable[..., list[DecodeStep]]


def write(steps: list[DecodeStep], **info: Any) -> str:
    header = encode_header(steps[0], mask_id=16, info=info)
    return header + "".join(encode_step(step) for step in steps)


def assert_equal_records(read: DecodeStep, written: DecodeStep) -> None:
    for name in ("codes", "masked", "updated", "keep"):
        assert torch.equal(getattr(read, name), getattr(written, name)), name
    assert (read.confidence - written.confidence).abs().max() <= 0.5 / 255 + 1e-6
    for name in ("phase", "stage", "step", "total_steps", "index", "count"):
        assert getattr(read, name) == getattr(written, name)
    assert (read.temperature, read.cfg_coef) == (written.temperature, written.cfg_coef)


@pytest.mark.parametrize(
    "way",
    [
        {"mode": Mode.PARALLEL},
        {"mode": Mode.PARALLEL, "arrangement": SpanArrangement.STRIDE1},
        {"mode": Mode.HYBRID, "opening_frames": 5},
        {"mode": Mode.AUTOREGRESSIVE},
    ],
)
@pytest.mark.parametrize("n_frames", [1, 20, 21])
def test_records_survive_the_trace(decode: Decode, way: dict[str, Any], n_frames: int) -> None:
    steps = decode(**way | {"n_frames": n_frames, "n": 3} | _opening(way, n_frames))
    for read, written in zip(read_trace(write(steps)), steps, strict=True):
        assert_equal_records(read, written)


def _opening(way: dict[str, Any], n_frames: int) -> dict[str, int]:
    return {"opening_frames": min(5, n_frames)} if "opening_frames" in way else {}


def test_given_tokens_survive_the_trace(decode: Decode, region_mask: Any) -> None:
    codes = torch.randint(0, 16, (2, 4, 20), generator=torch.Generator().manual_seed(1))
    steps = decode(n_frames=20, given=(codes, region_mask(20, [(4, 9), (15, 20)])))
    for read, written in zip(read_trace(write(steps)), steps, strict=True):
        assert_equal_records(read, written)


def test_the_header_says_what_it_was_told(decode: Decode) -> None:
    header = read_header(write(decode(n_frames=20), prompt="x ${y} <b> 🎷\n", seed=3))
    assert header.info == {"prompt": "x ${y} <b> 🎷\n", "seed": 3}
    assert (header.shape, header.mask_id, header.count) == ((2, 4, 20), 16, 11)


def test_a_trace_that_is_still_being_written_can_be_read(decode: Decode) -> None:
    steps = decode(n_frames=20)
    text = write(steps)
    assert len(list(read_trace(text[:-1]))) == len(steps) - 1
    first_line = text.index("\n") + 1
    assert list(read_trace(text[:first_line])) == []
    assert len(list(read_trace(text[: first_line + 5]))) == 0


def test_a_step_of_ten_seconds_is_small(decode: Decode) -> None:
    lines = [encode_step(step) for step in decode(n_frames=500, n=1)]
    assert max(map(len, lines)) < 3000


def test_the_bytes_are_those_of_the_description(decode: Decode) -> None:
    step = decode(n_frames=5, n=1, greedy=True, steps=(2, 1, 1, 1))[0]
    fields = json.loads(encode_step(step))
    states = cell_states(step)[0, 0].tolist()
    import base64

    packed = base64.b64decode(fields["state"])
    assert [packed[0] >> 4, packed[0] & 15, packed[1] >> 4, packed[1] & 15] == states[:4]
    assert packed[2] >> 4 == states[4] and packed[2] & 15 == 0
    tokens = base64.b64decode(fields["tokens"])
    assert [tokens[2 * i] + 256 * tokens[2 * i + 1] for i in range(5)] == step.codes[0, 0].tolist()
    assert list(base64.b64decode(fields["confidence"])) == [
        round(p * 255) for p in step.confidence[0, 0].tolist()
    ]
    assert set(states) == {CellState.FIXED_NOW, CellState.DRAWN_AGAIN}


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "hello\n",
        lambda text: "[1]\n",
        lambda text: "[" * 100_000 + "\n",
        lambda text: text.replace("magnet-trace/1", "magnet-trace/9"),
        lambda text: text.replace('"shape":[2,4,20]', '"shape":[2,4,2000000000]'),
        lambda text: text.replace('"shape":[2,4,20]', '"shape":[2,4]'),
        lambda text: text.replace('"state":"', '"state":"!'),
        lambda text: text.replace('"tokens":"', '"tokens":"AAAA'),
        lambda text: text.replace('"phase":"parallel"', '"phase":"sideways"'),
        lambda text: text.replace('"stage":1', '"stage":7'),
        lambda text: text.replace('"mask_id":16', '"mask_id":3'),
        lambda text: text.replace('"mask_id":16', '"mask_id":-5'),
        lambda text: text.replace('"mask_id":16', '"mask_id":32768'),
        lambda text: text.replace('"shape":[2,4,20]', '"shape":[2,4,Infinity]'),
        lambda text: text.replace('"shape":[2,4,20]', '"shape":[2,4,20.5]'),
        lambda text: text.replace('"shape":[2,4,20]', '"shape":[2,4,200000]'),
        lambda text: text.replace('"given":null', '"given":{"cells":"AAAA","tokens":""}'),
        lambda text: text.replace('"given":null', '"given":3'),
        lambda text: text.replace('"count":', '"count":-'),
        lambda text: text.replace('"stage":1', '"stage":-1'),
        lambda text: text.replace('"temperature":', '"temperature":null,"was":'),
    ],
)
def test_damage_is_reported_with_its_line(decode: Decode, damage: Callable[[str], str]) -> None:
    with pytest.raises(RequestError, match="Line \\d+ of the trace"):
        list(read_trace(damage(write(decode(n_frames=20)))))


def test_one_token_does_not_stand_for_all_given_cells(decode: Decode, region_mask: Any) -> None:
    codes = torch.zeros(1, 4, 20, dtype=torch.int64)
    steps = decode(n_frames=20, given=(codes, region_mask(20, [(4, 9)])))
    fields = json.loads(encode_header(steps[0], mask_id=16))
    fields["given"]["tokens"] = "AAA="
    with pytest.raises(RequestError, match="1 values for"):
        read_header(json.dumps(fields))
