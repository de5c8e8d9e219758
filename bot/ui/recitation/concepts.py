"""A concept's face: what everybody may see of it, and what only whoever listens or marks sees."""

from bot.client.cards import Text
from bot.domain.recitation import Concept, Outline
from bot.domain.texts import escaped
from bot.ui.questions import key_point_lines

COVER = {
    "definition": "Definition",
    "intuition": "Intuition",
    "maths": "Maths",
    "fails": "When it fails",
    "example": "Example",
}


def concept_words(concept: Concept) -> str:
    """The concept, and what to cover in the order it is spoken."""
    lines = "\n".join(f"{place}. **{COVER[part]}**: {concept.cover[part]}" for place, part in _parts())
    return f"**{escaped(concept.title)}**\n{concept.prompt}\n{lines}"


def _parts() -> list[tuple[int, str]]:
    return list(enumerate(COVER, 1))


def outline_parts(outline: Outline, covered: tuple[int, ...] | None = None) -> list[Text]:
    """The key points, ticked where they were covered, and the model answer."""
    return [
        Text(f"**Key points**\n{key_point_lines(outline.key_points, covered)}"),
        Text(f"**A model answer**\n{outline.model_answer}"),
    ]


def follow_up_words(outline: Outline) -> str:
    """Questions to ask, each with what a good reply holds."""
    return "\n".join(f"- {question}\n  *{reply}*" for question, reply in outline.follow_ups)
