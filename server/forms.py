"""Values out of a submitted form; what is no text reads as empty."""

from __future__ import annotations

from starlette.datastructures import FormData


def text_of(form: FormData, name: str, longest: int) -> str:
    """One value, without spaces around it, cut at `longest`."""
    value = form.get(name)
    return value.strip()[:longest] if isinstance(value, str) else ""


def texts_of(form: FormData, name: str) -> tuple[str, ...]:
    """All values of a name, in order."""
    return tuple(value for value in form.getlist(name) if isinstance(value, str))
