"""``python -m coverscan.demo``: start the emulated network and leave it running, to try any scanner on it."""

from __future__ import annotations

import asyncio
import signal

import click

from coverscan.demo.layout import DemoPlan, Layout, LayoutError
from coverscan.demo.network import DemoNetwork


@click.command()
@click.option("--layout", type=click.Choice([each.value for each in Layout]), help="Default: what fits here.")
@click.option("--delays", is_flag=True, help="Let the devices take their time to answer, as real ones do.")
def main(layout: str | None, delays: bool) -> None:
    """Start the emulated devices on this machine's loopback, list them, and wait until Ctrl-C.

    At the end, everything is listed that a polite, read-only scan would not have done.
    """
    try:
        plan = DemoNetwork.plan(layout=Layout(layout) if layout else None)
    except LayoutError as error:
        raise click.ClickException(str(error)) from None
    asyncio.run(_serve(plan, delays))


async def _serve(plan: DemoPlan, delays: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with DemoNetwork(plan, delays=delays) as network:
        for placement in plan.placements:
            click.echo(f"{placement.target}\t{placement.device.description}")
        for note in plan.notes:
            click.echo(f"Note: {note}", err=True)
        click.echo(f"{len(plan.placements)} devices are running ({plan.layout}). Ctrl-C stops them.", err=True)
        await stop.wait()
        found = network.journal.violations()
        click.echo(f"\n{len(network.journal.entries)} connections and datagrams.", err=True)
    for violation in found:
        click.echo(f"Not to be done: {violation}")


if __name__ == "__main__":
    main()
