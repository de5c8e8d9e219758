"""A small bank of concepts to recite."""

from pathlib import Path

from tests.support.world import lay_bank

POINTS = 5


def concept_item(name: str, *, track: str = "both", reserved: bool = False) -> str:
    """A concept as a file of the bank; what it says is told by its name."""
    points = "".join(f"- {name} point {number}\n" for number in range(1, POINTS + 1))
    return (
        f"---\nkind: concept\ntitle: {name}\ntrack: {track}\ndifficulty: 2\n"
        f'{"reserved: true" if reserved else ""}\nsources:\n  - "A book, ch. 1"\n---\n'
        f"\n## Concept\nExplain {name} to a colleague.\n"
        f"\n## Cover\n- Definition: what {name} is\n- Intuition: why {name} works\n- Maths: the formula of {name}\n"
        f"- When it fails: where {name} breaks\n- Example: {name} in use\n"
        f"\n## Key points\n{points}\n## Model answer\nThe model answer to {name}.\n"
        f"\n## Follow-ups\n- And what of {name} at scale?\n\n  It depends on {name}.\n"
    )


def concept_bank(folder: Path) -> Path:
    """Three concepts on SQL, one on GPUs for MLE."""
    return lay_bank(
        folder,
        {f"sql/{name.lower()}": concept_item(name) for name in ("Joins", "Windows", "Indexes")}
        | {"gpu/warps": concept_item("Warps", track="mle")},
    )
