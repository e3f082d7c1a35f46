"""Trains the encoder that ships for car-racing: a variational autoencoder of small pictures from above.

    python tools/car_drives.py build/car-frames.npz
    python tools/train_car_encoder.py build/car-frames.npz --out src/wann/vision/car-racing.npz

The loss is that of the paper's authors: squared errors, summed over as many values as their pictures have, and the
Kullback-Leibler divergence where it is above a threshold. The same frames, arguments and versions give the same file.
"""

import argparse
import json
import math
import platform
import shlex
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

import wann
import wann.vision
from car_drives import ROWS, Frames
from car_read_outs import read_outs
from encoder_from_torch import encoder_of

Array = NDArray[Any]

LATENTS = 16
#: Of the authors' pictures: errors are scaled as if there were as many.
VALUES = 64 * 64 * 3
#: Nats below which the divergence costs nothing: half a nat for each latent, as the authors have it.
FREE_NATS = 0.5 * LATENTS
#: Of every so many tracks, one is held out.
HELD_OUT = 7
CHANNELS = {"green": (1,), "red-green": (0, 1), "rgb": (0, 1, 2)}


class Autoencoder(nn.Module):
    """Convolutions of 4 x 4 with stride 2 and padding 1, and the same backwards with twice the channels."""

    def __init__(self, shape: tuple[int, int, int], channels: list[int]) -> None:
        super().__init__()
        rows, columns, n = shape
        sizes, layers = [(rows, columns)], []
        for c in channels:
            layers += [nn.Conv2d(n, c, 4, 2, 1), nn.ReLU()]
            n, rows, columns = c, rows // 2, columns // 2
            sizes.append((rows, columns))
        self.encoder = nn.Sequential(*layers, nn.Flatten())
        self.mean = nn.Linear(n * rows * columns, LATENTS)
        self.log_variance = nn.Linear(n * rows * columns, LATENTS)
        wide = [2 * c for c in reversed(channels)]
        self.start = nn.Linear(LATENTS, wide[0] * rows * columns)
        back: list[nn.Module] = [nn.Unflatten(1, (wide[0], rows, columns))]
        for i, c in enumerate([*wide[1:], shape[2]]):
            (rows, columns), (now, wanted) = sizes[-2 - i], (sizes[-1 - i], sizes[-2 - i])
            extra = (wanted[0] - 2 * now[0], wanted[1] - 2 * now[1])
            back += [nn.ConvTranspose2d(wide[i], c, 4, 2, 1, output_padding=extra), nn.ReLU()]
        self.decoder = nn.Sequential(*back[:-1], nn.Sigmoid())

    @torch.no_grad()
    def sort_latents(self, nats: Array) -> None:
        """Puts the latents that carry most first."""
        order = torch.from_numpy(np.argsort(-nats, kind="stable").copy())
        for layer in (self.mean, self.log_variance):
            layer.weight.copy_(layer.weight[order])
            layer.bias.copy_(layer.bias[order])
        self.start.weight.copy_(self.start.weight[:, order])

    def forward(self, x: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The picture again, mean and logarithm of the variance of the latents."""
        inner = self.encoder(x)
        mean, log_variance = self.mean(inner), self.log_variance(inner)
        z = mean + torch.exp(0.5 * log_variance) * noise
        return self.decoder(functional.relu(self.start(z))), mean, log_variance


def target_of(x: torch.Tensor, ceiling: float) -> torch.Tensor:
    """What is to be drawn again: the picture, with light grass as dark as the rest of it.

    The squares of light grass say nothing about the road, and would take part of the latents.
    """
    return torch.clamp(x, max=ceiling)


def losses(model: Autoencoder, x: torch.Tensor, target: torch.Tensor, noise: torch.Tensor) -> tuple[Any, Any]:
    """Squared error and divergence of each picture."""
    again, mean, log_variance = model(x, noise)
    error = ((again - target) ** 2).flatten(1).mean(dim=1) * VALUES
    divergence = -0.5 * (1 + log_variance - mean**2 - torch.exp(log_variance)).sum(dim=1)
    return error, divergence


def train(
    model: Autoencoder, pictures: torch.Tensor, *, steps: int, batch: int, ceiling: float, seed: int
) -> list[dict[str, float]]:
    """Trains on pictures and their mirror images; a line of losses now and then."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, step / 500) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / steps)))
    )
    history, begun, sums = [], time.monotonic(), torch.zeros(2)
    every = max(1, steps // 40)
    for step in range(1, steps + 1):
        rows = torch.randint(len(pictures), (batch,), generator=generator)
        x = pictures[rows]
        mirrored = torch.rand(batch, 1, 1, 1, generator=generator) < 0.5
        x = torch.where(mirrored, x.flip(3), x)
        noise = torch.randn(batch, LATENTS, generator=generator)
        error, divergence = losses(model, x, target_of(x, ceiling), noise)
        loss = error.mean() + divergence.mean().clamp(min=FREE_NATS)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        rate.step()
        sums += torch.stack([error.mean(), divergence.mean()]).detach()
        if step % every == 0:
            history.append({"step": step, "error": float(sums[0]) / every, "divergence": float(sums[1]) / every})
            sums.zero_()
            print(f"{time.monotonic() - begun:6.0f} s  {json.dumps(history[-1])}", flush=True)
    return history


@torch.no_grad()
def latents_of(model: Autoencoder, pictures: torch.Tensor) -> tuple[Array, dict[str, float], Array]:
    """Means, shape (n, LATENTS); mean losses; and the nats that each latent carries."""
    means, sums, nats = [], np.zeros(3), np.zeros(LATENTS)
    for x in pictures.split(500):
        again, mean, log_variance = model(x, torch.zeros(len(x), LATENTS))
        error = ((again - x) ** 2).flatten(1).mean(dim=1) * VALUES
        road = ((again - x) ** 2)[target_of(x, 0.75) < 0.72].sum() / x[0].numel() * VALUES
        each = -0.5 * (1 + log_variance - mean**2 - torch.exp(log_variance))
        means.append(mean.numpy())
        sums += [float(error.sum()), float(road), float(each.sum())]
        nats += each.sum(dim=0).numpy()
    error, road, divergence = sums / len(pictures)
    return np.concatenate(means), {"error": error, "error off grass": road, "divergence": divergence}, nats / len(pictures)


def provenance_of(arguments: argparse.Namespace, frames: Frames, report: dict[str, Any]) -> dict[str, Any]:
    """How the encoder was made and how well it does, for its file."""
    options = ("block", "colour", "channels", "steps", "batch", "ceiling", "seed")
    given = [part for name in options for part in (f"--{name}", str(getattr(arguments, name)))]
    return {
        "command": shlex.join(["python", "tools/train_car_encoder.py", "build/car-frames.npz", *given]),
        "seed": arguments.seed,
        "frames": {
            "source": frames.source,
            "number": len(frames.pictures),
            "tracks": len(np.unique(frames.track)),
            "first seed": int(frames.track.min()),
            "held out": f"every {HELD_OUT}th track",
        },
        **report,
        "versions": {
            "wann": wann.__version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }


def views_of(frames: Frames, block: int, colour: str) -> Array:
    """What the encoder is to see: means of blocks from 0 to 1, float32, shape (n, channels, rows, columns)."""
    x = frames.pictures
    if x.dtype == np.uint8:
        n, rows, columns, _ = x.shape
        parts = []
        for part in np.array_split(x, max(1, n // 1000)):
            chosen = part[..., CHANNELS[colour]].astype(np.float32)
            parts.append(
                chosen.reshape(len(part), rows // block, block, columns // block, block, -1).mean(axis=(2, 4)) / 255
            )
        x = np.concatenate(parts)
    else:
        x = x[..., None]
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2), dtype=np.float32)


def arguments_of(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("frames", type=Path, help="what car_drives.py has written")
    parser.add_argument("--out", type=Path, help="the encoder's file")
    parser.add_argument("--name", default="car-racing")
    parser.add_argument("--block", type=int, default=3, help="side of the blocks whose means are seen")
    parser.add_argument("--colour", choices=tuple(CHANNELS), default="green")
    parser.add_argument("--channels", default="8,16,32", help="of each convolution")
    parser.add_argument("--steps", type=int, default=30_000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--ceiling", type=float, default=0.8, help="brightest value that is drawn again; 1: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tanh-steps", type=int, default=3000, help="of the training of the read-out with tanh units")
    parser.add_argument("--report", type=Path, help="losses and read-outs, as JSON")
    parser.add_argument("--show", type=Path, help="a picture of some held-out views and what was drawn again")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Trains, judges and writes an encoder."""
    arguments = arguments_of(argv)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(arguments.seed)
    frames = Frames.load(arguments.frames)
    pictures = torch.from_numpy(views_of(frames, arguments.block, arguments.colour))
    held_out = np.isin(frames.track, np.unique(frames.track)[::HELD_OUT])
    n, rows, columns = pictures.shape[1:]
    model = Autoencoder((rows, columns, n), [int(c) for c in arguments.channels.split(",")])
    settings = {"steps": arguments.steps, "batch": arguments.batch, "ceiling": arguments.ceiling, "seed": arguments.seed}
    begun = time.process_time()
    history = train(model, pictures[~held_out], **settings)
    seconds = time.process_time() - begun
    model.eval()
    model.sort_latents(latents_of(model, pictures[~held_out])[2])
    report = judged(model, pictures, held_out, frames, arguments.tanh_steps) | {"training": history[-1]}
    print(json.dumps(report | {"seconds": round(seconds)}, indent=1))
    if arguments.report:
        arguments.report.write_text(json.dumps(report | {"seconds": round(seconds)}, indent=1) + "\n", encoding="utf-8")
    if arguments.show:
        show(model, pictures[held_out], arguments.show)
    if arguments.out:
        provenance = provenance_of(arguments, frames, report)
        encoder_of(
            model,
            name=arguments.name,
            picture=(96, 96, 3),
            rows=(0, ROWS),
            channels=CHANNELS[arguments.colour],
            block=arguments.block,
            provenance=provenance,
        ).save(arguments.out)
        agreement(model, pictures[held_out][:200], arguments.out)


def judged(model: Autoencoder, pictures: torch.Tensor, held_out: Array, frames: Frames, tanh_steps: int) -> dict[str, Any]:
    """Losses on tracks that were held out, and what can be read off the latents there."""
    seen, _, nats = latents_of(model, pictures[~held_out])
    unseen, lost, _ = latents_of(model, pictures[held_out])
    table = read_outs(
        (seen, frames.labels[~held_out], frames.step[~held_out]),
        (unseen, frames.labels[held_out], frames.step[held_out]),
        tanh_steps,
    )
    return {
        "held out": {name: round(value, 2) for name, value in lost.items()},
        "read-outs": table,
        "nats": [round(float(x), 2) for x in nats],
        "deviations": [round(float(x), 3) for x in seen.std(axis=0)],
    }


def agreement(model: Autoencoder, pictures: torch.Tensor, path: Path) -> None:
    """Says how far the core's latents are from PyTorch's."""
    found = wann.vision.Encoder.load(path).encode_view(pictures.permute(0, 2, 3, 1).numpy())
    print(f"{path}: the core's latents differ from PyTorch's by {np.abs(found - latents_of(model, pictures)[0]).max():.1e}")


def show(model: Autoencoder, pictures: torch.Tensor, path: Path) -> None:
    """Writes pairs of views and what was drawn again, above one another."""
    import matplotlib.image

    chosen = pictures[torch.linspace(0, len(pictures) - 1, 40).long()]
    with torch.no_grad():
        again = model(chosen, torch.zeros(len(chosen), LATENTS))[0]
    pairs = torch.cat([chosen, again], dim=2).mean(dim=1)
    strips = [torch.cat(list(functional.pad(row, (1, 1, 1, 1))), dim=1) for row in pairs.split(10)]
    picture = torch.cat(strips).repeat_interleave(4, 0).repeat_interleave(4, 1)
    matplotlib.image.imsave(path, picture.numpy(), cmap="gray", vmin=0, vmax=1)


if __name__ == "__main__":
    main()
