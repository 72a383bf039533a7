"""The data sets that have a name: where each comes from, what of it is taken, whose it is.

This file loads without pandas. Checksums are the owners' (`.md5` beside MovieLens' archives), those
of the files themselves, or for files in a git repository the id of the blob at the named commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple


class Remote(NamedTuple):
    """One file of a set."""

    url: str
    checksum: str
    """sha256:HEX, md5:HEX or git:HEX."""
    size: int | None
    """In bytes; None where nobody says it."""
    members: tuple[str, ...] = ()
    """What is taken of a zip archive; a file that is none is taken as it is."""

    @property
    def name(self) -> str:
        """The name under which it lies at its owner's."""
        return self.url.rpartition("/")[2]

    @property
    def placed(self) -> tuple[str, ...]:
        """The files that there are of it in the end."""
        return self.members or (self.name,)


@dataclass(frozen=True)
class NamedSet:
    """All that is known of a named set without having it."""

    title: str
    page: str
    """Where its owner describes it."""
    files: tuple[Remote, ...]
    licence: str
    citation: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the data for these very files, where their content does not tell."""

    @property
    def placed(self) -> tuple[str, ...]:
        """Names of the files in the set's folder."""
        return tuple(name for file in self.files for name in file.placed)

    @property
    def size(self) -> int | None:
        """Bytes to download; None where one is not known."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)


_GROUPLENS = "https://files.grouplens.org/datasets"
_S3REC = (
    "https://raw.githubusercontent.com/aHuiWang/CIKM2020-S3Rec/"
    "49a890dcb516c9ed3126564495234ea74d5cd566/data"
)
_RECHORUS = (
    "https://raw.githubusercontent.com/THUwangcy/ReChorus/"
    "e58d752558634d42be60de561d6f74df748583cc/data/Grocery_and_Gourmet_Food"
)
_SASREC = (
    "https://raw.githubusercontent.com/kang205/SASRec/e3738967fddab206d6eeb4fda433e7a7034dd8b1/data"
)
_OLD_MOVIELENS = "research use; no redistribution; commercial use by permission alone"
_NEW_MOVIELENS = "research use; shared under the same terms; commercial use by permission alone"
_MOVIELENS_CITATION = (
    "Harper and Konstan 2015, The MovieLens Datasets: History and Context, ACM TiiS 5(4)"
)
_NEW_FROM_BYTES = 100_000_000
"""From MovieLens 20M on, the owner lets people share the files."""
_AMAZON_LICENCE = "none stated; Amazon reviews collected by J. McAuley for research"
_S3REC_CITATION = (
    "Zhou et al. 2020, S3-Rec, CIKM (the files); McAuley et al. 2015, Image-based "
    "Recommendations on Styles and Substitutes, SIGIR (Amazon)"
)


def _movielens(
    version: str,
    checksum: str,
    size: int,
    members: tuple[str, ...] = ("ratings.csv", "movies.csv"),
) -> NamedSet:
    """Return a set of MovieLens, by how its archive and its page are called: 100k, 1m, …"""
    remote = Remote(f"{_GROUPLENS}/movielens/ml-{version}.zip", checksum, size, members)
    page = f"https://grouplens.org/datasets/movielens/{version}/"
    licence = _OLD_MOVIELENS if size < _NEW_FROM_BYTES else _NEW_MOVIELENS
    title = f"MovieLens {version.upper()}"
    return NamedSet(title, page, (remote,), licence, _MOVIELENS_CITATION)


def _s3rec(
    title: str,
    stem: str,
    log: tuple[str, int],
    attributes: tuple[str, int],
    licence: str = _AMAZON_LICENCE,
    citation: str = _S3REC_CITATION,
) -> NamedSet:
    """Return a set of S3Rec, by the stem of its files and the SHA-256 and the bytes of both."""
    files = tuple(
        Remote(f"{_S3REC}/{stem}{end}", f"sha256:{checksum}", size)
        for end, (checksum, size) in ((".txt", log), ("_item2attributes.json", attributes))
    )
    page = "https://github.com/aHuiWang/CIKM2020-S3Rec"
    return NamedSet(title, page, files, licence, citation, {"format": "s3rec"})


NAMED: Final[dict[str, NamedSet]] = {
    "ml-100k": _movielens(
        "100k",
        "sha256:50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        4_924_029,
        ("u.data", "u.item", "u.user"),
    ),
    "ml-1m": _movielens(
        "1m",
        "sha256:a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
        5_917_549,
        ("ratings.dat", "movies.dat", "users.dat"),
    ),
    "ml-10m": _movielens(
        "10m", "md5:ce571fd55effeba0271552578f2648bd", 65_566_137, ("ratings.dat", "movies.dat")
    ),
    "ml-20m": _movielens(
        "20m",
        "sha256:96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3",
        198_702_078,
    ),
    "ml-25m": _movielens(
        "25m",
        "sha256:8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
        261_978_986,
    ),
    "ml-32m": _movielens("32m", "md5:d472be332d4daa821edc399621853b57", 238_950_008),
    "beauty": _s3rec(
        "Amazon Beauty, 5-core, as in S3Rec",
        "Beauty",
        ("226cce9c3105299ca0db9615d7d3fb32b3175e90da43100ae352599f0f0107b8", 1_090_094),
        ("129e40f67486f6877eff0f5318cfa8530ee8ac23d8b0d1de04e1bb7a2ba0b2d4", 305_674),
    ),
    "toys": _s3rec(
        "Amazon Toys and Games, 5-core, as in S3Rec",
        "Toys_and_Games",
        ("176c680c688d497598c4a89a03b402c0fe78d795e5db335c2e78dd5f2d778a3f", 922_166),
        ("d371acd25101eedac04afc727626464b7acec770c4eda708705d51eb76eb1ad0", 327_536),
    ),
    "sports": _s3rec(
        "Amazon Sports and Outdoors, 5-core, as in S3Rec",
        "Sports_and_Outdoors",
        ("2a095e0648872beb9982408958290f5d655db5be2911c3756b5446de9f0b8de2", 1_707_483),
        ("7fb10733ac4f1811384a52144cdefa7fcc7536fa80a7232c5da9bd789155c34b", 653_780),
    ),
    "yelp": _s3rec(
        "Yelp, reviews since 2019, 5-core, as in S3Rec",
        "Yelp",
        ("724b219106b81dd2349027da997334ddb6da9fe2f152ad6e0d97a93170f7caed", 1_814_224),
        ("f25acd5e1e680e0b22fd4e3f4fb6be4b2a7461e9222610616e3e1ee6702dd58d", 600_360),
        "academic use, no redistribution (terms of https://www.yelp.com/dataset, which has the "
        "reviews themselves behind a form)",
        "Zhou et al. 2020, S3-Rec, CIKM (the files); Yelp Open Dataset",
    ),
    "lastfm": NamedSet(
        "Last.fm 2K of HetRec 2011: artists, at the times when they were tagged",
        "https://grouplens.org/datasets/hetrec-2011/",
        (
            Remote(
                f"{_GROUPLENS}/hetrec2011/hetrec2011-lastfm-2k.zip",
                "sha256:6738f48195667ff03caaab4d32ca9a3133d8cc026b7c3cdaf6ce1010e913c59c",
                None,
                ("user_taggedartists-timestamps.dat",),
            ),
        ),
        "non-commercial use",
        "Cantador, Brusilovsky and Kuflik 2011, HetRec, RecSys; http://www.last.fm",
        {"user_column": "userID", "item_column": "artistID", "time_column": "timestamp"},
    ),
    "steam": NamedSet(
        "Steam reviews as in SASRec",
        "https://github.com/kang205/SASRec",
        (Remote(f"{_SASREC}/Steam.txt", "git:a0e80e7ae37ef2cf9410daf23c3e28ea6f6c31b7", None),),
        "none stated; collected by J. McAuley's group for research",
        "Kang and McAuley 2018, Self-Attentive Sequential Recommendation, ICDM",
        {"format": "pairs"},
    ),
    "gowalla": NamedSet(
        "Gowalla check-ins of SNAP",
        "https://snap.stanford.edu/data/loc-gowalla.html",
        (
            Remote(
                "https://snap.stanford.edu/data/loc-gowalla_totalCheckins.txt.gz",
                "md5:8ebd5ed2dd376d8982987c49429cb9f9",
                105_470_044,
            ),
        ),
        "none stated; SNAP, for research",
        "Cho, Myers and Leskovec 2011, Friendship and Mobility, KDD",
        {"user_column": "1", "time_column": "2", "item_column": "5"},
    ),
    "grocery": NamedSet(
        "Amazon Grocery and Gourmet Food, 5-core, with the split of ReChorus",
        "https://github.com/THUwangcy/ReChorus",
        (
            Remote(
                f"{_RECHORUS}/train.csv",
                "sha256:75847958fbcfec35dd0a20bda43432c22a5d7e5b5fe571fef0b25ff580b475f4",
                2_575_651,
            ),
            Remote(f"{_RECHORUS}/dev.csv", "git:36fb3bbd0360758aeb823c137330cf86091235ca", None),
            Remote(f"{_RECHORUS}/test.csv", "git:8feeef5ffa270b613ad6c6da0b8e8c26cb164c0a", None),
            Remote(
                f"{_RECHORUS}/item_meta.csv",
                "sha256:35a7d55fb7024b3cf7937cbc424762bc1cb5ef1f41d49f5955011effcebf144c",
                2_275_381,
            ),
        ),
        _AMAZON_LICENCE,
        "Wang et al. 2020, Make It a Chorus, SIGIR (the files); McAuley et al. 2015, Image-based "
        "Recommendations on Styles and Substitutes, SIGIR (Amazon)",
    ),
}
