"""The shipped word vectors know which words of music are alike."""

import pytest
import torch
from torch.nn import functional as F

from engine.assets import assets_dir
from engine.text.mini import MiniTextConfig, MiniTextEncoder

_FOLDER = assets_dir() / "models" / "studio-mini"


@pytest.fixture(scope="module")
def encoder() -> MiniTextEncoder:
    return MiniTextEncoder.from_folder(_FOLDER, MiniTextConfig())


def _vector(encoder: MiniTextEncoder, text: str) -> torch.Tensor:
    ids, mask = encoder.tokenise([text])
    vectors = encoder.table_values[ids[mask]].float() * encoder.table_scales[ids[mask]][:, None]
    return vectors.mean(0)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("ivory keys", "piano", "drums"),
        ("kick and snare", "drums", "piano"),
        ("cello", "strings", "drums"),
        ("percussion", "drums", "flute"),
        ("sax", "saxophone", "guitar"),
        ("funeral march", "sad", "happy"),
        ("workout anthem", "energetic", "calm"),
        ("speedy", "fast", "slow"),
        ("lullaby", "calm", "energetic"),
        ("tango", "waltz", "techno"),
    ],
)
def test_words_lie_nearer_to_their_like(
    encoder: MiniTextEncoder, text: str, near: str, far: str
) -> None:
    query = _vector(encoder, text)
    to_near, to_far = (
        float(F.cosine_similarity(query, _vector(encoder, word), dim=0)) for word in (near, far)
    )
    assert to_near > to_far


def test_vectors_have_a_mean_square_of_about_one(encoder: MiniTextEncoder) -> None:
    """Before words were placed by their definitions, which lie further out, it was exactly one."""
    vectors = encoder.table_values.float() * encoder.table_scales[:, None]
    assert 0.95 < float(vectors.square().mean()) < 1.1
