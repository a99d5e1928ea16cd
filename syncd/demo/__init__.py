"""The demo: syncd with a sandbox and real rows, for a person to play with or playing by itself."""

from syncd.demo.live import play_demo
from syncd.demo.tour import play_tour

__all__ = ["play_demo", "play_tour"]
