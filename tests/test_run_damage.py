"""Damaged files of a run: each is named in one line, and what can be got around is."""

import errno
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import wann
from wann import archive, runs
from wann.runs import Run, RunSettings
from wann.runs.checkpoint import FORMAT, Checkpoint
from wann.runs.settings import MAX_BYTES

GENERATIONS, STOPPED = 6, 4


def settings(**changes: Any) -> RunSettings:
    config = wann.preset("cartpole-swingup", "paper", population=8, generations=GENERATIONS, confirm_episodes=4)
    return RunSettings(**{"task": "cartpole-swingup", "preset": "paper", "seed": 1, "config": config, **changes})


def finish(run: Run) -> None:
    with run:
        for _ in run.generations():
            pass


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was stopped after some generations."""
    folder = tmp_path_factory.mktemp("damage") / "run"
    with Run.create(folder, settings(), threads=1) as run:
        generations = run.generations()
        for _ in range(STOPPED):
            next(generations)
        generations.close()
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "run"))


def refusal(folder: Path, read: Callable[[Path], object] = Run.resume) -> str:
    with pytest.raises(wann.WannError) as caught:
        read(folder)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    return text


def alter(path: Path, number: int, change: Callable[[bytes], bytes]) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    path.write_bytes(b"".join(lines))


def with_field(name: str, value: object) -> Callable[[bytes], bytes]:
    return lambda line: json.dumps(json.loads(line) | {name: value}).encode() + b"\n"


class TestMetrics:
    @pytest.mark.parametrize(
        ("change", "what"),
        [
            (lambda line: line.replace(b"islands", b"isl\xffnds"), "not UTF-8 text (byte 0xff at position 22)"),
            (lambda line: line[:40] + b"\n", "not valid JSON: "),
            (lambda line: b"\n", "not valid JSON: "),
            (lambda line: b"[" * 60_000 + b"\n", "not valid JSON: nested too deeply"),
            (lambda line: b"[1]\n", "record is [1]; it must be a dictionary"),
            (lambda line: b" " * 70_000 + line, "longer than 65,536 bytes"),
            (lambda line: line.replace(b"best_reward", b"beast_reward", 1), "record: the field 'best_reward' is missing"),
            (with_field("colour", 1), "record: unknown field 'colour'; there are generation, islands"),
            (with_field("islands", 1.0), "islands is 1.0; it must be an integer"),
            (with_field("islands", True), "islands is True; it must be an integer"),
            (with_field("best_reward", "7"), "best_reward is '7'; it must be a finite number"),
            (with_field("best_reward", 10**400), "best_reward is 1000000000"),
            (with_field("best_reward", float("nan")), "not valid JSON: NaN is not a number that JSON knows"),
            (lambda line: line.replace(b'"best_reward": ', b'"best_reward": 1e999 '), "not valid JSON: "),
            (with_field("generation", 7), "generation is 7; on this line it must be 1"),
        ],
    )
    def test_a_damaged_line_is_named(self, folder: Path, change: Callable[[bytes], bytes], what: str) -> None:
        path = folder / runs.METRICS
        alter(path, 2, change)
        for read in (runs.read_metrics, Run.resume):
            assert refusal(folder, read).startswith(f"{path}, line 2: {what}")

    def test_a_swapped_pair_of_lines_is_found(self, folder: Path) -> None:
        path = folder / runs.METRICS
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))
        assert refusal(folder, runs.read_metrics) == f"{path}, line 1: generation is 1; on this line it must be 0"

    def test_only_an_unfinished_last_line_is_left_out(self, folder: Path) -> None:
        path = folder / runs.METRICS
        whole = path.read_bytes()
        for rest in (b"{", b'{"generation": 4', b"\xff"):
            path.write_bytes(whole + rest)
            assert [record["generation"] for record in runs.read_metrics(folder)] == list(range(STOPPED))
        path.write_bytes(whole + b'{"generation": 4\n')
        assert f"{path}, line {STOPPED + 1}: not valid JSON" in refusal(folder, runs.read_metrics)

    @pytest.mark.parametrize("rest", [b"{", b'{"generation": 4}\n', b"\xff\n{}\n"])
    def test_resuming_cuts_what_comes_after_the_checkpoint(self, folder: Path, rest: bytes) -> None:
        path = folder / runs.METRICS
        whole = path.read_bytes()
        path.write_bytes(whole + rest)
        with Run.resume(folder) as run:
            assert run.warnings == []
        assert path.read_bytes() == whole

    def test_a_line_that_the_checkpoint_needs_must_be_whole(self, folder: Path) -> None:
        path = folder / runs.METRICS
        path.write_bytes(path.read_bytes()[:-1])
        assert refusal(folder) == f"{path} has 3 whole lines, but the checkpoint stands at generation 4"
        path.unlink()
        assert refusal(folder) == f"{path} is missing, but the checkpoint stands at generation 4"

    def test_an_altered_number_is_told(self, folder: Path) -> None:
        path = folder / runs.METRICS
        alter(path, 2, with_field("best_reward", 1.5))
        with Run.resume(folder) as run:
            assert run.warnings == [
                f"{path} was altered since the checkpoint of generation 4; its records are kept as they are"
            ]


class TestConfig:
    @pytest.mark.parametrize(
        ("change", "what"),
        [
            ({"task": 5}, "task is 5; it must be text"),
            ({"task_options": []}, "task_options is []; it must be a dictionary with text as keys"),
            ({"preset": "zzz"}, "preset is 'zzz'; there are default, paper"),
            ({"preset": 7}, "preset is 7; there are default, paper"),
            ({"preset": []}, "preset is []; there are default, paper"),
            ({"seed": "3"}, "seed is '3'; allowed are integers"),
            ({"seed": -1}, "seed is -1; allowed are integers"),
            ({"version": 99}, "format 'wann-run', version 99 is not one this package reads"),
            ({"version": True}, "format 'wann-run', version True is not one this package reads"),
            ({"format": "zip"}, "format 'zip', version 1 is not one this package reads"),
            ({"colour": 1}, "the file: unknown field 'colour'; there are format, version"),
            ({"config": 3}, "config is 3; it must be an object"),
            ({"config": {"colour": 1}}, "config: unknown setting 'colour'; there are activations"),
            ({"config": {"population": 1}}, "population is 1; it must be an integer from 2"),
            ({"config": {"population": 10**5000}}, "not valid JSON: Exceeds the limit"),
            ({"config": {"weights": "x"}}, "weights: expected"),
            ({"wann_version": 1}, "wann_version is 1; it must be text"),
            ({"start": {}}, "start is {}; it must be a list"),
            ({"start": [5]}, "start, network 0: expected a JSON object"),
        ],
    )
    def test_a_wrong_value_is_named(self, folder: Path, change: dict[str, Any], what: str) -> None:
        path = folder / runs.CONFIG
        text = json.dumps(json.loads(path.read_text()) | {k: v for k, v in change.items() if v != {"population": 10**5000}})
        if change == {"config": {"population": 10**5000}}:  # Python does not write that
            text = text.replace('"population": 8', '"population": 1' + "0" * 5000)
        path.write_text(text)
        assert refusal(folder).startswith(f"{path}: {what}")

    @pytest.mark.parametrize(
        ("data", "what"),
        [
            (b"", "not valid JSON: Expecting value"),
            (b"[1]", "the file is [1]; it must be a dictionary"),
            (b"[" * 100_000, "not valid JSON: nested too deeply"),
            (b'{"format": "wann-run\xff"}', "not UTF-8 text (byte 0xff at position 20)"),
            (b'{"seed": 1, "seed": 2}', "not valid JSON: the field 'seed' stands twice"),
            (b'{"seed": NaN}', "not valid JSON: NaN is not a number that JSON knows"),
            (b'{"seed": 1e999}', "not valid JSON: the number 1e999 is too large"),
        ],
    )
    def test_a_file_that_is_no_json(self, folder: Path, data: bytes, what: str) -> None:
        path = folder / runs.CONFIG
        path.write_bytes(data)
        assert refusal(folder).startswith(f"{path}: {what}")

    @pytest.mark.parametrize("name", ["task", "task_options", "preset", "seed", "config"])
    def test_a_missing_field(self, folder: Path, name: str) -> None:
        path = folder / runs.CONFIG
        data = json.loads(path.read_text())
        del data[name]
        path.write_text(json.dumps(data))
        assert refusal(folder) == f"{path}: the file: the field {name!r} is missing"

    def test_a_file_that_is_too_large(self, folder: Path) -> None:
        path = folder / runs.CONFIG
        with open(path, "ab") as file:
            file.truncate(MAX_BYTES + 1)
        assert refusal(folder) == f"{path}: larger than {MAX_BYTES:,} bytes"

    def test_a_file_is_no_folder(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_text("")
        assert refusal(tmp_path / "x") == f"{tmp_path / 'x'} holds no run: there is no config.json in it"

    @pytest.mark.parametrize("value", [float("nan"), {1, 2}])
    def test_options_that_no_file_can_hold_are_refused_before_anything_is_made(self, tmp_path: Path, value: object) -> None:
        wanted = settings(task_options={"x": value})
        task = wann.make_task("cartpole-swingup")
        with pytest.raises(wann.WannError, match=r"task_options is .*; config\.json cannot hold that"):
            Run.create(tmp_path / "run", wanted, task=task)
        assert not (tmp_path / "run").exists()

    def test_another_programs_folder_is_not_overwritten(self, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_text('{"format": "other"}')
        with pytest.raises(wann.WannError, match="not the folder of a run"):
            Run.create(tmp_path, settings(), overwrite=True)

    def test_a_run_with_a_damaged_configuration_is_overwritten(self, folder: Path) -> None:
        path = folder / runs.CONFIG
        path.write_bytes(path.read_bytes()[:-100])
        finish(Run.create(folder, settings(), overwrite=True, threads=1))
        assert len(runs.read_metrics(folder)) == GENERATIONS


class TestCheckpoint:
    @pytest.mark.parametrize(
        "change",
        [
            lambda data: data.update(seed=2),
            lambda data: data["config"].update(generations=60),
            lambda data: data["config"].update(weights=[1.0, 2.0]),
            lambda data: data.update(task="bipedal-walker"),
            lambda data: data["task_options"].update(time_limit=10),
            lambda data: data.update(
                start=[json.loads((Path(wann.zoo.__file__).parent / "cartpole-swingup.json").read_text())]
            ),
        ],
        ids=["seed", "generations", "weights", "task", "options", "start"],
    )
    def test_one_of_other_settings_is_refused(self, folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
        path = folder / runs.CONFIG
        data = json.loads(path.read_text())
        change(data)
        path.write_text(json.dumps(data))
        task = wann.make_task("cartpole-swingup")
        text = refusal(folder, lambda folder: Run.resume(folder, task=task))
        assert text == (
            f"{folder / runs.CHECKPOINT}: made with another task, seed or settings than config.json holds now; undo "
            "what was changed there, or start a new run from this one's champion"
        )

    def test_what_a_search_does_not_depend_on_may_change(self, folder: Path) -> None:
        path = folder / runs.CONFIG
        data = json.loads(path.read_text())
        del data["config"]["mirror"]  # as a version of the package has it that does not know the setting
        path.write_text(json.dumps(data | {"preset": "default", "wann_version": "9"}, indent=8, sort_keys=True))
        with Run.resume(folder) as run:
            assert (run.search.generation, run.warnings) == (STOPPED, [])

    def test_one_of_the_first_version_is_refused(self, folder: Path) -> None:
        content = np.frombuffer(json.dumps({"version": 1, "state": {}}).encode(), dtype=np.uint8)
        with open(folder / runs.CHECKPOINT, "wb") as file:
            np.savez(file, json=content, sha256=np.zeros(32, dtype=np.uint8))
        text = refusal(folder)
        assert text.startswith(f"{folder / runs.CHECKPOINT}: written by version 0.1 of wann")
        assert text.endswith("or start a new one from its champion")

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            (lambda state: state.clear(), "state: the field 'generation' is missing"),
            (lambda state: state.update(colour=1), "state: unknown field 'colour'"),
            (lambda state: state.update(generation="4"), "generation is '4'; it must be an integer"),
            (lambda state: state.update(generation=0), "generation 0 was saved with a champion"),
            (lambda state: state.update(environment_steps=-1), "environment_steps is -1; it must be"),
            (lambda state: state.update(islands=5), "islands: expected a list of islands, got 5"),
            (lambda state: state.update(islands=[]), "islands [] were saved; in generation 4 there are 1"),
            (lambda state: state.update(islands=[5]), "island is 5; it must be a dictionary"),
            (lambda state: state["islands"].append(state["islands"][0]), "islands [0, 0] were saved"),
            (lambda state: state["islands"][0].update(index=1), "index of the island is 1; it must be"),
            (lambda state: state["islands"][0].pop("refuted"), "island: the field 'refuted' is missing"),
            (lambda state: state["islands"][0].update(refuted=[1]), "refuted is [1]; it must be an array"),
            (lambda state: state["islands"][0].update(population=1), "population is 1; it must be a dictionary"),
            (lambda state: state["islands"][0]["population"].pop("to"), "population: the field 'to' is missing"),
            (lambda state: state["islands"][0]["population"].update(to=1), "the saved population is not valid: an array"),
            (
                lambda state: state["islands"][0]["population"].update(to=np.zeros(3, np.uint32)),
                "the saved population is not valid: the arrays",
            ),
            (lambda state: state.update(champion=None), "generation 4 was saved without a champion"),
            (lambda state: state.update(champion=3), "champion is 3; it must be a dictionary"),
            (lambda state: state["champion"].pop("episodes"), "champion: the field 'episodes' is missing"),
            (lambda state: state["champion"].update(episodes=0), "episodes of the champion is 0; it must be"),
            (lambda state: state["champion"].update(network="x"), "network of the champion is 'x'; it must be"),
            (lambda state: state["champion"].update(rewards=(1.0,)), "rewards of the champion are (1.0,); there must be 6"),
            (lambda state: state["champion"].update(mean_reward=np.inf), "a reward of the champion is inf; it must be"),
            (lambda state: state["champion"].update(change=[]), "change of the champion is []; it must be"),
            (lambda state: state["champion"].update(network=wann.zoo.load("bipedal-walker")), "the network has 24 inputs"),
        ],
    )
    def test_a_state_that_is_not_one_of_the_search(
        self, folder: Path, change: Callable[[dict[str, Any]], None], what: str
    ) -> None:
        with Run.resume(folder) as run:
            state, digest = run.search.state(), run.settings.digest()
            before = run.search.generation, run.search.champion
            change(state)
            with pytest.raises(wann.WannError, match=re.escape(what)):
                run.search.restore(state)
            assert (run.search.generation, run.search.champion) == before
        path = folder / runs.CHECKPOINT
        path.write_bytes(Checkpoint(settings=digest, metrics="", search=state).to_bytes())
        assert refusal(folder).startswith(f"{path}: {what}")

    def test_one_that_lacks_what_it_belongs_to(self, folder: Path) -> None:
        (folder / runs.PREVIOUS_CHECKPOINT).unlink(missing_ok=True)
        (folder / runs.CHECKPOINT).write_bytes(archive.pack({}, format=FORMAT, version=runs.CHECKPOINT_VERSION))
        assert "not a checkpoint of this package" in refusal(folder)

    def test_one_that_says_it_is_encrypted(self, folder: Path) -> None:
        (folder / runs.PREVIOUS_CHECKPOINT).unlink(missing_ok=True)
        path = folder / runs.CHECKPOINT
        data = bytearray(path.read_bytes())
        data[data.index(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(data)
        assert "no checkpoint is whole" in refusal(folder)

    def test_random_damage_is_refused_or_does_not_count(self, folder: Path) -> None:
        """No bit of a file, whatever it stands for in a ZIP archive, brings another error or another search."""
        path, random = folder / runs.CHECKPOINT, Random(1)
        whole = path.read_bytes()
        (folder / runs.PREVIOUS_CHECKPOINT).unlink(missing_ok=True)
        with Run.resume(folder) as run:
            rewards = run.search.champion_record.rewards
        refusals = []
        for _ in range(200):
            data = bytearray(whole)
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
            path.write_bytes(data if random.random() < 0.8 else data[: random.randrange(len(data))])
            try:
                run = Run.resume(folder)
            except wann.WannError as error:
                refusals.append(str(error))
            else:
                assert run.search.champion_record.rewards == rewards
                run.close()
        assert len(refusals) > 100
        assert all(text.startswith("no checkpoint is whole: refused ") for text in refusals)


class TestChampions:
    @pytest.mark.parametrize("name", ["x.json", "1e3.json", "-1.json", "12.json", "٠٠٠٠٠٠١.json"])
    def test_a_name_that_is_no_generation_is_left_out_with_a_warning(self, folder: Path, name: str) -> None:
        path = folder / runs.HISTORY / name
        path.write_text("{")
        with Run.resume(folder) as run:
            assert run.warnings == [f"{path} is left out: files of history/ are named by the seven digits of a generation"]
        assert path.exists()
        assert path not in runs.history_files(folder)

    def test_a_damaged_one_is_set_aside_with_a_warning(self, folder: Path) -> None:
        first = runs.history_files(folder)[0]
        first.write_text("{")
        with Run.resume(folder) as run:
            assert len(run.warnings) == 1
            assert run.warnings[0].startswith(f"{first}: not valid JSON")
            assert run.warnings[0].endswith(f"it is left out and kept as {first.name}.damaged")
        assert first not in runs.history_files(folder)
        assert first.with_name(first.name + ".damaged").read_text() == "{"

    def test_one_of_another_task_is_set_aside_with_a_warning(self, folder: Path) -> None:
        first = runs.history_files(folder)[0]
        wann.zoo.load("bipedal-walker").save(first)
        with Run.resume(folder) as run:
            assert "24 inputs" in run.warnings[0]
        assert first not in runs.history_files(folder)

    def test_a_folder_in_place_of_one_is_set_aside(self, folder: Path) -> None:
        (folder / runs.HISTORY / "0000000.json").unlink()
        (folder / runs.HISTORY / "0000000.json").mkdir()
        (folder / runs.HISTORY / "0000009.json").mkdir()
        with Run.resume(folder) as run:
            assert ["a folder, not a network file" in warning for warning in run.warnings] == [True, True]
        assert all(path.is_file() for path in runs.history_files(folder))

    @pytest.mark.parametrize("damage", ["text", "missing", "other task"])
    def test_the_last_one_is_made_again(self, folder: Path, damage: str) -> None:
        path = folder / runs.CHAMPION
        whole = path.read_bytes()
        if damage == "missing":
            path.unlink()
        elif damage == "text":
            path.write_bytes(b"\xff")
        else:
            wann.zoo.load("bipedal-walker").save(path)
        with Run.resume(folder) as run:
            assert len(run.warnings) == 1
            assert run.warnings[0].endswith("it is made again from the checkpoint")
        assert path.read_bytes() == whole

    @pytest.mark.parametrize("score", [None, 5, {}, {"mean_reward": "x"}, {"mean_reward": 7}])
    def test_scores_that_are_none_are_not_drawn(self, folder: Path, score: object) -> None:
        from wann.show.pictures.champions import champions_of, pareto_points

        path = folder / runs.CHAMPION
        wann.Network.load(path).with_metadata(search_score=score).save(path)
        for former in runs.history_files(folder):
            former.unlink()
        points = pareto_points(folder, champions_of(folder))
        assert (None if points is None else points.rewards.tolist()) == ([7.0] if score == {"mean_reward": 7} else None)


class TestPopulation:
    @pytest.mark.parametrize(
        ("change", "what"),
        [
            (lambda text: text.replace(b"nodes", b"n\xffdes"), "not UTF-8 text (byte 0xff at position"),
            (lambda text: b"[" * 100_000, "not valid JSON: nested too deeply"),
            (lambda text: b"[]", "the file is []; it must be a dictionary"),
            (lambda text: json.dumps(json.loads(text) | {"generation": 1.5}).encode(), "generation is 1.5; it must be an"),
            (lambda text: json.dumps(json.loads(text) | {"nodes": 5}).encode(), "nodes is 5; it must be a list"),
            (
                lambda text: json.dumps(json.loads(text) | {"nodes": [1.5] * 8}).encode(),
                "nodes is 1.5; it must be an integer",
            ),
            (
                lambda text: json.dumps(json.loads(text) | {"nodes": [7]}).encode(),
                "mean_reward, best_reward, connections, nodes have [8, 8, 8, 1]",
            ),
            (lambda text: json.dumps(json.loads(text) | {"best_reward": ["1"] * 8}).encode(), "best_reward is '1'; it must"),
            (lambda text: json.dumps(json.loads(text) | {"colour": 1}).encode(), "the file: unknown field 'colour'"),
        ],
    )
    def test_damage_is_named_and_the_file_left_out(self, folder: Path, change: Callable[[bytes], bytes], what: str) -> None:
        path = folder / runs.POPULATION
        path.write_bytes(change(path.read_bytes()))
        assert refusal(folder, runs.read_population).startswith(f"{path}: {what}")
        with Run.resume(folder) as run:
            assert run.warnings[0].startswith(f"{path}: {what}")
            assert run.warnings[0].endswith("; it is left out")
        assert not path.exists()


class TestVanishing:
    """A folder that is deleted while a run goes on does not come into being again."""

    @pytest.mark.parametrize("when", ["generation", "checkpoint", "end"])
    def test_a_deleted_folder_is_told_at_the_next_write(self, tmp_path: Path, when: str) -> None:
        folder = tmp_path / "run"
        with Run.create(folder, settings(), threads=1) as run:
            generations = run.generations()
            next(generations)
            if when == "end":
                generations.close()
            shutil.rmtree(folder)
            go_on = {
                "generation": lambda: next(generations),
                "checkpoint": generations.close,
                "end": lambda: run.write_network("x.json", run.search.champion),
            }[when]
            with pytest.raises(wann.WannError, match=f"the folder of this run, {folder}, was deleted, moved or replaced"):
                go_on()
        assert not folder.exists()

    def test_another_run_in_its_place_is_left_alone(self, tmp_path: Path) -> None:
        folder = tmp_path / "run"
        with Run.create(folder, settings(), threads=1) as run:
            generations = run.generations()
            next(generations)
            folder.rename(tmp_path / "moved")
            finish(Run.create(folder, settings(seed=2), threads=1))
            before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
            with pytest.raises(wann.WannError, match="was deleted, moved or replaced"):
                next(generations)
        assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def test_pictures_do_not_make_it_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from wann.cli import runner

        folder = tmp_path / "run"
        with Run.create(folder, settings(), threads=1) as run:
            for _ in run.generations():
                pass
            records = runs.read_metrics(folder)
            shutil.rmtree(folder)
            monkeypatch.setattr(runner, "read_metrics", lambda _: records)
            with pytest.raises(wann.WannError, match="was deleted, moved or replaced"):
                runner._draw(run, lambda what, part: None)
        assert not folder.exists()

    def test_metrics_alone_are_deleted(self, tmp_path: Path) -> None:
        with Run.create(tmp_path, settings(), threads=1) as run:
            generations = run.generations()
            next(generations)
            (tmp_path / runs.METRICS).unlink()
            with pytest.raises(wann.WannError, match=r"metrics\.jsonl was deleted or replaced while the run went on"):
                next(generations)


class TestFullDisk:
    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EFBIG])
    def test_the_error_names_the_metrics(self, folder: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
        """The part of a line that still found room is cut off when there is more."""
        real_write = os.write
        sizes = iter([10])

        def write(handle: int, data: bytes) -> int:
            size = next(sizes, None)
            if size is None:
                raise OSError(code, os.strerror(code))
            return real_write(handle, data[:size])

        with Run.resume(folder, threads=1) as run:
            monkeypatch.setattr(os, "write", write)
            with pytest.raises(OSError, match=os.strerror(code)) as caught:
                next(run.generations())
        monkeypatch.undo()
        assert caught.value.filename == str(folder / runs.METRICS)
        assert (folder / runs.METRICS).read_bytes().endswith(b'\n{"generati')
        with Run.resume(folder, threads=1) as run:
            assert (run.search.generation, run.warnings) == (STOPPED, [])

    def test_the_error_names_the_file_that_was_to_be_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from wann.files import write_text

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left") as caught:
            write_text(tmp_path / "x.json", "text")
        assert caught.value.filename == str(tmp_path / "x.json")
        assert not list(tmp_path.iterdir())
