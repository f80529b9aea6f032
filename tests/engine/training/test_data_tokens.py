"""Encoding clips into token shards: resumable, whole or not at all."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.errors import AudioError
from engine.training.tokens import encode_shards, load_codebooks, pending_shards


class _CountingCodec:
    """Codes that tell the clip's first sample and the level."""

    def __init__(self) -> None:
        self.calls = 0
        self.codebooks = torch.arange(24.0).view(4, 3, 2)

    def encode(self, samples: Tensor) -> Tensor:
        self.calls += 1
        first = (samples[:, 0, :1] * 32767).round().long()
        return first[:, None] + torch.arange(4)[:, None].expand(4, 5)


def _write_shard(folder: Path, start: int, count: int) -> None:
    folder.mkdir(exist_ok=True)
    samples = np.arange(start, start + count, dtype=np.int16)[:, None].repeat(8, 1)
    np.save(folder / f"shard_{start:06d}.npy", samples)
    lines = [json.dumps({"index": start + i}) for i in range(count)]
    (folder / f"shard_{start:06d}.jsonl").write_text("\n".join(lines) + "\n")


def test_codes_keep_the_order_of_the_clips(tmp_path: Path) -> None:
    _write_shard(tmp_path / "audio", 100, 5)
    (path,) = encode_shards(_CountingCodec(), tmp_path / "audio", tmp_path / "codes", batch=2)
    codes = np.load(path)
    assert path.name == "tokens_000100.npy"
    assert codes.dtype == np.uint16 and codes.shape == (5, 4, 5)
    assert codes[:, 0, 0].tolist() == [100, 101, 102, 103, 104]
    assert codes[0, :, 0].tolist() == [100, 101, 102, 103]
    assert path.with_suffix(".jsonl").read_text().count("\n") == 5


def test_finished_shards_are_not_encoded_again(tmp_path: Path) -> None:
    audio, output, codec = tmp_path / "audio", tmp_path / "codes", _CountingCodec()
    _write_shard(audio, 0, 3)
    list(encode_shards(codec, audio, output))
    _write_shard(audio, 3, 3)
    written = list(encode_shards(codec, audio, output))
    assert [path.name for path in written] == ["tokens_000003.npy"]
    assert codec.calls == 2


def test_the_codebooks_lie_beside_the_codes(tmp_path: Path) -> None:
    _write_shard(tmp_path / "audio", 0, 1)
    codec = _CountingCodec()
    assert load_codebooks(tmp_path / "audio") is None
    list(encode_shards(codec, tmp_path / "audio", tmp_path / "codes"))
    kept = load_codebooks(tmp_path / "codes")
    assert kept is not None and torch.equal(kept, codec.codebooks)


def test_samples_without_descriptions_are_not_ready(tmp_path: Path) -> None:
    _write_shard(tmp_path, 0, 2)
    (tmp_path / "shard_000000.jsonl").unlink()
    assert pending_shards(tmp_path, tmp_path) == []


def test_a_missing_description_is_an_error(tmp_path: Path) -> None:
    _write_shard(tmp_path, 0, 2)
    (tmp_path / "shard_000000.jsonl").write_text("{}\n")
    with pytest.raises(AudioError, match="2 clips and 1 descriptions"):
        list(encode_shards(_CountingCodec(), tmp_path, tmp_path / "codes"))
