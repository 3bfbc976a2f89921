"""Exports of form tools: their own columns, rows that describe others, answers that do not count.

What each exports is described in its maker's help: Google Forms (a sheet that begins with
Timestamp), Microsoft Forms (ID, Start time, Completion time, Email, Name), Qualtrics (three rows of
headings; Status and Finished), SurveyMonkey (a second row of headings with the choices), REDCap
(labels or raw, a column `…_complete` for each form), LimeSurvey (codes, texts, or both as "stage.
Stage of training") and KoboToolbox (columns of its own that begin with an underline).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from matching.language import gettext as _
from matching.profiles.columns import Role
from matching.spreadsheets import headings
from matching.spreadsheets.headings import fold


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GOOGLE = _words("timestamp username")
_MICROSOFT = _words("id start_time completion_time last_modified_time total_points quiz_feedback")
_QUALTRICS = _words(
    "startdate enddate status ipaddress progress duration_in_seconds finished recordeddate "
    "responseid recipientlastname recipientfirstname recipientemail externalreference "
    "externaldatareference locationlatitude locationlongitude distributionchannel userlanguage "
    "start_date end_date response_type ip_address recorded_date response_id recipient_last_name "
    "recipient_first_name recipient_email external_data_reference location_latitude "
    "location_longitude distribution_channel user_language"
)
_SURVEYMONKEY = _words(
    "respondent_id collector_id start_date end_date date_created date_modified ip_address"
)
_REDCAP = _words(
    "record_id redcap_event_name redcap_survey_identifier redcap_repeat_instrument "
    "redcap_repeat_instance redcap_data_access_group event_name survey_identifier "
    "repeat_instrument repeat_instance data_access_group survey_timestamp complete"
)
_OF_LIMESURVEY = _words("submitdate date_submitted lastpage last_page startlanguage start_language")
_LIMESURVEY = _OF_LIMESURVEY | _words(
    "id response_id seed startdate date_started datestamp date_last_action ipaddr ip_address "
    "refurl referrer_url"
)
_KOBO = _words("start end today deviceid")
#: Columns about the account that answered; questions of the same name come first.
_ACCOUNT = ("email", "full_name", *headings.NAME_PARTS)
_IMPORT_ID = re.compile(r'\{"ImportId":')
#: Qualtrics' states of an answer that is none, by name and by number.
_NO_ANSWERS = frozenset(
    {"survey preview", "survey test", "spam", "survey preview spam", "offline survey preview",
     "1", "2", "8", "9", "12", "17"}
)  # fmt: skip
_OPEN_ENDED = frozenset({"", "response", "open_ended_response"})


@dataclass(frozen=True)
class Tool:
    """The tool that a file comes from: its name, and the folded headings of its own columns."""

    name: str
    own: frozenset[str]

    def is_own(self, title: str) -> bool:
        """Return whether a heading is the tool's and no question of the form."""
        folded = fold(title)
        if self.name == "LimeSurvey":
            return _code(title) in self.own
        if self.name == "KoboToolbox" and title.startswith("_"):
            return True
        is_redcap = self.name == "REDCap" and re.search("_(complete|timestamp)$", folded)
        return folded in self.own or bool(is_redcap)


_NONE = Tool("", frozenset())


def recognize(header: Sequence[str], following: Sequence[Sequence[str]]) -> Tool:
    """Return the tool that made a file, by its headings and the two rows that follow."""
    titles = {fold(title) for title in header}
    if any(_describes(cells) for cells in following) or (
        len(titles & {"responseid", "recordeddate", "distributionchannel", "userlanguage"}) > 1
    ):
        return Tool("Qualtrics", _QUALTRICS)
    if {"respondent_id", "collector_id"} <= titles:
        return Tool("SurveyMonkey", _SURVEYMONKEY)
    if {"start_time", "completion_time"} <= titles:
        return Tool("Microsoft Forms", _MICROSOFT)
    if "timestamp" in titles and header and fold(header[0]) == "timestamp":
        return Tool("Google Forms", _GOOGLE)
    if titles & {"redcap_event_name", "redcap_survey_identifier"} or (
        "record_id" in titles and any(re.search("_?complete$", title) for title in titles)
    ):
        return Tool("REDCap", _REDCAP)
    if len({_code(title) for title in header} & _OF_LIMESURVEY) > 1:
        return Tool("LimeSurvey", _LIMESURVEY)
    if {"_id", "_uuid", "_submission_time"} <= {*header}:
        return Tool("KoboToolbox", _KOBO)
    return _NONE


def _code(title: str) -> str:
    """Return what LimeSurvey writes before the text of a question, or the text."""
    return fold(title.partition(". ")[0])


def described(
    tool: Tool, header: Sequence[str], following: Sequence[Sequence[str]], role: Role
) -> tuple[list[str], int]:
    """Return the headings, completed by the rows that describe them, and the number of those."""
    titles = list(header)
    if tool.name == "Qualtrics":
        count = next((k + 1 for k, cells in enumerate(following) if _describes(cells)), 0)
        if count > 1:
            wording = [*following[0], *[""] * len(titles)]
            titles = [
                title if headings.meant(title, role) or tool.is_own(title) else wording[k] or title
                for k, title in enumerate(titles)
            ]
        return titles, count
    if tool.name == "SurveyMonkey" and following:
        question = ""
        below = [*following[0], *[""] * len(titles)]
        for k, title in enumerate(titles):
            question = title.strip() or question
            choice = below[k].strip()
            is_open = fold(choice) in _OPEN_ENDED
            if headings.meant(choice, role) and not is_open:
                titles[k] = choice
            elif not is_open or not title.strip():
                titles[k] = f"{question} [{choice}]"
        return titles, 1
    return titles, 0


def left_out(tool: Tool, titles: Sequence[str], cells: Sequence[str]) -> str | None:
    """Return why a row below these folded titles is no one's answer, None for one that counts."""
    if tool.name not in ("Qualtrics", "REDCap"):
        return None
    for folded, cell in zip(titles, cells, strict=False):
        value = cell.strip().lower()
        if tool.name == "Qualtrics":
            if folded in ("status", "response_type") and value in _NO_ANSWERS:
                return _("is a preview, a test, or spam and was left out")
            if folded == "finished" and value in ("false", "0", "no"):
                return _("is unfinished, and was left out")
        elif tool.name == "REDCap":
            is_state = folded == "complete" or folded.endswith("_complete")
            if is_state and value in ("incomplete", "0"):
                return _(
                    "is marked as incomplete, and was left out; mark it as complete to import it"
                )
            if folded.endswith("timestamp") and value == "[not completed]":
                return _("is unfinished, and was left out")
    return None


def is_of_account(tool: Tool, name: str) -> bool:
    """Return whether a tool has columns of its own for the account, called as ours."""
    return bool(tool.name) and name in _ACCOUNT


def _describes(cells: Sequence[str]) -> bool:
    return any(_IMPORT_ID.match(cell.strip()) for cell in cells)
