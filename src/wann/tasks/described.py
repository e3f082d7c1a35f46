"""What a task says of itself where it is printed."""

from wann.arguments import counted, listed
from wann.tasks.protocol import Task, classes_of, presets_of, samples_of


class Described:
    """A base of tasks: prints itself."""

    def __repr__(self) -> str:
        return _line(self)  # type: ignore[arg-type]

    def __str__(self) -> str:
        return _table(self)  # type: ignore[arg-type]


def _line(task: Task) -> str:
    sizes = f"{counted(len(task.inputs), 'input')}, {counted(len(task.outputs), 'output')}"
    return f"{type(task).__name__}({task.name!r}, {sizes})"


def _table(task: Task) -> str:
    """A line for each thing that there is to know."""
    return "\n".join([task.name, *(f"  {label:10}{text}" for label, text in _facts(task))])


def _facts(task: Task) -> list[tuple[str, str]]:
    rows = [("inputs", listed(task.inputs)), ("outputs", f"{listed(task.outputs)}; {task.output_activation.label}")]
    samples = samples_of(task)
    if samples is not None:
        held_out = f", {samples.held_out.n_samples:,} held out" if samples.held_out is not None else ""
        kind = "classes" if classes_of(task) is not None else "targets"
        rows.append(("samples", f"{samples.n_samples:,} with {kind} ({samples.split}){held_out}"))
    known = presets_of(task)
    if known is not None:
        rows.append(("presets", ", ".join(known.presets)))
    return rows
