"""Chinese festivals (节日) on which a town lives differently, 2020 to 2035, as a table.

Lunar dates and Qingming cannot be told from a rule of the solar calendar; they are written down here and a test computes
them anew from the sun and the moon. The days counted as the festival are the public holidays by the regulation in force
since 2025, for earlier years too, so that years can be compared; days off moved to or from weekends are not in it.

References
----------
GB/T 33661-2017, "Calculation and promulgation of the Chinese calendar" (农历的编算和颁行).
State Council Decree No. 795 (2024), "Regulation on Public Holidays for National Annual Festivals and Memorial Days"
(全国年节及纪念日放假办法).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

FIRST_YEAR: Final = 2020
LAST_YEAR: Final = 2035


@dataclass(frozen=True, slots=True)
class Festival:
    """One festival of one year: `festival` (short name), `zh`, `en`, and its `first` and `last` public holiday."""

    festival: str
    zh: str
    en: str
    first: date
    last: date


#: Short name: Chinese, English, days from the day itself to the first and to the last public holiday.
_KINDS: Final = {
    "spring_festival": ("春节", "Spring Festival", -1, 2),  # from New Year's Eve
    "qingming": ("清明节", "Qingming", 0, 0),
    "labour_day": ("劳动节", "Labour Day", 0, 1),
    "dragon_boat": ("端午节", "Dragon Boat Festival", 0, 0),
    "mid_autumn": ("中秋节", "Mid-Autumn Festival", 0, 0),
    "national_day": ("国庆节", "National Day", 0, 2),
}

#: By year: (month, day) of the first day of month 1, of Qingming, of day 5 of month 5 and of day 15 of month 8.
_DAYS: Final = {
    2020: ((1, 25), (4, 4), (6, 25), (10, 1)),
    2021: ((2, 12), (4, 4), (6, 14), (9, 21)),
    2022: ((2, 1), (4, 5), (6, 3), (9, 10)),
    2023: ((1, 22), (4, 5), (6, 22), (9, 29)),
    2024: ((2, 10), (4, 4), (6, 10), (9, 17)),
    2025: ((1, 29), (4, 4), (5, 31), (10, 6)),
    2026: ((2, 17), (4, 5), (6, 19), (9, 25)),
    2027: ((2, 6), (4, 5), (6, 9), (9, 15)),
    2028: ((1, 26), (4, 4), (5, 28), (10, 3)),
    2029: ((2, 13), (4, 4), (6, 16), (9, 22)),
    2030: ((2, 3), (4, 5), (6, 5), (9, 12)),
    2031: ((1, 23), (4, 5), (6, 24), (10, 1)),
    2032: ((2, 11), (4, 4), (6, 12), (9, 19)),
    2033: ((1, 31), (4, 4), (6, 1), (9, 8)),
    2034: ((2, 19), (4, 5), (6, 20), (9, 27)),
    2035: ((2, 8), (4, 5), (6, 10), (9, 16)),
}


def festivals(since: date, until: date) -> list[Festival]:
    """Return the festivals that have a day in a period, in order of time.

    >>> [(one.zh, one.first.isoformat()) for one in festivals(date(2025, 10, 1), date(2025, 12, 31))]
    [('国庆节', '2025-10-01'), ('中秋节', '2025-10-06')]

    Parameters
    ----------
    since, until
        First and last day of the period. Years before 2020 and after 2035 are not in the table and have none.
    """
    found = [
        Festival(name, zh, en, day + timedelta(days=before), day + timedelta(days=after))
        for year in _DAYS
        for name, day in _days_of(year).items()
        for zh, en, before, after in [_KINDS[name]]
    ]
    return sorted((one for one in found if one.last >= since and one.first <= until), key=lambda one: one.first)


def _days_of(year: int) -> dict[str, date]:
    spring, qingming, boat, moon = (date(year, *day) for day in _DAYS[year])
    return {
        "spring_festival": spring,
        "qingming": qingming,
        "labour_day": date(year, 5, 1),
        "dragon_boat": boat,
        "mid_autumn": moon,
        "national_day": date(year, 10, 1),
    }
