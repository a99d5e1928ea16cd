"""What the stories share: an admin who switches and decides."""

from syncd.authority import Switching, switch
from syncd.core.plan import Standing
from syncd.core.snapshot import Side
from syncd.crm.reviews import Entry
from tests.world import World


def connect(world: World, policy: str = "") -> Switching:
    """The admin connects the CRM."""
    done = switch(world.ws, Side.CRM, by="admin", policy=policy)
    world.settle()
    return done


def disconnect(world: World) -> Switching:
    """The admin gives authority back to the sheet."""
    done = switch(world.ws, Side.SHEET, by="admin")
    world.settle()
    return done


def decide(world: World, entry: Entry, standing: Standing) -> None:
    """The admin accepts or rejects what waits in review."""
    with world.ws.crm.database.transaction():
        world.ws.crm.reviews.answer(entry.id, standing, at=world.ws.now())
    world.settle()


def accept(world: World, entry: Entry) -> None:
    """The admin takes what was turned away."""
    decide(world, entry, Standing.ACCEPTED)


def reject(world: World, entry: Entry) -> None:
    """The admin drops what was turned away."""
    decide(world, entry, Standing.REJECTED)


def at_rest(world: World) -> None:
    """Nothing is left to do: one more cycle writes nothing, on neither side."""
    crm, revision = world.dump(), world.revision()
    world.cycle()
    assert world.revision() == revision
    assert world.dump() == crm
