"""``wann bench``."""

import dataclasses
import json

import click

from wann.cli.options import json_option, threads_option


@click.command("bench")
@click.option("--only", multiple=True, metavar="GROUP", help="Measure only this group of rows; repeatable.")
@threads_option
@json_option
def command(only: tuple[str, ...], threads: int | None, as_json: bool) -> None:
    """Measure the speed on this machine."""
    from wann import bench, bench_genomes  # noqa: F401  (importing a module of rows registers them)
    from wann.threads import check_threads

    rows = bench.measure(only, check_threads(threads))
    if as_json:
        data = {"machine": bench.machine(), "rows": [dataclasses.asdict(row) for row in rows]}
        click.echo(json.dumps(data, indent=2))
        return
    described = bench.machine()
    click.echo(f"{described['processor']}, {described['cores']} cores, core built for {described['instruction_set']}")
    for row in rows:
        target = f"   (target {row.target})" if row.target else ""
        click.echo(f"{row.what:62} {row.value:12,.4g} {row.unit}{target}")
