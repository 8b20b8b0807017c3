"""How a party is called where everybody reads it: initials for a name, a role as it is, and no address or number."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

#: Surnames of two letters (复姓).
DOUBLE: Final = frozenset({
    "欧阳", "司马", "诸葛", "上官", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文", "轩辕", "夏侯", "端木", "百里",
    "呼延", "南宫", "闻人", "独孤", "司空", "太史", "申屠",
})  # fmt: skip
_HAN: Final = "一-鿿㐀-䶿"
#: What somebody is in a dispute, or to somebody: it tells nobody's name.
_ROLES: Final = (
    "先生|女士|小姐|夫人|太太|师傅|老师|阿姨|大爷|大妈|大叔|大婶|大姐|大哥|大嫂|叔叔|奶奶|爷爷|经理|老板娘|老板|医生|护士|警官|主任|律师|同学|同志|"
    "二房东|房东|租客|房客|租户|住户|业主|物业|邻居|楼上|楼下|隔壁|对门|商户|用户|农户|个体户|店主|店家|商家|摊主|摊贩|厂家|员工|职工|工人|民工|农民工|包工头|"
    "工头|雇主|雇工|司机|车主|乘客|学生|家长|学校|村民|居民|群众|老人|孩子|小孩|儿子|女儿|父亲|母亲|父子|父女|母子|母女|父母|丈夫|妻子|夫妻|夫妇|"
    "兄弟|姐妹|兄妹|姐弟|婆婆|婆媳|儿媳|女婿|公公|岳母|岳父|前夫|前妻|男友|女友|亲戚|家属|亲属|家人|一家|反映人|报警人|报案人|当事人|被申请人|申请人|"
    "原告|被告|受害人|被害人|伤者|死者|债主|债权人|债务人|借款人|出借人|担保人|证人|消费者|顾客|客人|买家|卖家|买方|卖方|甲方|乙方|丙方|丁方|男方|"
    "女方|双方|对方|一方|另一方|租方|出租方|承租方|承包方|发包方|施工方|供货方|开发商|中介|路人|行人|骑手|外卖员|快递员|保安|保洁|志愿者|网格员|代理人|"
    "男子|女子|男士|陌生人|青年|妇女|老太|老头|游客|第三方|匿名|无名|不详|未知|负责人|代表|其他|部分|全体"
)
#: What belongs to many is public, with the name before it.
_BODIES: Final = (
    f"(?:(?![在于])[{_HAN}]){{0,8}}(?:公司|集团|工厂|商店|商行|超市|饭店|餐厅|餐馆|面馆|酒店|宾馆|旅馆|药店|医院|银行|中学|小学|大学|幼儿园|委员会|业委会|居委会|村委会|"
    "合作社|协会|派出所|法庭|工地|施工队|小区|物业公司|门市部|事务所|政府|[厂店])"
)
_ONE: Final = "一二两三四五六七八九十"
#: What tells no name, longest first; 家, 户 and 氏 only at an end: 王家, 李氏兄弟, and not 李家乐.
_KNOWN: Final = re.compile(
    f"{_BODIES}|(?:{_ROLES})(?:[{_ONE}甲乙丙丁](?![{_HAN}]))?|第[{_ONE}]|[{_ONE}]{{1,2}}[楼层]|[{_ONE}几多数]{{1,2}}[名个位]|等[{_ONE}几多]人|"
    f"(?<=[{_HAN}])(?:[家户](?![{_HAN}])|氏)"
)
#: 某, 张某某, 张某丰, 小王, 张甲, 张×丰: no name is whole in them.
_HIDDEN: Final = re.compile(f"[{_HAN}]{{0,2}}某{{1,2}}[{_HAN}]?|[老小阿][{_HAN}]|[{_HAN}]{{0,2}}[甲乙丙丁戊]")
_RUN: Final = re.compile(f"[{_HAN}]+(?:[ ·•][{_HAN}]+)*")
#: Words of letters other than Chinese ones, one after the other.
_WORDS: Final = re.compile(rf"(?:(?![{_HAN}])[^\W\d_])+(?:[.'’-]?[ ]?(?:(?![{_HAN}])[^\W\d_])+)*")
_WORD: Final = re.compile(rf"(?:(?![{_HAN}])[^\W\d_])+(?:['’-](?:(?![{_HAN}])[^\W\d_])+)*")
_ENGLISH: Final = re.compile(
    "a|an|and|another|brother|buyer|caller|child|claimant|co|company|complainant|couple|creditor|customer|daughter|"
    "debtor|defendant|door|downstairs|dr|driver|employee|employer|family|father|first|gmbh|group|his|her|husband|inc|"
    "landlady|landlord|lawyer|limited|llc|ltd|man|management|manager|miss|mother|mr|mrs|ms|neighbor|neighbors|"
    "neighbour|neighbours|next|of|old|other|owner|owners|parent|parents|parties|party|passenger|plaintiff|police|"
    "property|resident|residents|respondent|school|second|seller|shop|side|sister|son|student|teacher|tenant|tenants|"
    "the|third|unknown|anonymous|upstairs|victim|wife|woman|worker|workers|young|applicant|restaurant|hotel|bank|"
    "factory|market|their|from|at|in|with",
    re.IGNORECASE,
)
_FIRMS: Final = re.compile(
    "co|company|limited|llc|ltd|inc|gmbh|restaurant|hotel|bank|school|factory|market|shop|store", re.IGNORECASE
)
_ADDRESS: Final = re.compile(
    rf"(?:\d|[零〇一二三四五六七八九十百])+\s*(?:号|栋|幢|单元|室|弄|座|房(?!东|客))|[{_HAN}](?:路|街|巷|胡同|大道|村|镇|乡)\s*\d|(?<![常暂居入])住(?![户宅院])[^,，。]{{2,}}|"
    rf"[{_HAN}]{{3,}}(?:路|街|巷|胡同|大道)(?![{_HAN}])|"
    r"\b\d+\w?,?\s+(?:\w+\s+){1,3}(?:street|st|road|rd|avenue|ave|lane|drive)\b|\b(?:flat|room|apartment|apt|unit|house|no\.?)\s*\d",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"(?:\d[\s\-‐-―.·,，()/]*){5,}|[零〇一二三四五六七八九幺]{7,}|@")


class Called(NamedTuple):
    """How a party is called, and the name that was typed and stands in it no more; "" where none was."""

    reference: str
    name: str = ""


def tidy(typed: str) -> str:
    """Return a text in its plain form, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", typed).split())


def reference_of(name: str) -> str:
    """Return how a list calls somebody: the surname and 某, or the initials.

    >>> reference_of("张三丰"), reference_of("欧阳修"), reference_of("Mary Jane Watson")
    ('张某', '欧阳某', 'M.J.W.')
    """
    told = tidy(name)
    if not told:
        return ""
    if re.match(f"[{_HAN}]", told):
        return f"{told[:2] if told[:2] in DOUBLE else told[0]}某"
    return "".join(f"{word[0].upper()}." for word in told.split()[:4] if word[0].isalpha())


def tells_too_much(reference: str) -> str:
    """Return what a reference holds that none may: "number", "address"; "" for neither.

    >>> tells_too_much("张某 138-0000"), tells_too_much("李四光 住城关街3号"), tells_too_much("楼上住户")
    ('number', 'address', '')
    """
    told = tidy(reference)
    if _NUMBER.search(told):
        return "number"
    return "address" if _ADDRESS.search(told) else ""


def called(typed: str) -> Called:
    """Return how a party is called, with initials for every name in what was typed.

    What looks like a name: two Chinese letters or more that are no role, no body and hold no 某; two words or more of other
    letters. A role keeps its name where it is one that nobody knows: better initials too many than a name in the open.

    >>> called("张三丰"), called("王先生"), called("张三丰的儿子"), called("Mr John Smith")
    (Called(reference='张某', name='张三丰'), Called(reference='王先生', name=''), Called(reference='张某的儿子', name='张三丰的儿子'), Called(reference='Mr J.S.', name='Mr John Smith'))
    """
    plain = tidy(typed)
    shown = _WORDS.sub(lambda found: _initials(found.group()), _RUN.sub(lambda found: _surname(found.group()), plain))
    return Called(shown, "" if shown == plain else plain)


def _surname(run: str) -> str:
    """Return a run of Chinese letters with every name in it shortened."""
    whole = re.sub("[ ·•]", "", run)
    # A name with spaces between its letters is one; words with spaces between them are several.
    parts = [run] if run == whole else [whole] if "·" in run or "•" in run or len(whole) <= 4 else run.split(" ")
    return " ".join(_part(part) for part in parts)


def _part(part: str) -> str:
    if (at := part.find("的")) > 0:
        return f"{_part(part[:at])}的{_part(part[at + 1 :])}"
    kept, last = [], 0
    for known in _KNOWN.finditer(part):
        kept += [_left(part[last : known.start()]), known.group()]
        last = known.end()
    return "".join([*kept, _left(part[last:])])


def _left(name: str) -> str:
    """Return what is left of a run besides what tells no name."""
    return name if len(name) < 2 or _HIDDEN.fullmatch(name) else reference_of(name)


def _initials(run: str) -> str:
    """Return words of other letters with the names among them as initials."""
    words = _WORD.findall(run)
    names = [word for word in words if not _ENGLISH.fullmatch(word) or word == "A"]
    firm = any(_FIRMS.fullmatch(word) for word in words)
    if firm or len(names) < 2 or all(len(word) == 1 for word in names):
        return run
    titles = [word for word in words if _ENGLISH.fullmatch(word) and word not in names]
    return " ".join([*titles, reference_of(" ".join(names))])
