"""Space files, and plain values of the same form, as search spaces; the first mistake is raised."""

from pathlib import Path
from typing import Any

from recsae.errors import SettingError
from recsae.interactions.settings import check_data
from recsae.space.checks import checked, checked_points
from recsae.space.file_format.document import Document, read_document
from recsae.space.file_format.space_file import SpaceFile
from recsae.space.kinds import AUTO
from recsae.space.parameters import PARAMETERS
from recsae.space.shipped import find_space
from recsae.space.space import SearchSpace


def load_space(path: str | Path) -> SearchSpace:
    """Read a space file, or a shipped one by its name; RecsaeError of one line when it is wrong."""
    return space_in(read_document(find_space(path), str(path)))


def space_in(document: Document) -> SearchSpace:
    """Return the space of a file that was read; raises the first mistake, of its data too."""
    space = _build(document)
    if space.dataset is not None:
        try:
            check_data(space.data_settings())
        except SettingError as error:
            place = ("dataset",) if error.key == "dataset" else ("data", error.key)
            raise document.error(place, error.message) from None
    return space


def space_of(values: dict[str, Any], source: str = "space") -> SearchSpace:
    """Return the space that plain values say, as `resolved` gives them; `source` is for errors."""
    return _build(Document(source, values))


def _build(document: Document) -> SearchSpace:
    """Check the whole document; raises the first mistake, with its line."""
    try:
        file = SpaceFile.of(document.value)
        written = [
            form.parameter(name, document.line((PARAMETERS, name)))
            for name, form in file.parameters.items()
        ]
        parameters = checked(written, file.model_name)
        space = SearchSpace(
            models=tuple(file.model_name),
            dataset=file.dataset,
            data=file.data.model_dump(exclude={"dataset"}),
            base=file.base,
            activations=file.activations,
            parameters=parameters,
            objectives=file.objectives,
            search=file.search,
            scheduler=file.scheduler.settled(len(file.objectives), file.search.sampler),
            scheduler_named=file.scheduler.name != AUTO,
            resources=file.resources,
            constraints=file.constraints,
            points=checked_points(file.points, file.model_name, parameters),
            source=document.source,
            section_line=document.line((PARAMETERS,)),
        )
    except SettingError as error:
        raise document.error(error.place, error.message) from None
    if clash := space.clash:
        raise document.error(clash[:2], clash[2])
    if space.base.width is not None:
        space.check_width(space.base.width)
    return space
