"""What people write for an answer is parted and understood, and what is unsure says so."""

from __future__ import annotations

from typing import Any

import pytest

from matching.mapping import answers
from matching.mapping.decisions import Sureness
from matching.profiles.columns import of_role


def meaning(name: str, typed: str, role: Any = "mentee") -> answers.Meaning:
    return answers.meaning(of_role(role)[name], typed)


SHADOWING = "Rotations, electives and shadowing"


@pytest.mark.parametrize(
    ("name", "typed", "pieces"),
    [
        ("goals", "Research, residency app", ["Research", "residency app"]),
        ("goals", SHADOWING + ", CME", [SHADOWING, "CME"]),
        ("goals", "CV help and interview prep", ["CV help", "interview prep"]),
        ("goals", "Work/life balance", ["Work/life balance"]),
        ("goals", "• Boards\n• Research", ["Boards", "Research"]),
        ("specialty_interests", "Anesthesia; EM", ["Anesthesia", "EM"]),
        ("specialty_interests", "OB/GYN, peds", ["OB/GYN", "peds"]),
        ("specialty_interests", "rads or path", ["rads", "path"]),
        ("specialty_interests", "Surgery (general, trauma)", ["Surgery (general, trauma)"]),
        ("languages", "English, Twi", ["English", "Twi"]),
        ("goals", "research_and_leadership", ["research", "leadership"]),
        ("goals", "board_exams work_life_integration", ["board exams", "work life integration"]),
        ("goals", "research board_exams; cme", ["research", "board exams", "cme"]),
        ("goals", "help with board_exams", ["help with board exams"]),
        ("goals", "Board_Exams and CV", ["Board Exams", "CV"]),
        ("do_not_match", '["mr_1","mr_2"]', ['"mr_1"', '"mr_2"']),
        ("do_not_match", "Ada Example [spouse]", ["Ada Example [spouse]"]),
        ("do_not_match", "mr_1; ana_roe@example.org", ["mr_1", "ana_roe@example.org"]),
        ("career_stage", "Resident, PGY-2", ["Resident, PGY-2"]),
        ("do_not_match", "Dr. Holm, Ada Example", ["Dr. Holm", "Ada Example"]),
    ],
)  # fmt: skip
def test_cells_are_parted_where_answers_end(name: str, typed: str, pieces: list[str]) -> None:
    assert answers.pieces(of_role("mentee")[name], typed) == pieces


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("career_stage", "MS3", "medical-student-clinical"),
        ("career_stage", "MS-IV", "medical-student-clinical"),
        ("career_stage", "M1", "medical-student-preclinical"),
        ("career_stage", "3rd year medical student", "medical-student-clinical"),
        ("career_stage", "Medical Student Year 2", "medical-student-preclinical"),
        ("career_stage", "PGY-2", "resident"),
        ("career_stage", "Resident (PGY2)", "resident"),
        ("career_stage", "PGY 4", "senior-resident"),
        ("career_stage", "Fellow (GI)", "fellow"),
        ("career_stage", "attending", "mid-career-physician"),
        ("career_stage", "Attending (2 yrs)", "early-career-physician"),
        ("career_stage", "Hospitalist, 22 years", "senior-physician"),
        ("career_stage", "Prof. Dr.", "senior-physician"),
        ("career_stage", "Assistant Professor", "early-career-investigator"),
        ("career_stage", "Asst Prof", "early-career-investigator"),
        ("career_stage", "Assoc. Professor", "mid-career-physician"),
        ("career_stage", "PGY5 (fellow)", "fellow"),
        ("career_stage", "R-3", "resident"),
        ("career_stage", "foundation year 2", "intern"),
        ("career_stage", "Senior house officer", "resident"),
        ("career_stage", "GPST2", "resident"),
        ("career_stage", "ST7", "senior-resident"),
        ("career_stage", "Registrar year 3", "senior-resident"),
        ("career_stage", "PharmD student", "health-professions-student"),
        ("career_stage", "PA-S2", "health-professions-student"),
        ("career_stage", "medical student (yr 2)", "medical-student-preclinical"),
        ("goals", "Mock interviews", "interview-practice"),
        ("goals", "residency app", "residency-application"),
        ("goals", "Step 2", "licensing-exams"),
        ("specialty_interests", "Internal med", "internal-medicine"),
        ("specialty_interests", "Anasthesiology", "anesthesiology"),
        ("modalities", "zoom", "video-call"),
        ("modalities", "email pls", "async-messages"),
        ("timezone", "EST", "America/New_York"),
        ("timezone", "Eastern Time (US & Canada)", "America/New_York"),
        ("country", "U.S.", "US"),
        ("country", "Germany", "DE"),
        ("hours_vary", "Y", "yes"),
        ("mentors_wanted", "1 (maybe 2)", "1"),
        # As databases export choices.
        ("career_stage", "chief_resident", "senior-resident"),
        ("career_stage", "medical_student_year_2", "medical-student-preclinical"),
        ("specialty_interests", "internal_medicine", "internal-medicine"),
        ("specialty_interests", "obstetrics_and_gynecology", "obstetrics-gynecology"),
        ("goals", "work_life_integration", "work-life-integration"),
        ("modalities", "video_call", "video-call"),
        ("availability", "tuesday_evening", meaning("availability", "tuesday evening").values[0]),
        ("availability", "mon_1800_2000", "Mon 18:00-20:00"),
        ("availability", "mon_18_20", "Mon 18:00-20:00"),
        ("availability", "MondayEvening", "Mon 17:00-21:00"),
        ("career_stage", "MEDICAL_STUDENT_CLINICAL", "medical-student-clinical"),
        ("career_stage", "EarlyCareerPhysician", "early-career-physician"),
        ("career_stage", "PGY2Resident", "resident"),
        ("specialty_interests", "InternalMedicine", "internal-medicine"),
        ("specialty_interests", "internal.medicine", "internal-medicine"),
        ("specialty_interests", "HemOnc", "hematology-oncology"),
        ("specialty_interests", "OB_GYN", "obstetrics-gynecology"),
        (
            "specialty_interests",
            "PhysicalMedicineRehabilitation",
            "physical-medicine-rehabilitation",
        ),
        ("goals", "workLifeBalance", "work-life-integration"),
        ("timezone", "US_EASTERN", "America/New_York"),
        ("timezone", "(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("timezone", "(GMT-04:00) Eastern", "America/New_York"),
        ("timezone", "(UTC+05:30) IST", "Asia/Kolkata"),
        ("career_stage", "SubIntern", "medical-student-clinical"),
        ("career_stage", "Sub-intern", "medical-student-clinical"),
        ("career_stage", "MPhil", "graduate-research-student"),
        ("career_stage", "PhDc", "graduate-research-student"),
        ("goals", "Step1/Step2", "licensing-exams"),
        ("exclude_own_institution", "Checked", "yes"),
        ("exclude_own_institution", "unchecked", "no"),
    ],
)
def test_what_is_clear_is_understood(name: str, typed: str, value: str) -> None:
    found = meaning(name, typed)

    assert found.sureness >= Sureness.LIKELY
    assert found.values == (value,)


@pytest.mark.parametrize(
    ("name", "typed", "first"),
    [
        ("goals", "Research", "research-start"),
        ("goals", "Life stuff / balance", "work-life-integration"),
        ("career_stage", "med student", "medical-student-clinical"),
        ("career_stage", "medical_student", "medical-student-clinical"),
        ("career_stage", "D.O. student", "medical-student-clinical"),
        ("career_stage", "Junior doctor", "resident"),
        ("specialty_interests", "pulm crit", "pulmonary-medicine"),
    ],
)
def test_what_is_unsure_is_offered_with_a_guess(name: str, typed: str, first: str) -> None:
    found = meaning(name, typed)

    assert found.sureness is Sureness.UNSURE
    assert found.values == (first,)
    assert first in found.offered


@pytest.mark.parametrize(
    ("typed", "stage"),
    [
        ("Postdoctoral research fellow", "postdoctoral-researcher"),
        ("Post-doc fellow", "postdoctoral-researcher"),
        ("PGY2 (future cardiology fellow)", "resident"),
        ("Resident and incoming fellow", "resident"),
        ("Resident, applying for GI fellowship", "resident"),
        ("Chief resident, future fellow", "senior-resident"),
        ("MS4 (incoming IM resident)", "medical-student-clinical"),
        ("Former nurse, MS2", "medical-student-preclinical"),
        ("MS3, Dean's Fellow", "medical-student-clinical"),
        ("Attending (former fellow)", "mid-career-physician"),
        ("Consultant, basic trainee supervisor", "mid-career-physician"),
        ("Attending, fellow of the ACS", "mid-career-physician"),
        ("Associate dean for students", "health-system-leader"),
        ("MD-PhD fellow", "physician-scientist-trainee"),
        ("MD-PhD candidate", "physician-scientist-trainee"),
        ("Nursing PhD student", "graduate-research-student"),
        ("PhD student in pharmacy", "graduate-research-student"),
        ("NP-S1", "health-professions-student"),
        ("Nurse practitioner student", "health-professions-student"),
        ("Cardiology fellow, PGY-5", "fellow"),
        ("GI fellowship", "fellow"),
    ],
)
def test_a_stage_is_what_someone_is_now(typed: str, stage: str) -> None:
    for name, role in (("career_stage", "mentee"), ("accepts_stages", "mentor")):
        found = meaning(name, typed, role)
        assert (found.values, found.sureness >= Sureness.LIKELY) == ((stage,), True)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("NP's", "experienced-health-professional"),
        ("Physician trainee", "resident"),
        ("Surgical trainee", "resident"),
        ("Faculty - Medical Student Education", "mid-career-physician"),
        ("Clinical faculty, student clinic", "mid-career-physician"),
        ("Student health physician", "mid-career-physician"),
        ("Junior consultant", "mid-career-physician"),
        ("Residency program director", "resident"),
        ("Fellowship director", "fellow"),
        ("Incoming fellow", "fellow"),
    ],
)
def test_a_stage_that_is_named_beside_someones_own_is_asked_about(typed: str, first: str) -> None:
    found = meaning("career_stage", typed)

    assert (found.values, found.sureness) == ((first,), Sureness.UNSURE)


@pytest.mark.parametrize("typed", ["dog", "qwertz", "Do you have pets?", "1234", "Cardiology"])
def test_what_means_nothing_is_not_guessed(typed: str) -> None:
    assert meaning("goals", typed).values == ()
    assert meaning("goals", typed).sureness < Sureness.LIKELY


@pytest.mark.parametrize("code", ["1", "2", "3", "4"])
@pytest.mark.parametrize("name", ["career_stage", "goals", "specialty_interests", "modalities"])
def test_codes_of_a_form_are_not_taken_for_answers(name: str, code: str) -> None:
    assert meaning(name, code).values == ()
    assert meaning(name, code).sureness < Sureness.LIKELY


@pytest.mark.parametrize("typed", ["(UTC+10:00) Eastern", "(UTC+8) CST", "(UTC+2) IST"])
def test_a_zone_is_not_taken_for_another_of_its_name(typed: str) -> None:
    assert meaning("timezone", typed).values == ()


@pytest.mark.parametrize("typed", ["InternalMedicine", "internal_medicine"])
def test_what_programs_join_is_understood_without_a_search(typed: str) -> None:
    assert answers.is_understood(of_role("mentee")["specialty_interests"], typed)


@pytest.mark.parametrize(
    "typed", ["Any", "no preference", "Undecided", "either", "none_of_the_above"]
)
def test_words_that_choose_nothing_are_no_answer(typed: str) -> None:
    found = meaning("modalities", typed)

    assert (found.values, found.sureness) == ((), Sureness.LIKELY)


def test_people_are_found_by_their_names() -> None:
    column = of_role("mentee")["do_not_match"]
    found = answers.meaning(column, "Dr. Ada Example", {"ada example": "mr-1"})

    assert (found.values, found.sureness) == (("mr-1",), Sureness.LIKELY)
    assert answers.meaning(column, "Dr. Holm", {"ada example": "mr-1"}).values == ()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("2-3", "2"), ("two", "2"), ("up to 3", "3"), ("5+", "5"), ("2.0", "2"), ("2,0", "2"),
        ("twelve", "12"), ("AY2026: 2", "2"), ("max. 3 (spring only)", "3"), ("2 (max 4)", "4"),
        ("minimum 1, maximum 3", "3"), ("２", "2"), ("twenty", "20"), ("twenty-one", "21"),
        ("thirty two", "32"), ("two, maximum of four", "4"),
        ("1, max 4 hrs/month", "1"), ("1 mentee, max 2 hours per month", "1"),
        ("2 maximum 1 hour each", "2"), ("2 per year (max 10 total)", "2"),
        ("1, max 3 meetings", "1"), ("2 (max 6 times a year)", "2"), ("1; max. 2/month", "1"),
        ("two_mentees", "2"), ("1_hour_a_week_2_mentees", "2"),
        ("1 hour a week, so 2 mentees", "2"), ("one-on-one only, 2", "2"), ("1:1 with 3", "3"),
    ],
)  # fmt: skip
def test_numbers_in_words(typed: str, number: str) -> None:
    assert meaning("capacity", typed, "mentor").values == (number,)


@pytest.mark.parametrize("typed", [
        "as needed", "2.5", "2,5", "1000000", "-1", "2026-27",
        "one hundred", "2 dozen", "4 hours", "30 min", "one-on-one",
    ],
)  # fmt: skip
def test_no_number_is_made_up(typed: str) -> None:
    assert meaning("capacity", typed, "mentor").values == ()
