#!/usr/bin/env python3
"""Checks a generated cohort for form and prints what is in it.  python check_cohort.py DIR"""
import collections, csv, json, os, re, sys, unicodedata
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from generate_cohort import load_taxonomy


def main(d):
    T = load_taxonomy()
    spec = {s["id"] for s in T["specialties"] + T["subspecialties"]}
    par = {s["id"]: s["parent"] for s in T["subspecialties"]}
    goal, comm, exp, mod, lang = ({x["id"] for x in T[k]} for k in ("goals", "communities", "experiences", "modalities", "languages"))
    st = {s["id"]: s for s in T["career_stages"]}
    bad = []
    SLOT = re.compile(r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01]\d|2[0-3]):(00|30)-([01]\d|2[0-4]):(00|30)$")
    sp = lambda x: [a for a in x.split(";") if a]
    M = list(csv.DictReader(open(os.path.join(d, "mentees.csv"), encoding="utf-8", newline="")))
    R = list(csv.DictReader(open(os.path.join(d, "mentors.csv"), encoding="utf-8", newline="")))
    ids = {}
    emails = collections.Counter()
    for role, rows, pre in (("mentee", M, "me-"), ("mentor", R, "mr-")):
        ids[role] = {r[role + "_id"] for r in rows}
        if len(ids[role]) != len(rows):
            bad.append(f"{role} ids repeat")
        for r in rows:
            i = r[role + "_id"]
            if None in r or None in r.values():
                bad.append(f"{i}: ragged row")
            if not re.fullmatch(pre + r"\d{6}", i):
                bad.append(f"{i}: id")
            e = r["email"].lower()
            local, _, dom = e.partition("@")
            emails[(role, local.split("+")[0] + "@" + dom)] += 1
            if not re.search(r"(^|\.)example\.(org|com)$", dom) or not re.fullmatch(r"[a-z0-9.+]+", local):
                bad.append(f"{i}: e-mail {e}")
            if r["career_stage"] not in st or role not in st[r["career_stage"]]["roles"]:
                bad.append(f"{i}: stage {r['career_stage']}")
            for col, ok in (("languages", lang), ("specialty_interests" if role == "mentee" else "specialties", spec), ("goals" if role == "mentee" else "topics", goal), ("experiences", exp), ("modalities", mod), ("communities", comm)):
                v = sp(r[col])
                if len(v) != len(set(v)):
                    bad.append(f"{i}: {col} repeats {v}")
                for x in v:
                    if x not in ok:
                        bad.append(f"{i}: {col} {x}")
            for s in sp(r["availability"]):
                m = SLOT.match(s)
                if not m or (m[2], m[3]) >= (m[4], m[5]):
                    bad.append(f"{i}: slot {s}")
            text = r["statement"] if role == "mentee" else r["bio"]
            n = len(text.split())
            if text and not 30 <= n <= 120:
                bad.append(f"{i}: text of {n} words")
            if "{" in text or "}" in text or re.search(r"\ba ?an\b|\.\.(?!\.)|  ", text):
                bad.append(f"{i}: text form: {text[:160]!r}")
            if not r["full_name"].strip() or not r["languages"]:
                bad.append(f"{i}: empty required field")
    dup = [k for k, n in emails.items() if n > 1]
    if dup:
        bad.append(f"e-mail used twice in one role: {dup[:5]}")
    for r in M:
        for x in sp(r["do_not_match"]):
            if x not in ids["mentor"]:
                bad.append(f"{r['mentee_id']}: do_not_match {x}")
        if r["language_required"] and r["language_required"] not in lang:
            bad.append(f"{r['mentee_id']}: language_required")
    for r in R:
        if not 1 <= int(r["capacity"]) <= 5:
            bad.append(f"{r['mentor_id']}: capacity")
        for x in sp(r["do_not_match"]):
            if x not in ids["mentee"]:
                bad.append(f"{r['mentor_id']}: do_not_match {x}")
        for x in sp(r["accepts_stages"]):
            if x not in st or "mentee" not in st[x]["roles"]:
                bad.append(f"{r['mentor_id']}: accepts_stages {x}")
    tp = os.path.join(d, "truth.csv")
    if os.path.exists(tp):
        per = collections.defaultdict(lambda: [[], [], set()])
        with open(tp, encoding="utf-8", newline="") as f:
            for r in csv.DictReader(f):
                q = float(r["latent_quality"])
                a = per[r["mentee_id"]]
                if not 0 <= q <= 1 or (r["feasible"] == "0" and q):
                    bad.append(f"truth: {r}")
                if r["mentor_id"] in a[2]:
                    bad.append(f"truth: pair twice {r}")
                a[2].add(r["mentor_id"])
                a[0 if r["stratum"] == "top" else 1].append(q)
        if set(per) != ids["mentee"]:
            bad.append("truth: not every mentee")
        want = min(200, len(R))
        for i, (a, b, s) in per.items():
            if len(s) != want:
                bad.append(f"truth: {i} has {len(s)} pairs")
            if a and b and min(a) + 1e-9 < max(b):
                bad.append(f"truth: {i}: a sampled pair beats the best 20")
    pct = lambda c, n: {k: f"{100 * v / n:.1f}%" for k, v in c.most_common(12)}
    print("rows", len(M), len(R), " capacity of active mentors", sum(int(r["capacity"]) for r in R if r["status"] == "active"))
    print("mentee stages", pct(collections.Counter(r["career_stage"] for r in M), len(M)))
    print("countries (mentees)", pct(collections.Counter(r["country"] for r in M), len(M)))
    print("countries (mentors)", pct(collections.Counter(r["country"] for r in R), len(R)))
    root = lambda x: par.get(x, x)
    dm = collections.Counter(root(sp(r["specialty_interests"])[0]) for r in M if r["specialty_interests"])
    cp = collections.Counter()
    for r in R:
        if r["status"] == "active":
            cp[root(sp(r["specialties"])[0])] += int(r["capacity"])
    ratio = sorted(((dm[k] / max(cp[k], 1), k) for k in dm if dm[k] + cp[k] >= 0.006 * len(M)), reverse=True)
    print("first choices per place, most wanted:", [f"{k} {x:.1f}" for x, k in ratio[:8]], " least:", [f"{k} {x:.2f}" for x, k in ratio[-8:]])
    print("capacity", sorted(collections.Counter(r["capacity"] for r in R).items()))
    for role, rows, c in (("mentee", M, "statement"), ("mentor", R, "bio")):
        L = sorted(len(r[c].split()) for r in rows if r[c])
        print(role, "words p5/p50/p95", L[len(L) // 20], L[len(L) // 2], L[-len(L) // 20], " empty text", sum(not r[c] for r in rows),
              " distinct texts", len({r[c] for r in rows if r[c]}), " distinct sentences", len({s for r in rows for s in re.split(r"(?<=[.!?])\s+", r[c])}))
        print("   empty share:", {k: f"{sum(not r[k] for r in rows) / len(rows):.0%}" for k in rows[0] if 0 < sum(not r[k] for r in rows)})
        nonascii = sum(not r["full_name"].isascii() for r in rows)
        rtl = sum(any(unicodedata.bidirectional(ch) in ("R", "AL") for ch in r["full_name"]) for r in rows)
        print("   names: non-ASCII", nonascii, " RTL", rtl, " one word", sum(len(r["full_name"].split()) == 1 for r in rows), " apostrophe", sum(bool(re.search("['’]", r["full_name"])) for r in rows), " hyphen", sum("-" in r["full_name"] for r in rows), " all caps/lower", sum(r["full_name"].isupper() or r["full_name"].islower() for r in rows), " with comma or quote", sum(bool(re.search('[",]', r["full_name"])) for r in rows), " not NFC", sum(unicodedata.normalize("NFC", r["full_name"]) != r["full_name"] for r in rows))
    print("hard rules: do-not-match", sum(bool(r["do_not_match"]) for r in M), sum(bool(r["do_not_match"]) for r in R), " not my institution", sum(r["exclude_own_institution"] == "yes" for r in M), sum(r["exclude_own_institution"] == "yes" for r in R), " gender", dict(collections.Counter(r["mentor_gender_preference"] for r in M if r["mentor_gender_preference"])), " language required", sum(bool(r["language_required"]) for r in M), " accepts_stages", sum(bool(r["accepts_stages"]) for r in R), " paused", sum(r["status"] == "paused" for r in R))
    me = {r["email"].lower() for r in M}
    print("people in both files", sum(r["email"].lower() in me for r in R), " languages", pct(collections.Counter(x for r in M for x in sp(r["languages"])), len(M)))
    for b in bad[:30]:
        print("BAD:", b)
    print("OK" if not bad else f"{len(bad)} problems")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
