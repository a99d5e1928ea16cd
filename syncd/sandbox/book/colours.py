"""Colours as Google stores and prints them: 8-bit channels, printed as short floats, in pairs."""

import struct
from typing import Any

from syncd.sandbox.errors import Json
from syncd.sandbox.protocol.masks import Tree

_CHANNELS = ("red", "green", "blue", "alpha")
_SLACK = 2e-5  # clients send steps that were cut after the seventh digit
_THEME = {
    "TEXT": (0, 0, 0),
    "BACKGROUND": (255, 255, 255),
    "ACCENT1": (66, 133, 244),
    "ACCENT2": (234, 67, 53),
    "ACCENT3": (251, 188, 4),
    "ACCENT4": (52, 168, 83),
    "ACCENT5": (255, 109, 1),
    "ACCENT6": (70, 189, 198),
    "LINK": (17, 85, 204),
}


def _channel(value: float) -> float:
    step = int(max(0.0, min(1.0, value)) * 255 + _SLACK) / 255
    packed = struct.pack("f", step)
    (single,) = struct.unpack("f", packed)
    for digits in range(1, 10):
        short = float(f"{single:.{digits}g}")
        if struct.pack("f", short) == packed:
            return int(short) if short.is_integer() else short
    return step


def quantise(colour: Json) -> Json:
    """Give a colour in 8-bit steps, zero channels dropped."""
    stepped = {name: _channel(colour[name]) for name in _CHANNELS if name in colour}
    return {name: value for name, value in stepped.items() if value}


def theme_colours() -> dict[str, Json]:
    """Give the colours of the theme that every new spreadsheet has."""
    return {
        name: quantise({c: v / 255 for c, v in zip(_CHANNELS, channels, strict=False)})
        for name, channels in _THEME.items()
    }


def paired(value: Any) -> Any:
    """Complete every colour in a JSON value with its style twin, and quantise both."""
    if isinstance(value, list):
        return [paired(item) for item in value]
    if not isinstance(value, dict):
        return value
    done: Json = {}
    for name, inner in value.items():
        if _is_colour(name) and isinstance(inner, dict):
            done[name] = quantise(inner)
        elif name.endswith("ColorStyle") and "rgbColor" in inner:
            done[name] = {"rgbColor": quantise(inner["rgbColor"])}
        else:
            done[name] = paired(inner)
    for name in [name for name in done if name.endswith("ColorStyle")]:
        style = done[name]
        if not style:  # a style without a colour is none
            del done[name]
        elif "rgbColor" in style:
            done[name.removesuffix("Style")] = style["rgbColor"]  # the style comes first
        elif style.get("themeColor") in _THEME:
            done[name.removesuffix("Style")] = theme_colours()[style["themeColor"]]
    for name in [name for name in done if _is_colour(name) and name != "rgbColor"]:
        done.setdefault(f"{name}Style", {"rgbColor": done[name]})
    return done


def paired_mask(tree: Tree) -> Tree:
    """Let a mask that names a colour cover its style twin too, and the other way round."""
    done = {name: paired_mask(inner) for name, inner in tree.items()}
    for name in list(done):
        if _is_colour(name):
            done.setdefault(f"{name}Style", {})
        elif name.endswith("ColorStyle"):
            done.setdefault(name.removesuffix("Style"), {})
    return done


def _is_colour(name: str) -> bool:
    return name.endswith("Color") and name != "themeColor"
