"""A tab that a team made before syncd came: adopted as it is, nothing of it is moved."""

from syncd.cycle.refill import set_up
from tests.conftest import MakeWorld

TITLES = ["Our mark", "platform", "Influencer", "Followers", "handle", "Remark"]
ADA = ["*", "instagram", "Ada", "12.5k", "@ada", "=1+1"]


def test_tab_of_the_team_is_adopted_as_it_is(make_world: MakeWorld) -> None:
    """Its order, titles and own columns stay; what is missing goes behind; drop-downs fit it."""
    world = make_world(set_up=False)
    grid = {"rowCount": 50, "columnCount": 6}
    world.batch({"addSheet": {"properties": {"title": "Influencers", "gridProperties": grid}}})
    world.type("Influencers", "A1", [TITLES, ADA])
    set_up(world.ws)
    world.settle()
    titles, ada = world.grid("Influencers")[:2]
    assert titles[:6] == TITLES
    assert titles[-2:] == ["Sync", "syncd id"]
    assert ada[:5] == ADA[:5]
    assert world.record("influencers", "Ada").values["followers"] == 12500
    assert "$C$2:$C" in repr(world.book(cells="dataValidation"))
    assert set_up(world.ws) == 0
