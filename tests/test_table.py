"""Tasks on tables, and what is said about tables that cannot be used."""

import json

import numpy as np
import pytest

import wann
from wann.cli import main
from wann.tasks.data.tables import read_table, table_task


@pytest.fixture
def rows(rng):
    x = rng.normal(size=(120, 3)) * [1, 100, 0.01] + [0, 50, 7]
    return x, np.where(x[:, 0] + (x[:, 1] - 50) / 100 > 0, "yes", "no")


def write_csv(path, header, rows):
    path.write_text("\n".join([",".join(header), *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def table(tmp_path, rows):
    x, y = rows
    return write_csv(tmp_path / "data.csv", ["a", "b", "c", "label"], [[*r, t] for r, t in zip(x, y, strict=True)])


def test_columns_are_standardised_on_the_training_part(table, rows):
    task = table_task(table, target="label")
    assert isinstance(task, wann.tasks.Classification)
    assert (task.inputs, task.outputs) == (("a", "b", "c"), ("no", "yes"))
    assert (task.name, task.held_out.name) == ("data.csv: label", "data.csv: label")
    assert task.n_samples == 90
    assert task.held_out.n_samples == 30
    assert task.x.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-5)
    assert task.x.std(axis=0) == pytest.approx(np.ones(3), abs=1e-4)
    assert abs(task.held_out.x.mean(axis=0)).max() > 1e-3
    raw = task.held_out.x * task.preparation["scale"] + task.preparation["mean"]
    x, _ = rows
    for row in raw[:5]:
        assert np.abs(x - row).sum(axis=1).min() < 1e-2
    share = [np.mean(t.y) for t in (task, task.held_out)]
    assert share[0] == pytest.approx(share[1], abs=0.03)


def test_the_split_is_named_by_its_seed(table):
    first, again, other = (table_task(table, target="label", split_seed=s) for s in (0, 0, 1))
    assert np.array_equal(first.x, again.x)
    assert not np.array_equal(first.x, other.x)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_usual_separators_are_read(tmp_path, separator):
    path = tmp_path / "t.csv"
    path.write_text("\ufeff" + "\n".join(["a b y", "1 2.5 no", "3 4 yes"]).replace(" ", separator), encoding="utf-8")
    columns = read_table(path)
    assert list(columns) == ["a", "b", "y"]
    assert columns["b"].tolist() == [2.5, 4]
    assert columns["y"] == ["no", "yes"]


def test_regression_and_kinds(tmp_path, rng):
    x = rng.normal(size=(60, 2))
    path = write_csv(tmp_path / "r.csv", ["u", "v", "n", "t"], [[*r, int(r[0] > 0), 10 + 3 * r[0]] for r in x])
    task = table_task(path, target="t", ignore=["n"])
    assert isinstance(task, wann.tasks.Regression)
    assert task.y.mean() == pytest.approx(0, abs=1e-5)
    assert task.preparation["target_mean"] == pytest.approx(10, abs=2)
    assert task.outputs == ("t",)
    assert isinstance(table_task(path, target="n", ignore="t"), wann.tasks.Classification)
    assert isinstance(table_task(path, target="n", kind="regression"), wann.tasks.Regression)


def test_parquet_is_read_like_csv(tmp_path, table):
    pytest.importorskip("pyarrow")
    from pyarrow import csv, parquet

    parquet.write_table(csv.read_csv(table), tmp_path / "data.parquet")
    a, b = table_task(table, target="label"), table_task(tmp_path / "data.parquet", target="label")
    assert np.array_equal(a.x, b.x)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(wann.WannError, match="not a Parquet file"):
        read_table(tmp_path / "bad.parquet")


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,t\n1,x\n2,y\n", {}, "which column is to be predicted"),
        ("a,t\n1,x\n2,y\n", {"target": "z"}, "no column 'z'; there are a, t"),
        ("a,b,t\n1,red,x\n2,blue,y\n", {"target": "t"}, "column b holds text"),
        ("a,t\n1,x\n,y\n", {"target": "t"}, "column a: the value in row 2 is missing"),
        ("a,t\n1,x\ninf,y\n", {"target": "t"}, "row 2 is infinite"),
        ("a,t\n1,x\n2,NA\n", {"target": "t"}, "column t: the value in row 2 is missing"),
        ("a,t\n1,x\n2,x\n", {"target": "t"}, "one class only"),
        ("a,t\n1,x\n2,x\n3,y\n", {"target": "t"}, "class y of column t has one sample"),
        ("a,t\n5,x\n5,x\n5,y\n5,y\n", {"target": "t"}, "column a is constant"),
        ("a,t\n1,x\n2\n", {"target": "t"}, "line 3: 1 values"),
        ("a,a\n1,2\n", {"target": "a"}, "names 'a' twice"),
        ("a,t\n", {"target": "t"}, "no rows"),
        ("t\n1\n2\n", {"target": "t"}, "no column besides 't'"),
        ("a,t\n1,x\n2,y\n", {"target": "t", "kind": "ranking"}, "kind is 'ranking'"),
        ("a,t\n1,x\n2,y\n", {"target": "t", "held_out": 1.5}, "held_out is 1.5"),
        ("a,t\n1,x\n2,y\n", {"target": "t", "kind": "regression"}, "cannot be the target of a regression"),
        ("a,t\n1,x\n2,y\n", {"target": ["t"]}, r"target is \['t'\]; it must be the name of a column"),
        ("a,t\n1,x\n2,y\n", {"target": "t", "ignore": 5}, "ignore: expected a list of names of columns, got 5"),
        ("a,t\n1,x\n2,y\n", {"target": "t", "ignore": [5]}, "no column 5"),
        ("a,t\n1,x\n2,y\n", {"target": "t", "held_out": "a"}, "held_out is 'a'"),
        ("a,t\n1,x\n2,y\n", {"target": "t", "split_seed": "a"}, "split_seed is 'a'"),
        ("a,t\n1,x\n2,y\n", {"target": "t", "kind": ["x"]}, r"kind is \['x'\]"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_in_one_line(tmp_path, text, options, message):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(wann.WannError, match=message) as caught:
        table_task(path, **options)
    assert "\n" not in str(caught.value)
    assert "table.csv" in str(caught.value)


HUGE = [*([i % 7, i % 5, i % 2] for i in range(40)), ["1e200", 1, 1], ["-1e200", 1, 0]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("header", "options"),
    [
        (["big", "b", "y"], {"target": "y"}),
        (["big", "b", "y"], {"target": "big", "kind": "regression"}),
        (["big", "b", "y"], {"target": "y", "split_seed": 1, "held_out": 0.5}),
    ],
)
def test_values_that_overflow_when_they_are_standardised_are_refused(tmp_path, header, options):
    path = write_csv(tmp_path / "huge.csv", header, HUGE)
    with pytest.raises(wann.WannError, match=r"huge\.csv: column big holds values that are too large .* up to 1e\+200"):
        table_task(path, **options)


def test_a_search_on_such_a_table_leaves_no_folder(tmp_path, capsys):
    path = write_csv(tmp_path / "huge.csv", ["big", "b", "y"], HUGE)
    with pytest.raises(SystemExit) as ended:
        main(["search", str(path), "--target", "y", "--out", str(tmp_path / "run")])
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["9007199254740993", "9007199254740992", "5"], {"9007199254740993", "9007199254740992", "5"}),
        (["20000000000000000000", "30000000000000000000"], {"20000000000000000000", "30000000000000000000"}),
        (["2e19", "3e19"], {"2e+19", "3e+19"}),
        (["-9223372036854775808", "9223372036854775808"], {"-9223372036854775808", "9223372036854775808"}),
        (["1", "2.0"], {"1", "2"}),
        (["01x", "1x"], {"01x", "1x"}),
    ],
)
def test_classes_stay_apart_and_exact(tmp_path, labels, classes):
    rows = [[i % 7, label] for i, label in enumerate(labels * 8)]
    task = table_task(write_csv(tmp_path / "t.csv", ["a", "y"], rows), target="y")
    assert isinstance(task, wann.tasks.Classification)
    assert set(task.outputs) == classes
    assert sorted(np.bincount(task.y).tolist()) == [6] * len(labels)
    assert task.held_out.n_samples == 2 * len(labels)


def test_large_integers_are_inputs_and_regression_targets_too(tmp_path):
    rows = [[i % 7, 2**60 + i * 2**55, i % 3] for i in range(40)]
    path = write_csv(tmp_path / "t.csv", ["a", "id", "y"], rows)
    assert table_task(path, target="y").inputs == ("a", "id")
    task = table_task(path, target="id")
    assert isinstance(task, wann.tasks.Regression)
    assert task.preparation["target_mean"] == pytest.approx(2**60 + 19.5 * 2**55, rel=0.2)


def test_large_integers_of_parquet_files_stay_exact(tmp_path):
    pytest.importorskip("pyarrow")
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({"a": [i % 7 for i in range(16)], "y": [2**53 + i % 2 for i in range(16)]})
    parquet.write_table(table, tmp_path / "t.parquet")
    assert table_task(tmp_path / "t.parquet", target="y").outputs == (str(2**53), str(2**53 + 1))


def test_search_on_a_table_from_the_command_line(table, tmp_path, capsys):
    out = tmp_path / "run"
    arguments = ["search", str(table), "--target", "label", "--ignore", "c", "--generations", "15", "--population", "24"]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--threads", "1", "--out", str(out), "--json"])
    assert ended.value.code == 0
    json.loads(capsys.readouterr().out)
    network = wann.Network.load(out / "champion.json")
    assert network.inputs == ("a", "b")
    assert network.metadata["search_score"]["split"] == "training"
    assert len(network.metadata["preparation"]["mean"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no.csv", "--target", "t"], "no such file"),
        (["digits", "--target", "t"], "digits has no option 'target'; there are batch"),
        (["nothing"], "unknown task 'nothing'"),
    ],
)
def test_bad_arguments_end_with_status_2(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["search", *arguments])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_scores_are_reported_on_held_out_samples(table):
    task = table_task(table, target="label")
    network = wann.Network(
        inputs=task.inputs, outputs=task.outputs, hidden=[], output_activations="linear", connections=[(1, 4), (2, 5)]
    )
    found = wann.scoring.evaluate_rewards(network, task, episodes=3, weights=(1.0,), threads=1)
    assert found.mean_reward == pytest.approx(task.held_out.score([network], [1.0])[0, 0])
    assert found.mean_reward != pytest.approx(task.score([network], [1.0])[0, 0])
