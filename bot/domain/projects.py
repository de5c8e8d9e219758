"""Projects: a member's own, as an interviewer walks through it, and the probes that fit it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FIELD_LIMIT, TOOLS_LIMIT = 1000, 300
TOOLS_AT_MOST = 20
# What of a stage of a script says that a stage of a project is spoken of there; the first that fits takes its probes.
SPOKEN_OF = {
    "problem": ("problem", "what it does", "goal", "question", "start"),
    "data": ("data", "clean"),
    "features": ("feature", "data"),
    "model": ("model", "method", "analysis"),
    "evaluation": ("test", "evaluat", "measure", "result", "model"),
    "deployment": ("production", "deploy", "use", "result"),
    "monitoring": ("month", "monitor", "later", "production"),
    "result": ("result", "effect", "decision", "later"),
}


@dataclass(frozen=True, slots=True)
class Project:
    """A project somebody worked on, in their own words."""

    problem: str = ""
    data: str = ""
    model: str = ""
    tools: str = ""
    result: str = ""

    @property
    def named_tools(self) -> frozenset[str]:
        """Each tool listed, in lower case."""
        return tools_in(self.tools)


def tools_in(text: str) -> frozenset[str]:
    """The tools of a list with commas, in lower case and without what is said in brackets."""
    plain = re.sub(r"\([^()]*\)", "", text.casefold())
    found = [" ".join(one.split()) for one in re.split(r"[,;\n]", plain)]
    return frozenset(one for one in found[:TOOLS_AT_MOST] if one)


def stage_for(probed: str, titles: Sequence[str]) -> int:
    """The place of the stage of a script, by their titles, after whose questions a stage of a project is probed."""
    for word in SPOKEN_OF.get(probed, (probed,)):
        for place, title in enumerate(titles):
            if word in title.casefold():
                return place
    return len(titles) - 1


def fits_tools(body: Mapping[str, Any], tools: frozenset[str]) -> bool:
    """Whether a set of probes is about a tool that is listed."""
    return not tools.isdisjoint(body.get("tools") or ())
