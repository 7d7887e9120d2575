"""Download a file into the user's cache, checked against its digest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chainrule.common.errors import DataUnavailableError, missing_extra
from chainrule.common.texts import tr


def cached(name: str, folder: str, sha256: str, mirrors: Sequence[str]) -> Path:
    """Return the path of a file in the user's cache, downloading it from the first mirror that serves it.

    Parameters
    ----------
    name
        File name, appended to each mirror's address.
    folder
        Subfolder of chainrule's cache.
    sha256
        Digest that the file must have; anything else is deleted.
    mirrors
        Addresses, each ending in a slash, tried in turn.

    Raises
    ------
    MissingExtraError
        pooch is not installed.
    DataUnavailableError
        The file is not cached and no mirror serves it with this digest.
    """
    try:
        import pooch
    except ImportError as error:
        raise missing_extra(tr("Downloading {name}", name=name), "pooch", "data") from error

    failures = []
    for mirror in mirrors:
        try:
            return Path(
                pooch.retrieve(
                    mirror + name,
                    known_hash=f"sha256:{sha256}",
                    fname=name,
                    path=Path(pooch.os_cache("chainrule")) / folder,
                    downloader=_download,
                )
            )
        except (OSError, ValueError) as error:  # every network error is an OSError, a wrong digest a ValueError
            reason = getattr((*error.args, None)[0], "reason", error)  # without requests' and urllib3's wrapping
            failures.append(f"{mirror} ({reason})")
    raise DataUnavailableError(
        "{name} could not be downloaded from {failures}.", name=name, failures=", ".join(failures)
    )


def _download(url: str, output_file: Any, caller: Any) -> None:
    import pooch
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = _Bar(progress, url.rpartition("/")[2])
        pooch.HTTPDownloader(progressbar=bar, chunk_size=65536)(url, output_file, caller)


class _Bar:
    """The interface that pooch asks of a progress bar, on top of rich."""

    total = 0

    def __init__(self, progress: Any, name: str) -> None:
        self.progress = progress
        self.task = progress.add_task(name, total=None)

    def update(self, size: int) -> None:
        self.progress.update(self.task, advance=size, total=self.total)

    def reset(self) -> None:
        self.progress.reset(self.task)

    def close(self) -> None:
        """Do nothing: the progress display closes itself."""
