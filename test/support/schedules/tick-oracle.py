"""Ticks of cron expressions by zoneinfo: reads JSON cases from stdin, writes a list of epoch seconds for each.

A case: {"expression", "zone", "from", "until"} with epoch seconds; ticks in (from, until]. It knows nothing of croner: it goes through every
date, hour, minute and second that the fields name, and asks zoneinfo which instants show them.
"""

import json
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = "sun mon tue wed thu fri sat".split()


def number(text, names, base):
    return names.index(text.lower()) + base if names and text.lower() in names else int(text)


def values(field, low, high, names=None, base=0):
    found = set()
    for part in field.split(","):
        if part == "L":
            continue
        span, _, step = part.partition("/")
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = (number(one, names, base) for one in span.split("-"))
        else:
            first = number(span, names, base)
            last = high if step else first
        found.update(range(first, last + 1, int(step or 1)))
    return found


def dates(expression, first, last):
    day_field, month_field, week_field = expression.split()[-3:]
    days, months = values(day_field, 1, 31), values(month_field, 1, 12, MONTHS, 1)
    week = {one % 7 for one in values(week_field, 0, 7 if week_field != "*" else 6, DAYS, 0)}
    last_day = "L" in day_field.split(",")
    at = first
    while at <= last:
        by_day = at.day in days or (last_day and (at + timedelta(days=1)).day == 1)
        by_week = at.isoweekday() % 7 in week
        both = not day_field.startswith("*") and not week_field.startswith("*")
        if at.month in months and ((by_day or by_week) if both else (by_day and by_week)):
            yield at
        at += timedelta(days=1)


def instants_of(wall, zone):
    """Instants at which the clocks show this time, none in a gap, two where an hour comes twice."""
    found = []
    for fold in (0, 1):
        instant = wall.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc)
        if instant.astimezone(zone).replace(tzinfo=None) == wall and instant not in found:
            found.append(instant)
    return found


def end_of_gap(wall, zone):
    """The first instant after the gap in which the clocks do not show this time."""
    low = wall.replace(tzinfo=zone, fold=1).astimezone(timezone.utc)
    high = wall.replace(tzinfo=zone, fold=0).astimezone(timezone.utc)
    before = low.astimezone(zone).utcoffset()
    low, high = int(low.timestamp()), int(high.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, timezone.utc)


def ticks(expression, zone_name, after, until):
    zone = ZoneInfo(zone_name)
    fields = expression.split()
    seconds = values(fields[0], 0, 59) if len(fields) == 6 else {0}
    minutes, hours = values(fields[-5], 0, 59), values(fields[-4], 0, 23)
    fixed = not fields[-4].startswith("*")
    first = datetime.fromtimestamp(after, zone).date() - timedelta(days=1)
    last = datetime.fromtimestamp(until, zone).date() + timedelta(days=1)
    found = set()
    for day in dates(expression, first, last):
        for hour in sorted(hours):
            for minute in sorted(minutes):
                for second in sorted(seconds):
                    wall = datetime(day.year, day.month, day.day, hour, minute, second)
                    instants = instants_of(wall, zone)
                    if fixed:
                        instants = instants[:1] or [end_of_gap(wall, zone)]
                    found.update(int(one.timestamp()) for one in instants)
    return sorted(one for one in found if after < one <= until)


json.dump([ticks(one["expression"], one["zone"], one["from"], one["until"]) for one in json.load(sys.stdin)], sys.stdout)
