"""Options and commands as they are named, what is said of old and mistyped names, and how to go on with what was stopped."""

import json
import shlex
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wann
from conftest import Cli, random_network
from wann.cli import COMMANDS, messages, progress
from wann.cli.messages import told
from wann.errors import MissingExtraError
from wann.runs.unfinished import Unfinished, under_way, unfinished_target

SMALL = ("--population", 8, "--generations", 3, "--confirm-episodes", 1, "--threads", 1)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def file(tmp_path: Path, rng: np.random.Generator) -> Path:
    path = tmp_path / "network.json"
    random_network(rng).with_metadata(task="cartpole-swingup").save(path)
    return path


def line_of(cli: Cli, *arguments: object) -> str:
    """The one line of a refusal."""
    (line,) = cli(*arguments, status=2).stderr.splitlines()
    return line


class TestNames:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ("draw x.json -o y.svg", "-o is now --out"),
            ("draw x.json --output y.svg", "--output is now --out"),
            ("draw x.json --task digits", "--task is now an option of wann evaluate, which draws scores with --plot"),
            ("draw x.json --picture profile", "'profile' is a picture of scores: wann evaluate NETWORK --plot FILE"),
            ("draw x.json --picture classes", "'classes' is a picture of scores: wann evaluate NETWORK --plot FILE"),
            ("draw x.json --picture tree", "'tree' is not one of 'network'"),
            ("report x.json -o y.html", "-o is now --out"),
            ("report x.json --episodes 3", "--episodes is now --trials"),
            ("play x.json --weight 1", "--weight is now --weights"),
            ("play x.json --video x.mp4", "--video is now --out"),
            ("evaluate x.json --episodes 3", "--episodes is now --trials"),
            ("compare digits --network x.json", "--network is now an argument: wann compare TASK NETWORK"),
            ("tune x.json --resume", "--resume is now a command: wann resume PATH"),
            ("bench --json", "wann bench is gone: the benchmarks are in the repository: make bench"),
            ("serch digits", "No such command 'serch'; did you mean 'search'? there are search, resume"),
            ("fly", "No such command 'fly'; there are search, resume"),
            ("search digits --populaton 3", "No such option '--populaton'. (Did you mean one of: '--out', '--population'?)"),
        ],
    )
    def test_old_and_mistyped_names_are_told_the_right_ones(self, cli: Cli, arguments: str, message: str) -> None:
        assert message in line_of(cli, *shlex.split(arguments))

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_option_says_what_it_does(self, cli: Cli, command: str) -> None:
        text = cli(command, "--help").stdout
        assert text.startswith(f"Usage: wann {command} ")
        assert "repeatable" not in text


class TestHints:
    @pytest.mark.parametrize("name", messages._TO_TYPE)
    def test_an_argument_s_name_becomes_an_option(self, name: str) -> None:
        assert told(wann.WannError("something is missing", parameter=name)).startswith("something is missing (")

    def test_the_argument_is_known_to_what_the_error_was_raised_of(self) -> None:
        def wrapped() -> None:
            try:
                raise wann.WannError("inner", parameter="target")
            except wann.WannError as error:
                raise wann.WannError(f"table.csv: {error}") from None

        with pytest.raises(wann.WannError) as caught:
            wrapped()
        assert (
            told(caught.value) == "table.csv: inner (--target COLUMN of wann search; elsewhere --task-option target=COLUMN)"
        )

    def test_other_errors_stay_as_they_are(self) -> None:
        assert told(wann.WannError("bad")) == "bad"
        assert told(wann.WannError("bad", parameter="unknown")) == "bad"
        assert told(MissingExtraError("a window", "video")) == "a window needs the extra 'video': pip install 'wann[video]'"

    @pytest.mark.parametrize(
        ("arguments", "hint"),
        [
            ("search table.csv", "(--target COLUMN of wann search; elsewhere --task-option target=COLUMN)"),
            ("search table.csv --target kind", "leave it out (--ignore COLUMN of wann search; elsewhere --task-option"),
            ("evaluate bare.json", "does not say its task; name one (--task TASK; wann tasks lists them)"),
            ("tune network.json --out network.json", "network.json exists (--out PATH for another place, --overwrite"),
            ("search cartpole-swingup --out taken", "(--out PATH for another place, --overwrite to replace it)"),
            ("compare cartpole-swingup network.json --no-neat", "(--budget EPISODES, or leave NETWORK away)"),
            ("tune dense", "dense is a network for a task; name the task (--task TASK"),
            (
                "search needs.py:Needs",
                "missing a required argument: 'length'; give it as an option of the task (--task-option",
            ),
        ],
    )
    def test_refusals_say_what_to_type(
        self, cli: Cli, file: Path, rng: np.random.Generator, arguments: str, hint: str
    ) -> None:
        Path("table.csv").write_text("a,text,kind\n" + "".join(f"{i},x{i},{i % 2}\n" for i in range(9)))
        Path("needs.py").write_text("class Needs:\n    def __init__(self, length): pass\n")
        Path("taken").mkdir()
        Path("taken/something").touch()
        random_network(rng).save("bare.json")
        assert hint in line_of(cli, *arguments.split())

    def test_without_neat_it_says_how_to_go_on(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "neat", None)
        assert line_of(cli, "compare", "cartpole-swingup").endswith("(or go on without NEAT: --no-neat)")


class TestSettings:
    def test_the_presets_of_a_task(self, cli: Cli) -> None:
        shown = json.loads(cli("presets", "bipedal-walker", "--json").stdout)
        assert shown["paper"] == wann.preset("bipedal-walker", "paper").to_dict()
        assert shown["default"] == wann.preset("bipedal-walker").to_dict()
        lines = cli("presets", "bipedal-walker").stdout.splitlines()
        assert lines[0].split() == ["default", "paper"]
        assert ["population", "192", "480"] in [line.split() for line in lines]

    def test_all_presets(self, cli: Cli) -> None:
        assert [line.split()[0] for line in cli("presets").stdout.splitlines()] == ["default", "paper"]
        assert [entry["name"] for entry in json.loads(cli("presets", "--json").stdout)] == ["default", "paper"]

    def test_the_settings_that_a_search_would_have(self, cli: Cli, tmp_path: Path) -> None:
        arguments = ("search", "cartpole-swingup", "--preset", "paper", "--population", 33, "--show-settings")
        shown = json.loads(cli(*arguments, "--json").stdout)
        assert shown == {"paper": wann.preset("cartpole-swingup", "paper", population=33).to_dict()}
        assert ["population", "33"] in [line.split() for line in cli(*arguments).stdout.splitlines()]
        assert not list(tmp_path.iterdir())

    def test_help_tells_each_default(self, cli: Cli) -> None:
        text = " ".join(cli("search", "--help").stdout.split())
        assert "Networks in a population. [default: the preset's, else 192]" in text
        assert "from 0 to 1. [default: the preset's, else 0.5]" in text


class TestProgress:
    def test_lines_are_told_in_turn_until_all_is_done(self, capsys: pytest.CaptureFixture[str]) -> None:
        newest, waits = progress.Newest(), []

        def ended(seconds: float) -> bool:
            waits.append(seconds)
            newest.report("scores", 0.1 * len(waits))
            return len(waits) == 3

        progress.speak(newest, ended)
        assert waits == [progress.LINE_INTERVAL] * 3
        assert capsys.readouterr().err.splitlines() == ["wann: scores: 10 % done", "wann: scores: 20 % done"]

    def test_long_work_is_told_of_more_seldom(self) -> None:
        waits: list[float] = []

        def ended(seconds: float) -> bool:
            waits.append(seconds)
            return len(waits) == 8

        progress.speak(progress.Newest(), ended)
        assert waits == [progress.LINE_INTERVAL] * 6 + [progress.LONG_INTERVAL] * 2

    def test_tuning_weights_is_reported(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        reported: list[tuple[str, float]] = []
        monkeypatch.setattr(progress.Newest, "report", lambda self, what, part: reported.append((what, part)))
        short = ("--generations", 4, "--population", 4, "--episodes", 1, "--points", 3, "--threads", 1)
        cli("tune", "zoo:cartpole-swingup", *short, "--out", "tuned.json")
        assert [part for what, part in reported if what.startswith("weights, with ")] == [0.25, 0.5, 0.75, 1.0]

    def test_nothing_is_told_before_anything_is_reported(self, capsys: pytest.CaptureFixture[str]) -> None:
        ends = iter([False, True])
        progress.speak(progress.Newest(), lambda seconds: next(ends))
        assert capsys.readouterr().err == ""

    def test_short_work_is_silent_without_a_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        with progress.bars() as report:
            report("scores", 0.5)
        assert capsys.readouterr().err == ""

    def test_what_follows_a_search_is_reported(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        reported: list[str] = []
        monkeypatch.setattr(progress.Newest, "report", lambda self, what, part: reported.append(what))
        cli("search", "cartpole-swingup", *SMALL)
        assert {"scores", "pictures", "report.html"} <= set(reported)


class TestEndOfASearch:
    def test_classes_are_scored_as_evaluate_scores_them(self, cli: Cli) -> None:
        Path("table.csv").write_text("a,b,kind\n" + "".join(f"{i},{i % 7},{i % 3}\n" for i in range(60)))
        named = ("--task-option", "target=kind")
        found = cli("search", "table.csv", "--target", "kind", *SMALL, "--out", "run").stdout
        scores = cli("evaluate", "run", "--task", "table.csv", *named, "--threads", 1).stdout
        assert "accuracy on 15 samples (held out)" in scores
        assert scores in found
        assert " samples in " in found
        assert "episodes" not in found

    def test_numbers_are_scored_at_the_weights_of_the_search(self, cli: Cli) -> None:
        Path("table.csv").write_text("a,b,y\n" + "".join(f"{i},{i % 7},{i * 1.5}\n" for i in range(60)))
        found = cli("search", "table.csv", "--target", "y", *SMALL, "--weights", "0.25,0.75", "--out", "run").stdout
        assert "R²" in found
        assert [line.split()[1] for line in found.splitlines() if line.startswith("  weight ")] == ["0.25", "0.75"]


class TestUnfinished:
    def work(self, **changes: Any) -> Unfinished:
        network = wann.networks.fully_connected(list("abcde"), ["f"], [])
        fields = {"kind": "refine", "network": network, "task": "cartpole-swingup", "settings": {"rounds": 2}}
        return Unfinished(**{**fields, **changes})

    def test_it_is_read_back(self, tmp_path: Path) -> None:
        work = self.work(task="mine.py:Mine", task_options={"a": [1]}, seed=3)
        work.save(tmp_path / "x.json")
        assert Unfinished.load(tmp_path / "x.json") == work
        assert work.task == f"{tmp_path / 'mine.py'}:Mine"
        for name in ("x.json", "x.json.unfinished", "x.json.checkpoint.npz"):
            assert unfinished_target(tmp_path / name) == tmp_path / "x.json"
        assert unfinished_target(tmp_path / "y.json") is None

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"kind": "cook"}, "kind is 'cook'; there are tune, refine"),
            ({"task": 3}, "task is 3"),
            ({"task_options": []}, "task_options is []"),
            ({"seed": -1}, "seed is -1"),
            ({"settings": {"speed": 1}}, "settings: unknown field 'speed'"),
        ],
    )
    def test_what_it_must_not_hold(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(wann.WannError) as caught:
            self.work(**changes)
        assert message in str(caught.value)

    def test_options_that_a_file_cannot_hold(self, tmp_path: Path) -> None:
        with pytest.raises(wann.WannError, match="a file cannot hold that"):
            self.work(task_options={"a": object()}).save(tmp_path / "x.json")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"format": "other"}, "format 'other', version 1 is not one this package reads"),
            ({"version": True}, "version True is not one"),
            ({"kind": ["tune"]}, "kind is ['tune']; it must be text"),
            ({"network": None}, "network.json.unfinished: "),
            ({"settings": None}, "settings is None"),
            ({"settings": {"rounds": "many"}}, "rounds is 'many'"),
            ({"settings": {"rounds": 1, "weights": 3}}, "weights"),
            ({"more": 1}, "unknown field 'more'"),
        ],
    )
    def test_a_damaged_one_is_refused_in_one_line(self, cli: Cli, change: dict[str, Any], message: str) -> None:
        self.work().save(Path("network.json"))
        path = Path("network.json.unfinished")
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
        assert message in line_of(cli, "resume", "network.json")
        assert path.exists()

    def test_text_is_refused(self, cli: Cli) -> None:
        Path("network.json.unfinished").write_text("{")
        assert "network.json.unfinished: not valid JSON" in line_of(cli, "resume", "network.json")

    def test_it_goes_where_bad_input_ends_the_work_and_stays_where_it_was_stopped(self, tmp_path: Path) -> None:
        target, note = tmp_path / "x.json", tmp_path / "x.json.unfinished"
        with pytest.raises(wann.WannError), under_way(self.work(), target, begun=False):
            raise wann.WannError("bad")
        assert not note.exists()
        with pytest.raises(KeyboardInterrupt), under_way(self.work(), target, begun=False):
            raise KeyboardInterrupt
        assert note.exists()
        with pytest.raises(wann.WannError), under_way(self.work(), target, begun=True):
            raise wann.WannError("bad")
        assert note.exists()
        with under_way(self.work(), target, begun=True):
            pass
        assert not note.exists()

    def test_a_checkpoint_of_earlier_work_is_not_gone_on_from(self, tmp_path: Path) -> None:
        (tmp_path / "x.json.checkpoint.npz").touch()
        with under_way(self.work(), tmp_path / "x.json", begun=False):
            assert not (tmp_path / "x.json.checkpoint.npz").exists()

    def test_it_goes_on_with_its_own_task_only(self, cli: Cli) -> None:
        self.work().save(Path("network.json"))
        error = line_of(cli, "resume", "network.json", "--task", "digits")
        assert "network.json is a refinement on 'cartpole-swingup'; it goes on with that task, not with 'digits'" in error

    def test_it_imports_nothing_that_nobody_named(self, cli: Cli) -> None:
        Path("mine.py").write_text("raise SystemExit('imported')")
        self.work(task="mine.py:Mine").save(Path("network.json"))
        error = line_of(cli, "resume", "network.json")
        assert ", which imports the file '" in error
        assert error.endswith(f"go on with: wann resume network.json --task {Path('mine.py').absolute()}:Mine")

    def test_nothing_is_begun_on_a_file_that_was_not_finished(self, cli: Cli, file: Path) -> None:
        self.work().save(Path("made.json"))
        error = line_of(cli, "refine", file, "--out", "made.json")
        assert "made.json was begun and not finished; go on with: wann resume made.json (--out PATH" in error
        cli("refine", file, "--out", "made.json", "--overwrite", "--rounds", 1, "--neighbours", 8, "--weights", 1)
        assert not Path("made.json.unfinished").exists()

    def test_a_run_s_file_is_no_folder(self, cli: Cli, file: Path) -> None:
        assert "nothing was stopped there; to go on with a search, name the folder" in line_of(cli, "resume", file)

    def test_a_stopped_training_of_a_classifier_goes_on(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
    ) -> None:
        Path("table.csv").write_text("a,b,kind\n" + "".join(f"{i},{i % 7},{i % 3}\n" for i in range(60)))
        wann.networks.fully_connected(["a", "b"], ["0", "1", "2"], [], output_activation="linear").save("n.json")
        named = ("--task", "table.csv", "--task-option", "target=kind")
        options = (*named, "--generations", 12, "--population", 6, "--method", "cma", "--threads", 1)
        cli("tune", "n.json", *options, "--out", "whole.json")
        from wann.training.weight_tuning import WeightTuning

        generation = WeightTuning._generation

        def stopped(tuning: WeightTuning) -> Any:
            if tuning.generation == 5:
                signal.raise_signal(signal.SIGTERM)
            return generation(tuning)

        with monkeypatch.context() as patch:
            patch.setattr(WeightTuning, "_generation", stopped)
            error = cli("tune", "n.json", *options, "--out", "stopped.json", status=143).stderr
        assert error.startswith("wann: stopped at generation 5 of 12")
        assert error.endswith("go on with: wann resume stopped.json\n")
        cli("resume", "stopped.json", "--threads", 1)
        assert Path("stopped.json").read_bytes() == Path("whole.json").read_bytes()


def test_what_a_kill_left_of_a_file_goes_when_the_work_is_done(tmp_path: Path, rng: np.random.Generator) -> None:
    """Halves of the network, its note and its checkpoint; nobody else's."""
    target, network = tmp_path / "made [1].json", random_network(rng)
    halves = [tmp_path / f".made [1].json{part}.x7.tmp" for part in ("", ".unfinished", ".checkpoint.npz")]
    other = tmp_path / ".made 1.json.x7.tmp"
    for path in (*halves, other):
        path.write_bytes(b"half")
    work = Unfinished(kind="tune", network=network, task="cartpole-swingup", task_options={}, seed=1, settings={})
    with under_way(work, target, begun=False):
        pass
    assert list(tmp_path.iterdir()) == [other]
