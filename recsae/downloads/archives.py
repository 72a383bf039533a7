"""The files of an archive that are wanted, and no others."""

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from recsae.errors import RecsaeError
from recsae.files import naming


def unpack(archive: Path, members: Sequence[str], folder: Path) -> None:
    """Copy the named members of a zip, in whichever of its folders, into `folder`.

    Raises RecsaeError if one is not there.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            inside = {PurePosixPath(name).name: name for name in opened.namelist()}
            for member in members:
                if member not in inside:
                    raise RecsaeError(f"{archive.name}: no {member} in it")
                target = folder / member
                with opened.open(inside[member]) as source, naming(target), target.open("wb") as to:
                    shutil.copyfileobj(source, to)
    except zipfile.BadZipFile as error:
        raise RecsaeError(f"{archive.name}: not a zip archive that can be read ({error})") from None
