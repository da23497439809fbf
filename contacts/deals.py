"""What the deal with a contact may be worth, in the currency of the workspace."""

from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from fluenzr.core.errors import Invalid

MAX = Decimal("999999999999.99")
_CENT = Decimal("0.01")


def read(given: str | int | float | Decimal | None) -> Decimal | None:
    """Return an amount as it is kept, from a number or from what a person typed (`12 500`, `12500,50`); blank is None.

    Raises:
        Invalid: this is no amount, negative, or larger than a column holds; the details name `dealValue`.
    """
    text = "".join(str(given if given is not None else "").split()).replace(",", ".")
    if not text:
        return None
    try:
        amount = Decimal(text).quantize(_CENT)
    except InvalidOperation as error:
        raise Invalid(_("Deal value must be an amount, such as 12500 or 99.90"), field="dealValue") from error
    if not (amount.is_finite() and 0 <= amount <= MAX):
        raise Invalid(_("Deal value must be between 0 and %(max)s") % {"max": MAX}, field="dealValue")
    return amount


def words(amount: Decimal | None, currency: str) -> str:
    """Return an amount as pages show it, `12 500 EUR`: thin spaces, and cents only where there are any."""
    if amount is None:
        return "-"
    text = f"{amount:,.2f}".removesuffix(".00").replace(",", "\u202f")
    return f"{text}\u00a0{currency}"


def plain(amount: Decimal | None) -> str | None:
    """Return an amount as the history keeps it."""
    return None if amount is None else str(amount)
