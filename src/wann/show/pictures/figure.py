"""A figure that shows itself in a notebook. It imports matplotlib, so only what draws imports it."""

from matplotlib.figure import Figure

from wann.show.pictures import style


class Picture(Figure):
    """A figure of matplotlib.

    Notebooks show figures by themselves only where ``pyplot`` was imported, and we do without its global state.
    """

    def _repr_svg_(self) -> str:
        return style.svg(self)
