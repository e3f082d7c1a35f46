"""What the writers of source code share.

Names come from files of anybody's. In the code that is written they stand in comments only, and there without anything that
could end a comment; identifiers are made of letters, digits and underscores.
"""

import re
from collections.abc import Iterable

import numpy as np

from wann._version import __version__
from wann.arguments import counted
from wann.networks.network import Network

_LONGEST_NAME = 60


def plain(name: str) -> str:
    """A name as it may stand in a comment or in a picture of text: letters, digits and harmless signs, in one line."""
    text = re.sub(r"[^\w .,:()<>=+-]", "_", name)
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}..."


def identifier(name: str, taken: Iterable[str] = ()) -> str:
    """A name for a variable or a function, of ASCII letters, digits and underscores, that is not among those taken."""
    text = re.sub(r"[^A-Za-z0-9]+", "_", name[:_LONGEST_NAME]).strip("_")
    text = text if text and not text[0].isdigit() else f"n_{text}".rstrip("_")
    others = set(taken)
    unique, i = text, 2
    while unique in others:
        unique, i = f"{text}_{i}", i + 1
    return unique


def identifiers(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Such names that all differ."""
    found: list[str] = []
    others = set(taken)
    for name in names:
        found.append(identifier(name, others))
        others.add(found[-1])
    return found


def number(value: float) -> str:
    """A float32 in as few digits as name it, as Python and C read it."""
    text = str(np.float32(value))
    return text if any(c in text for c in ".en") else f"{text}.0"


def wrapped(words: Iterable[str], first: str, rest: str, width: int = 100) -> str:
    """Words in lines of a width, the first line with one indent and the others with another."""
    lines, line, empty = [], first, True
    for word in words:
        if not empty and len(line) + 1 + len(word) > width:
            lines.append(line)
            line, empty = rest, True
        line, empty = (line + word if empty else f"{line} {word}"), False
    return "\n".join([*lines, line])


def sizes(network: Network) -> str:
    """How large a network is, in words."""
    parts = {"input": network.n_inputs, "hidden node": network.n_hidden, "output": network.n_outputs}
    listed = ", ".join(counted(n, what) for what, n in parts.items())
    recurrent = f" ({int(network.recurrent.sum())} of them recurrent)" if network.is_recurrent else ""
    return f"{listed}, {counted(network.n_connections, 'connection')}{recurrent}"


def made_by() -> str:
    """What wrote the file."""
    return f"wann {__version__}"
