"""What stands below a scene that is seen through an encoder: its small pictures, and the network as it is at the moment."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from wann.networks.activations import NUMPY
from wann.networks.network import Network
from wann.show.pictures.layout import bezier, lay_out
from wann.show.scene_picture import PAPER, WIDTH, Colour, Picture
from wann.tasks.recording import Recording
from wann.tasks.scene import Sight
from wann.vision import Encoder

_FloatArray = NDArray[np.float32]

#: Pixels: between panels, and of the captions below them.
_GAP, _CAPTION = 8, 24
#: Of the scene's width, for each small picture; the network has the rest.
_SHARE = 0.3
_LETTERS: Colour = (78, 86, 94)
_POSITIVE, _NEGATIVE, _RESTING = (11, 107, 184), (196, 87, 11), (206, 210, 215)
#: The network is drawn so many times finer and then averaged.
_FINER = 3


class Panels:
    """The row of panels below a recording's scene."""

    def __init__(
        self, sight: Sight, recording: Recording, network: Network, weight: float | None, encoder: Encoder | None
    ) -> None:
        across, up = sight.view.size
        self._size = round(_SHARE * WIDTH), round(_SHARE * WIDTH * up / across)
        self._recording = recording
        self._encoder = encoder if encoder is not None and encoder.decoder is not None else None
        self._captions = [
            f"What the {sight.who} sees",
            *(["What the encoder keeps"] if self._encoder else []),
            "The network",
        ]
        left = (len(self._captions) - 1) * (self._size[0] + _GAP)
        self._network = _NetworkPanel(network, weight, recording, (WIDTH - left, self._size[1]))

    def row(self, frame: int) -> Picture:
        """All panels with their captions, shape (height, 640, 3)."""
        image = Image.new("RGB", (WIDTH, 2 * round((self._size[1] + _GAP + _CAPTION) / 2)), PAPER)
        draw, font = ImageDraw.Draw(image), ImageFont.load_default(13)
        for i, (panel, caption) in enumerate(zip(self._panels(frame), self._captions, strict=True)):
            left = i * (self._size[0] + _GAP)
            image.paste(panel, (left, _GAP))
            draw.text((left + 4, _GAP + self._size[1] + 4), caption, fill=_LETTERS, font=font)
        return np.asarray(image)

    def _panels(self, frame: int) -> list[Image.Image]:
        panels = []
        if self._recording.views is not None:
            panels.append(self._grey(self._recording.views[frame]))
        if self._encoder is not None:
            latents = self._recording.observations[frame : frame + 1, : self._encoder.n_latents]
            kept = self._encoder.decode(latents)[0].mean(axis=-1)
            panels.append(self._grey(np.round(255 * np.clip(kept, 0, 1)).astype(np.uint8)))
        return [*panels, self._network.picture(frame)]

    def _grey(self, picture: NDArray[np.uint8]) -> Image.Image:
        return Image.fromarray(picture).resize(self._size, Image.Resampling.NEAREST).convert("RGB")


class _NetworkPanel:
    """Nodes and connections in the colours of what they carry."""

    def __init__(self, network: Network, weight: float | None, recording: Recording, size: tuple[int, int]) -> None:
        self._network = network
        self._weights = connection_weights(network, weight)
        self._values = node_values(network, self._weights, recording.observations, recording.memory)
        self._sources = network.core.source
        self._size = (size[0] * _FINER, size[1] * _FINER)
        self._font = ImageFont.load_default(11 * _FINER)
        layout = lay_out(network)
        names = max(self._font.getlength(name) for name in network.outputs)
        self._radius = min(5.0, 0.42 * size[1] / max(layout.height + 1, 1)) * _FINER
        margin = self._radius + 2 * _FINER
        scale = (
            (self._size[0] - 2 * margin - names - 6 * _FINER) / max(layout.width, 1),
            (self._size[1] - 2 * margin) / max(layout.height, 1),
        )
        self._places = margin + np.column_stack([layout.x, layout.y]) * scale
        self._routes = [
            margin + (bezier(route) if recurrent else route) * scale
            for route, recurrent in zip(layout.routes, network.recurrent, strict=True)
        ]

    def picture(self, frame: int) -> Image.Image:
        image = Image.new("RGB", self._size, PAPER)
        draw, values = ImageDraw.Draw(image), self._values[frame]
        signals = self._weights * values[self._sources]
        for route, signal in zip(self._routes, signals, strict=True):
            width = _FINER * (0.6 + 1.6 * abs(np.tanh(signal)))
            draw.line([(float(x), float(y)) for x, y in route], fill=_colour(signal), width=round(width), joint="curve")
        for (x, y), value in zip(self._places, values[: len(self._places)], strict=True):
            box = (x - self._radius, y - self._radius, x + self._radius, y + self._radius)
            draw.ellipse(box, fill=_colour(value), outline=_LETTERS, width=_FINER // 2)
        first = self._network.n_nodes - self._network.n_outputs
        left = float(self._places[first:, 0].max()) + self._radius + 4 * _FINER
        heights = _apart(self._places[first:, 1], 12.0 * _FINER, self._size[1] - 6.0 * _FINER)
        for y, name in zip(heights, self._network.outputs, strict=True):
            draw.text((left, y), name, fill=_LETTERS, font=self._font, anchor="lm")
        return image.reduce(_FINER)


def _apart(heights: NDArray[np.float64], least: float, lowest: float) -> list[float]:
    """Rising heights, at least so far apart and, where there is room, none below the lowest; otherwise as they are."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(float(height), placed[-1] + least if placed else 0.0))
    for i in reversed(range(len(placed))):
        placed[i] = max(min(placed[i], lowest - least * (len(placed) - 1 - i)), 0.0)
    return placed


def connection_weights(network: Network, weight: float | None) -> _FloatArray:
    """The weight of each connection: the shared one, or, where it is None, the network's own."""
    shared = network.shared_weight if weight is None else weight
    if weight is None and network.weights is not None:
        return network.weights
    return np.full(network.n_connections, shared, dtype=np.float32)


def node_values(
    network: Network, weights: _FloatArray, observations: _FloatArray, memory: _FloatArray | None = None
) -> _FloatArray:
    """What every node says to each observation; the bias and the inputs come first. Behind them stands what the network
    remembers, shape (n, n_nodes + n_memory); without it, nothing.
    """
    fixed = 1 + network.n_inputs
    values = np.ones((len(observations), network.n_nodes + network.n_memory), dtype=np.float32)
    values[:, 1:fixed] = observations
    values[:, network.n_nodes :] = 0 if memory is None else memory
    source, target = network.core.source, network.connections[:, 1]
    for node, activation in enumerate(network.activations, fixed):
        own = target == node
        values[:, node] = NUMPY[activation](values[:, source[own]] @ weights[own])
    return values


def _colour(value: float) -> Colour:
    """From grey for 0 to the colour of its sign."""
    part = abs(float(np.tanh(value)))
    of_sign = _POSITIVE if value > 0 else _NEGATIVE
    red, green, blue = (round(a + part * (b - a)) for a, b in zip(_RESTING, of_sign, strict=True))
    return red, green, blue
