"""When two names can't be one person's: SQL for DuckDB over the columns of `read_names`, shared by every kind of evidence."""

ALIKE = 0.88
"""Jaro-Winkler similarity from which two words are one with a slip: garcia, garcla."""


def names_disagree(left: str, right: str) -> str:
    """True where both sides tell enough of a name to say that they differ; `left`, `right` are table aliases.

    The same words in any order agree, so do the same letters (Xiao Ming, Xiaoming), words that the other side leaves out, slips,
    and what is short for the other (Alex, Alexander; J., 张**).
    """
    one, other = f"{left}.tokens", f"{right}.tokens"
    return f"""(case
        when len({one}) > 0 and len({other}) > 0 then not (
            list_has_all({one}, {other}) or list_has_all({other}, {one})
            or list_sort(string_split(array_to_string({one}, ''), '')) = list_sort(string_split(array_to_string({other}, ''), ''))
            or {_explained(one, other)} or {_explained(other, one)}
            or ({left}.script || {right}.script in ('hanlatin', 'latinhan') and list_has_any({one}, {other}))
        )
        when len({one}) > 0 and {right}.hint is not null then not list_bool_or({_begins(one, f"{right}.hint")})
        when len({other}) > 0 and {left}.hint is not null then not list_bool_or({_begins(other, f"{left}.hint")})
        when {left}.hint is not null and {right}.hint is not null
            then not (starts_with({left}.hint, {right}.hint) or starts_with({right}.hint, {left}.hint))
        else false
    end)"""


def _begins(words: str, hint: str) -> str:
    return f"list_transform({words}, lambda word: starts_with(word, {hint}))"


def _explained(few: str, many: str) -> str:
    """Every word of `few` is like a word of `many`."""
    alike = f"jaro_winkler_similarity(a, b) >= {ALIKE} or starts_with(a, b) or starts_with(b, a)"
    return f"list_bool_and(list_transform({few}, lambda a: list_bool_or(list_transform({many}, lambda b: {alike}))))"
