"""`wann export`, and what all exported files have in common: the weights that they hold and the errors."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import wann
from conftest import Cli, random_network
from wann import Network, WannError, export
from wann.cli.export import TARGETS
from wann.export.files import FORMULAS
from wann.export.text import identifier, identifiers, number, plain, wrapped
from wann.networks.metadata import PreparationRecord

SWINGUP = "zoo:cartpole-swingup"


def untuned() -> Network:
    return random_network(np.random.default_rng(0))


class TestCommand:
    @pytest.mark.parametrize("target", TARGETS)
    def test_each_target(self, target: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        if target == "torch":
            pytest.importorskip("torch", reason="needs PyTorch")
        monkeypatch.chdir(tmp_path)
        printed = cli("export", SWINGUP, "--to", target).stdout.strip()
        assert [path.name for path in tmp_path.iterdir()] == [printed]
        assert printed == f"cartpole-swingup{export.TARGETS[target].ending}"
        assert (tmp_path / printed).read_bytes()

    def test_the_command_knows_all_targets(self) -> None:
        assert tuple(export.TARGETS) == TARGETS

    def test_a_file_and_the_folder_of_a_run(self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "run").mkdir()
        for path in ("mine.json", "run/champion.json"):
            wann.zoo.load("cartpole-swingup").save(tmp_path / path)
        assert cli("export", "mine.json", "--to", "c").stdout == "mine.c\n"
        assert cli("export", "run", "--to", "c").stdout == "run.c\n"
        assert cli("export", "run/", "--to", "dot", "--out", "deep/er.dot").stdout == "deep/er.dot\n"

    def test_what_is_there_is_kept(self, cli: Cli, tmp_path: Path) -> None:
        out = tmp_path / "a.c"
        out.write_text("mine")
        stderr = cli("export", SWINGUP, "--to", "c", "--out", out, status=2).stderr
        assert f"{out} exists (" in stderr
        assert out.read_text() == "mine"
        cli("export", SWINGUP, "--to", "c", "--out", out, "--overwrite")
        assert "void a(const float *in, float *out)" in out.read_text()

    @pytest.mark.parametrize(("weight", "held"), [("1.5", 1.5), ("-2", -2.0), ("shared", 0.775)])
    def test_a_shared_weight(self, weight: str, held: float, cli: Cli, tmp_path: Path) -> None:
        out = tmp_path / "a.onnx"
        cli("export", SWINGUP, "--to", "onnx", "--out", out, f"--weight={weight}")
        tensors = {t.name: numpy_helper.to_array(t) for t in onnx.load(out).graph.initializer}
        assert tensors["weight"] == np.float32(held)
        assert "weights" not in tensors

    @pytest.mark.parametrize("weight", [(), ("--weight", "individual")])
    def test_individual_weights(self, weight: tuple[str, ...], cli: Cli, tmp_path: Path) -> None:
        out = tmp_path / "a.onnx"
        cli("export", SWINGUP, "--to", "onnx", "--out", out, *weight)
        tensors = {t.name: numpy_helper.to_array(t) for t in onnx.load(out).graph.initializer}
        np.testing.assert_array_equal(tensors["weights"], wann.zoo.load("cartpole-swingup").weights)

    def test_json(self, cli: Cli, tmp_path: Path) -> None:
        out = tmp_path / "walker.c"
        options = ("--to", "c", "--out", out, "--policy", "--weight", "shared", "--json")
        told = json.loads(cli("export", "zoo:bipedal-walker", *options).stdout)
        assert told == {"file": str(out), "to": "c", "policy": True, "bytes": out.stat().st_size}
        assert out.read_text().count("walker_within(h") == 4

    def test_the_policy_of_another_task(self, cli: Cli, tmp_path: Path) -> None:
        out, options = tmp_path / "car.py", ("--task", "car-racing", "--task-option", "throttle=half")
        cli("export", "zoo:car-racing", "--to", "python", "--out", out, "--policy", *options)
        assert "    reach = [1.0, 0.5, 1.0]\n" in out.read_text()

    def test_a_table_is_not_needed_for_its_policy(self, cli: Cli, tmp_path: Path) -> None:
        record = PreparationRecord(mean=(1.0,) * 5, scale=(2.0,) * 5)
        network = untuned().with_tuning(shared_weight=1.0)
        network.with_metadata(task="gone.csv", **record.entries()).save(tmp_path / "a.json")
        cli("export", tmp_path / "a.json", "--to", "c", "--policy", "--out", tmp_path / "a.c")
        assert "const float x0 = (in[0] - 1.0f) * 0.5f;" in (tmp_path / "a.c").read_text()

    @pytest.mark.parametrize("ending", FORMULAS)
    def test_kinds_of_formulas(self, ending: str, cli: Cli, tmp_path: Path) -> None:
        out = tmp_path / f"walker{ending}"
        cli("export", "zoo:bipedal-walker", "--to", "formula", "--out", out)
        begins = {".txt": "bipedal-walker: 24 inputs", ".tex": "% bipedal-walker", ".py": "# bipedal-walker"}
        assert out.read_text().startswith(begins[ending])
        if ending == ".py":
            ast.parse(out.read_text())

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("--to", "tflite"), "Invalid value for '--to': 'tflite' is not one of 'onnx', 'torch', 'c', 'python'"),
            ((), "Missing option '--to'"),
            (("--to", "c", "--weight", "much"), "'much' is neither a number nor shared nor individual"),
            (("--to", "c", "--weight", "nan"), "weight is nan; it must be a number finite in float32"),
            (("--to", "c", "--task", "bipedal-walker"), "--task and --task-option are for a --policy"),
            (("--to", "c", "--policy"), "the network is the policy (leave --policy away"),
            (("--to", "formula", "--out", "a.pdf"), "a.pdf: a formula is written as text (.txt), LaTeX (.tex) or SymPy's"),
        ],
    )
    def test_errors(self, options: tuple[str, ...], message: str, cli: Cli) -> None:
        stderr = cli("export", SWINGUP, *options, status=2).stderr
        assert message in stderr
        assert stderr.count("\n") == 1

    @pytest.mark.parametrize("target", ["formula", "dot", "graphml"])
    def test_what_holds_no_policy(self, target: str, cli: Cli) -> None:
        stderr = cli("export", "zoo:bipedal-walker", "--to", target, "--policy", status=2).stderr
        assert f"{target} holds the network alone; a policy can be exported to onnx, torch, c, python" in stderr

    @pytest.mark.parametrize(
        ("target", "package", "message"),
        [
            ("onnx", "onnx", "export to ONNX needs the extra 'onnx': pip install 'wann[onnx]'"),
            ("torch", "torch", "export to PyTorch needs the extra 'torch': pip install 'wann[torch]'"),
            ("formula", "sympy", "export as a formula needs the extra 'formula': pip install 'wann[formula]'"),
        ],
    )
    def test_a_missing_extra(self, target: str, package: str, message: str, tmp_path: Path) -> None:
        code = f"import sys; sys.modules[{package!r}] = None; from wann.cli import main; main(sys.argv[1:])"
        out = tmp_path / "a.txt"
        arguments = [sys.executable, "-c", code, "export", SWINGUP, "--to", target, "--out", out]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (2, f"wann: {message}\n")
        assert not out.exists()


class TestWeights:
    def test_none_is_tuned(self, cli: Cli, tmp_path: Path) -> None:
        with pytest.raises(WannError, match="this network has no tuned weight: name one, such as 1"):
            export.to_c(untuned())
        with pytest.raises(WannError, match="this network has no tuned shared weight: name one"):
            export.to_c(untuned(), weight="shared")
        with pytest.raises(WannError, match="this network has no individual weights: tune it, or name a shared weight"):
            export.to_c(untuned(), weight="individual")
        untuned().save(tmp_path / "a.json")
        stderr = cli("export", tmp_path / "a.json", "--to", "c", status=2).stderr
        assert "this network has no tuned weight: name one, such as 1 (--weight W)" in stderr

    @pytest.mark.parametrize("weight", ["both", float("inf"), [1.0]])
    def test_what_is_no_weight(self, weight: object) -> None:
        with pytest.raises(WannError, match=r"^weight is "):
            export.to_python(untuned(), weight=weight)


class TestInPython:
    def test_write(self, tmp_path: Path) -> None:
        export.write(wann.zoo.load("cartpole-swingup"), tmp_path / "swing-up.c", "c", weight=1.0)
        assert "void swing_up(const float *in, float *out, float w)" in (tmp_path / "swing-up.c").read_text()

    def test_errors(self, tmp_path: Path) -> None:
        network = wann.zoo.load("cartpole-swingup")
        with pytest.raises(WannError, match="to is 'onyx'; it must be 'onnx' or 'torch' or 'c'"):
            export.write(network, tmp_path / "a", "onyx")
        with pytest.raises(WannError, match="path is 1; it must be the path of a file"):
            export.write(network, 1, "c")
        for function in (export.to_c, export.to_python, export.to_dot, export.to_graphml, export.to_onnx, export.to_formula):
            with pytest.raises(WannError, match=r"network is 'zoo:a'; it must be a wann\.Network: wann\.zoo\.load"):
                function("zoo:a")

    def test_all_names_are_there(self) -> None:
        pytest.importorskip("torch", reason="needs PyTorch")
        assert all(hasattr(export, name) for name in export.__all__)
        with pytest.raises(AttributeError, match="has no attribute 'to_cobol'"):
            export.to_cobol  # noqa: B018


class TestText:
    def test_identifiers(self) -> None:
        assert identifier("pixel 0 1") == "pixel_0_1"
        assert identifier("9 lives") == "n_9_lives"
        assert identifier("*/") == "n"
        assert identifiers(["a b", "a-b", "w", "a b"], taken=["w"]) == ["a_b", "a_b_2", "w_2", "a_b_3"]

    def test_names_in_comments(self) -> None:
        assert plain('a */ "b" \\\n') == "a __ _b_ __"
        assert plain("x" * 100) == "x" * 60 + "..."

    @pytest.mark.parametrize("value", [0.775, 1.0, -2.0, 1e-30, 3.4028235e38, 0.1, 123456.7])
    def test_numbers_name_a_float32(self, value: float) -> None:
        assert np.float32(number(value)) == np.float32(value)
        assert any(c in number(value) for c in ".e")

    def test_lines(self) -> None:
        assert wrapped(["aa", "bb", "cc"], "  ", "    ", width=8) == "  aa bb\n    cc"
