"""What every refusal has in common."""

import pickle

import pytest

from wann.arguments import did_you_mean
from wann.errors import LONGEST_MESSAGE, MissingExtraError, WannError


def test_a_message_is_one_line_that_a_terminal_can_show() -> None:
    assert str(WannError("column two\nlines: \x1b[31mred\x00 \u202e \ud800")) == (
        "column two\\nlines: \\x1b[31mred\\x00 \\u202e \\ud800"
    )


@pytest.mark.parametrize("text", ["größer als 5 µs — ‘3’ × 😀", "a\\nb", "x" * LONGEST_MESSAGE])
def test_what_can_be_shown_stays_as_it_is(text: str) -> None:
    assert str(WannError(text)) == text


def test_a_long_value_is_cut_but_not_what_is_allowed() -> None:
    message = str(WannError(f"file.csv: unknown kind {'x' * 5000!r}; allowed are 'a' and 'b'"))
    assert len(message) == LONGEST_MESSAGE
    assert message.startswith("file.csv: unknown kind 'xxx")
    assert message.endswith("xxx'; allowed are 'a' and 'b'")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("cartpole-swingpu", "'cartpole-swingup'"),
        ("cartpole", "'cartpole-swingup'"),
        ("walker", "'bipedal-walker'"),
        ("car", None),
    ],
)
def test_what_was_meant_is_guessed_from_a_slip_or_a_part(name: str, meant: str | None) -> None:
    known = ["bipedal-walker-hardcore", "bipedal-walker", "cartpole-swingup", "car-racing"]
    assert did_you_mean(name, known) == ("" if meant is None else f"; did you mean {meant}?")


def test_a_message_survives_pickling() -> None:
    assert str(pickle.loads(pickle.dumps(WannError("a\nb")))) == "a\\nb"


def test_a_missing_extra_is_an_import_error_too() -> None:
    with pytest.raises(ImportError, match=r"pip install 'wann\[torch\]'"):
        raise MissingExtraError("training by gradient", "torch")
