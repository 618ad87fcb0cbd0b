"""What may be asked about the keywords."""

from hubert_demo.ui.lessons.measures.base import COUNT, MAX_OPTIONS, WORD, CannotAnswerError, Subject, measure

NO_COMMAND = "no command"


def _commands(subject: Subject) -> list[str]:
    """The first command and, after it, others that might have been said; "no command" last."""
    keywords = subject.analysis.keywords
    first = first_command(subject)
    labels = [] if keywords is None else [label for label in keywords.labels if not label.startswith("_")]
    others = [label for label in labels if label != first][: MAX_OPTIONS - 1 - (first != NO_COMMAND)]
    return [*sorted({first, *others} - {NO_COMMAND}), NO_COMMAND]


@measure(WORD, options=_commands)
def first_command(subject: Subject) -> str:
    """The first command that was recognised, or "no command"."""
    keywords = subject.analysis.keywords
    if keywords is None:
        raise CannotAnswerError("This model has no keyword head.")
    return keywords.heard[0].label if keywords.heard else NO_COMMAND


@measure(COUNT)
def num_commands(subject: Subject) -> int:
    """How many commands were recognised."""
    keywords = subject.analysis.keywords
    if keywords is None:
        raise CannotAnswerError("This model has no keyword head.")
    return len(keywords.heard)
