"""How a number fills the digits of a section: rounding, grouping, scaling, powers, fractions."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from syncd.sandbox.book.locales import Locale
from syncd.sandbox.book.patterns import Plain, Section, Token

_SURE_MAX = 1e12
_UNSURE = 1e-3
_PERCENTS_MAX = 20
_PLACES_MAX = 340


def show_digits(value: float, section: Section, locale: Locale) -> str:
    """Show a number, which is not negative, as a section writes it."""
    if section.plain is not None:
        shown = _plainly(value, section.plain, locale)
        if shown is not None:
            return shown
    tokens = section.tokens
    if any(token.kind == "slash" for token in tokens):
        shown = _fraction(value, tokens)
        if shown is not None:
            return shown
    amount = Decimal(repr(value))
    percents = sum(1 for token in tokens if token.kind == "percent")
    amount = amount.scaleb(2 * min(percents, _PERCENTS_MAX))
    if any(token.kind == "power" for token in tokens):
        return _scientific(amount, tokens, locale)
    return _fixed(amount, tokens, locale)


def _plainly(value: float, plain: Plain, locale: Locale) -> str | None:
    """Show an ordinary number fast; None where rounding has to look at the decimal digits."""
    value *= plain.factor
    scaled = value * 10**plain.places
    if not scaled < _SURE_MAX or abs(scaled % 1 - 0.5) < _UNSURE:
        return None
    text = f"{value:{',' if plain.is_grouped else ''}.{plain.places}f}"
    if locale.decimal != "." or locale.group != ",":
        text = text.translate({44: locale.group, 46: locale.decimal})
    return plain.prefix + text + plain.suffix


def _rounded(amount: Decimal, places: int) -> tuple[str, str]:
    """Round half away from zero on the decimal digits: the digits before and after the point."""
    places = min(places, _PLACES_MAX)
    digits = max(amount.adjusted(), 0) + places + 2
    context = Context(prec=digits, rounding=ROUND_HALF_UP)
    text = f"{amount.quantize(Decimal(1).scaleb(-places), context=context):f}"
    whole, _, decimals = text.partition(".")
    return whole.lstrip("0"), decimals


def _fixed(amount: Decimal, tokens: Sequence[Token], locale: Locale) -> str:
    point = next((i for i, t in enumerate(tokens) if t.kind == "point"), len(tokens))
    before = [i for i, t in enumerate(tokens[:point]) if t.kind == "digit"]
    after = [i for i, t in enumerate(tokens) if t.kind == "digit" and i > point]
    commas = [i for i, t in enumerate(tokens) if t.kind == "comma"]
    grouped = any(before and before[0] < i < before[-1] for i in commas)
    scaling = [
        i for i in commas if i > (after or before)[-1] or (before and before[-1] < i < point)
    ]
    amount = amount.scaleb(-3 * len(scaling))
    whole, decimals = _rounded(amount, len(after))
    written = _whole(whole, [tokens[i].text for i in before], locale.group if grouped else "")
    shown = dict(zip(before, written, strict=True))
    shown |= dict(zip(after, _decimals(decimals, [tokens[i].text for i in after]), strict=True))
    if point < len(tokens):
        shown[point] = ("" if before else whole) + locale.decimal
    return _joined(tokens, shown)


def _joined(tokens: Sequence[Token], shown: dict[int, str]) -> str:
    """Put the pieces together; commas that neither group nor scale are not shown either."""
    silent = {"comma", "digit", "point"}
    return "".join(
        shown.get(i, "" if token.kind in silent else token.text) for i, token in enumerate(tokens)
    )


def _whole(digits: str, places: list[str], separator: str) -> list[str]:
    """Lay digits over places from the right; the leftmost place takes all that are left over."""
    written: list[str] = []
    count = 0
    for order, place in enumerate(reversed(places)):
        last = order == len(places) - 1
        cut = len(digits) if last else min(1, len(digits))
        taken, digits = digits[len(digits) - cut :], digits[: len(digits) - cut]
        if not taken:
            taken = {"0": "0", "?": " "}.get(place, "")
        piece = ""
        for digit in reversed(taken):
            if separator and count and count % 3 == 0:
                piece = (separator if digit != " " else " ") + piece
            piece = digit + piece
            count += 1
        written.append(piece)
    return written[::-1]


def _decimals(digits: str, places: list[str]) -> list[str]:
    """Lay decimals over places; zeros at the end show only where the pattern wants them."""
    digits = digits.ljust(len(places), "0")
    written = list(digits)
    for i in range(len(places) - 1, -1, -1):
        if written[i] != "0" or places[i] == "0":
            break
        written[i] = " " if places[i] == "?" else ""
    return written


def _scientific(amount: Decimal, tokens: Sequence[Token], locale: Locale) -> str:
    power = next(i for i, t in enumerate(tokens) if t.kind == "power")
    mantissa = tokens[:power]
    point = next((i for i, t in enumerate(mantissa) if t.kind == "point"), power)
    before = [i for i, t in enumerate(mantissa[:point]) if t.kind == "digit"]
    after = [i for i, t in enumerate(mantissa) if t.kind == "digit" and i > point]
    exponent = [i for i, t in enumerate(tokens) if t.kind == "digit" and i > power]
    step = max(len(before), 1)
    scale = amount.adjusted() if amount else 0
    scale -= scale % step if step > 1 else 0
    whole, decimals = _rounded(amount.scaleb(-scale), len(after))
    if len(whole) > step:
        scale += step
        whole, decimals = _rounded(amount.scaleb(-scale), len(after))
    sign = "-" if scale < 0 else ("+" if tokens[power].text[1] == "+" else "")
    raised = _whole(str(abs(scale)).lstrip("0"), [tokens[i].text for i in exponent], "")
    shown = dict(zip(before, _whole(whole, [tokens[i].text for i in before], ""), strict=True))
    shown |= dict(zip(after, _decimals(decimals, [tokens[i].text for i in after]), strict=True))
    shown |= dict(zip(exponent, raised, strict=True))
    if point < power:
        shown[point] = ("" if before else whole) + locale.decimal
    shown[power] = tokens[power].text[0].upper() + sign
    return _joined(tokens, shown)


def _fraction(value: float, tokens: Sequence[Token]) -> str | None:
    """Show a number as a fraction, whole part first where the pattern has room for one."""
    slash = next(i for i, t in enumerate(tokens) if t.kind == "slash")
    over = slash
    while over and tokens[over - 1].kind == "digit":
        over -= 1
    end = slash + 1
    while end < len(tokens) and _is_bottom(tokens[end]):
        end += 1
    if over == slash or end == slash + 1:
        return None
    bottom = "".join(token.text for token in tokens[slash + 1 : end])
    before = [i for i, t in enumerate(tokens[:over]) if t.kind == "digit"]
    fixed = bottom.lstrip("0#?")
    if fixed and not fixed.isdigit():
        return None
    exact = Fraction(repr(value)) if value < 1e15 else Fraction(int(value))
    whole, rest = divmod(exact, 1) if before else (0, exact)
    top, under = _nearest(rest, int(fixed or 0), len(bottom))
    if top == under and before:
        whole, top = whole + 1, 0
    shown = _joined(
        tokens[:over],
        dict(
            zip(
                before,
                _whole(str(whole).lstrip("0"), [tokens[i].text for i in before], ""),
                strict=True,
            )
        ),
    )
    tail = "".join(t.text for t in tokens[end:])
    above = "".join(token.text for token in tokens[over:slash])
    if top == 0 and before and "0" not in above:
        shown = shown if shown.strip() else shown.replace(" ", "", 1) + "0"
        return shown + " " * (len(above) + 1 + len(bottom)) + tail
    lined = "".join(_whole(str(top).lstrip("0"), list(above), "")) or "0"
    return f"{shown}{lined}/{_under(under, bottom, fixed)}{tail}"


def _is_bottom(token: Token) -> bool:
    return token.kind == "digit" or (token.kind == "text" and token.text in set("123456789"))


def _under(under: int, bottom: str, fixed: str) -> str:
    return fixed or (str(under).ljust(bottom.count("?")) if "?" in bottom else str(under))


def _nearest(rest: Fraction, fixed: int, places: int) -> tuple[int, int]:
    if fixed:
        return int(rest * fixed + Fraction(1, 2)), fixed
    near = rest.limit_denominator(10 ** min(places, 9) - 1)
    return near.numerator, near.denominator
