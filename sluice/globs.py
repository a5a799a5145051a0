"""Names by glob: `*` is any text, `?` any character, `[abc]` one of these. Upper and lower case differ."""

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import cache

WILD = re.compile(r"[*?\[]")
CLASS = re.compile(r"\[[^]]+\]")


def is_name(pattern: str) -> bool:
    """Whether the pattern is a plain name, which matches itself and nothing else."""
    return WILD.search(pattern) is None


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a name matches one of the patterns."""
    if "*" in patterns:
        return lambda name: True
    names = {pattern for pattern in patterns if is_name(pattern)}
    globs = [translate(pattern) for pattern in patterns if pattern not in names]
    if not globs:
        return names.__contains__
    matches = re.compile("|".join(globs)).match
    return lambda name: name in names or matches(name) is not None


def overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether some name matches both. A class in brackets counts as any character: never no where there is such a name."""
    return any(_meet(CLASS.sub("?", left), CLASS.sub("?", right)) for left in one for right in other)


def _meet(left: str, right: str) -> bool:
    @cache
    def meet(at: int, by: int) -> bool:
        if at == len(left) and by == len(right):
            return True
        if at < len(left) and left[at] == "*":
            return meet(at + 1, by) or (by < len(right) and meet(at, by + 1))
        if by < len(right) and right[by] == "*":
            return meet(at, by + 1) or (at < len(left) and meet(at + 1, by))
        if at == len(left) or by == len(right):
            return False
        return (left[at] == right[by] or "?" in (left[at], right[by])) and meet(at + 1, by + 1)

    return meet(0, 0)
