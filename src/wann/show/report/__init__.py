"""The report: one HTML file, whole in itself, with a live network and a weight to drag."""

import base64
import hashlib
import html
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wann.arguments import check_path
from wann.files import write_text
from wann.show.report.bundle import page_file, page_script

if TYPE_CHECKING:
    from wann.networks.network import Network
    from wann.tasks.protocol import Task

__all__ = ["page_of", "render", "write_report"]


def write_report(
    source: "str | Path | Network",
    path: str | Path,
    *,
    task: "Task | None" = None,
    episodes: int = 32,
    threads: int | None = None,
    explain: bool = False,
) -> None:
    """Writes the report of a run, or of a single network.

    Args:
        source: A run folder, a network file, a network, or ``zoo:NAME``.
        path: Where to write the page.
        task: What the network acts in; what it was searched on, as the run or its metadata tell, if it is not given.
        episodes: Fresh episodes at each point of the champion's weight profile.
        threads: Threads to use; all cores by default.
        explain: Whether the page shows what matters in the last champion, and the smallest network that does as well. That
            takes seconds to minutes.

    Raises:
        WannError: The source is neither a run nor a network, or its task is not known.
    """
    write_text(Path(path), page_of(source, task=task, episodes=episodes, threads=threads, explain=explain))


def page_of(
    source: "str | Path | Network", *, task: "Task | None", episodes: int, threads: int | None, explain: bool = False
) -> str:
    """The text of the page that `write_report` writes."""
    from wann.show.report.data import report_data
    from wann.zoo.named import ZOO, network_named

    where: Path | Network
    if isinstance(source, str):
        where = network_named(source) if source.startswith(ZOO) else check_path(source, "source")
    else:
        where = source
    return render(report_data(where, task=task, episodes=episodes, threads=threads, explain=explain))


def render(data: dict[str, Any]) -> str:
    """The page for what `report_data` gave."""
    page, style, script = page_file("page.html"), page_file("page.css"), page_script()
    # The page may run this script and use this style, and may ask no one for anything.
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    # Inside a script element nothing is escaped, but "<" never occurs, so that no text in the data can end the element.
    json_text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        json_text = json_text.replace(character, f"\\u{ord(character):04x}")
    parts = {
        "policy": html.escape(policy, quote=True),
        "title": html.escape(data["title"]),
        "style": style,
        "script": script,
        "data": json_text,
    }
    pieces = page.split("{{")
    return pieces[0] + "".join(parts[name] + rest for name, rest in (piece.split("}}", 1) for piece in pieces[1:]))


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
