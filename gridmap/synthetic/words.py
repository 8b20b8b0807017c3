"""Words to make Chinese names of, each with its sound, so that the English name is the same name."""

from __future__ import annotations

import numpy as np

PROVINCE, CITY = ("示例省", "Shili Province"), ("虚州市", "Xuzhou-shi (made up)")
COUNTIES = ["云禾", "澄川", "柏泉", "丰陵", "沁阳台", "苇河", "石楼川", "望溪"]
SURNAMES = (
    "王wang 李li 张zhang 刘liu 陈chen 杨yang 赵zhao 黄huang 周zhou 吴wu 徐xu 孙sun 胡hu 朱zhu 高gao 林lin 何he 郭guo 马ma 罗luo "
    "梁liang 宋song 郑zheng 谢xie 韩han 唐tang 冯feng 于yu 董dong 萧xiao 程cheng 曹cao 袁yuan 邓deng 许xu 傅fu 沈shen 曾zeng 彭peng 吕lü"
)
GIVEN = (
    "样yang 例li 示shi 虚xu 拟ni 设she 构gou 试shi 仿fang 演yan 安an 平ping 和he 明ming 清qing 文wen 德de 义yi 诚cheng 信xin "
    "勤qin 敏min 慧hui 宁ning 静jing 康kang 乐le 林lin 川chuan 山shan 泽ze 远yuan 兰lan 竹zhu 梅mei 霞xia 松song 岩yan 禾he 晨chen"
)
STREETS = (
    "迎宾yingbin 文昌wenchang 鼓楼gulou 泰和taihe 长宁changning 兴隆xinglong 丰收fengshou 建设jianshe 新华xinhua 育才yucai "
    "康乐kangle 富民fumin 利民limin 朝阳chaoyang 永安yongan 德胜desheng 学府xuefu 振兴zhenxing 友谊youyi 和平heping "
    "光明guangming 前进qianjin 胜利shengli 东风dongfeng 翠柏cuibai 槐荫huaiyin 丹河danhe 珏山jueshan 炎帝yandi 神农shennong "
    "通达tongda 金穗jinsui 银杏yinxing 梧桐wutong 望川wangchuan 凤栖fengqi 龙渠longqu 石桥shiqiao 沁园qinyuan 西关xiguan "
    "南关nanguan 北关beiguan 东关dongguan 府前fuqian 学坡xuepo 仓前cangqian 双井shuangjing 柳荫liuyin 牌坊paifang 药王yaowang"
)
ESTATES = (
    "锦绣jinxiu 阳光yangguang 泰和taihe 盛世shengshi 翰林hanlin 碧水bishui 嘉禾jiahe 金域jinyu 御景yujing 书香shuxiang 天润tianrun "
    "和谐hexie 鑫源xinyuan 凯旋kaixuan 丽景lijing 福苑fuyuan 清华qinghua 望江wangjiang 紫荆zijing 怡馨yixin 滨河binhe 龙城longcheng"
)
ESTATE_ENDS = "花园huayuan 小区xiaoqu 家园jiayuan 苑yuan 新村xincun 公寓gongyu"
FIRST = (
    "柳liu 石shi 杏xing 槐huai 梨li 枣zao 桃tao 榆yu 松song 柏bai 龙long 凤feng 牛niu 羊yang 马ma 鹿lu 王wang 李li 张zhang 赵zhao "
    "秦qin 郭guo 南nan 北bei 东dong 西xi 上shang 下xia 大da 小xiao 前qian 后hou 新xin 老lao 青qing 白bai 红hong 双shuang 三san 七qi"
)
SECOND = "家jia 泉quan 桥qiao 井jing 树shu 崖ya 圪ge 台tai 峪yu 川chuan 溪xi 沙sha 土tu 岩yan 庙miao 寺si 佛fo 窑yao 垛duo 阁ge"
LAST = "沟gou 庄zhuang 坡po 河he 岭ling 湾wan 掌zhang 坪ping 村cun 底di 头tou 背bei 垴nao 洼wa 堡bao 寨zhai"
DIGITS = "〇一二三四五六七八九"


def split(words: str) -> list[tuple[str, str]]:
    """Return the words of a list above as (Chinese, sound).

    Examples
    --------
    >>> split("鼓楼gulou 吕lü")
    [('鼓楼', 'Gulou'), ('吕', 'Lü')]
    """
    pairs = []
    for word in words.split():
        cut = next(i for i, letter in enumerate(word) if letter < "\u0250")
        pairs.append((word[:cut], word[cut:].capitalize()))
    return pairs


def numeral(number: int) -> str:
    """Return a number from 1 to 99 in Chinese.

    Examples
    --------
    >>> numeral(3), numeral(10), numeral(21)
    ('三', '十', '二十一')
    """
    tens, ones = divmod(number, 10)
    if tens == 0:
        return DIGITS[ones]
    return ("" if tens == 1 else DIGITS[tens]) + "十" + (DIGITS[ones] if ones else "")


def shuffled(words: str, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Return the words of a list in the order of a generator."""
    pairs = split(words)
    return [pairs[i] for i in rng.permutation(len(pairs))]


def villages(count: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Return `count` village names, all different, like 柳泉沟 Liuquangou."""
    first, second, last = split(FIRST), split(SECOND), split(LAST)
    names: dict[str, str] = {}
    while len(names) < count:
        parts = [first[rng.integers(len(first))]]
        if rng.uniform() < 0.65:
            parts.append(second[rng.integers(len(second))])
        parts.append(last[rng.integers(len(last))])
        names.setdefault("".join(zh for zh, _ in parts), "".join(en for _, en in parts).capitalize())
    return list(names.items())


def person(rng: np.random.Generator) -> tuple[str, str]:
    """Return a made-up person's name; the given name always says so (样 sample, 虚 void, 拟 simulated ...)."""
    surnames, given = split(SURNAMES), split(GIVEN)
    family = surnames[rng.integers(len(surnames))]
    marker, other = given[rng.integers(10)], given[10 + rng.integers(len(given) - 10)]
    return family[0] + marker[0] + other[0], f"{family[1]} {marker[1]}{other[1].lower()}"
