"""Small well-formed items of every kind, as text and as the longest drafts the format allows."""

import json

from bot.bank.drafts import (
    Case,
    ChoiceDraft,
    CodeDraft,
    ConceptDraft,
    Cover,
    Draft,
    FollowUp,
    NumericDraft,
    OpenDraft,
    Option,
    Probe,
    ProbesDraft,
    ProblemDraft,
    ScriptDraft,
    SqlDraft,
    Stage,
    Topic,
)
from bot.bank.layouts import LAYOUTS
from bot.bank.loader import parse_item

SQL = Topic(id="sql", name="SQL", track="both", about="joins", area="Programming")
ENGINEERS = Topic(id="gpu", name="GPUs", track="mle", about="memory", area="Engineering")


def front(kind: str, more: str = "") -> str:
    """Front matter of eight lines, and `more` before it closes."""
    return (
        f"---\nkind: {kind}\ntitle: A title\ntrack: both\ndifficulty: 2\n"
        f'sources:\n  - "A book, ch. 1"\n{more}---\n'
    )


TEXTS = {
    "choice": front("choice")
    + """
## Question
Which one?

## Options
- [x] This one

  It is right.
- [ ] That one

  It is wrong.

## Explanation
Because.
""",
    "numeric": front("numeric", "answer: 1.5\ntolerance: 0.1\nunit: ms\nalso: {s: 1000}\n")
    + """
## Question
How long, in ms, to one decimal?

## Explanation
Because.
""",
    "open": front("open")
    + """
## Question
Why?

## Key points
- One
- Two
- Three

## Model answer
Because.

## Follow-ups
- And then?
""",
    "code": front("code", "entry: double\n")
    + """
## Question
Double it.

## Starter
```python
def double(n):
    ...
```

## Solution
```python
def double(n):
    return 2 * n
```

## Tests
```json
[
  {"args": [1], "expect": 2},
  {"args": [0], "expect": 0},
  {"args": [-1], "expect": -2},
  {"args": [1.5], "expect": 3.0}
]
```

## Key points
- Doubles

## Explanation
Because.
""",
    "sql": front("sql", "ordered: true\n")
    + """
## Question
Count.

## Schema
```sql
CREATE TABLE t (n INTEGER);
INSERT INTO t VALUES (1), (2);
```

## Solution
```sql
SELECT COUNT(*) FROM t;
```

## Expected
```json
[[2]]
```

## Key points
- Counts

## Explanation
Because.
""",
    "problem": front("problem", "minutes: 40\n")
    + """
## Case
A case.

## Data
Some data.

## Hints
1. Gentle
2. Strong

## Model solution
This.

## Pitfalls
- One

## Strong answer
- Two
""",
    "concept": front("concept")
    + """
## Concept
Explain it.

## Cover
- Definition: a
- Intuition: b
- Maths: c
- When it fails: d
- Example: e

## Key points
- One
- Two
- Three
- Four
- Five

## Model answer
It is so.

## Follow-ups
- And then?

  This.
""",
    "script": front("script", "round: sql\nlevel: new-grad\nminutes: 45\n")
    + """
## Opening
Welcome.

## Stages
### First
What now?

- And then?
  - One
  - Two

## Strong answers
- One

## Weak answers
- Two

## Model solution
This.
""",
    "probes": front("probes", "stage: data\n")
    + """
## When
Early.

## Probes
- How?
  - One
- When?
  - Two
- Why?
  - Three
""",
}


def parsed(text: str, *, file: str = "sql/an-item.md", topic: Topic = SQL) -> Draft:
    """The draft of a text that is expected to be well-formed."""
    return parse_item(text, file=file, topic=topic)


def longest() -> dict[str, Draft]:
    """Of every kind, a draft with every text and list as long as the format allows."""
    shared = {
        "id": "i" * 60,
        "topic": "t" * 60,
        "title": "T" * 80,
        "track": "both",
        "difficulty": 5,
        "sources": ("s" * 160,) * 3,
        "reserved": True,
    }
    prose = "p" * 1500
    point = "k" * 200
    function = "f" * 60
    code = f"def {function}():\n    return 1\n#"
    code += "c" * (1800 - len(code))
    probe = Probe(question="q" * 200, key_points=(point,) * 8)
    wide = Probe(question="q" * 100, key_points=("k" * 100,) * 2)
    rest = Probe(question="q" * 100, key_points=("k" * 20,))
    stage = Stage(title="S" * 80, question=prose, follow_ups=(probe, rest))
    return {
        "choice": ChoiceDraft(
            **shared,
            question=prose,
            options=tuple(Option(text=str(n) * 200, right=n == 3, why="w" * 300) for n in range(6)),
            explanation=prose,
        ),
        "numeric": NumericDraft(
            **shared,
            question=prose,
            answer=-1e300,
            tolerance=1e300,
            unit="u" * 20,
            also={str(n) * 20: 0.001 for n in range(10)},
            explanation=prose,
        ),
        "open": OpenDraft(
            **shared,
            question=prose,
            key_points=(point,) * 7,
            model_answer=prose,
            follow_ups=(point,) * 6,
        ),
        "code": CodeDraft(
            **shared,
            question=prose,
            entry=function,
            packages=("numpy", "pandas", "scikit-learn"),
            starter=code,
            solution=code,
            tests=(Case(args=(), expect=1),) * 40,
            key_points=(point,) * 8,
            explanation=prose,
        ),
        "sql": SqlDraft(
            **shared,
            question=prose,
            ordered=True,
            tables="-- " + "t" * 2197,
            solution="SELECT 1 -- " + "c" * 1788,
            expected=((1, 1.5, "x", None),) * 60,
            key_points=(point,) * 8,
            explanation=prose,
        ),
        "problem": ProblemDraft(
            **shared,
            question=prose,
            minutes=180,
            data="d" * 2000,
            hints=("h" * 300,) * 6,
            model_solution="m" * 3000,
            pitfalls=(point,) * 8,
            strong_answer=(point,) * 8,
        ),
        "concept": ConceptDraft(
            **shared,
            question="q" * 200,
            cover=Cover(definition=point, intuition=point, maths=point, fails=point, example=point),
            key_points=(point,) * 9,
            model_answer=prose,
            follow_ups=(FollowUp(question="q" * 200, reply="r" * 400),) * 6,
        ),
        "script": ScriptDraft(
            **shared,
            question=prose,
            round="project-walkthrough",
            level="1-3-years",
            minutes=180,
            stages=(stage,) * 8,
            strong_answers=(point,) * 8,
            weak_answers=(point,) * 8,
            model_solution="m" * 3000,
        ),
        "probes": ProbesDraft(
            **shared,
            question="q" * 200,
            tools=tuple(f"{number}" * 40 for number in range(8)),
            probes=(probe, *[Probe(question="q" * 100, key_points=("k" * 100,))] * 5, wide, rest),
        ),
    }


def written(draft: Draft) -> str:
    """The draft as a file of the bank; reading it back gives the same draft."""
    layout = LAYOUTS[draft.kind]
    keys = sorted(layout.keys - {"kind"})
    lines = ["---", f"kind: {draft.kind}"]
    # JSON is YAML, so every value can be written that way.
    content = draft.model_dump(mode="json")
    lines += [f"{key}: {json.dumps(content[key])}" for key in keys if content[key] is not None]
    lines.append("---")
    for part in layout.parts:
        value = getattr(draft, part.field)
        if value is not None and value != ():
            lines += ["", f"## {part.heading}", *_section(draft, part.field, value)]
    return "\n".join(lines) + "\n"


def _section(draft: Draft, field: str, value: object) -> list[str]:
    match field, value:
        case "options", tuple():
            return [
                line
                for option in value
                for line in _under(f"[{' x'[option.right]}] {option.text}", option.why)
            ]
        case "cover", Cover():
            labels = ("Definition", "Intuition", "Maths", "When it fails", "Example")
            return [f"- {label}: {text}" for label, (_, text) in zip(labels, value, strict=True)]
        case "stages", tuple():
            return [line for stage in value for line in _stage(stage)]
        case (("starter" | "solution" | "tables"), str()):
            return [f"```{'sql' if draft.kind == 'sql' else 'python'}", value, "```"]
        case (("tests" | "expected"), tuple()):
            return ["```json", json.dumps(draft.model_dump(mode="json")[field]), "```"]
        case "hints", tuple():
            return [f"{n}. {hint}" for n, hint in enumerate(value, 1)]
        case _, tuple():
            return [line for entry in value for line in _entry(entry)]
        case _:
            return [str(value)]


def _entry(entry: object) -> list[str]:
    match entry:
        case FollowUp():
            return _under(entry.question, entry.reply)
        case Probe():
            return [f"- {entry.question}", *(f"  - {point}" for point in entry.key_points)]
        case _:
            return [f"- {entry}"]


def _under(first: str, second: str) -> list[str]:
    return [f"- {first}", "", f"  {second}"]


def _stage(stage: Stage) -> list[str]:
    probes = [line for probe in stage.follow_ups for line in _entry(probe)]
    return [f"### {stage.title}", stage.question, "", *probes]
