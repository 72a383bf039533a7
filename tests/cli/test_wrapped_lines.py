"""Lines on a narrow terminal break between words alone."""

from recsae.cli.output import wrapped


def test_no_word_is_broken() -> None:
    line = "  settings  sae_k 8, sae_lr 0.031099002142059785, sae_positions all"
    assert wrapped([line, "", "short"], 40) == [
        "  settings  sae_k 8, sae_lr",
        "      0.031099002142059785,",
        "      sae_positions all",
        "",
        "short",
    ]
    assert wrapped(["a" * 50], 40) == ["a" * 50]
