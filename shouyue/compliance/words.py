"""The gate's answer as a person reads it, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shouyue.base import settings
from shouyue.compliance.inputs import NOTICE, PASSES, REFUSES, WARNS, zone_of

if TYPE_CHECKING:
    from shouyue.compliance.rules import Answer, Finding

#: channel -> what one does, in zh and en
DOES = {
    "call": ("拨打", "call"),
    "voice": ("发起智能语音呼叫", "place an automated call"),
    "visit": ("上门", "visit"),
    "sms": ("发短信", "send a text message"),
    "email": ("发邮件", "send an e-mail"),
    "letter": ("寄信", "send a letter"),
    "push": ("推送", "send a push message"),
    "chat": ("发消息", "send a chat message"),
}


def say(answer: Answer, lang: str) -> str:
    return _zh(answer) if lang.lower().startswith("zh") else _en(answer)


def _tightest(findings: Sequence[Finding], kind: str, per: str) -> Finding | None:
    """Of several rules that count the same, the one with least left."""
    counts = [
        f
        for f in findings
        if f.kind == kind and f.verdict == PASSES and f.value.get("per") == per and f.limit is not None
    ]
    return min(counts, key=lambda f: (f.limit or 0) - (f.count or 0), default=None)


def _quiet_from(answer: Answer) -> str | None:
    """When today's contacts end: the earliest start of a quiet period, by any clock, that is still to come today."""
    zone = zone_of(answer.zone)
    if zone is None:
        return None
    now, places = answer.at.astimezone(zone), (zone, *map(zone_of, answer.clocks))
    starts = [f.value["from"] for f in answer.findings if f.kind == "quiet_hours" and f.verdict == PASSES]
    begins = [_next_at(start, answer.at, place).astimezone(zone) for place in places for start in starts]
    return min((f"{one:%H:%M}" for one in begins if one.date() == now.date()), default=None)


def _next_at(clock_time: str, after: datetime, zone: ZoneInfo | None) -> datetime:
    """When the zone's clock shows this time next."""
    wall = after.astimezone(zone)
    shown = datetime.combine(wall.date(), time.fromisoformat(clock_time), zone)
    return shown if shown > wall else shown + timedelta(days=1)


def _moment(answer: Answer, moment: datetime, lang: str) -> str:
    """Day and time on the person's clock; the time to the minute, rounded up so that it is never too early."""
    zone = zone_of(answer.zone) or UTC
    up = moment + timedelta(seconds=-moment.timestamp() % 60)
    then, today = up.astimezone(zone), answer.at.astimezone(zone).date()
    return f"{_day(then.date(), today, lang)}{then:%H:%M}"


def _day(day: date, today: date, lang: str) -> str:
    zh = lang == "zh"
    return {0: "今天 " if zh else "today ", 1: "明天 " if zh else "tomorrow "}.get((day - today).days, f"{day} ")


def _elsewhere(answer: Answer) -> bool:
    return answer.zone != settings.zone()


def _zh(answer: Answer) -> str:
    does = DOES[answer.channel][0]
    place = "对方当地时间 " if _elsewhere(answer) else ""
    if not answer.allowed:
        why = "；".join(f"{f.zh}（{f.source_zh}）" for f in answer.findings if f.verdict == REFUSES)
        if answer.next_allowed_at is None:
            return f"现在不可{does}：{why}。情况不变则一直不可{does}。"
        return f"现在不可{does}：{why}。最早可于 {place}{_moment(answer, answer.next_allowed_at, 'zh')} {does}。"
    parts = [f"现在可以{does}。"]
    counts = []
    if talked := _tightest(answer.findings, "count", "person"):
        counts.append(f"{_window(talked, 'zh')}已通话 {talked.count} 次（上限 {talked.limit} 次）")
    if about := _tightest(answer.findings, "count", "loan"):
        counts.append(f"{_window(about, 'zh')}为此借款已联系 {about.count} 次（上限 {about.limit} 次）")
    if dialled := _tightest(answer.findings, "count", "number"):
        counts.append(f"此号码{_window(dialled, 'zh')}已拨 {dialled.count} 次（上限 {dialled.limit} 次）")
    if counts:
        parts.append("，".join(counts) + "。")
    if quiet := _quiet_from(answer):
        parts.append(f"{place}{quiet} 后不得联系。")
    parts += [f"注意：{f.zh}。" for f in answer.findings if f.verdict in (WARNS, NOTICE)]
    return "".join(parts)


def _window(finding: Finding, lang: str) -> str:
    days = finding.value.get("days", 1)
    if lang == "zh":
        return "今天" if days == 1 else f"近 {days} 天"
    return "today" if days == 1 else f"in {days} days"


def _en(answer: Answer) -> str:
    does = DOES[answer.channel][1]
    place = " their local time" if _elsewhere(answer) else ""
    if not answer.allowed:
        why = "; ".join(f"{f.en} ({f.source_en})" for f in answer.findings if f.verdict == REFUSES)
        if answer.next_allowed_at is None:
            return f"You may not {does} now: {why}. Time alone does not change that."
        first = f"The earliest is {_moment(answer, answer.next_allowed_at, 'en')}{place}."
        return f"You may not {does} now: {why}. {first}"
    parts = [f"You may {does} now."]
    counts = []
    if talked := _tightest(answer.findings, "count", "person"):
        counts.append(f"conversations {_window(talked, 'en')}: {talked.count} of {talked.limit}")
    if about := _tightest(answer.findings, "count", "loan"):
        counts.append(f"contacts about this loan {_window(about, 'en')}: {about.count} of {about.limit}")
    if dialled := _tightest(answer.findings, "count", "number"):
        counts.append(f"attempts to this number {_window(dialled, 'en')}: {dialled.count} of {dialled.limit}")
    if counts:
        text = ", ".join(counts)
        parts.append(text[0].upper() + text[1:] + ".")
    if quiet := _quiet_from(answer):
        parts.append(f"No contact after {quiet}{place}.")
    parts += [f"Note: {f.en}." for f in answer.findings if f.verdict in (WARNS, NOTICE)]
    return " ".join(parts)
