"""What is read back was written by this package once, and may have been altered since: its fields are checked."""

from collections.abc import Sequence
from typing import Any

from wann.arguments import check_mapping, shown
from wann.errors import WannError


def check_fields(value: object, what: str, names: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Any]:
    """A copy of a dictionary that has these fields.

    Args:
        value: The dictionary.
        what: What it describes, for the message.
        names: The fields that it must have.
        optional: Those that it may have besides; others it must not have.

    Raises:
        WannError: It is no dictionary, or a field is missing or unknown.
    """
    fields = check_mapping(value, what)
    for name in names:
        if name not in fields:
            raise WannError(f"{what}: the field {name!r} is missing")
    for name in fields:
        if name not in names and name not in optional:
            raise WannError(f"{what}: unknown field {shown(name)}; there are {', '.join((*names, *optional))}")
    return fields
