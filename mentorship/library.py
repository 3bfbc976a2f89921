"""Whether the package `matching` that Python finds is Preceptor's own library."""

from __future__ import annotations

from importlib import metadata


def check() -> None:
    """Raise `ImportError`, which names the distribution, where the package is another's."""
    try:
        from matching import intact
    except ImportError:
        # Not one file of ours is there: theirs comes first where Python looks.
        names = sorted(set(metadata.packages_distributions().get("matching", ())) - {"preceptor"})
        raise ImportError(
            "the package `matching` that Python finds is not Preceptor's own, but that of "
            f"{' and '.join(names) or 'another project'}. Run `pip uninstall "
            f"{' '.join(names) or 'matching'}`"
        ) from None
    intact.check()
