"""An explanation as text: what `wann explain` prints."""

from collections.abc import Sequence

from wann.arguments import counted
from wann.explain.ablation import connection_name, node_name
from wann.explain.dependence import OutputInputs
from wann.explain.importance import Importance
from wann.explain.pruning import Pruned
from wann.explain.regimes import Cliff, Regimes, Stretch
from wann.explain.trials import Mean
from wann.scoring.score import digits

#: Rows of a table, entries of a line, and lines of a formula, at most.
_ROWS, _ENTRIES, _FORMULA_LINES = 12, 6, 40
#: An input whose removal changes an output by less than this part of its standard deviation is not worth a name.
_LEAST_CHANGE = 0.05


def report_text(
    *,
    task: str,
    at: str,
    trials: str,
    importance: Importance,
    outputs: Sequence[OutputInputs],
    regimes: Regimes,
    pruned: Pruned | None,
    formula: str | None,
) -> str:
    """All that was found, in plain English."""
    parts = [_heading(task, at, trials, importance), *_matters(importance)]
    if pruned:
        parts.append(_pruned(pruned, importance, trials))
    parts += [_outputs(outputs), _regimes(regimes), _formula(formula, pruned is not None)]
    return "\n\n".join(parts)


def _heading(task: str, at: str, trials: str, importance: Importance) -> str:
    return (
        f"{task}, {at}: reward {_pair(importance.reward)} over {importance.n} {trials}\n"
        "(behind ± is the standard error of the mean)"
    )


def _pair(value: Mean) -> str:
    return " ± ".join(_cells(value, _places(value)))


def _cells(value: Mean, places: int) -> tuple[str, str]:
    return f"{value.mean:.{places}f}", f"{value.error:.{places}f}"


def _places(reward: Mean) -> int:
    """With how many decimals rewards of this size are shown, and what is lost of them."""
    return max(digits(max(abs(reward.mean), reward.error)), 1)


def _matters(importance: Importance) -> list[str]:
    network = importance.network
    n_fixed = 1 + network.n_inputs
    used = sorted(set(network.connections[:, 0].tolist()))
    inputs = [(node_name(network, node), importance.nodes[node]) for node in used if node < n_fixed]
    hidden = [(node_name(network, node), importance.nodes[node]) for node in range(n_fixed, len(importance.nodes))]
    connections = [(connection_name(network, i), loss) for i, loss in enumerate(importance.connections)]
    places = _places(importance.reward)
    unused = network.n_inputs - sum(0 < node < n_fixed for node in used)
    lines = [
        "What matters: the loss of reward where it is taken out",
        _table("inputs", inputs, places, f"{unused} of {network.n_inputs} inputs are not used at all" if unused else ""),
        _table("hidden nodes", hidden, places, ""),
        _table("connections", connections, places, ""),
    ]
    return [line for line in lines if line]


def _table(title: str, rows: list[tuple[str, Mean]], places: int, note: str) -> str:
    if not rows:
        return ""
    largest = sorted(rows, key=lambda row: -row[1].mean)[:_ROWS]
    width = max(len(name) for name, _ in largest)
    cells = [_cells(loss, places) for _, loss in largest]
    wide, narrow = (max(map(len, column)) for column in zip(*cells, strict=True))
    lines = [f"  {title}"]
    for (name, _), (mean, error) in zip(largest, cells, strict=True):
        lines.append(f"    {name:{width}}  {mean:>{wide}} ± {error:>{narrow}}")
    matter = sum(loss.mean > 2 * loss.error for _, loss in rows)
    lines.append(f"    {matter} of {len(rows)} lose more than two standard errors{'; ' + note if note else ''}")
    return "\n".join(lines)


def _pruned(pruned: Pruned, importance: Importance, trials: str) -> str:
    whole, small = importance.network, pruned.network
    confirmed = "confirmed" if pruned.is_confirmed else "not confirmed, the loss is larger there"
    return (
        "The smallest network that does as well\n"
        f"  {counted(small.n_connections, 'connection')} of {whole.n_connections}, "
        f"{counted(small.n_hidden, 'hidden node')} of {whole.n_hidden}\n"
        f"  reward {_pair(pruned.reward)}, the whole network {_pair(pruned.whole)}: {loss_or_gain(pruned)}\n"
        f"  over {pruned.n} {trials} that nothing was chosen on; allowed was a loss of {pruned.allowed:.3g}: {confirmed}"
    )


def loss_or_gain(pruned: Pruned) -> str:
    """What the smallest network loses or gains, with as many decimals as rewards have."""
    places = _places(pruned.whole)
    what = "loss" if pruned.loss.mean >= 0 else "gain"
    return f"a {what} of {abs(pruned.loss.mean):.{places}f} ± {pruned.loss.error:.{places}f}"


def _outputs(outputs: Sequence[OutputInputs]) -> str:
    lines = ["What each output depends on (how far it is off without the input, as a part of its standard deviation)"]
    for output in outputs:
        known = [i for i in output.inputs if i.change is not None and i.change >= _LEAST_CHANGE]
        named = [f"{i.name} {i.change:.2f}" for i in known[:_ENTRIES]] or [i.name for i in output.inputs[:_ENTRIES]]
        reach = f"{counted(len(output.inputs), 'input')} lead{'s' * (len(output.inputs) == 1)} to it"
        lines.append(f"  {output.output}: {', '.join(named) or 'no input'} ({reach})")
    return "\n".join(lines)


def _regimes(regimes: Regimes) -> str:
    lines = ["What the shared weight does: stretches of the weight profile, and the cliffs between them"]
    for i, stretch in enumerate(regimes.stretches):
        lines.append(_stretch(stretch))
        if i < len(regimes.cliffs):
            lines.append(_cliff(regimes.cliffs[i]))
    return "\n".join(lines)


def _stretch(stretch: Stretch) -> str:
    span = f"{stretch.low:g}" if stretch.low == stretch.high else f"{stretch.low:g} to {stretch.high:g}"
    text = f"  {span}: reward {stretch.reward:.{max(digits(stretch.reward), 1)}f}"
    most = [s for s in stretch.saturated if s.share >= 0.5]
    if stretch.saturated:
        named = ", ".join(f"{s.name} {100 * s.share:.0f} %" for s in most[:3])
        text += f"; saturated at least half of the time: {len(most)} of {len(stretch.saturated)} nodes that can be"
        text += f" ({named})" if most else ""
    return text


def _cliff(cliff: Cliff) -> str:
    text = f"    from {cliff.left:g} to {cliff.right:g}: {cliff.rise:+.{max(digits(cliff.rise), 1)}f}"
    if cliff.changes:
        text += "; most changed: " + ", ".join(f"{c.name} {c.distance:.2f}" for c in cliff.changes[:3])
    return text


def _formula(formula: str | None, is_pruned: bool) -> str:
    title = f"The formula{' of the smallest network' if is_pruned else ''}"
    if formula is None:
        return f"{title} needs the extra 'formula': pip install 'wann[formula]'"
    lines = formula.strip().splitlines()
    if len(lines) > _FORMULA_LINES:
        return f"{title} has {len(lines)} lines: wann export NETWORK --to formula"
    return "\n".join([title, *(f"  {line}" for line in lines if line)])
