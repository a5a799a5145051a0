"""Names in two scripts and either order, as sets of words in Latin letters: 张伟, Zhang Wei and WEI ZHANG are one set.

A masked name (张**, J***), a title beside a family name (张女士) and a single letter tell a hint only.
"""

import re
import unicodedata
from functools import lru_cache

import polars as pl

from sluice.customers.unknown import MASKED, known

HAN = r"[㐀-䶿一-鿿豈-﫿]"
TITLES = re.compile(
    r"^(?:mrs?|mr|ms|miss|mx|dr|prof|sir|madam|mme|mlle|herr|frau|señora?|sra?)\.?\s+|"
    r"\s+(?:jr|sr|ii|iii|iv|phd|md|esq)\.?$|(?:女士|先生|小姐|太太|老师|同学|收|（收）|\(收\))$",
    re.IGNORECASE,
)
COMPOUND = frozenset(
    re.findall(
        "..",
        "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容"
        "仲孙钟离长孙宇文司徒鲜于司空令狐百里呼延東方歐陽司馬諸葛尉遲赫連澹臺",
    )
)
"""Family names of two characters."""
WORD = re.compile(r"[a-z0-9']+")
SYLLABLE = re.compile(
    r"(?:(?:[bpmfdtnlgkhjqxrzcsyw]|[zcs]h)?"
    r"(?:iang|iong|uang|ang|eng|ing|ong|iao|ian|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|uo|ui|ue|ve|er|a|o|e|i|u|v))+"
)
READ = pl.Schema(
    {"tokens": pl.List(pl.String), "hint": pl.String(), "script": pl.String(), "given": pl.String(), "surname": pl.String()}
)


def read_names(names: pl.Series) -> pl.DataFrame:
    """tokens (sorted words that are wholly known; empty where none is), hint (the beginning of a word that isn't), a row a name.

    `script` is han, pinyin (Latin letters that may be Chinese) or latin. given and surname are a guess in Latin
    script, where the last word is taken for the family name: who compares them holds each against both.

    Each different name is read once.
    """
    shown = names.to_frame("shown").select(known(pl.col("shown"))).to_series()
    different = shown.unique().drop_nulls()
    found = [_read(name) for name in different]
    table = pl.DataFrame({"shown": different}).with_columns(pl.DataFrame(found, schema=READ, orient="row"))
    joined = shown.to_frame("shown").join(table, on="shown", how="left", maintain_order="left")
    return joined.select(pl.col("tokens").fill_null([]), "hint", "script", "given", "surname")


@lru_cache(maxsize=1 << 16)
def _read(name: str) -> tuple[list[str], str | None, str, str | None, str | None]:
    hidden = re.search(MASKED, name)
    shown = (name[: hidden.start()] if hidden else name).strip()
    while not hidden and shown != (bare := TITLES.sub("", shown).strip()):
        shown = bare
    is_han = re.search(HAN, shown) is not None
    words = _chinese(shown) if is_han else _latin(shown)
    script = "han" if is_han else "pinyin" if all(SYLLABLE.fullmatch(word) for word in words) else "latin"
    # a family name alone is no name: 张女士
    if hidden or len(words) == 1:
        hint = words[0] if words else None
        return [], hint, script, None, hint if is_han or not hidden else None
    tokens = sorted(word for word in words if len(word) > 1)
    # 'Zhang, Wei' and 张伟 begin with the family name
    family = 0 if is_han or "," in shown else -1
    surname = words.pop(family) if words else None
    return tokens, None, script, " ".join(words) or None, surname


def _latin(name: str) -> list[str]:
    """Lower case without accents; a family name may stand first before a comma: the order tells nothing here."""
    letters = unicodedata.normalize("NFD", name.lower().replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return [word.replace("'", "") for word in WORD.findall(plain)] or ([name.casefold()] if name else [])


def _chinese(name: str) -> list[str]:
    """Family name and given name in pinyin, each one word; Latin words beside them are left out."""
    from pypinyin import lazy_pinyin

    han = "".join(re.findall(HAN, name))
    family = 2 if han[:2] in COMPOUND and len(han) > 2 else 1
    return ["".join(lazy_pinyin(part, v_to_u=False)) for part in (han[:family], han[family:]) if part]
